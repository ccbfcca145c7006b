//! What travels between the engine and a target.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::names::ObjectPath;

/// Open-ended facts by name; unknown names are ignored.
pub type Attributes = Vec<(String, String)>;

/// A target's opaque note on an object it holds, at most [`Receipt::MAX_BYTES`] long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt(pub String);

impl Receipt {
    /// Longest receipt that is kept, in bytes.
    pub const MAX_BYTES: usize = 1024;
}

/// One object as a target is asked to hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Where it lies below the target's base.
    pub path: ObjectPath,
    /// Size of the content in bytes.
    pub size_bytes: u64,
    /// When the content was last written.
    pub modified: Timestamp,
    /// MIME type guessed from the name's extension.
    pub media_type: String,
    /// Further facts.
    pub attributes: Attributes,
}

/// One thing a target was seen to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it lies below the target's base.
    pub path: ObjectPath,
    /// Size in bytes where the service tells it.
    pub size_bytes: Option<u64>,
    /// A receipt with which it could be addressed.
    pub receipt: Option<Receipt>,
    /// Hashes (`sha256`, `sha1`, `md5` in lowercase hex), etag, times, under the service's names.
    pub facts: Attributes,
}

/// What a target said of itself when it was probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// One line for the operator.
    pub summary: String,
    /// Further facts, such as `free-bytes`.
    pub facts: Attributes,
}

/// A link that visitors can open, made by the target's service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicLink {
    /// The address.
    pub url: String,
    /// When it stops working, if it does.
    pub expires: Option<Timestamp>,
}
