//! What rclone's answers mean for the call.

use kit::Fault;

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
