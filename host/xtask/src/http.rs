//! The few HTTP requests that tasks make, to servers on this machine only.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// How long a server on this machine may take to say anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer whose body has not been read yet.
pub struct Answer {
    /// The status code.
    pub status: u16,
    body: BufReader<Box<dyn Read + Send>>,
}

impl Answer {
    /// The whole body.
    pub fn bytes(mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.body.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The whole body as JSON; an error when the status is not 2xx.
    pub fn json(self) -> Result<serde_json::Value> {
        let status = self.status;
        let bytes = self.bytes()?;
        ensure!(
            (200..300).contains(&status),
            "answered {status}: {}",
            String::from_utf8_lossy(&bytes).trim()
        );
        Ok(serde_json::from_slice(&bytes)?)
    }
}

/// Fetches `http://HOST:PORT/PATH`. What stands behind a `#` is the browser's and is not sent.
pub fn get(url: &str) -> Result<Answer> {
    let rest = url.strip_prefix("http://").with_context(|| format!("{url} is not a plain http address"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let path = path.split('#').next().unwrap_or_default();
    let stream = TcpStream::connect(host).with_context(|| format!("nothing answers at {host}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    request(stream, "GET", &format!("/{path}"), host, "").with_context(|| format!("could not fetch {url}"))
}

/// Sends a request without a body through a Unix socket. With `patience` of `None` the answer may take
/// for ever, as that of a stream of events does.
pub fn over_socket(socket: &Path, method: &str, path: &str, patience: Option<Duration>) -> Result<Answer> {
    send_over_socket(socket, method, path, "", patience)
}

/// Sends a request with a JSON body, which may be empty, through a Unix socket.
pub fn send_over_socket(
    socket: &Path,
    method: &str,
    path: &str,
    json: &str,
    patience: Option<Duration>,
) -> Result<Answer> {
    let stream =
        UnixStream::connect(socket).with_context(|| format!("nothing answers at {}", socket.display()))?;
    stream.set_read_timeout(patience)?;
    request(stream, method, path, "localhost", json).with_context(|| format!("could not {method} {path}"))
}

/// HTTP 1.0, so that the body ends where the connection ends and comes without chunks around it.
fn request(
    stream: impl Read + Write + Send + 'static,
    method: &str,
    path: &str,
    host: &str,
    json: &str,
) -> Result<Answer> {
    let mut stream = stream;
    let headers = format!("Host: {host}\r\nContent-Type: application/json\r\nContent-Length: {}", json.len());
    stream.write_all(format!("{method} {path} HTTP/1.0\r\n{headers}\r\n\r\n{json}").as_bytes())?;
    let mut body = BufReader::new(Box::new(stream) as Box<dyn Read + Send>);
    let mut line = String::new();
    body.read_line(&mut line)?;
    let Some(status) = line.split(' ').nth(1).and_then(|code| code.parse().ok()) else {
        bail!("`{}` is not the first line of an answer", line.trim());
    };
    while line.trim_end() != "" {
        line.clear();
        body.read_line(&mut line)?;
    }
    Ok(Answer { status, body })
}

/// Percent-encodes what may not stand in a query as it is.
pub fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// Undoes percent-encoding; what is not an escape stays as it is.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with `reply` and returns what was asked.
    fn answering(reply: &'static str) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            reader.read_line(&mut asked).unwrap();
            stream.write_all(reply.as_bytes()).unwrap();
            asked
        });
        (address, server)
    }

    #[test]
    fn an_answer_has_its_status_and_its_body() {
        let (address, server) = answering("HTTP/1.0 200 OK\r\nContent-Type: x\r\n\r\n{\"a\": 1}");
        let answer = get(&format!("http://{address}/b/c.jpg#/?url=d")).unwrap();
        assert_eq!(answer.json().unwrap()["a"], 1);
        assert_eq!(server.join().unwrap(), "GET /b/c.jpg HTTP/1.0\r\n");
    }

    #[test]
    fn a_refusal_is_an_error_that_shows_what_was_said() {
        let (address, _server) = answering("HTTP/1.0 404 Not Found\r\n\r\nno such item");
        let error = get(&format!("http://{address}/")).unwrap().json().unwrap_err();
        assert_eq!(error.to_string(), "answered 404: no such item");
    }

    #[test]
    fn encoding_and_decoding_are_inverse() {
        let text = "http://a/ü b%20#?ö=/";
        assert_eq!(decode(&encode(text)), text);
        assert_eq!(decode("100%"), "100%");
    }
}
