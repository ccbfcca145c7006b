//! What the engine shows of itself: status, links, events. These serialise as the API answers them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::names::{MediaKey, ObjectPath, TargetName};

/// Media and targets as `status` shows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// What the media folder holds.
    pub media: MediaStatus,
    /// How the database fares; left out where there is nothing to say.
    #[serde(default, skip_serializing_if = "DatabaseStatus::is_well")]
    pub database: DatabaseStatus,
    /// One for each configured target, in the order of the configuration.
    pub targets: Vec<TargetStatus>,
}

/// How the database fares.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseStatus {
    /// What keeps it from being used, in one sentence: a full disk, say. Nothing is uploaded meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// What became of it at the last start, in one sentence, if it was damaged or an old one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl DatabaseStatus {
    /// Whether there is nothing to say.
    pub fn is_well(&self) -> bool {
        *self == Self::default()
    }
}

/// What the media folder holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaStatus {
    /// Number of files that are synced.
    pub items: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

/// State of a target's lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LaneState {
    /// Works.
    Up,
    /// Leaves the target alone for a while: the service asked for it, or too many attempts failed.
    Waiting,
    /// A person has to act; probed until it is usable again.
    Blocked,
    /// Stopped by the operator.
    Paused,
    /// Not enabled.
    Off,
}

impl std::fmt::Display for LaneState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Up => "up",
            Self::Waiting => "waiting",
            Self::Blocked => "blocked",
            Self::Paused => "paused",
            Self::Off => "off",
        })
    }
}

/// One target as `status` shows it. Counts are of objects, pages included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetStatus {
    /// Its name.
    pub name: TargetName,
    /// What its lane does.
    pub state: LaneState,
    /// Why, for people; empty when it is up and keeps nothing back.
    pub reason: String,
    /// Objects that should be there.
    pub wanted: u64,
    /// Objects known to be there as they should be.
    pub held: u64,
    /// Objects still to be put or deleted.
    pub pending: u64,
    /// Calls under way.
    pub running: u64,
    /// Objects that the target refused; they wait for a reason to try again.
    pub rejected: u64,
    /// Deletes held back until the operator confirms them.
    pub held_deletes: u64,
    /// Objects left where earlier settings put them.
    pub left_behind: u64,
}

/// One share link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The target that holds it; empty for the custom link.
    pub target: String,
    /// Where it leads.
    pub kind: LinkKind,
    /// The address.
    pub url: String,
    /// Whether there is something behind it yet.
    pub state: LinkState,
    /// The one to give out, of all links of the item.
    #[serde(default)]
    pub preferred: bool,
}

/// Where a link leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// To a target.
    Online,
    /// To this machine.
    Lan,
    /// Where the operator's extra pattern says.
    Custom,
}

/// Whether there is something behind a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// Not yet; it will be.
    Pending,
    /// Yes.
    Online,
    /// It was there, and its time is over.
    Expired,
    /// It was taken off.
    Removed,
}

/// A part of the log of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    /// In their order. There may be more.
    pub events: Vec<Event>,
    /// The number of the last of them, or where the log is to be read on from.
    pub last: u64,
    /// The log does not reach back to what was asked for.
    pub missed: bool,
}

/// Something that happened, in the order of `seq`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Grows with every event, over restarts too.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// A new or changed file is to be synced.
    Seen {
        /// The file.
        key: MediaKey,
        /// Its size.
        size_bytes: u64,
    },
    /// An attempt began.
    Started {
        /// Where to.
        target: TargetName,
        /// Which object.
        path: ObjectPath,
        /// The file it comes from, unless it is a page or a delete.
        key: Option<MediaKey>,
        /// Put or delete.
        delete: bool,
        /// Which attempt in a row, from 1.
        attempt: u32,
    },
    /// The target holds the object.
    Online {
        /// Where.
        target: TargetName,
        /// Which object.
        path: ObjectPath,
        /// The file it comes from, unless it is a page.
        key: Option<MediaKey>,
        /// Its size.
        size_bytes: u64,
        /// How long the plugin's call took.
        call_ms: u64,
    },
    /// The target does not hold the object any more.
    Deleted {
        /// Where.
        target: TargetName,
        /// Which object.
        path: ObjectPath,
        /// The file it came from, unless it was a page.
        #[serde(default)]
        key: Option<MediaKey>,
    },
    /// The target's service made the link that visitors get.
    Linked {
        /// Which.
        target: TargetName,
        /// To what.
        path: ObjectPath,
        /// The file it comes from.
        key: MediaKey,
    },
    /// An attempt failed.
    Failed {
        /// Where to.
        target: TargetName,
        /// Which object.
        path: ObjectPath,
        /// [`crate::Failure::kind`].
        outcome: String,
        /// What the plugin or the host said.
        message: String,
        /// When it will be tried again by itself; `None`: when something changes.
        next_try: Option<Timestamp>,
    },
    /// A lane changed its state.
    Lane {
        /// Which.
        target: TargetName,
        /// To what.
        state: LaneState,
        /// Why.
        reason: String,
    },
    /// Deletes were held back until the operator confirms them.
    DeletesHeld {
        /// Where.
        target: TargetName,
        /// How to name the set.
        set: u64,
        /// How many objects.
        count: u64,
        /// Why.
        reason: String,
    },
    /// Something the operator should know and no other event says.
    Notice {
        /// What, in one sentence.
        message: String,
    },
}

/// One row of the queue, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueRow {
    /// Where to.
    pub target: TargetName,
    /// Which object.
    pub path: ObjectPath,
    /// `put`, `delete` or `resolve` (uncertain).
    pub work: String,
    /// `pending`, `running`, `rejected` or `held`.
    pub state: String,
    /// Attempts that failed in a row.
    pub attempts: u32,
    /// The last failure's text, if any.
    pub last_error: Option<String>,
    /// When it will be tried again, unless at once.
    pub next_try: Option<Timestamp>,
}
