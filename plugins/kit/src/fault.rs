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
        /// Why, such as what the server said.
        reason: String,
    },
    /// Nothing will work until a person mends something.
    Blocked(String),
    /// This object will not work; others may.
    Rejected(String),
    /// Cannot be done at all.
    Unsupported(String),
    /// The host asked for the work to stop.
    Cancelled,
}

/// Makes [`Fault`] and a component's own `Failure` into each other. Every component generates that type
/// anew from the contract; called with its name and that of the `Pause` in it.
#[macro_export]
macro_rules! failure_is_fault {
    ($failure:ident, $pause:ident) => {
        impl From<$crate::Fault> for $failure {
            fn from(fault: $crate::Fault) -> Self {
                match fault {
                    $crate::Fault::Retry(text) => Self::Retry(text),
                    $crate::Fault::Wait { milliseconds, reason } => {
                        Self::Wait($pause { milliseconds, reason })
                    }
                    $crate::Fault::Blocked(text) => Self::Blocked(text),
                    $crate::Fault::Rejected(text) => Self::Rejected(text),
                    $crate::Fault::Unsupported(text) => Self::Unsupported(text),
                    $crate::Fault::Cancelled => Self::Cancelled,
                }
            }
        }

        impl From<$failure> for $crate::Fault {
            fn from(failure: $failure) -> Self {
                match failure {
                    $failure::Retry(text) => Self::Retry(text),
                    $failure::Wait($pause { milliseconds, reason }) => Self::Wait { milliseconds, reason },
                    $failure::Blocked(text) => Self::Blocked(text),
                    $failure::Rejected(text) => Self::Rejected(text),
                    $failure::Unsupported(text) => Self::Unsupported(text),
                    $failure::Cancelled => Self::Cancelled,
                }
            }
        }
    };
}
