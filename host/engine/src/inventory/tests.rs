//! Listings compared with records.

use std::io::Write;

use super::*;
use crate::names::MediaKey;
use crate::version::Version;

fn item(n: i64, size_bytes: u64) -> ItemRow {
    ItemRow {
        id: ItemId(n),
        root: Root::Media,
        key: MediaKey::new(&format!("{n}.jpg")).unwrap(),
        version: Version("v".into()),
        size_bytes,
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

fn replica(n: i64, held: Held) -> ReplicaRow {
    ReplicaRow {
        path: path(n),
        item: ItemId(n),
        wanted: Some(Version("v".into())),
        held,
        held_ms: 0,
        receipt: None,
        parked: false,
        hold: None,
        unconfirmed_gone: false,
    }
}

fn entries(list: &[(i64, u64)]) -> HashMap<ObjectPath, Entry> {
    let entry =
        |n: i64, size| Entry { path: path(n), size_bytes: Some(size), receipt: None, facts: Vec::new() };
    list.iter().map(|(n, size)| (path(*n), entry(*n, *size))).collect()
}

fn compare_all(found: &[(i64, u64)], replicas: &[ReplicaRow], items: &[ItemRow]) -> Comparison {
    compare(entries(found), replicas, items, &BTreeSet::new(), |item| Some(path(item.id.0)))
}

fn held() -> Held {
    Held::Version(Version("v".into()))
}

#[test]
fn what_is_there_as_known_changes_nothing() {
    let comparison = compare_all(&[(1, 5)], &[replica(1, held())], &[item(1, 5)]);
    assert_eq!((comparison.changes, comparison.candidates.len(), comparison.unknown), (vec![], 0, 0));
}

#[test]
fn what_is_missing_or_has_another_size_is_sent_again() {
    let comparison =
        compare_all(&[(2, 4)], &[replica(1, held()), replica(2, held())], &[item(1, 5), item(2, 5)]);
    let missing = |n| InventoryChange::Missing { path: path(n) };
    assert_eq!(comparison.changes, [missing(1), missing(2)]);
}

#[test]
fn an_object_of_equal_size_without_a_record_is_a_candidate_and_another_is_not() {
    let replicas = [replica(1, Held::Nothing), replica(2, Held::Nothing)];
    let comparison = compare_all(&[(1, 5), (2, 6)], &replicas, &[item(1, 5), item(2, 5)]);
    assert_eq!(comparison.candidates.len(), 1);
    assert!(comparison.changes.is_empty());
}

#[test]
fn what_nobody_knows_is_counted_and_left_alone() {
    let comparison = compare_all(&[(7, 1), (8, 1)], &[], &[]);
    assert_eq!((comparison.unknown, comparison.changes), (2, vec![]));
}

#[test]
fn what_a_call_may_be_changing_is_left_to_that_call() {
    let uncertain = Held::Uncertain { making: None, before: Some(Version("v".into())) };
    assert!(compare_all(&[], &[replica(1, uncertain)], &[item(1, 5)]).changes.is_empty());
}

#[tokio::test]
async fn equal_size_counts_only_with_an_equal_hash_where_one_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut file = std::fs::File::create(dir.path().join("1.jpg")).unwrap();
    file.write_all(b"hello").unwrap();
    let folder = MediaFolder::new(dir.path().to_path_buf(), Root::Media);
    let with = |facts: &[(&str, &str)]| Entry {
        path: path(1),
        size_bytes: Some(5),
        receipt: None,
        facts: facts.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    };
    let md5 = "5d41402abc4b2a76b9719d911017c592";
    let sha1 = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";
    let sha256 = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    for facts in [&[][..], &[("md5", md5)], &[("sha1", sha1)], &[("sha256", sha256)], &[("etag", "other")]] {
        assert!(same_content(&with(facts), &item(1, 5), &folder).await, "{facts:?}");
    }
    for facts in [&[("md5", sha1)][..], &[("sha256", sha256), ("md5", "x")][..1], &[("sha1", "0")]] {
        let told = with(facts);
        assert_eq!(same_content(&told, &item(1, 5), &folder).await, told.facts[0].0 == "sha256", "{facts:?}");
    }
}
