//! What uploads that were cut off left behind on a target, where it keeps such things under names of
//! their own.
//!
//! A target tells of them with the fact `unfinished`, which names the object that was being uploaded.
//! Ours are those of objects that we put there: they are removed. Anything else is left alone.

use std::collections::{HashMap, HashSet};

use crate::names::ObjectPath;
use crate::object::Entry;
use crate::store::{ItemRow, ReplicaRow};

/// The fact by which a target tells of them.
const UNFINISHED: &str = "unfinished";

/// What an upload left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Leftover {
    /// Where it lies.
    pub path: ObjectPath,
    /// The object that was being uploaded.
    pub object: ObjectPath,
}

/// Takes those of ours out of a listing. `path` says where an item belongs on this target.
pub(crate) fn take_out(
    entries: &mut HashMap<ObjectPath, Entry>,
    replicas: &[ReplicaRow],
    items: &[ItemRow],
    path: impl Fn(&ItemRow) -> Option<ObjectPath>,
) -> Vec<Leftover> {
    let mut found: Vec<Leftover> = entries.values().filter_map(leftover).collect();
    if !found.is_empty() {
        // An upload that was cut off may have been of a picture that is gone by now, and not wanted any more.
        let ours: HashSet<ObjectPath> = replicas
            .iter()
            .map(|replica| replica.path.clone())
            .chain(items.iter().filter_map(path))
            .collect();
        found.retain(|leftover| ours.contains(&leftover.object) && !ours.contains(&leftover.path));
    }
    for leftover in &found {
        entries.remove(&leftover.path);
    }
    found
}

fn leftover(entry: &Entry) -> Option<Leftover> {
    let (_, object) = entry.facts.iter().find(|(fact, _)| fact == UNFINISHED)?;
    let object = ObjectPath::new(object).ok()?;
    // It lies beside its object, whatever the target says.
    let beside = entry.path.as_str().strip_prefix(object.as_str()).is_some_and(|rest| !rest.contains('/'));
    (beside && entry.path != object).then(|| Leftover { path: entry.path.clone(), object })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blob::Root;
    use crate::names::MediaKey;
    use crate::store::{Held, ItemId};
    use crate::version::Version;

    fn path(name: &str) -> ObjectPath {
        ObjectPath::new(name).unwrap()
    }

    fn entries(list: &[(&str, Option<&str>)]) -> HashMap<ObjectPath, Entry> {
        let entry = |name: &str, of: Option<&str>| Entry {
            path: path(name),
            size_bytes: Some(1),
            receipt: None,
            facts: of.map(|of| (UNFINISHED.to_owned(), of.to_owned())).into_iter().collect(),
        };
        list.iter().map(|(name, of)| (path(name), entry(name, *of))).collect()
    }

    fn replica(name: &str) -> ReplicaRow {
        ReplicaRow {
            path: path(name),
            item: ItemId(1),
            wanted: None,
            held: Held::Nothing,
            held_ms: 0,
            receipt: None,
            parked: false,
            hold: None,
            unconfirmed_gone: false,
        }
    }

    fn gone_item(key: &str) -> ItemRow {
        ItemRow {
            id: ItemId(2),
            root: Root::Media,
            key: MediaKey::new(key).unwrap(),
            version: Version("v".into()),
            size_bytes: 1,
            modified_ms: 0,
            priority: 9,
            present: false,
            first_seen_ms: 0,
            seen_ms: 0,
        }
    }

    fn taken(list: &[(&str, Option<&str>)]) -> (Vec<String>, usize) {
        let mut entries = entries(list);
        let (replicas, items) =
            ([replica("media/a.jpg"), replica("media/odd.jpg.1")], [gone_item("gone.jpg")]);
        let below_media = |item: &ItemRow| ObjectPath::new(&format!("media/{}", item.key)).ok();
        let found = take_out(&mut entries, &replicas, &items, below_media);
        let mut names: Vec<_> = found.iter().map(|leftover| leftover.path.to_string()).collect();
        names.sort();
        (names, entries.len())
    }

    #[test]
    fn what_uploads_of_our_objects_left_is_taken_out_even_when_the_picture_is_gone() {
        let list = [
            ("media/a.jpg", None),
            ("media/a.jpg.1.partial", Some("media/a.jpg")),
            ("media/gone.jpg.2.partial", Some("media/gone.jpg")),
        ];
        let ours = ["media/a.jpg.1.partial", "media/gone.jpg.2.partial"].map(str::to_owned);
        assert_eq!(taken(&list), (ours.to_vec(), 1));
    }

    #[test]
    fn what_others_left_is_theirs() {
        let list = [("media/b.jpg.1.partial", Some("media/b.jpg")), ("media/a.jpg.1.partial", None)];
        assert_eq!(taken(&list), (vec![], 2));
    }

    #[test]
    fn a_target_cannot_have_an_object_removed_by_calling_it_unfinished() {
        let list = [
            ("media/a.jpg", Some("media/a.jpg")),
            ("media/gone.jpg", Some("media/a.jpg")),
            ("media/a.jpg/b", Some("media/a.jpg")),
            ("media/a.jpg.1.partial", Some("../media/a.jpg")),
        ];
        assert_eq!(taken(&list), (vec![], 4));
        // One of ours whose name begins with that of another.
        assert_eq!(taken(&[("media/odd.jpg.1", Some("media/a.jpg"))]), (vec![], 1));
    }
}
