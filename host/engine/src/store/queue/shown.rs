//! The queue as people see it.

use rusqlite::{Row, params};

use super::super::item::unreadable;
use super::super::{Store, StoreError, TargetId};
use crate::names::ObjectPath;
use crate::view::QueueRow;

impl Store {
    /// What is not as it should be, most urgent first.
    pub(crate) async fn queue(&self, target: TargetId, limit: u32) -> Result<Vec<QueueRow>, StoreError> {
        self.read(move |connection| {
            let sql =
                "SELECT path, wanted, uncertain_ms, uncertain_version, parked_ms, hold, attempts, last_error,
                              not_before_ms, (SELECT name FROM target WHERE id = ?1), held
                       FROM replica WHERE target = ?1 AND (uncertain_ms IS NOT NULL OR wanted IS NOT held)
                       ORDER BY rank_ms LIMIT ?2";
            let mut query = connection.prepare_cached(sql)?;
            Ok(query.query_map(params![target.0, limit], queue_row)?.collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn queue_row(row: &Row<'_>) -> rusqlite::Result<QueueRow> {
    let path: String = row.get(0)?;
    let (wanted, parked, hold): (Option<String>, Option<i64>, Option<u64>) =
        (row.get(1)?, row.get(4)?, row.get(5)?);
    let uncertain: Option<i64> = row.get(2)?;
    let held: Option<String> = row.get(10)?;
    let name: String = row.get(9)?;
    let not_before: i64 = row.get(8)?;
    Ok(QueueRow {
        target: name.parse().map_err(|error: crate::names::NameError| unreadable(9, error))?,
        path: ObjectPath::new(&path).map_err(|error| unreadable(0, error))?,
        work: match (&wanted, uncertain, &held) {
            (None, ..) => "delete",
            (Some(_), Some(_), None) => "resolve",
            _ => "put",
        }
        .into(),
        state: if parked.is_some() {
            "rejected"
        } else if hold.is_some() {
            "held"
        } else {
            "pending"
        }
        .into(),
        attempts: row.get(6)?,
        last_error: row.get(7)?,
        next_try: (not_before > 0).then(|| jiff::Timestamp::from_millisecond(not_before).ok()).flatten(),
    })
}
