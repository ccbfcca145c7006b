//! What can be bad about a line.

use std::time::Duration;

/// What is bad about it now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Everything arrives so much later, in each direction, and a connection costs a round trip more.
    Latency(Duration),
    /// A connection is closed as soon as the client sent so many bytes through it.
    Loss {
        /// Bytes of the client that still arrive.
        after_bytes: u64,
    },
    /// As a loss, but both sides are told with a reset.
    Reset {
        /// Bytes of the client that still arrive.
        after_bytes: u64,
    },
    /// Nothing is heard any more on a connection as soon as the client sent so many bytes through it, by the
    /// client not even when the line is good again: a router forgot it. With zero bytes nothing is heard
    /// from the start.
    Silence {
        /// Bytes of the client that still arrive.
        after_bytes: u64,
    },
    /// Each connection carries so many bytes a second in each direction.
    Drip {
        /// Bytes a second, at least 20.
        bytes_per_second: u64,
    },
    /// Of FTP clients, only so many are let in at a time.
    Crowd {
        /// Control connections at a time.
        most: usize,
        /// What the others are told.
        refusal: Refusal,
    },
}

/// How an FTP server says that there are too many already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// With 421 instead of a greeting, as vsftpd and Pure-FTPd do.
    Greeting,
    /// With 530 instead of a login, as ProFTPD does.
    Login,
}

impl Fault {
    /// How much later things arrive.
    pub(super) fn one_way(self) -> Duration {
        match self {
            Self::Latency(one_way) => one_way,
            _ => Duration::ZERO,
        }
    }

    /// How many bytes of the client a connection carries, if that is bounded.
    pub(super) fn carries(self) -> Option<u64> {
        match self {
            Self::Loss { after_bytes } | Self::Reset { after_bytes } | Self::Silence { after_bytes } => {
                Some(after_bytes)
            }
            _ => None,
        }
    }
}
