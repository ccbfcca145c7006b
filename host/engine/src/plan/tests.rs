//! The plan as a function: nothing but its arguments decides.

use proptest::prelude::*;

use super::*;
use crate::blob::Root;
use crate::names::MediaKey;
use crate::store::ItemId;
use crate::version::Version;

fn item(n: i64, version: &str) -> ItemRow {
    ItemRow {
        id: ItemId(n),
        root: Root::Media,
        key: MediaKey::new(&format!("{n}.jpg")).unwrap(),
        version: Version(version.into()),
        size_bytes: 1,
        modified_ms: 0,
        priority: 9,
        present: true,
        first_seen_ms: 0,
        seen_ms: 0,
    }
}

fn path(n: i64) -> ObjectPath {
    ObjectPath::new(&format!("media/{n}.jpg")).unwrap()
}

fn replica(n: i64, wanted: Option<&str>, held: Held) -> ReplicaRow {
    ReplicaRow {
        path: path(n),
        item: ItemId(n),
        wanted: wanted.map(|text| Version(text.into())),
        held,
        held_ms: 0,
        receipt: None,
        parked: false,
        hold: None,
        unconfirmed_gone: false,
    }
}

fn desired(item: &ItemRow, desire: Desire) -> Desired<'_> {
    Desired { path: path(item.id.0), item, desire }
}

fn holds(version: &str) -> Held {
    Held::Version(Version(version.into()))
}

#[test]
fn what_is_as_it_should_be_needs_nothing() {
    let item = item(1, "v");
    let plan = plan(&[desired(&item, Desire::Hold)], &[replica(1, Some("v"), holds("v"))]);
    assert_eq!(plan, Plan::default());
}

#[test]
fn a_new_version_is_wanted_even_where_the_old_one_was_refused() {
    let item = item(1, "new");
    let mut old = replica(1, Some("old"), Held::Nothing);
    old.parked = true;
    let plan = plan(&[desired(&item, Desire::Hold)], &[old]);
    assert!(matches!(&plan.changes[..], [ReplicaChange::Want { version, .. }] if version.0 == "new"));
}

#[test]
fn what_was_put_is_dropped_and_what_is_unknown_is_not_touched() {
    let (known, unknown) = (item(1, "v"), item(2, "v"));
    let gone = Desire::Drop(DropReason::Gone);
    let plan = plan(&[desired(&known, gone), desired(&unknown, gone)], &[replica(1, Some("v"), holds("v"))]);
    assert_eq!(plan.dropped(DropReason::Gone).collect::<Vec<_>>(), [&path(1)]);
    assert_eq!(plan.changes.len(), 1);
}

#[test]
fn leaving_stops_work_and_deletes_nothing() {
    let item = item(1, "v2");
    let plan = plan(&[desired(&item, Desire::Leave)], &[replica(1, Some("v2"), holds("v1"))]);
    assert_eq!(plan.changes, [ReplicaChange::Keep { path: path(1) }]);
}

#[test]
fn a_path_that_a_present_file_has_taken_is_not_dropped_for_the_old_one() {
    let (old, new) = (item(1, "v"), item(2, "w"));
    let same_path = |item, desire| Desired { path: path(1), item, desire };
    let wanted = [same_path(&old, Desire::Drop(DropReason::Gone)), same_path(&new, Desire::Hold)];
    let plan = plan(&wanted, &[replica(1, Some("v"), holds("v"))]);
    assert!(matches!(&plan.changes[..], [ReplicaChange::Want { item: ItemId(2), .. }]));
}

#[test]
fn two_files_with_one_path_are_told_and_the_first_wins() {
    let (a, b) = (item(1, "v"), item(2, "w"));
    let same_path = |item| Desired { path: path(1), item, desire: Desire::Hold };
    let plan = plan(&[same_path(&a), same_path(&b)], &[]);
    assert_eq!(plan.clashes, [path(1)]);
    assert!(matches!(&plan.changes[..], [ReplicaChange::Want { item: ItemId(1), .. }]));
}

#[test]
fn what_is_taken_down_does_not_wait_for_a_confirmation() {
    let item = item(1, "v");
    let mut held_back = replica(1, None, holds("v"));
    (held_back.hold, held_back.unconfirmed_gone) = (Some(3), true);
    let plan = plan(&[desired(&item, Desire::Drop(DropReason::TakenDown))], &[held_back]);
    assert!(matches!(&plan.changes[..], [ReplicaChange::Drop { hold: None, .. }]));
}

fn any_held() -> impl Strategy<Value = Held> {
    let version = prop::option::of(prop::sample::select(vec!["a", "b"]))
        .prop_map(|text| text.map(|text| Version(text.into())));
    prop_oneof![
        Just(Held::Nothing),
        prop::sample::select(vec!["a", "b"]).prop_map(holds),
        (version.clone(), version).prop_map(|(making, before)| Held::Uncertain { making, before }),
    ]
}

fn any_desire() -> impl Strategy<Value = Desire> {
    prop_oneof![
        Just(Desire::Hold),
        Just(Desire::Leave),
        Just(Desire::Drop(DropReason::Gone)),
        Just(Desire::Drop(DropReason::Expired)),
        Just(Desire::Drop(DropReason::TakenDown)),
    ]
}

/// What the store makes of a change.
fn carry_out(replicas: &mut Vec<ReplicaRow>, change: &ReplicaChange) {
    let (ReplicaChange::Want { path, .. } | ReplicaChange::Drop { path, .. } | ReplicaChange::Keep { path }) =
        change;
    let at = replicas.iter().position(|replica| replica.path == *path);
    match (change, at) {
        (ReplicaChange::Want { item, version, .. }, at) => {
            let at = at.unwrap_or_else(|| {
                replicas.push(replica(item.0, None, Held::Nothing));
                replicas.len() - 1
            });
            (replicas[at].wanted, replicas[at].item, replicas[at].unconfirmed_gone) =
                (Some(version.clone()), *item, false);
        }
        (_, None) => {}
        (_, Some(at)) if replicas[at].held == Held::Nothing => {
            replicas.remove(at);
        }
        (ReplicaChange::Drop { reason, .. }, Some(at)) => {
            (replicas[at].wanted, replicas[at].unconfirmed_gone) = (None, *reason == DropReason::Gone);
        }
        (ReplicaChange::Keep { .. }, Some(at)) => {
            replicas[at].wanted = match &replicas[at].held {
                Held::Uncertain { making, before } => making.clone().or(before.clone()),
                Held::Version(version) => Some(version.clone()),
                Held::Nothing => None,
            };
        }
    }
}

proptest! {
    /// Planning what was just planned changes nothing, but for what only a finished call resolves.
    #[test]
    fn a_plan_carried_out_leaves_nothing_to_plan(
        rows in prop::collection::vec((any_desire(), prop::option::of((prop::option::of(prop::sample::select(vec!["a", "b"])), any_held()))), 0..8)
    ) {
        let items: Vec<ItemRow> = (0..rows.len() as i64).map(|n| item(n, "a")).collect();
        let wanted: Vec<Desired<'_>> = items.iter().zip(&rows).map(|(item, (desire, _))| desired(item, *desire)).collect();
        let mut replicas: Vec<ReplicaRow> = rows.iter().enumerate()
            .filter_map(|(n, (_, known))| known.as_ref().map(|(wanted, held)| replica(n as i64, *wanted, held.clone())))
            .collect();
        for change in plan(&wanted, &replicas).changes {
            carry_out(&mut replicas, &change);
        }
        let again = plan(&wanted, &replicas);
        prop_assert!(again.changes.iter().all(|change| matches!(change, ReplicaChange::Keep { .. })), "{again:?}");
        for (one, known) in wanted.iter().filter_map(|one| replicas.iter().find(|r| r.path == one.path).map(|r| (one, r))) {
            match one.desire {
                Desire::Hold => prop_assert_eq!(known.wanted.as_ref(), Some(&one.item.version)),
                Desire::Drop(_) => prop_assert_eq!(&known.wanted, &None),
                Desire::Leave => {}
            }
        }
    }

    /// Whatever is known, nothing is deleted that should be held or may stay.
    #[test]
    fn nothing_is_dropped_without_a_reason(held in any_held(), wanted in prop::option::of(Just("a")), hold in any::<bool>()) {
        let item = item(1, "b");
        let desire = if hold { Desire::Hold } else { Desire::Leave };
        let plan = plan(&[desired(&item, desire)], &[replica(1, wanted, held)]);
        let has_drop = plan.changes.iter().any(|change| matches!(change, ReplicaChange::Drop { .. }));
        prop_assert!(!has_drop);
    }
}
