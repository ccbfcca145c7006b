//! What uploads that were cut off left on a target goes; what others left there does not.

use super::{Booth, object, until};
use crate::names::ObjectPath;
use crate::settings::Mode;

fn unfinished(key: &str) -> ObjectPath {
    ObjectPath::new(&format!("{}.unfinished", object(key))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_cut_off_upload_of_ours_left_is_removed_and_what_others_left_is_not() {
    let mut booth = Booth::new();
    let target = booth.target();
    for key in ["a.jpg", "foreign.jpg"] {
        target.place(unfinished(key), b"half");
    }
    booth.old("a.jpg", b"one");
    booth.start().await;
    until("it is removed", || !target.held().contains_key(&unfinished("a.jpg"))).await;
    booth.until_status("all is held", |s| s.held == 1 && s.running == 0).await;
    booth.stop().await;
    assert!(target.held().contains_key(&unfinished("foreign.jpg")));
    assert_eq!(target.deletes(), [unfinished("a.jpg")]);
    assert_eq!(target.held()[&object("a.jpg")], b"one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_target_keeps_even_that() {
    let mut booth = Booth::new();
    let target = booth.add_target("copy", Mode::Copy);
    target.place(unfinished("a.jpg"), b"half");
    booth.old("a.jpg", b"one");
    booth.start().await;
    booth.until_held(&target, &[("a.jpg", b"one"), ("a.jpg.unfinished", b"half")]).await;
    until("it was asked what it holds", || target.scans() > 0).await;
    booth.sync().await;
    booth.stop().await;
    assert_eq!(target.deletes(), []);
}
