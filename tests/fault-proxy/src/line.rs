//! What all connections over one line share.

use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::fault::Fault;
use super::link::Link;

pub(super) struct Line {
    pub server: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
    met: AtomicUsize,
    /// FTP control connections that are let in.
    inside: AtomicUsize,
}

struct State {
    fault: Fault,
    closed: bool,
    /// Who is neither answered nor hung up on.
    unheard: Vec<TcpStream>,
}

/// A place among those that are let in.
pub(super) struct Place(Arc<Line>);

impl Line {
    pub fn new(server: SocketAddr) -> Self {
        let state = Mutex::new(State { fault: Fault::None, closed: false, unheard: Vec::new() });
        Self { server, state, changed: Condvar::new(), met: AtomicUsize::new(0), inside: AtomicUsize::new(0) }
    }

    pub fn fault(&self) -> Fault {
        self.state.lock().unwrap().fault
    }

    pub fn set(&self, fault: Fault) {
        self.state.lock().unwrap().fault = fault;
        self.changed.notify_all();
    }

    pub fn is_closed(&self) -> bool {
        self.state.lock().unwrap().closed
    }

    pub fn close(&self) {
        let mut state = self.state.lock().unwrap();
        state.closed = true;
        state.unheard.clear();
        drop(state);
        self.changed.notify_all();
    }

    pub fn met(&self) -> usize {
        self.met.load(Ordering::Acquire)
    }

    /// A connection met the fault.
    pub fn meet(&self) {
        self.met.fetch_add(1, Ordering::AcqRel);
    }

    /// Waits for this long, or until something about the line changes.
    pub fn pause(&self, time: Duration) {
        let state = self.state.lock().unwrap();
        let before = (state.fault, state.closed);
        let same = |state: &mut State| (state.fault, state.closed) == before;
        drop(self.changed.wait_timeout_while(state, time, same).unwrap());
    }

    /// Waits until that moment, whatever becomes of the line, unless it ends.
    pub fn wait_for(&self, moment: Instant) {
        while !self.is_closed() && Instant::now() < moment {
            self.pause(moment.saturating_duration_since(Instant::now()));
        }
    }

    /// Connects a client to the server, unless the fault says otherwise.
    pub fn connect(self: &Arc<Self>, client: TcpStream) -> Option<Arc<Link>> {
        self.connect_to(client, self.server)
    }

    /// As [`Line::connect`], to another port of the server.
    pub fn connect_to(self: &Arc<Self>, client: TcpStream, server: SocketAddr) -> Option<Arc<Link>> {
        let fault = self.fault();
        if fault == (Fault::Silence { after_bytes: 0 }) {
            self.meet();
            self.state.lock().unwrap().unheard.push(client);
            return None;
        }
        // It costs a whole round trip before either side can say anything.
        self.wait_for(Instant::now() + fault.one_way() * 2);
        let upstream = TcpStream::connect(server).ok()?;
        Link::new(Arc::clone(self), client, upstream).ok().map(Arc::new)
    }

    /// Lets a control connection in, if there are not too many already.
    pub fn enter(self: &Arc<Self>) -> Option<Place> {
        let place = Place(Arc::clone(self));
        let before = self.inside.fetch_add(1, Ordering::AcqRel);
        match self.fault() {
            Fault::Crowd { most, .. } if before >= most => None,
            _ => Some(place),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.inside.fetch_sub(1, Ordering::AcqRel);
    }
}
