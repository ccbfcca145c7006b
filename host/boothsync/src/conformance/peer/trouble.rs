//! Ways in which a service fails.

/// What the server does instead of what it is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing: it works.
    #[default]
    None,
    /// It answers with a status, and a header perhaps.
    Answers {
        /// Which requests.
        to: Scope,
        /// Such as 503.
        status: u16,
        /// Such as `Retry-After`.
        header: Option<(&'static str, String)>,
    },
    /// It breaks the connection off in the middle of an upload.
    BreaksOff,
    /// It stops reading in the middle of an upload, until it is told otherwise.
    Holds,
}

/// Requests that trouble is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All.
    All,
    /// Those that carry an object.
    Uploads,
}

/// What one request meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is done.
    Done,
    /// It is broken off after so many bytes.
    CutAfter(u64),
    /// It is held up after so many bytes.
    HeldAfter(u64),
}

/// A body this large is an object. Smaller ones may be what a service is told about it.
const UPLOAD_BYTES: u64 = 64 << 10;
/// How much of an upload comes through before something happens to it.
const THROUGH_BYTES: u64 = 128 << 10;

impl Trouble {
    /// A status for everything.
    pub fn answers(status: u16) -> Self {
        Self::Answers { to: Scope::All, status, header: None }
    }

    /// The status and header with which a request of so many bytes is turned away, if it is.
    pub fn refusal(&self, body_bytes: u64) -> Option<(u16, Option<(&'static str, String)>)> {
        match self {
            Self::Answers { to, status, header } if *to == Scope::All || body_bytes >= UPLOAD_BYTES => {
                Some((*status, header.clone()))
            }
            _ => None,
        }
    }

    /// What happens to a body of so many bytes.
    pub fn fate(&self, body_bytes: u64) -> Fate {
        match self {
            Self::BreaksOff if body_bytes >= UPLOAD_BYTES => {
                Fate::CutAfter(THROUGH_BYTES.min(body_bytes / 2))
            }
            Self::Holds if body_bytes >= UPLOAD_BYTES => Fate::HeldAfter(THROUGH_BYTES.min(body_bytes / 2)),
            _ => Fate::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_carries_an_object_is_too_large() {
        let trouble = Trouble::Answers { to: Scope::Uploads, status: 413, header: None };
        assert_eq!(trouble.refusal(200), None);
        assert_eq!(trouble.refusal(1 << 20), Some((413, None)));
        assert_eq!(Trouble::answers(500).refusal(0), Some((500, None)));
    }

    #[test]
    fn a_small_request_is_neither_cut_nor_held() {
        assert_eq!(Trouble::BreaksOff.fate(100), Fate::Done);
        assert_eq!(Trouble::Holds.fate(1 << 20), Fate::HeldAfter(128 << 10));
        assert_eq!(Trouble::BreaksOff.fate(100_000), Fate::CutAfter(50_000));
    }
}
