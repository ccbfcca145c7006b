//! Following what happens.

use std::net::SocketAddr;
use std::time::Duration;

use engine::view::{EventKind, LaneState};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::booth::{FakeBooth, target};
use super::client::Call;
use super::{Served, Setup, TOKEN, control, public};

/// A reader of the stream, as far as it has read.
struct Reader {
    stream: TcpStream,
    read: String,
}

/// Asks for the stream.
async fn ask(address: SocketAddr, last: Option<u64>) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let last = last.map(|last| format!("last-event-id: {last}\r\n")).unwrap_or_default();
    let head = format!(
        "GET /api/v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\n{last}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn status_line(address: SocketAddr) -> String {
    let mut stream = ask(address, None).await;
    let mut line = [0; 15];
    stream.read_exact(&mut line).await.unwrap();
    String::from_utf8_lossy(&line).into_owned()
}

impl Reader {
    async fn open(address: SocketAddr, last: Option<u64>) -> Self {
        let stream = ask(address, last).await;
        let mut reader = Self { stream, read: String::new() };
        reader.until("content-type: text/event-stream").await;
        reader
    }

    /// Reads until this was said.
    async fn until(&mut self, said: &str) {
        let reading = async {
            while !self.read.contains(said) {
                assert!(self.more().await, "it ended after {}", self.read);
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reading).await.expect("it is said in time");
    }

    async fn more(&mut self) -> bool {
        let mut buffer = [0; 4096];
        let count = self.stream.read(&mut buffer).await.unwrap();
        self.read.push_str(&String::from_utf8_lossy(&buffer[..count]));
        count > 0
    }

    fn ids(&self) -> Vec<u64> {
        self.read.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect()
    }
}

fn lane() -> EventKind {
    EventKind::Lane { target: target("web"), state: LaneState::Up, reason: String::new() }
}

async fn booth_that_told(seqs: impl IntoIterator<Item = u64>) -> Served {
    let booth = FakeBooth::default();
    seqs.into_iter().for_each(|seq| booth.tell(seq, lane()));
    control(Setup { booth, ..Setup::default() }).await
}

#[tokio::test]
async fn without_a_number_it_tells_what_happens_from_now_on() {
    let served = booth_that_told(1..=3).await;
    let mut reader = Reader::open(served.address, None).await;
    served.booth.tell(4, lane());
    reader.until("id: 4\n").await;
    reader.until("\n\n").await;
    assert_eq!(reader.ids(), [4]);
    assert!(reader.read.contains("event: lane\n"), "{}", reader.read);
    assert!(reader.read.contains(r#"data: {"at":"1970-01-01T00:00:05Z","event":"lane""#), "{}", reader.read);
}

#[tokio::test]
async fn who_comes_back_gets_what_happened_meanwhile_once_and_in_order() {
    let served = booth_that_told(1..=9).await;
    let mut reader = Reader::open(served.address, Some(4)).await;
    served.booth.tell(10, lane());
    reader.until("id: 10\n").await;
    assert_eq!(reader.ids(), [5, 6, 7, 8, 9, 10]);
}

#[tokio::test]
async fn a_burst_that_overruns_the_listener_is_read_from_the_log() {
    let served = booth_that_told(1..=1).await;
    let mut reader = Reader::open(served.address, None).await;
    for seq in 2..=40 {
        served.booth.tell(seq, lane());
    }
    reader.until("id: 40\n").await;
    assert_eq!(reader.ids(), (2..=40).collect::<Vec<_>>());
}

#[tokio::test]
async fn who_was_away_for_longer_than_the_log_reaches_back_is_told() {
    let served = booth_that_told(100..=101).await;
    let mut reader = Reader::open(served.address, Some(7)).await;
    reader.until("id: 101\n").await;
    assert_eq!(reader.ids(), [100, 101]);
    let missed = reader.read.find("event: missed\n").expect("it is said");
    assert!(missed < reader.read.find("id: 100").unwrap(), "{}", reader.read);
}

#[tokio::test]
async fn a_number_that_is_none_is_refused() {
    let served = booth_that_told(1..=1).await;
    let call = Call::get("/api/v1/events").header("last-event-id", "yesterday").token(TOKEN);
    let error = call.send(served.address).await.error(400);
    assert_eq!(error, "`Last-Event-ID` is not a number of an event");
}

#[tokio::test]
async fn events_are_for_holders_of_a_token() {
    let served = public(Setup::default()).await;
    assert_eq!(served.get("/api/v1/events").await.status, 401);
}

#[tokio::test]
async fn more_than_a_few_readers_are_turned_away_until_one_goes() {
    let served = booth_that_told(1..=1).await;
    let mut readers = Vec::new();
    for _ in 0..16 {
        readers.push(Reader::open(served.address, None).await);
    }
    let refused = Call::get("/api/v1/events").token(TOKEN).send(served.address).await;
    assert_eq!(refused.error(503), "16 programs follow the events already");
    drop(readers.pop());
    let mut status = String::new();
    for seq in 2..200 {
        // That it is gone is noticed with the next message.
        served.booth.tell(seq, lane());
        status = status_line(served.address).await;
        if status == "HTTP/1.1 200 OK" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the place stayed taken: {status}");
}

#[tokio::test]
async fn the_stream_ends_when_the_service_stops() {
    let mut served = booth_that_told(1..=1).await;
    let mut reader = Reader::open(served.address, None).await;
    served.stop();
    let ended = async { while reader.more().await {} };
    tokio::time::timeout(Duration::from_secs(20), ended).await.expect("it ends");
    assert!(reader.read.ends_with("0\r\n\r\n"), "it was cut off: {}", reader.read);
}
