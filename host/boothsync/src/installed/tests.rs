use std::os::unix::fs::PermissionsExt as _;

use sandbox::Package;

use super::*;
use crate::bundled;

/// Two packages that are really there, under whatever names.
fn packages() -> (&'static [u8], Package, &'static [u8], Package) {
    let [one, two] = ["rclone", "folder"].map(|name| bundled::find(name).unwrap().package);
    (one, Package::examine(one).unwrap(), two, Package::examine(two).unwrap())
}

fn known(package: &Package, granted: Option<Approval>) -> Locked {
    Locked { digest: "sha256:other".into(), ..Locked::new(package, granted) }
}

#[test]
fn a_file_is_kept_for_its_owner_and_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::of(dir.path());
    let (bytes, package, ..) = packages();
    shelf.put(&shelf.hold().unwrap(), bytes, &package, None).unwrap();
    let locked = shelf.lock().unwrap().plugins["rclone"].clone();
    assert_eq!(locked.granted, None);
    assert_eq!(shelf.package("rclone", &locked).unwrap(), bytes);
    let file = dir.path().join("plugins/rclone.wasm");
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_was_changed_or_is_gone_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::of(dir.path());
    let (bytes, package, ..) = packages();
    shelf.put(&shelf.hold().unwrap(), bytes, &package, None).unwrap();
    let locked = shelf.lock().unwrap().plugins["rclone"].clone();
    let file = dir.path().join("plugins/rclone.wasm");
    fs::write(&file, b"something else").unwrap();
    assert!(matches!(shelf.package("rclone", &locked), Err(ShelfError::Changed { .. })));
    fs::remove_file(&file).unwrap();
    assert!(matches!(shelf.package("rclone", &locked), Err(ShelfError::Gone { .. })));
}

#[test]
fn a_power_cut_between_lock_and_file_loses_neither() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::of(dir.path());
    let (bytes, package, newer, _) = packages();
    let held = shelf.hold().unwrap();
    shelf.put(&held, bytes, &package, None).unwrap();
    // The lock names the newer file, which still waits.
    shelf.write_waiting("rclone", newer).unwrap();
    let mut lock = shelf.lock().unwrap();
    let locked = lock.plugins.get_mut("rclone").unwrap();
    locked.digest = Package::digest_of(newer);
    let locked = locked.clone();
    lock.save(dir.path()).unwrap();
    assert_eq!(shelf.package("rclone", &locked).unwrap(), newer);
    // What waits after that does not overwrite it.
    shelf.put_aside(&held, bytes, &package).unwrap();
    let locked = shelf.lock().unwrap().plugins["rclone"].clone();
    assert_eq!(shelf.package("rclone", &locked).unwrap(), newer);
    assert_eq!(shelf.pending("rclone", &locked.pending.unwrap()).unwrap(), bytes);
}

#[test]
fn removing_leaves_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::of(dir.path());
    let (bytes, package, ..) = packages();
    let held = shelf.hold().unwrap();
    shelf.put(&held, bytes, &package, Some(Approval::of(package.manifest()))).unwrap();
    shelf.put_aside(&held, bytes, &package).unwrap();
    assert!(shelf.remove(&held, "rclone").unwrap().is_some());
    assert!(shelf.remove(&held, "rclone").unwrap().is_none());
    assert_eq!(shelf.lock().unwrap(), Lock::default());
    assert!(shelf.stray("rclone").is_none() && !shelf.waiting("rclone").exists());
}

#[test]
fn two_commands_do_not_change_the_plugins_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let shelf = Shelf::of(dir.path());
    let held = shelf.hold().unwrap();
    assert!(matches!(shelf.hold(), Err(ShelfError::Busy)));
    drop(held);
    assert!(shelf.hold().is_ok());
}

#[test]
fn nothing_is_granted_before_it_was_approved() {
    let (_, package, ..) = packages();
    assert_eq!(decide(None, &package), Ok(Step::Install));
    assert_eq!(decide(Some(&known(&package, None)), &package), Ok(Step::Install));
}

#[test]
fn an_update_that_asks_for_no_more_is_taken_with_what_it_asks_for() {
    let (_, package, ..) = packages();
    let all = Approval::of(package.manifest());
    let more = Approval { secrets: ["token".to_owned()].into(), ..all.clone() };
    assert_eq!(decide(Some(&known(&package, Some(more))), &package), Ok(Step::Update { granted: all }));
}

#[test]
fn an_update_that_asks_for_more_waits() {
    let (_, package, ..) = packages();
    let all = Approval::of(package.manifest());
    let less = known(&package, Some(Approval::default()));
    assert_eq!(decide(Some(&less), &package), Ok(Step::Wait { more: all }));
}

#[test]
fn the_file_that_is_there_keeps_what_it_was_granted() {
    let (_, package, ..) = packages();
    let granted = Some(Approval::of(package.manifest()));
    let locked = Locked::new(&package, granted.clone());
    assert_eq!(decide(Some(&locked), &package), Ok(Step::Again { granted }));
}

#[test]
fn a_page_generator_does_not_take_the_name_of_a_target() {
    let (_, package, ..) = packages();
    let page = Locked { kind: sandbox::Kind::Page, ..known(&package, None) };
    let error = decide(Some(&page), &package).unwrap_err();
    assert_eq!(
        error,
        "it is a target, and the installed plugin `rclone` is a page generator; remove that first with `boothsync plugin remove rclone`"
    );
}
