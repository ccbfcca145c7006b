//! What the line has to know of FTP: the ports that a server offers for data, and how it refuses.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::fault::{Fault, Refusal};
use super::line::Line;
use super::link::{self, Link};

/// How often it is looked whether somebody came to an offered port.
const LOOK: Duration = Duration::from_millis(5);

/// Serves one client of the control port.
pub(super) fn serve(line: &Arc<Line>, client: TcpStream) {
    let place = line.enter();
    match (&place, line.fault()) {
        (None, Fault::Crowd { refusal, .. }) => {
            line.meet();
            // Whoever is refused may have hung up already.
            let _ = refuse(client, refusal);
        }
        _ => {
            if let Some(link) = line.connect(client) {
                link.carry(link::bytes, replies);
            }
        }
    }
}

fn refuse(mut client: TcpStream, refusal: Refusal) -> std::io::Result<()> {
    if refusal == Refusal::Greeting {
        return client.write_all(b"421 There are too many connections from your internet address.\r\n");
    }
    client.write_all(b"220 Welcome\r\n")?;
    for command in BufReader::new(client.try_clone()?).lines() {
        let answer: &[u8] = match command?.split(' ').next().unwrap_or_default() {
            "USER" => b"331 Password required\r\n",
            "PASS" => {
                b"530 Sorry, the maximum number of clients (2) from your host are already connected.\r\n"
            }
            "QUIT" => return client.write_all(b"221 Goodbye\r\n"),
            _ => b"500 Not before the login\r\n",
        };
        client.write_all(answer)?;
    }
    Ok(())
}

/// Forwards replies line by line; an offered port for data becomes one of ours.
fn replies(link: &Arc<Link>, from: &TcpStream, into: &mut dyn FnMut(Vec<u8>) -> bool) {
    let mut pending = Vec::new();
    while let Some(bytes) = link.read(from) {
        pending.extend(bytes);
        while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
            let mut line: Vec<u8> = pending.drain(..=end).collect();
            if let Some(offer) = Offer::read(&String::from_utf8_lossy(&line))
                && let Ok(ours) = data(link, offer.port)
            {
                line = offer.with_port(ours).into_bytes();
            }
            if !into(line) {
                return;
            }
        }
    }
}

/// Forwards one data connection, as long as its control connection lasts.
fn data(control: &Arc<Link>, port: u16) -> std::io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    if matches!(control.line.fault(), Fault::Drip { .. }) {
        // The system would take megabytes at once, and whoever sends would believe them gone.
        rustix::net::sockopt::set_socket_recv_buffer_size(&listener, 64 * 1024)?;
    }
    listener.set_nonblocking(true)?;
    let ours = listener.local_addr()?.port();
    let (control, line) = (Arc::clone(control), Arc::clone(&control.line));
    thread::spawn(move || -> std::io::Result<()> {
        let client = loop {
            match listener.accept() {
                Ok((client, _)) => break client,
                Err(error) if error.kind() == ErrorKind::WouldBlock && !control.is_over() => line.pause(LOOK),
                Err(error) => return Err(error),
            }
        };
        client.set_nonblocking(false)?;
        if let Some(link) = line.connect_to(client, SocketAddr::new(line.server.ip(), port)) {
            link.carry(link::bytes, link::bytes);
        }
        Ok(())
    });
    Ok(ours)
}

/// A reply that offers a port for data.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Offer {
    pub port: u16,
    pub extended: bool,
}

impl Offer {
    pub fn read(line: &str) -> Option<Self> {
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

    pub fn with_port(&self, port: u16) -> String {
        if self.extended {
            return format!("229 Entering Extended Passive Mode (|||{port}|)\r\n");
        }
        format!("227 Entering Passive Mode (127,0,0,1,{},{})\r\n", port / 256, port % 256)
    }
}
