use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn open(data: &Path) -> Identity {
    Identity::open(data, at(1_000)).unwrap()
}

fn file(data: &Path) -> PathBuf {
    data.join("identity.toml")
}

fn key(text: &str) -> MediaKey {
    MediaKey::new(text).unwrap()
}

fn target(name: &str) -> TargetName {
    TargetName::new(name).unwrap()
}

fn damage(data: &Path, text: &str) -> String {
    std::fs::write(file(data), text).unwrap();
    let error = Identity::open(data, at(1_000)).unwrap_err().to_string();
    assert_eq!(std::fs::read_to_string(file(data)).unwrap(), text, "it was overwritten");
    error
}

#[test]
fn a_booth_is_itself_again_after_a_restart() {
    let data = folder();
    let first = open(data.path());
    let again = Identity::open(data.path(), at(2_000)).unwrap();
    assert_eq!(first.instance(), again.instance());
    assert_eq!(first.naming_key(), again.naming_key());
    assert_eq!(first.api_tokens(), again.api_tokens());
}

#[test]
fn two_booths_share_nothing() {
    let (one, two) = (folder(), folder());
    let (one, two) = (open(one.path()), open(two.path()));
    assert_ne!(one.instance(), two.instance());
    assert_ne!(one.naming_key(), two.naming_key());
    assert_ne!(one.api_tokens()[0].token, two.api_tokens()[0].token);
}

#[test]
fn the_first_start_makes_one_long_token_for_this_machine() {
    let data = folder();
    let tokens = open(data.path()).api_tokens();
    assert_eq!(tokens.len(), 1);
    assert_eq!((tokens[0].name.as_str(), tokens[0].token.len()), ("local", 64));
    assert!(!format!("{tokens:?}").contains(&tokens[0].token), "a token was printed");
}

#[test]
fn only_the_owner_may_read_it_and_nothing_is_left_beside_it() {
    let data = folder();
    open(data.path()).take_down(&key("a.jpg"), at(1)).unwrap();
    let mode = std::fs::metadata(file(data.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 1);
}

#[test]
fn a_file_that_others_could_read_is_closed_to_them() {
    let data = folder();
    open(data.path());
    std::fs::set_permissions(file(data.path()), std::fs::Permissions::from_mode(0o644)).unwrap();
    open(data.path());
    let mode = std::fs::metadata(file(data.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn what_was_taken_down_stays_down_until_put_back() {
    let data = folder();
    let identity = open(data.path());
    identity.take_down(&key("full/u\u{308}.jpg"), at(5)).unwrap();
    identity.take_down(&key("full/\u{fc}.jpg"), at(6)).unwrap();
    let again = open(data.path());
    assert_eq!(again.takedowns(), BTreeSet::from([key("full/\u{fc}.jpg")]));
    assert!(again.is_taken_down(&key("full/u\u{308}.jpg")));
    again.put_back(&key("full/u\u{308}.jpg")).unwrap();
    assert!(open(data.path()).takedowns().is_empty());
}

#[test]
fn every_name_that_a_file_can_have_can_be_taken_down() {
    let data = folder();
    let names =
        ["\"quoted\" 'twice'.jpg", "line\nbreak.jpg", "back\\slash.jpg", "# hash = [x].jpg", "\u{1f389}"];
    for name in names {
        open(data.path()).take_down(&key(name), at(1)).unwrap();
    }
    assert_eq!(open(data.path()).takedowns(), names.map(key).into());
}

#[test]
fn the_number_of_a_set_is_never_used_again() {
    let data = folder();
    let (web, usb) = (target("web"), target("usb"));
    let identity = open(data.path());
    assert_eq!(identity.hold(&web, "the folder is empty", 40, at(7)).unwrap(), 1);
    assert_eq!(identity.hold(&usb, "half of it is gone", 20, at(8)).unwrap(), 2);
    assert!(!identity.release(&web, 2).unwrap(), "it is another target's");
    assert!(identity.release(&usb, 2).unwrap());
    assert!(!identity.release(&usb, 2).unwrap());
    let again = open(data.path());
    let held =
        Hold { target: web.clone(), set: 1, reason: "the folder is empty".into(), count: 40, at: at(7) };
    assert_eq!(again.holds(), [held]);
    assert_eq!(again.hold(&web, "again", 1, at(9)).unwrap(), 3);
}

#[test]
fn what_a_newer_version_wrote_is_kept() {
    let data = folder();
    let identity = open(data.path());
    identity.take_down(&key("a.jpg"), at(1)).unwrap();
    identity.hold(&target("web"), "why", 3, at(2)).unwrap();
    let text = std::fs::read_to_string(file(data.path())).unwrap();
    let text = text
        .replace("layout = 1", "layout = 1\npassword = \"argon2\"\n")
        .replace("key = \"a.jpg\"", "key = \"a.jpg\"\nby = \"guest\"")
        .replace("count = 3", "count = 3\nmood = \"grim\"")
        .replace("name = \"local\"", "name = \"local\"\nscope = [\"read\"]")
        + "\n[future]\nnested = { deep = 1 }\n";
    std::fs::write(file(data.path()), text).unwrap();
    open(data.path()).take_down(&key("b.jpg"), at(3)).unwrap();
    let table: toml::Table = std::fs::read_to_string(file(data.path())).unwrap().parse().unwrap();
    assert_eq!(table["password"].as_str(), Some("argon2"));
    assert_eq!(table["takedown"][0]["by"].as_str(), Some("guest"));
    assert_eq!(table["takedown"][1]["key"].as_str(), Some("b.jpg"));
    assert_eq!(table["hold"][0]["mood"].as_str(), Some("grim"));
    assert_eq!(table["api_token"][0]["scope"][0].as_str(), Some("read"));
    assert_eq!(table["future"]["nested"]["deep"].as_integer(), Some(1));
}

#[test]
fn a_damaged_file_is_an_error_in_words_and_stays_as_it_is() {
    let data = folder();
    open(data.path());
    let good = std::fs::read_to_string(file(data.path())).unwrap();
    let secret = good.lines().find(|line| line.starts_with("naming_key")).unwrap();
    let secret = secret.split('"').nth(1).unwrap().to_owned();
    for bad in
        [String::new(), "\0\0\0\0".into(), good[..good.len() / 2].into(), good.replace(&secret, &secret[1..])]
    {
        let error = damage(data.path(), &bad);
        assert!(error.contains("is damaged: ") && error.contains("put back a copy"), "{error}");
        assert!(!error.contains(&secret[1..]), "a secret was printed: {error}");
    }
    let error = damage(data.path(), &good.replace("layout = 1", "layout = 2"));
    assert!(error.contains("newer Boothsync"), "{error}");
    let error = damage(data.path(), &good.replace("instance = \"", "instance = \"x"));
    assert!(error.contains("line 5"), "{error}");
}

#[test]
fn a_file_that_is_not_text_is_damaged_too() {
    let data = folder();
    std::fs::write(file(data.path()), [0xff, 0xfe]).unwrap();
    let error = Identity::open(data.path(), at(1)).unwrap_err().to_string();
    assert!(error.contains("not UTF-8"), "{error}");
}

#[test]
fn a_change_that_cannot_be_written_is_not_believed() {
    let data = folder();
    let identity = open(data.path());
    let away = data.path().with_extension("away");
    std::fs::rename(data.path(), &away).unwrap();
    let error = identity.take_down(&key("a.jpg"), at(1)).unwrap_err();
    assert!(error.to_string().starts_with("could not write `"), "{error}");
    assert!(identity.takedowns().is_empty());
    std::fs::rename(&away, data.path()).unwrap();
    identity.take_down(&key("a.jpg"), at(1)).unwrap();
    assert!(open(data.path()).is_taken_down(&key("a.jpg")));
}

#[test]
fn whoever_comes_second_at_the_first_start_takes_what_is_there() {
    let data = folder();
    let path = file(data.path());
    let first = file::create(&path, "first").unwrap();
    let second = file::create(&path, "second").unwrap();
    assert_eq!((first.as_str(), second.as_str()), ("first", "first"));
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 1);
}

#[test]
fn changes_from_many_threads_are_all_kept() {
    let data = folder();
    let identity = open(data.path());
    std::thread::scope(|scope| {
        for n in 0..8 {
            let identity = identity.clone();
            scope.spawn(move || identity.take_down(&key(&format!("{n}.jpg")), at(n)).unwrap());
        }
    });
    assert_eq!(open(data.path()).takedowns().len(), 8);
}

#[test]
fn a_missing_data_folder_is_named() {
    let data = folder();
    let error = Identity::open(&data.path().join("nowhere"), at(1)).unwrap_err();
    assert!(error.to_string().contains("could not write `"), "{error}");
}

#[test]
fn a_folder_in_its_place_is_not_taken_for_a_damaged_file() {
    let data = folder();
    std::fs::create_dir(file(data.path())).unwrap();
    let error = Identity::open(data.path(), at(1)).unwrap_err();
    assert!(error.to_string().starts_with("could not read `"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}
