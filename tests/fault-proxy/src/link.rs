//! One connection over the line: what a client and the server say to each other.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::fault::Fault;
use super::line::Line;

/// Portions that may be under way in one direction. With 64 kB each it never limits the throughput.
const UNDER_WAY: usize = 256;
/// Most bytes of a portion.
const PORTION: usize = 64 * 1024;
/// How often whoever waits for bytes looks whether the connection is over.
const TICK: Duration = Duration::from_millis(20);
/// Into so many pieces a dripping line cuts a second.
const DROPS: u64 = 20;

/// Bytes and when they arrive.
type Portion = (Instant, Vec<u8>);

/// Reads one side to its end and hands over what is to be said to the other.
pub(super) type Forward = fn(&Arc<Link>, &TcpStream, &mut dyn FnMut(Vec<u8>) -> bool);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

pub(super) struct Link {
    pub line: Arc<Line>,
    client: TcpStream,
    server: TcpStream,
    /// Bytes of the client that went through.
    sent_bytes: AtomicU64,
    silent: AtomicBool,
    over: AtomicBool,
}

impl Link {
    pub fn new(line: Arc<Line>, client: TcpStream, server: TcpStream) -> io::Result<Self> {
        for stream in [&client, &server] {
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(TICK))?;
            stream.set_write_timeout(Some(TICK))?;
        }
        let (sent_bytes, silent, over) = Default::default();
        Ok(Self { line, client, server, sent_bytes, silent, over })
    }

    /// Whether nothing more is to be carried.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire) || self.line.is_closed()
    }

    /// Carries everything both ways until both sides have ended, or the line ends it.
    pub fn carry(self: &Arc<Self>, up: Forward, down: Forward) {
        let threads = [self.direction(Direction::ToServer, up), self.direction(Direction::ToClient, down)];
        for thread in threads.into_iter().flatten() {
            // A panic in one of them has been printed and has ended its part of the connection.
            let _ = thread.join();
        }
        self.over.store(true, Ordering::Release);
    }

    fn direction(self: &Arc<Self>, direction: Direction, forward: Forward) -> [thread::JoinHandle<()>; 2] {
        let (sender, receiver): (SyncSender<Portion>, Receiver<Portion>) = sync_channel(UNDER_WAY);
        let (reading, writing) = (Arc::clone(self), Arc::clone(self));
        let (mut read, written) = (0, Arc::new(AtomicUsize::new(0)));
        let gone = Arc::clone(&written);
        let reader = thread::spawn(move || {
            let (from, _) = reading.ends(direction);
            forward(&reading, from, &mut |bytes| {
                read += 1;
                let sent = sender.send((Instant::now() + reading.line.fault().one_way(), bytes)).is_ok();
                reading.hold_back(|| gone.load(Ordering::Acquire) < read);
                sent
            });
        });
        let writer = thread::spawn(move || writing.write(direction, &receiver, &written));
        [reader, writer]
    }

    /// A dripping line takes nothing that it has not passed on: else whoever sends believes it is gone.
    fn hold_back(&self, is_full: impl Fn() -> bool) {
        while matches!(self.line.fault(), Fault::Drip { .. }) && is_full() && !self.is_over() {
            self.line.pause(TICK / 4);
        }
    }

    fn ends(&self, direction: Direction) -> (&TcpStream, &TcpStream) {
        match direction {
            Direction::ToServer => (&self.client, &self.server),
            Direction::ToClient => (&self.server, &self.client),
        }
    }

    fn write(&self, direction: Direction, portions: &Receiver<Portion>, written: &AtomicUsize) {
        let (_, into) = self.ends(direction);
        for (due, bytes) in portions {
            self.line.wait_for(due);
            if self.say(direction, into, &bytes).is_err() {
                self.over.store(true, Ordering::Release);
                return;
            }
            written.fetch_add(1, Ordering::AcqRel);
        }
        if !self.is_silent() && !self.is_over() {
            // The other side may have closed already; then there is nothing left to end.
            let _ = into.shutdown(Shutdown::Write);
        }
    }

    /// Says it as the line lets it through; the error ends the connection.
    fn say(&self, direction: Direction, into: &TcpStream, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            self.wait_out_silence()?;
            let fault = self.line.fault();
            let most = match fault {
                Fault::Drip { bytes_per_second } => {
                    self.line.pause(Duration::from_secs(1) / DROPS as u32);
                    bytes_per_second / DROPS
                }
                _ if direction == Direction::ToServer => self.left(fault),
                _ => u64::MAX,
            };
            let most = usize::try_from(most).unwrap_or(usize::MAX).min(rest.len());
            let said = self.put(into, &rest[..most])?;
            rest = &rest[said..];
            if direction == Direction::ToServer {
                self.sent_bytes.fetch_add(said as u64, Ordering::AcqRel);
                self.strike(fault)?;
            }
        }
        Ok(())
    }

    fn left(&self, fault: Fault) -> u64 {
        fault.carries().map_or(u64::MAX, |most| most.saturating_sub(self.sent_bytes.load(Ordering::Acquire)))
    }

    /// Does to the connection what the fault does, if it has carried enough for that.
    fn strike(&self, fault: Fault) -> io::Result<()> {
        if self.left(fault) > 0 {
            return Ok(());
        }
        self.line.meet();
        match fault {
            Fault::Silence { .. } => {
                self.silent.store(true, Ordering::Release);
                self.wait_out_silence()
            }
            Fault::Reset { .. } => {
                for stream in [&self.client, &self.server] {
                    rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO))?;
                }
                Err(ErrorKind::ConnectionReset.into())
            }
            _ => {
                for stream in [&self.client, &self.server] {
                    stream.shutdown(Shutdown::Write)?;
                }
                Err(ErrorKind::ConnectionAborted.into())
            }
        }
    }

    fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Acquire)
    }

    /// A silent connection is never heard of again. Once the line is good, the server notices: it asks
    /// after its clients from time to time. Whoever only waits for an answer does not.
    fn wait_out_silence(&self) -> io::Result<()> {
        if self.line.fault() == (Fault::Silence { after_bytes: 0 })
            && !self.silent.swap(true, Ordering::AcqRel)
        {
            self.line.meet();
        }
        while self.is_silent() {
            if self.is_over() {
                return Err(ErrorKind::ConnectionAborted.into());
            }
            if !matches!(self.line.fault(), Fault::Silence { .. }) {
                // Fails when it was done before.
                let _ = self.server.shutdown(Shutdown::Both);
            }
            self.line.pause(TICK * 5);
        }
        Ok(())
    }

    /// Writes some of it.
    fn put(&self, mut into: &TcpStream, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match into.write(bytes) {
                Err(error) if is_only_slow(&error) && !self.is_over() => {}
                Ok(0) if !bytes.is_empty() => return Err(ErrorKind::WriteZero.into()),
                done => return done,
            }
        }
    }

    /// Reads some bytes; `None` at the end.
    pub fn read(&self, mut from: &TcpStream) -> Option<Vec<u8>> {
        let mut portion = vec![0; PORTION];
        loop {
            match from.read(&mut portion) {
                Err(error) if is_only_slow(&error) && !self.is_over() => {}
                Ok(length @ 1..) => {
                    portion.truncate(length);
                    return Some(portion);
                }
                Ok(0) | Err(_) => return None,
            }
        }
    }
}

fn is_only_slow(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// Forwards bytes as they come.
pub(super) fn bytes(link: &Arc<Link>, from: &TcpStream, into: &mut dyn FnMut(Vec<u8>) -> bool) {
    while let Some(bytes) = link.read(from) {
        if !into(bytes) {
            return;
        }
    }
}
