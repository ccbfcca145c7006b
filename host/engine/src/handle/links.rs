//! Where an item's links lead, and whether there is something behind them yet.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::OrderError;
use crate::blob::Root;
use crate::filter::DEFAULT_PRIORITY;
use crate::lane::Shared;
use crate::media::Look;
use crate::names::{MediaKey, TargetName};
use crate::naming;
use crate::plan::Desire;
use crate::rules::{Moment, Rules};
use crate::share::Placed;
use crate::store::{DropReason, ItemId, ItemRow, PlacedRow};
use crate::version::Version;
use crate::view::LinkState;

pub(super) struct Found {
    pub taken_down: bool,
    pub placed: BTreeMap<TargetName, Placed>,
}

/// Looks up where targets have, will have, or had an item.
pub(super) async fn placed(shared: &Shared, rules: &[&Rules], key: &MediaKey) -> Result<Found, OrderError> {
    let item = match shared.store.media_item(key.clone()).await? {
        Some(item) => item,
        None => unscanned(shared, rules, key).await.ok_or_else(|| OrderError::NoSuchItem(key.to_string()))?,
    };
    let rows = shared.store.placed(item.id).await?;
    let takedowns = shared.identity.takedowns();
    let moment = Moment { takedowns: &takedowns, now_ms: shared.now_ms(), clock_believed: true };
    let placed = rules
        .iter()
        .filter(|rules| rules.settings.enabled)
        .filter_map(|rules| {
            let name = rules.settings.name.clone();
            let row = rows.iter().find(|row| row.target == name);
            place(rules, &item, row, &moment).map(|placed| (name, placed))
        })
        .collect();
    Ok(Found { taken_down: takedowns.contains(&naming::composed(key)), placed })
}

/// A file that lies there and is not taken in yet: its links are those that it will have.
async fn unscanned(shared: &Shared, rules: &[&Rules], key: &MediaKey) -> Option<ItemRow> {
    if !rules.iter().any(|rules| rules.takes(key)) {
        return None;
    }
    let looked_at = key.clone();
    let look = shared.media.off_task(move |media| media.look(&looked_at)).await;
    let Ok(Look::Present(identity)) = look else { return None };
    let now_ms = shared.now_ms();
    Some(ItemRow {
        // No row has this number, so no replica is found for it.
        id: ItemId(-1),
        root: Root::Media,
        key: key.clone(),
        version: Version::of(&identity),
        size_bytes: identity.size_bytes,
        modified_ms: now_ms,
        priority: DEFAULT_PRIORITY,
        present: true,
        first_seen_ms: now_ms,
        seen_ms: now_ms,
    })
}

fn place(rules: &Rules, item: &ItemRow, row: Option<&PlacedRow>, moment: &Moment<'_>) -> Option<Placed> {
    let desired = rules.desire(item, moment)?;
    let state = match (desired.desire, row) {
        (Desire::Hold, Some(row)) if row.held => LinkState::Online,
        (Desire::Hold, _) => LinkState::Pending,
        (Desire::Leave, Some(row)) if row.held => LinkState::Online,
        (Desire::Leave, _) => return None,
        (Desire::Drop(DropReason::Expired), _) => LinkState::Expired,
        (Desire::Drop(DropReason::TakenDown | DropReason::Gone), _) => LinkState::Removed,
    };
    let until = rules.expires_ms(item).and_then(|at| Timestamp::from_millisecond(at).ok());
    let public_link = row.and_then(|row| row.public_link.clone());
    Some(Placed { path: desired.path, state, public_link, until })
}
