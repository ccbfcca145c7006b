//! What `identity.toml` says.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::Table;
use uuid::Uuid;

use crate::names::{MediaKey, TargetName};

/// What the file begins with.
const HEADER: &str = "\
# Made by Boothsync: what it cannot compute again. Keep it secret and keep a copy of it.
# Do not edit it while Boothsync runs.

";

/// The newest layout that this version understands.
const LAYOUT: u32 = 1;

/// A token that opens the API.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiToken {
    /// What the operator calls it.
    pub name: String,
    /// The secret.
    pub token: String,
    #[serde(flatten)]
    unknown: Table,
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiToken").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A set of deletes that waits for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Where they would happen.
    pub target: TargetName,
    /// The number of the set, unique in this booth for ever.
    pub set: u64,
    /// Why they are held, for the operator.
    pub reason: String,
    /// How many objects it is about.
    pub count: u64,
    /// Since when.
    pub at: Timestamp,
}

/// An item that stays off every target.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Takedown {
    pub(super) key: MediaKey,
    pub(super) at: Timestamp,
    #[serde(flatten)]
    unknown: Table,
}

impl Takedown {
    pub(super) fn new(key: MediaKey, at: Timestamp) -> Self {
        Self { key, at, unknown: Table::new() }
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct HoldEntry {
    #[serde(flatten)]
    pub(super) hold: Hold,
    #[serde(flatten)]
    unknown: Table,
}

impl HoldEntry {
    pub(super) fn new(hold: Hold) -> Self {
        Self { hold, unknown: Table::new() }
    }
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Document {
    layout: u32,
    pub(super) instance: Uuid,
    pub(super) naming_key: Hex32,
    created: Timestamp,
    /// The number that the next held set gets.
    next_set: u64,
    /// The last era of the booth: an older database is not believed as it stands.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) era: u64,
    #[serde(default, rename = "api_token")]
    pub(super) api_tokens: Vec<ApiToken>,
    #[serde(default, rename = "takedown", skip_serializing_if = "Vec::is_empty")]
    pub(super) takedowns: Vec<Takedown>,
    #[serde(default, rename = "hold", skip_serializing_if = "Vec::is_empty")]
    pub(super) holds: Vec<HoldEntry>,
    #[serde(flatten)]
    unknown: Table,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Document {
    /// A new booth.
    pub(super) fn fresh(now: Timestamp) -> Self {
        let token = Hex32(rand::random()).text();
        Self {
            layout: LAYOUT,
            instance: Uuid::new_v4(),
            naming_key: Hex32(rand::random()),
            created: now,
            next_set: 1,
            era: 0,
            api_tokens: vec![ApiToken { name: "local".into(), token, unknown: Table::new() }],
            takedowns: Vec::new(),
            holds: Vec::new(),
            unknown: Table::new(),
        }
    }

    /// Reads a file; says in words what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut document: Self = toml::from_str(text).map_err(|error| one_line(&error, text))?;
        if document.layout > LAYOUT {
            let found = document.layout;
            return Err(format!("its layout {found} is of a newer Boothsync (this one knows {LAYOUT})"));
        }
        // A number given out twice would let an old confirmation delete a new set.
        let highest = document.holds.iter().map(|entry| entry.hold.set).max().unwrap_or(0);
        document.next_set = document.next_set.max(highest.saturating_add(1));
        Ok(document)
    }

    pub(super) fn to_text(&self) -> String {
        let body = toml::to_string(self).expect("all keys are texts and all values have a TOML form");
        format!("{HEADER}{body}")
    }

    /// The number of a new set.
    pub(super) fn take_set(&mut self) -> u64 {
        let set = self.next_set;
        self.next_set += 1;
        set
    }
}

/// The message with its place, without the source line that `toml` would quote: it may be a secret.
fn one_line(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().trim_end();
    match error.span() {
        Some(span) => {
            let line =
                text.as_bytes()[..span.start.min(text.len())].iter().filter(|b| **b == b'\n').count() + 1;
            format!("line {line}: {message}")
        }
        None => message.to_owned(),
    }
}

/// 32 bytes, written in lower-case hex.
#[derive(Clone, PartialEq)]
pub(super) struct Hex32(pub(super) [u8; 32]);

impl Hex32 {
    fn text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl Serialize for Hex32 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for Hex32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The text is not quoted: it is a secret.
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("expected 64 hexadecimal digits"))
    }
}
