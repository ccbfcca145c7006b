//! A long line to a near FTP server: what goes through it arrives later, in both directions, on the
//! control connection and on the data connections that the server offers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::servers::pause;

/// Portions that may be under way in one direction. With 64 kB each it never limits the throughput.
const UNDER_WAY: usize = 256;

/// Begins to forward to `server`; the address is where the long line begins. Its threads live as long
/// as the process.
pub fn ftp(server: SocketAddr, one_way: Duration) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("this machine has no free port")?;
    let address = listener.local_addr()?;
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || control(client, server, one_way));
        }
    });
    Ok(address)
}

type Portion = (Instant, Vec<u8>);

fn control(client: TcpStream, server: SocketAddr, one_way: Duration) -> std::io::Result<()> {
    let upstream = connect(&client, server, one_way)?;
    let (commands_in, commands_out) = (client.try_clone()?, upstream.try_clone()?);
    thread::spawn(move || pump(commands_in, commands_out, one_way, forward_bytes));
    pump(upstream, client, one_way, move |from, into| forward_replies(from, into, server, one_way));
    Ok(())
}

/// A connection costs a whole round trip before either side can say anything.
fn connect(client: &TcpStream, server: SocketAddr, one_way: Duration) -> std::io::Result<TcpStream> {
    pause(one_way * 2);
    let upstream = TcpStream::connect(server)?;
    upstream.set_nodelay(true)?;
    client.set_nodelay(true)?;
    Ok(upstream)
}

/// Moves everything `from` one side `into` the other, `one_way` later, until it ends.
fn pump(
    from: TcpStream,
    mut into: TcpStream,
    one_way: Duration,
    forward: impl FnOnce(TcpStream, &mut dyn FnMut(Vec<u8>) -> bool) + Send + 'static,
) {
    let (sender, receiver): (SyncSender<Portion>, Receiver<Portion>) = sync_channel(UNDER_WAY);
    thread::spawn(move || {
        forward(from, &mut |bytes| sender.send((Instant::now() + one_way, bytes)).is_ok());
    });
    for (due, bytes) in receiver {
        pause(due.saturating_duration_since(Instant::now()));
        if into.write_all(&bytes).is_err() {
            break;
        }
    }
    // The other side may have closed already; then there is nothing left to end.
    let _ = into.shutdown(Shutdown::Write);
}

fn forward_bytes(mut from: TcpStream, into: &mut dyn FnMut(Vec<u8>) -> bool) {
    let mut portion = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut portion) {
        if !into(portion[..length].to_vec()) {
            break;
        }
    }
}

/// Forwards replies line by line; an offered data port becomes a port of ours with the same delay.
fn forward_replies(
    from: TcpStream,
    into: &mut dyn FnMut(Vec<u8>) -> bool,
    server: SocketAddr,
    one_way: Duration,
) {
    let mut replies = BufReader::new(from);
    let mut line = Vec::new();
    while let Ok(1..) = replies.read_until(b'\n', &mut line) {
        if let Some(offer) = Offer::read(&String::from_utf8_lossy(&line))
            && let Ok(ours) = data_line(SocketAddr::new(server.ip(), offer.port), one_way)
        {
            line = offer.with_port(ours).into_bytes();
        }
        if !into(std::mem::take(&mut line)) {
            break;
        }
    }
}

/// Forwards one data connection.
fn data_line(server: SocketAddr, one_way: Duration) -> std::io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || -> std::io::Result<()> {
        let (client, _) = listener.accept()?;
        let upstream = connect(&client, server, one_way)?;
        let (down_from, down_into) = (upstream.try_clone()?, client.try_clone()?);
        thread::spawn(move || pump(down_from, down_into, one_way, forward_bytes));
        pump(client, upstream, one_way, forward_bytes);
        Ok(())
    });
    Ok(port)
}

/// A reply that offers a port for data.
#[derive(Debug, PartialEq, Eq)]
struct Offer {
    port: u16,
    extended: bool,
}

impl Offer {
    fn read(line: &str) -> Option<Self> {
        let inside = line.split_once('(')?.1.split_once(')')?.0;
        if line.starts_with("229 ") {
            let port = inside.trim_matches('|').parse().ok()?;
            return Some(Self { port, extended: true });
        }
        let numbers: Vec<u16> = inside.split(',').filter_map(|number| number.trim().parse().ok()).collect();
        match numbers[..] {
            [_, _, _, _, high, low] if line.starts_with("227 ") && high < 256 && low < 256 => {
                Some(Self { port: high * 256 + low, extended: false })
            }
            _ => None,
        }
    }

    fn with_port(&self, port: u16) -> String {
        if self.extended {
            return format!("229 Entering Extended Passive Mode (|||{port}|)\r\n");
        }
        format!("227 Entering Passive Mode (127,0,0,1,{},{})\r\n", port / 256, port % 256)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_offers_are_read_and_rewritten() {
        for line in ["227 Entering Passive Mode (127,0,0,1,117,49).\r\n", "229 Extended (|||30001|)\r\n"] {
            let offer = Offer::read(line).unwrap();
            assert_eq!(offer.port, 30001);
            let rewritten = offer.with_port(4242);
            assert_eq!(Offer::read(&rewritten), Some(Offer { port: 4242, ..offer }));
        }
    }

    #[test]
    fn other_replies_stay_as_they_are() {
        for line in ["220 Welcome (|||30001|)\r\n", "227 no numbers\r\n", "226 done (1,2,3,4,5,6)\r\n"] {
            assert_eq!(Offer::read(line), None);
        }
    }

    #[test]
    fn a_transfer_through_the_line_arrives_whole() {
        let data = TcpListener::bind("127.0.0.1:0").unwrap();
        let control = TcpListener::bind("127.0.0.1:0").unwrap();
        let (data_port, server) = (data.local_addr().unwrap().port(), control.local_addr().unwrap());
        let serving = thread::spawn(move || {
            let (mut stream, _) = control.accept().unwrap();
            let mut asked = String::new();
            BufReader::new(stream.try_clone().unwrap()).read_line(&mut asked).unwrap();
            write!(stream, "229 Entering Extended Passive Mode (|||{data_port}|)\r\n").unwrap();
            let mut stored = Vec::new();
            data.accept().unwrap().0.read_to_end(&mut stored).unwrap();
            (asked, stored)
        });
        let mut client = TcpStream::connect(ftp(server, Duration::from_millis(1)).unwrap()).unwrap();
        client.write_all(b"EPSV\r\n").unwrap();
        let mut reply = String::new();
        BufReader::new(client.try_clone().unwrap()).read_line(&mut reply).unwrap();
        let offer = Offer::read(&reply).unwrap();
        assert_ne!(offer.port, data_port);
        let sent: Vec<u8> = (0..300_000u32).map(|i| i as u8).collect();
        let mut upload = TcpStream::connect(("127.0.0.1", offer.port)).unwrap();
        upload.write_all(&sent).unwrap();
        drop(upload);
        let (asked, stored) = serving.join().unwrap();
        assert_eq!(asked, "EPSV\r\n");
        assert!(stored == sent, "{} of {} bytes arrived as they were", stored.len(), sent.len());
    }
}
