//! A database that cannot grow any more: every write says so, none is done by half, and all of them work
//! again once there is room.

use super::*;
use crate::view::EventKind;

impl Fixture {
    /// Lets the database grow no further.
    async fn fill_up(&self) {
        self.limit("page_count").await;
        // What is left of the last page of each table.
        let message = || EventKind::Notice { message: "x".repeat(300) };
        while self.store.log(vec![message()], 0).await.is_ok() {}
    }

    async fn make_room(&self) {
        self.limit("1000000000").await;
    }

    async fn limit(&self, pages: &'static str) {
        let limit = move |transaction: &Transaction<'_>| {
            let sql = if pages == "page_count" { "PRAGMA page_count" } else { "SELECT 1000000000" };
            let count: i64 = transaction.query_row(sql, [], |row| row.get(0))?;
            transaction.pragma_update_and_check(None, "max_page_count", count, |_| Ok(()))?;
            Ok(())
        };
        self.store.write(limit).await.unwrap();
    }

    /// Everything that is written down, as text.
    async fn content(&self) -> String {
        let sql = "SELECT (SELECT count(*) || ',' || total(id) || ',' || group_concat(version) FROM item)
                   || ';' || (SELECT coalesce(group_concat(path || wanted || coalesce(held, '-') || coalesce(uncertain_ms, '-')), '') FROM replica)
                   || ';' || (SELECT count(*) FROM attempt) || ';' || (SELECT count(*) FROM plugin_state)
                   || ';' || (SELECT coalesce(group_concat(name || value), '') FROM meta)";
        self.store.read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?)).await.unwrap()
    }
}

fn many(prefix: &str) -> Vec<ItemChange> {
    (0..400).map(|n| seen(&format!("{prefix}/{n:03}-{}.jpg", "x".repeat(60)), "1", 9)).collect()
}

fn is_full<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    let error = result.expect_err("there is no room");
    assert!(error.is_told(), "{error}");
}

/// Every way of writing something that may need room.
async fn try_everything(booth: &Fixture, prefix: &str) -> Vec<Result<(), StoreError>> {
    let (store, target) = (&booth.store, booth.target);
    let want = |n: usize| ReplicaChange::Want {
        path: ObjectPath::new(&format!("media/{prefix}/{n}-{}.jpg", "x".repeat(60))).unwrap(),
        item: ItemId(1),
        version: Version("1".into()),
        priority: 9,
        queued_ms: 0,
    };
    let plan = Planned { changes: (0..400).map(want).collect(), delete_delay_ms: 0, complete: None };
    let wants: Vec<ReplicaChange> = (0..400).map(want).collect();
    let take = Take {
        now_ms: 0,
        limit: 400,
        running: Vec::new(),
        urgent_since_ms: 0,
        reserved: 0,
        queued_since_ms: None,
        below_priority: None,
    };
    let note = || EventKind::Notice { message: "x".repeat(8000) };
    let state = vec![7; 60_000];
    vec![
        store.arrive(many(prefix), vec![target], move |_, _, _| wants.clone(), 0).await.map(drop),
        store.apply_plan(target, plan, 0).await,
        store.take(target, booth.name.clone(), take).await.map(drop),
        store.log(vec![note(), note()], 0).await.map(drop),
        store.set_meta(prefix, "x".repeat(9000)).await,
        store.swap_plugin_state("web", prefix, None, Some(&state), 1 << 20).await.map(drop),
        store.register_target(&TargetName::new("other").unwrap(), &"x".repeat(9000)).await.map(drop),
    ]
}

#[tokio::test]
async fn every_write_that_finds_no_room_says_so_and_changes_nothing() {
    let booth = Fixture::new().await;
    for n in 0..300 {
        booth.want(&format!("{n:03}.jpg"), "1", 9, 0).await;
    }
    booth.fill_up().await;
    let before = booth.content().await;
    for result in try_everything(&booth, "full").await {
        is_full(result);
    }
    assert_eq!(booth.content().await, before);
    let told = booth.store.trouble().expect("the operator is told");
    assert!(told.contains("is full") && told.contains("make room"), "{told}");

    booth.make_room().await;
    for result in try_everything(&booth, "room").await {
        result.unwrap();
    }
    assert_eq!(booth.store.trouble(), None);
}

#[tokio::test]
async fn no_call_begins_without_a_durable_uncertain_and_what_came_of_one_is_found_out_later() {
    let booth = Fixture::new().await;
    for n in 0..300 {
        booth.want(&format!("{n:03}.jpg"), "1", 9, 0).await;
    }
    let due = booth.take(0, 1).await.remove(0);
    booth.fill_up().await;
    // The call has ended, and its end cannot be written down: the row still says that nobody knows.
    let attempt = AttemptRow {
        work: "put",
        started_ms: 0,
        took_ms: 1,
        outcome: "retry",
        message: Some("x".repeat(9000)),
        guarded: false,
    };
    let finish = booth.store.finish(booth.target, due.clone(), held(&due), Some(attempt), None, 0).await;
    is_full(finish);
    let row = booth.store.replicas_of(booth.target, vec![due.item.id]).await.unwrap().remove(0);
    assert!(matches!(row.held, Held::Uncertain { .. }), "{row:?}");
    booth.make_room().await;
    let again = booth.take(1, 1).await.remove(0);
    assert_eq!((again.path, again.work), (due.path, Work::Resolve(Version("1".into()))));
}

#[tokio::test]
async fn writes_of_one_group_with_one_that_finds_no_room_are_done_or_told_not_to_be() {
    let booth = Fixture::new().await;
    booth.want("a.jpg", "1", 9, 0).await;
    booth.fill_up().await;
    let small = |n: u32| {
        let name = if n == 0 { "first" } else { "last" };
        booth.store.write(move |transaction| {
            transaction
                .execute("UPDATE item SET priority = priority + ?1", [i32::from(name == "first") + 1])?;
            Ok(())
        })
    };
    let results = tokio::join!(small(0), booth.store.set_meta("big", "x".repeat(90_000)), small(1));
    let told = format!("{results:?}");
    is_full(results.1);
    let added = i64::from(results.0.is_ok()) * 2 + i64::from(results.2.is_ok());
    let sql = "SELECT priority FROM item";
    let now: i64 = booth
        .store
        .read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?))
        .await
        .unwrap();
    assert_eq!(now, 9 + added, "{told}");
}
