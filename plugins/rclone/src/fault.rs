//! What went wrong, told by what the host should do about it.

/// The cases of the contract's `failure`, as a plain type that native tests can make and compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Back off and try again.
    Retry(String),
    /// Leave the whole target alone for a while.
    Wait {
        /// How long, in milliseconds.
        milliseconds: u64,
        /// What the server said.
        reason: String,
    },
    /// Nothing will work until a person mends something.
    Blocked(String),
    /// This object will not work; others may.
    Rejected(String),
    /// The remote cannot do this at all.
    Unsupported(String),
    /// The host asked for the work to stop.
    Cancelled,
}

/// Why rclone did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such file or folder, which is good news for a delete and bad news for a put.
    Missing(String),
    /// Anything else.
    Fault(Fault),
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Refusal {
    /// For calls in which a missing file is not an answer but a fault: says which one.
    pub fn missing_means(self, fault: impl FnOnce(String) -> Fault) -> Fault {
        match self {
            Self::Missing(text) => fault(text),
            Self::Fault(fault) => fault,
        }
    }
}
