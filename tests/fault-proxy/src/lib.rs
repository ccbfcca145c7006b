//! A line to a server that can be made bad, and good again, while it is in use: slow, cut, reset, silent,
//! dripping or crowded. In front of an FTP server it carries the data connections that the server
//! offers as well.
//!
//! ```text
//! client ──► accepted ──► Link ──► reader ──► portions, each with a due time ──► writer ──► server
//!                                  (and the same the other way round)
//! ```
//!
//! What is bad is looked up for each portion, so a change counts from the next one on.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "in a test a panic is the report")]

mod fault;
mod ftp;
mod line;
mod link;
#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub use fault::{Fault, Refusal};
use line::Line;

/// Where such a line begins. It ends, with everything that goes through it, when it is dropped.
pub struct FaultProxy {
    line: Arc<Line>,
    address: SocketAddr,
}

impl FaultProxy {
    /// A line to the FTP server at `server`, good for now.
    pub fn ftp(server: SocketAddr) -> Self {
        Self::start(server, ftp::serve)
    }

    /// A line to the FTP server at `server`, so long that everything takes `one_way` in each direction.
    pub fn long_ftp(server: SocketAddr, one_way: Duration) -> Self {
        let proxy = Self::ftp(server);
        proxy.set(Fault::Latency(one_way));
        proxy
    }

    /// A line to any other server, good for now.
    pub fn tcp(server: SocketAddr) -> Self {
        Self::start(server, |line, client| {
            if let Some(link) = line.connect(client) {
                link.carry(link::bytes, link::bytes);
            }
        })
    }

    fn start(server: SocketAddr, serve: fn(&Arc<Line>, TcpStream)) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let line = Arc::new(Line::new(server));
        let open = Arc::clone(&line);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if open.is_closed() {
                    return;
                }
                let line = Arc::clone(&open);
                thread::spawn(move || serve(&line, client));
            }
        });
        Self { line, address }
    }

    /// Where it begins.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on the line is like this.
    pub fn set(&self, fault: Fault) {
        self.line.set(fault);
    }

    /// How many connections were cut, silenced or refused so far. Latency and dripping do not count.
    pub fn met(&self) -> usize {
        self.line.met()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.line.close();
        // Only wakes whoever waits for clients; there may be nobody left.
        let _ = TcpStream::connect(self.address);
    }
}
