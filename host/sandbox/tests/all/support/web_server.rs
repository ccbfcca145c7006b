use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Thirty thousand zeros, gzipped.
pub const BOMB: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0xff, 0xed, 0xc1, 0x31, 0x01, 0x00, 0x00, 0x00,
    0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x09, 0x4f, 0xa0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x3e, 0x06, 0x20, 0x4a, 0x02, 0x65, 0x30, 0x75, 0x00, 0x00,
];

/// Between two bytes of a dribbled answer.
const DRIBBLE: Duration = Duration::from_millis(20);

/// One request as it came in.
#[derive(Debug)]
pub struct Seen {
    pub head: String,
    pub body: Vec<u8>,
    /// The connection ended before the body was whole.
    pub cut: bool,
}

/// A web server that answers what its path says: `/status/503`, `/redirect`, `/hang`, `/endless`, `/big`,
/// and further ways to behave badly.
pub struct WebServer {
    pub addr: SocketAddr,
    pub seen: Receiver<Seen>,
    connections: Arc<AtomicUsize>,
    gate: Arc<Gate>,
}

/// What one connection works with.
struct Line {
    seen: Sender<Seen>,
    gate: Arc<Gate>,
}

/// Keeps those waiting that read nothing until they are told to.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl WebServer {
    pub fn start() -> Self {
        Self::listen(|line, stream| line.serve(stream))
    }

    /// One that shows a certificate.
    pub fn start_tls(config: Arc<ServerConfig>) -> Self {
        Self::listen(move |line, stream| {
            let connection = ServerConnection::new(config.clone()).unwrap();
            line.serve(StreamOwned::new(connection, stream));
        })
    }

    fn listen(serve: impl Fn(&Line, TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, (send, seen)) = (listener.local_addr().unwrap(), channel());
        let (gate, connections) = (Arc::<Gate>::default(), Arc::<AtomicUsize>::default());
        let (own, count, serve) = (gate.clone(), connections.clone(), Arc::new(serve));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, SeqCst);
                let (line, serve) = (Line { seen: send.clone(), gate: own.clone() }, serve.clone());
                std::thread::spawn(move || serve(&line, stream));
            }
        });
        Self { addr, seen, connections, gate }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    pub fn next(&self) -> Seen {
        self.seen.recv_timeout(Duration::from_secs(10)).expect("a request")
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }

    /// Now `/unread` and `/early` read what is left.
    pub fn open(&self) {
        *self.gate.open.lock().unwrap() = true;
        self.gate.opened.notify_all();
    }
}

impl Gate {
    fn wait(&self) {
        let open = self.open.lock().unwrap();
        drop(self.opened.wait_while(open, |open| !*open).unwrap());
    }
}

impl Line {
    fn serve(&self, stream: impl Read + Write) {
        let mut reader = BufReader::new(stream);
        while let Some(head) = read_head(&mut reader) {
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let early = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            if path == "/early" && reader.get_mut().write_all(early.as_bytes()).is_err() {
                return;
            }
            if ["/early", "/unread"].contains(&path.as_str()) {
                self.gate.wait();
            }
            let seen = read_body(&mut reader, head);
            let over = seen.cut || path == "/early";
            let _ = self.seen.send(seen);
            if over || answer(reader.get_mut(), &path).is_err() {
                return;
            }
        }
    }
}

fn read_head(reader: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

fn read_body(reader: &mut impl BufRead, head: String) -> Seen {
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = Vec::new();
    let wanted: u64 = length.unwrap_or(0);
    let _ = reader.take(wanted).read_to_end(&mut body);
    let cut = (body.len() as u64) < wanted;
    Seen { head, body, cut }
}

/// An error ends the connection.
fn answer(stream: &mut (impl Read + Write), path: &str) -> std::io::Result<()> {
    match path.split('/').nth(1).unwrap_or_default() {
        "hang" => {
            let mut byte = [0];
            stream.read_exact(&mut byte)
        }
        "redirect" => {
            write!(stream, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        }
        "endless" => {
            write!(stream, "HTTP/1.1 200 OK\r\n\r\n")?;
            loop {
                stream.write_all(&[b'x'; 4096])?;
            }
        }
        "cut" => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")?;
            Err(std::io::ErrorKind::ConnectionAborted.into())
        }
        "close" => {
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello")?;
            Err(std::io::ErrorKind::ConnectionAborted.into())
        }
        "two-lengths" => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nhello")
        }
        "many-headers" => {
            let headers: String = (0..10_000).map(|n| format!("x-{n}: y\r\n")).collect();
            write!(stream, "HTTP/1.1 200 OK\r\n{headers}Content-Length: 0\r\n\r\n")
        }
        "bomb" => {
            let length = BOMB.len();
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {length}\r\n\r\n")?;
            stream.write_all(BOMB)
        }
        "dribble-head" => dribble(stream, "HTTP/1.1 200 OK\r\nx: "),
        "dribble-body" => dribble(stream, "HTTP/1.1 200 OK\r\n\r\n"),
        "big" => {
            let body = vec![b'x'; 3 << 20];
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len())?;
            stream.write_all(&body)
        }
        "status" => {
            let status = path.rsplit('/').next().unwrap_or("200");
            write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 4\r\n\r\nbody")
        }
        _ => write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    }
}

/// A byte at a time, until the other end goes away.
fn dribble(stream: &mut impl Write, start: &str) -> std::io::Result<()> {
    stream.write_all(start.as_bytes())?;
    let (_never, pace) = channel::<()>();
    while pace.recv_timeout(DRIBBLE) == Err(RecvTimeoutError::Timeout) {
        stream.write_all(b"x")?;
        stream.flush()?;
    }
    Ok(())
}
