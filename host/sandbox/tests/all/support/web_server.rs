use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};

/// One request as it came in.
#[derive(Debug)]
pub struct Seen {
    pub head: String,
    pub body: Vec<u8>,
    /// The connection ended before the body was whole.
    pub cut: bool,
}

/// A web server that answers what its path says: `/status/503`, `/redirect`, `/hang`, `/endless`, `/big`.
pub struct WebServer {
    pub addr: SocketAddr,
    pub seen: Receiver<Seen>,
}

impl WebServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, (send, seen)) = (listener.local_addr().unwrap(), channel());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let send = send.clone();
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream);
                    while let Some(seen) = read_request(&mut reader) {
                        let path = seen.head.split(' ').nth(1).unwrap_or_default().to_owned();
                        let over = seen.cut;
                        let _ = send.send(seen);
                        if over || answer(reader.get_mut(), &path).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { addr, seen }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    pub fn next(&self) -> Seen {
        self.seen.recv_timeout(std::time::Duration::from_secs(10)).expect("a request")
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Seen> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = Vec::new();
    let wanted: u64 = length.unwrap_or(0);
    let _ = reader.by_ref().take(wanted).read_to_end(&mut body);
    let cut = (body.len() as u64) < wanted;
    Some(Seen { head, body, cut })
}

fn answer(stream: &mut TcpStream, path: &str) -> std::io::Result<()> {
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
            stream.shutdown(std::net::Shutdown::Both)
        }
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
