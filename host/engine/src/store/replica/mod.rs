//! Replicas: what is wanted and what is held, one row per target and path.
//!
//! ```text
//!                        plan: want v                       take: call begins
//!   (no row) ───────────────────────────► wanted v,        ──────────────────► wanted v,
//!      ▲                                  held nothing                          held uncertain
//!      │ delete finished,                     ▲                                   │        │
//!      │ nothing wanted                       │ inventory: it is missing          │ put    │ abandoned: crash,
//!      │                                      │                                   ▼ done   │ trap, time-out, error
//!   wanted nothing, ◄──────────────────── wanted v, held v ◄──────────────────────┘        │
//!   held uncertain    plan: want nothing                                                   │
//!      ▲              take: call begins                    stays uncertain until a put,    │
//!      └────────────────────────────────────────────────── delete or stat finishes ◄──────┘
//! ```
//!
//! Between any two steps the power may fail. Before a call begins, `uncertain` is durable, so nothing
//! that a call put on a target is ever forgotten; after it, until the answer is durable, the row says
//! that nobody knows, and the work is done again. A put and a delete may be repeated harmlessly. Step by
//! step, with the folder and the target beside it: the table in [`super`].

mod change;
mod correction;

use rusqlite::{Connection, Row, params};

use super::item::unreadable;
use super::{ItemId, Store, StoreError, TargetId, target};
use crate::names::ObjectPath;
use crate::object::Receipt;
use crate::version::Version;

pub(crate) use change::Planned;
pub use change::ReplicaChange;
pub(super) use change::apply;
pub use correction::InventoryChange;
use correction::correct;

/// Waiting this long counts as much as one step of priority, so that nothing starves.
pub(super) const STEP_MS: i64 = 10 * 60 * 1000;
/// Of a plan, so many changes are written at a time.
const PORTION: usize = 4_000;
/// Deletes come after every put of the same age.
const DELETE_PRIORITY: u8 = 19;

/// What is known to be on the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// Nothing of ours.
    Nothing,
    /// A call has begun that may have changed it, and nobody knows how it ended.
    Uncertain {
        /// What the call was to make of it; `None`: nothing.
        making: Option<Version>,
        /// What was known before; `None`: nothing.
        before: Option<Version>,
    },
    /// This version.
    Version(Version),
}

/// Why nothing is wanted any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropReason {
    /// The file is gone from the folder. The only reason that the wipe guard looks at.
    Gone,
    /// Its time on this target is over.
    Expired,
    /// The operator took it off.
    TakenDown,
}

impl DropReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Expired => "expired",
            Self::TakenDown => "taken-down",
        }
    }
}

/// One replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaRow {
    /// Where it lies on the target.
    pub path: ObjectPath,
    /// What it is made from.
    pub item: ItemId,
    /// The version that should be there; `None`: nothing.
    pub wanted: Option<Version>,
    /// What is there.
    pub held: Held,
    /// When that became known, Unix milliseconds; 0 if never.
    pub held_ms: i64,
    /// The target's note on it.
    pub receipt: Option<Receipt>,
    /// Refused by the target; waits for a reason to try again.
    pub parked: bool,
    /// The set of deletes it is held back in.
    pub hold: Option<u64>,
    /// Its delete waits or runs because the file is gone, and the operator has not confirmed it.
    pub unconfirmed_gone: bool,
}

const COLUMNS: &str =
    "path, item, wanted, held, held_ms, receipt, uncertain_ms, uncertain_version, parked_ms, hold,
                       drop_reason = 'gone' AND NOT confirmed";

impl Store {
    /// Every replica of a target, in no order.
    pub(crate) async fn replicas(&self, target: TargetId) -> Result<Vec<ReplicaRow>, StoreError> {
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM replica WHERE target = ?1");
            let mut query = connection.prepare_cached(&sql)?;
            Ok(query.query_map([target.0], ReplicaRow::read)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// A target's replicas made from these items.
    pub(crate) async fn replicas_of(
        &self,
        target: TargetId,
        items: Vec<ItemId>,
    ) -> Result<Vec<ReplicaRow>, StoreError> {
        self.read(move |connection| of_items(connection, target, items.into_iter())).await
    }

    /// Makes a plan durable: from here on its work is queued. In portions, so that other writes need not
    /// wait for all of it; one that is cut off in between is simply made again.
    pub(crate) async fn apply_plan(
        &self,
        target: TargetId,
        plan: Planned,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let Planned { changes, delete_delay_ms, complete } = plan;
        let mut changes = changes.into_iter().peekable();
        while changes.peek().is_some() {
            let portion: Vec<ReplicaChange> = changes.by_ref().take(PORTION).collect();
            self.write(move |transaction| {
                portion.iter().try_for_each(|one| apply(transaction, target, one, now_ms, delete_delay_ms))
            })
            .await?;
        }
        let Some((rules, generation)) = complete else { return Ok(()) };
        self.write(move |transaction| target::planned(transaction, target, &rules, generation)).await
    }

    /// Corrects what is known by what an inventory found. Rows that changed since `began_ms` are newer
    /// than the inventory and stay. Returns how many rows it changed.
    pub(crate) async fn apply_inventory(
        &self,
        target: TargetId,
        changes: Vec<InventoryChange>,
        began_ms: i64,
        now_ms: i64,
    ) -> Result<u64, StoreError> {
        self.write(move |transaction| {
            let mut changed = 0;
            for change in &changes {
                changed += correct(transaction, target, change, began_ms, now_ms)?;
            }
            // Whatever else an old database said was there is there.
            let sql =
                "UPDATE replica SET held_ms = ?2 WHERE target = ?1 AND held_ms = 0 AND held IS NOT NULL";
            transaction.execute(sql, params![target.0, now_ms])?;
            transaction
                .execute("UPDATE target SET inventory_ms = ?2 WHERE id = ?1", params![target.0, now_ms])?;
            Ok(changed)
        })
        .await
    }

    /// Takes back deletes because files are gone: the target only copies now.
    pub(crate) async fn let_stay(&self, target: TargetId) -> Result<(), StoreError> {
        self.write(move |transaction| change::let_stay(transaction, target)).await
    }

    /// Lets the deletes of a set happen. Returns how many.
    pub(crate) async fn confirm(&self, target: TargetId, set: u64) -> Result<u64, StoreError> {
        self.write(move |transaction| {
            let sql = "UPDATE replica SET hold = NULL, confirmed = 1, not_before_ms = 0 WHERE target = ?1 AND hold = ?2";
            Ok(transaction.execute(sql, params![target.0, set])? as u64)
        })
        .await
    }

    /// Holds back in a set what already waits to be deleted because its file is gone. Returns how many.
    pub(crate) async fn hold_waiting(&self, target: TargetId, set: u64) -> Result<u64, StoreError> {
        self.write(move |transaction| {
            let sql =
                "UPDATE replica SET hold = ?2 WHERE target = ?1 AND wanted IS NULL AND drop_reason = 'gone'
                       AND NOT confirmed AND hold IS NULL AND uncertain_ms IS NULL";
            Ok(transaction.execute(sql, params![target.0, set])? as u64)
        })
        .await
    }

    /// Objects that are held back in a set.
    pub(crate) async fn count_hold(&self, target: TargetId, set: u64) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT count(*) FROM replica WHERE target = ?1 AND hold = ?2";
            Ok(connection.prepare_cached(sql)?.query_row(params![target.0, set], |row| row.get(0))?)
        })
        .await
    }

    /// Tries again what waits or was refused. Returns how many objects that is.
    pub(crate) async fn try_again(&self, target: TargetId, item: Option<ItemId>) -> Result<u64, StoreError> {
        self.write(move |transaction| {
            let sql = "UPDATE replica SET parked_ms = NULL, not_before_ms = 0, attempts = 0, faults = 0
                       WHERE target = ?1 AND (?2 IS NULL OR item = ?2) AND (parked_ms IS NOT NULL OR attempts > 0)";
            Ok(transaction.execute(sql, params![target.0, item.map(|item| item.0)])? as u64)
        })
        .await
    }
}

pub(super) fn of_items(
    connection: &Connection,
    target: TargetId,
    items: impl Iterator<Item = ItemId>,
) -> Result<Vec<ReplicaRow>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM replica WHERE item = ?2 AND target = ?1");
    let mut query = connection.prepare_cached(&sql)?;
    let mut rows = Vec::new();
    for item in items {
        let found = query.query_map([target.0, item.0], ReplicaRow::read)?;
        rows.extend(found.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(rows)
}

impl ReplicaRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let path: String = row.get(0)?;
        let held = row.get::<_, Option<String>>(3)?.map(Version);
        let uncertain: Option<i64> = row.get(6)?;
        let making = row.get::<_, Option<String>>(7)?.map(Version);
        Ok(Self {
            path: ObjectPath::new(&path).map_err(|error| unreadable(0, error))?,
            item: ItemId(row.get(1)?),
            wanted: row.get::<_, Option<String>>(2)?.map(Version),
            held: match (uncertain, held) {
                (Some(_), before) => Held::Uncertain { making, before },
                (None, Some(version)) => Held::Version(version),
                (None, None) => Held::Nothing,
            },
            held_ms: row.get::<_, Option<i64>>(4)?.unwrap_or(0),
            receipt: row.get::<_, Option<String>>(5)?.map(Receipt),
            parked: row.get::<_, Option<i64>>(8)?.is_some(),
            hold: row.get(9)?,
            unconfirmed_gone: row.get::<_, Option<bool>>(10)?.unwrap_or(false),
        })
    }
}
