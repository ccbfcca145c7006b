use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::ftp::Offer;
use super::{Fault, FaultProxy, Refusal};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < PATIENCE, "waited in vain until {what}");
        thread::yield_now();
    }
}

/// A server that keeps what it is told by each client until that ends, and answers with how much it was.
fn listener() -> (SocketAddr, JoinHandle<std::io::Result<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serving = thread::spawn(move || {
        let (mut client, _) = listener.accept()?;
        let mut heard = Vec::new();
        client.read_to_end(&mut heard)?;
        client.write_all(heard.len().to_string().as_bytes())?;
        Ok(heard)
    });
    (address, serving)
}

fn content(length: u32) -> Vec<u8> {
    (0..length).map(|i| i as u8).collect()
}

fn say(proxy: &FaultProxy, bytes: &[u8]) -> (TcpStream, std::io::Result<()>) {
    let mut client = TcpStream::connect(proxy.address()).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let said = client.write_all(bytes).and_then(|()| client.shutdown(Shutdown::Write));
    (client, said)
}

#[test]
fn a_good_line_carries_everything_both_ways() {
    let (server, serving) = listener();
    let proxy = FaultProxy::tcp(server);
    let (mut client, said) = say(&proxy, &content(3_000_000));
    said.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "3000000");
    assert!(serving.join().unwrap().unwrap() == content(3_000_000));
    assert_eq!(proxy.met(), 0);
}

#[test]
fn a_long_line_delays_and_changes_nothing() {
    let (server, serving) = listener();
    let proxy = FaultProxy::tcp(server);
    proxy.set(Fault::Latency(Duration::from_millis(30)));
    let begun = Instant::now();
    let (mut client, said) = say(&proxy, b"hello");
    said.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(120), "{:?}", begun.elapsed());
    assert_eq!(serving.join().unwrap().unwrap(), b"hello");
}

#[test]
fn a_lost_connection_carried_exactly_so_many_bytes() {
    let (server, serving) = listener();
    let proxy = FaultProxy::tcp(server);
    proxy.set(Fault::Loss { after_bytes: 100_001 });
    let (_client, _) = say(&proxy, &content(1_000_000));
    assert!(serving.join().unwrap().unwrap() == content(100_001));
    assert_eq!(proxy.met(), 1);
}

#[test]
fn a_reset_is_heard_by_both_sides() {
    let (server, serving) = listener();
    let proxy = FaultProxy::tcp(server);
    proxy.set(Fault::Reset { after_bytes: 5 });
    let mut client = TcpStream::connect(proxy.address()).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client.write_all(b"hello, is there anybody?").unwrap();
    let heard = client.read(&mut [0]).unwrap_err();
    assert_eq!(heard.kind(), ErrorKind::ConnectionReset);
    assert_eq!(serving.join().unwrap().unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_silent_line_stays_silent_for_who_was_on_it_and_serves_who_comes_later() {
    let (server, serving) = listener();
    let proxy = FaultProxy::tcp(server);
    proxy.set(Fault::Silence { after_bytes: 0 });
    let (unheard, said) = say(&proxy, b"hello?");
    said.unwrap();
    wait_until("the line is silent", || proxy.met() == 1);
    proxy.set(Fault::None);
    let (mut client, said) = say(&proxy, b"hello!");
    said.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!((answer.as_str(), serving.join().unwrap().unwrap()), ("6", b"hello!".to_vec()));
    unheard.set_nonblocking(true).unwrap();
    let heard = (&unheard).read(&mut [0]).unwrap_err();
    assert_eq!(heard.kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_line_that_falls_silent_in_the_middle_hangs_up_on_the_client_never_and_on_the_server_afterwards() {
    let (server, serving) = listener();
    let proxy = FaultProxy::tcp(server);
    proxy.set(Fault::Silence { after_bytes: 3 });
    let (client, _) = say(&proxy, b"hello?");
    wait_until("the line is silent", || proxy.met() == 1);
    assert!(!serving.is_finished());
    proxy.set(Fault::None);
    wait_until("the server has noticed", || serving.is_finished());
    client.set_nonblocking(true).unwrap();
    assert_eq!((&client).read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(proxy);
    wait_until(
        "the line has ended",
        || !matches!((&client).read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock),
    );
}

#[test]
fn a_dripping_line_takes_its_time_and_runs_again_at_once() {
    let (server, serving) = listener();
    let proxy = FaultProxy::tcp(server);
    proxy.set(Fault::Drip { bytes_per_second: 40 });
    let begun = Instant::now();
    let (_client, said) = say(&proxy, &content(100_000));
    said.unwrap();
    wait_until("half a second has passed", || begun.elapsed() > Duration::from_millis(500));
    assert!(!serving.is_finished());
    proxy.set(Fault::None);
    assert!(serving.join().unwrap().unwrap() == content(100_000));
}

/// An FTP server of one session, that takes one upload.
fn ftp_server() -> (SocketAddr, u16, JoinHandle<Vec<u8>>) {
    let data = TcpListener::bind("127.0.0.1:0").unwrap();
    let control = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, server) = (data.local_addr().unwrap().port(), control.local_addr().unwrap());
    let serving = thread::spawn(move || {
        let (mut stream, _) = control.accept().unwrap();
        let mut asked = String::new();
        BufReader::new(stream.try_clone().unwrap()).read_line(&mut asked).unwrap();
        assert_eq!(asked, "EPSV\r\n");
        write!(stream, "229 Entering Extended Passive Mode (|||{port}|)\r\n").unwrap();
        let mut stored = Vec::new();
        data.accept().unwrap().0.read_to_end(&mut stored).unwrap();
        stored
    });
    (server, port, serving)
}

fn line_of(stream: &TcpStream) -> String {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line
}

#[test]
fn an_upload_over_the_line_arrives_whole_on_a_port_of_the_line() {
    let (server, data_port, serving) = ftp_server();
    let proxy = FaultProxy::ftp(server);
    proxy.set(Fault::Latency(Duration::from_millis(1)));
    let mut client = TcpStream::connect(proxy.address()).unwrap();
    client.write_all(b"EPSV\r\n").unwrap();
    let offer = Offer::read(&line_of(&client)).unwrap();
    assert_ne!(offer.port, data_port);
    let mut upload = TcpStream::connect(("127.0.0.1", offer.port)).unwrap();
    upload.write_all(&content(300_000)).unwrap();
    drop(upload);
    assert!(serving.join().unwrap() == content(300_000));
}

#[test]
fn who_is_too_many_is_refused_in_either_way() {
    let control = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = control.local_addr().unwrap();
    let greeting = thread::spawn(move || {
        let (mut stream, _) = control.accept().unwrap();
        stream.write_all(b"220 Come in\r\n").unwrap();
        stream
    });
    let proxy = FaultProxy::ftp(server);
    proxy.set(Fault::Crowd { most: 1, refusal: Refusal::Greeting });
    let first = TcpStream::connect(proxy.address()).unwrap();
    assert_eq!(line_of(&first), "220 Come in\r\n");
    let _inside = greeting.join().unwrap();

    assert!(line_of(&TcpStream::connect(proxy.address()).unwrap()).starts_with("421 "));
    proxy.set(Fault::Crowd { most: 1, refusal: Refusal::Login });
    let mut second = TcpStream::connect(proxy.address()).unwrap();
    assert!(line_of(&second).starts_with("220 "));
    second.write_all(b"USER booth\r\n").unwrap();
    assert!(line_of(&second).starts_with("331 "));
    second.write_all(b"PASS party\r\n").unwrap();
    assert!(line_of(&second).contains("maximum number of clients"));
    assert_eq!(proxy.met(), 2);
}

#[test]
fn both_kinds_of_offers_are_read_and_rewritten() {
    for line in ["227 Entering Passive Mode (127,0,0,1,117,49).\r\n", "229 Extended (|||30001|)\r\n"] {
        let offer = Offer::read(line).unwrap();
        assert_eq!(offer.port, 30001);
        let rewritten = Offer::read(&offer.with_port(4242)).unwrap();
        assert_eq!(rewritten, Offer { port: 4242, ..offer });
    }
}

#[test]
fn other_replies_stay_as_they_are() {
    for line in ["220 Welcome (|||30001|)\r\n", "227 no numbers\r\n", "226 done (1,2,3,4,5,6)\r\n"] {
        assert_eq!(Offer::read(line), None);
    }
}
