use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use sandbox::{RcDoor, RcEndpoint};
use serde_json::Value;

/// A scripted stand-in for rclone's rc API, for what the real one cannot be made to show: transfers that
/// hang, and transfers that go on after their caller went away.
#[derive(Clone)]
pub struct RcServer(Arc<Inner>);

struct Inner {
    addr: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    calls: Vec<(String, Value)>,
    answers: VecDeque<(String, u16, String)>,
    /// Numbers in `core/stats` answers, one after the other; the last one stays.
    stats: VecDeque<String>,
    held: bool,
    down: bool,
}

impl RcServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let server = Self(Arc::new(Inner { addr, state: Mutex::default(), changed: Condvar::new() }));
        let own = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = own.clone();
                std::thread::spawn(move || server.serve(stream));
            }
        });
        server
    }

    /// The next call of `method` gets this answer instead of `{}`.
    pub fn answer(&self, method: &str, status: u16, body: &str) {
        self.0.state.lock().unwrap().answers.push_back((method.into(), status, body.into()));
    }

    pub fn stats(&self, stats: &[&str]) {
        self.0.state.lock().unwrap().stats = stats.iter().map(|text| (*text).into()).collect();
    }

    /// `operations/copyfile` hangs until released.
    pub fn hold(&self, held: bool) {
        self.0.state.lock().unwrap().held = held;
        self.0.changed.notify_all();
    }

    pub fn down(&self) {
        self.0.state.lock().unwrap().down = true;
    }

    pub fn calls(&self, method: &str) -> Vec<Value> {
        let state = self.0.state.lock().unwrap();
        state.calls.iter().filter(|(name, _)| name == method).map(|(_, input)| input.clone()).collect()
    }

    /// Waits until a method was called that often.
    pub fn wait_for(&self, method: &str, count: usize) {
        let until = Instant::now() + Duration::from_secs(10);
        let mut state = self.0.state.lock().unwrap();
        while state.calls.iter().filter(|(name, _)| name == method).count() < count {
            assert!(Instant::now() < until, "{method} was not called {count} times: {:?}", state.calls);
            state = self.0.changed.wait_timeout(state, Duration::from_millis(100)).unwrap().0;
        }
    }

    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        loop {
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") {
                if reader.read_line(&mut head).unwrap_or(0) == 0 {
                    return;
                }
            }
            for line in head.to_ascii_lowercase().lines() {
                if let Some(text) = line.strip_prefix("content-length: ") {
                    length = text.parse().unwrap();
                }
            }
            let mut body = vec![0; length];
            if reader.read_exact(&mut body).is_err() {
                return;
            }
            let method = head.split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
            let authorized = head.contains("Basic Ym9vdGg6c2VjcmV0LXBhc3N3b3Jk") || head.contains("basic ");
            let (status, answer) = if authorized { self.reply(&method, &body) } else { (401, "no".into()) };
            let stream = reader.get_mut();
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n", answer.len());
            if stream.write_all(format!("{head}{answer}").as_bytes()).is_err() {
                return;
            }
        }
    }

    fn reply(&self, method: &str, body: &[u8]) -> (u16, String) {
        let mut state = self.0.state.lock().unwrap();
        state.calls.push((method.to_owned(), serde_json::from_slice(body).unwrap_or_default()));
        self.0.changed.notify_all();
        while method == "operations/copyfile" && state.held {
            state = self.0.changed.wait(state).unwrap();
        }
        if method == "core/stats" {
            let next =
                if state.stats.len() > 1 { state.stats.pop_front() } else { state.stats.front().cloned() };
            return (200, next.unwrap_or("{}".into()));
        }
        let scripted = state.answers.iter().position(|(name, ..)| name == method);
        let scripted = scripted.and_then(|at| state.answers.remove(at));
        scripted.map_or((200, "{}".into()), |(_, status, body)| (status, body))
    }
}

impl RcDoor for RcServer {
    fn endpoint(&self) -> Option<RcEndpoint> {
        let down = self.0.state.lock().unwrap().down;
        (!down).then(|| RcEndpoint {
            addr: self.0.addr,
            user: "booth".into(),
            password: "secret-password".into(),
        })
    }
}
