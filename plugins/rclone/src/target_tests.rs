//! The target against a rclone that answers from a script and writes down what it was asked.

use std::collections::BTreeMap;

use super::*;
use crate::script::Script;

const PHOTO: Source = Source { root: "media", path: "full/a b.jpg" };

fn fsinfo(description: &str, features: &[&str]) -> Value {
    let features: BTreeMap<&str, bool> = features.iter().map(|feature| (*feature, true)).collect();
    json!({"Features": features, "Hashes": ["md5", "sha1"], "Root": "photos", "String": description})
}

fn error(text: &str) -> Value {
    json!({"error": text, "path": "operations/x", "status": 500})
}

fn empty_listing() -> Value {
    json!({"list": []})
}

#[test]
fn a_put_is_one_call_with_one_low_level_try_and_the_attempt_as_its_group() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("ftp://h/photos", &[])),
        ("operations/copyfile", 200, json!({})),
    ]);
    let receipt = put(&script, "media/full/a b.jpg", 200_000, PHOTO).expect("uploaded");
    assert_eq!(receipt, r#"{"size":200000,"v":1}"#);
    assert_eq!(
        script.asked()[1],
        json!({
            "method": "operations/copyfile",
            "srcFs": "@media", "srcRemote": "full/a b.jpg", "dstFs": "@target", "dstRemote": "media/full/a b.jpg",
            "_group": "job-7",
            "_config": {
                "LowLevelRetries": 1, "ConnectTimeout": 15_000_000_000_u64, "Timeout": 60_000_000_000_u64,
                "IgnoreTimes": true, "NoCheckDest": true,
            },
        })
    );
}

#[test]
fn the_kind_of_storage_is_asked_for_once_and_again_after_new_settings() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("ftp://h/photos", &[])),
        ("operations/copyfile", 200, json!({})),
        ("operations/copyfile", 200, json!({})),
    ]);
    put(&script, "media/a.jpg", 1, PHOTO).expect("uploaded");
    put(&script, "media/b.jpg", 1, PHOTO).expect("uploaded");
    script.assert_finished();
    script.settings.replace(r#"{"remote": "y:"}"#.into());
    script.then("operations/fsinfo", 200, fsinfo("Google drive root 'x'", &[]));
    script.then("operations/copyfile", 200, json!({}));
    put(&script, "media/c.jpg", 1, PHOTO).expect("uploaded");
    script.assert_finished();
    let last = script.asked().pop().expect("asked");
    assert!(last["_config"].get("NoCheckDest").is_none(), "a drive would keep two files of one name");
}

#[test]
fn on_webdav_a_file_is_uploaded_beside_its_place_and_then_moved() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("webdav root 'photos'", &[])),
        ("operations/copyfile", 200, json!({})),
        ("operations/movefile", 200, json!({})),
    ]);
    put(&script, "media/a.jpg", 1, PHOTO).expect("uploaded");
    let (copy, rename) = (&script.asked()[1], &script.asked()[2]);
    assert!(kit::aside::is_beside(copy["dstRemote"].as_str().expect("named")), "{copy}");
    assert_eq!(copy["dstRemote"], rename["srcRemote"]);
    assert_eq!(
        (&rename["srcFs"], &rename["dstFs"], &rename["dstRemote"]),
        (&json!("@target"), &json!("@target"), &json!("media/a.jpg"))
    );
    assert_eq!(rename["_config"]["IgnoreTimes"], true, "an equal size must not pass for an equal file");
    assert!(rename["_config"].get("NoCheckDest").is_none(), "servers are asked not to overwrite");
}

#[test]
fn a_failed_upload_beside_is_not_moved() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("webdav root 'photos'", &[])),
        (
            "operations/copyfile",
            500,
            error("unchunked simple update failed: no space: 507 Insufficient Storage"),
        ),
    ]);
    assert!(matches!(put(&script, "media/a.jpg", 1, PHOTO), Err(Fault::Blocked(_))));
    script.assert_finished();
}

#[test]
fn a_file_that_is_gone_is_looked_at_again() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("ftp://h/photos", &[])),
        ("operations/copyfile", 404, error("object not found")),
    ]);
    assert!(matches!(put(&script, "media/a.jpg", 1, PHOTO), Err(Fault::Retry(_))));
}

#[test]
fn a_bucket_is_never_created_by_a_put() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("S3 bucket photos", &["BucketBased"])),
        ("operations/list", 404, error("error in ListJSON: directory not found")),
    ]);
    let Err(Fault::Blocked(text)) = put(&script, "media/a.jpg", 1, PHOTO) else { panic!("not blocked") };
    assert!(text.starts_with("The bucket does not exist"), "{text}");
    script.assert_finished();
}

#[test]
fn a_bucket_that_was_there_is_trusted_for_a_while_only() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("S3 bucket photos", &["BucketBased"])),
        ("operations/list", 200, empty_listing()),
        ("operations/copyfile", 200, json!({})),
        ("operations/copyfile", 200, json!({})),
    ]);
    put(&script, "media/a.jpg", 1, PHOTO).expect("uploaded");
    put(&script, "media/b.jpg", 1, PHOTO).expect("uploaded");
    script.assert_finished();
    script.now.set(script.now.get() + 300);
    script.then("operations/list", 404, error("error in ListJSON: directory not found"));
    assert!(matches!(put(&script, "media/c.jpg", 1, PHOTO), Err(Fault::Blocked(_))));
}

#[test]
fn settings_without_a_bucket_are_refused() {
    let mut info = fsinfo("S3 root", &["BucketBased"]);
    info["Root"] = json!("");
    let script = Script::new(vec![("operations/fsinfo", 200, info)]);
    let Err(Fault::Blocked(text)) = probe(&script) else { panic!("not blocked") };
    assert!(text.contains("name no bucket"), "{text}");
}

#[test]
fn a_probe_says_what_it_found_and_changes_nothing() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("sftp://u@h/photos", &["About"])),
        (
            "operations/list",
            200,
            json!({"list": [{"Path": "media", "Name": "media", "Size": -1, "IsDir": true}]}),
        ),
        ("operations/about", 200, json!({"free": 78_729_793_536_u64, "total": 270_553_174_016_u64})),
    ]);
    let report = probe(&script).expect("fine");
    assert_eq!(report.summary, "sftp://u@h/photos, 78.7 GB free");
    assert_eq!(report.facts[0], ("free-bytes".into(), "78729793536".into()));
    assert_eq!(script.methods(), ["operations/fsinfo", "operations/list", "operations/about"]);
}

#[test]
fn a_folder_that_does_not_exist_yet_is_fine() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("ftp://h/photos", &[])),
        ("operations/list", 404, error("error in ListJSON: directory not found")),
    ]);
    let report = probe(&script).expect("fine");
    assert!(report.summary.contains("made by the first upload"), "{}", report.summary);
    script.then("operations/list", 404, error("error in ListJSON: directory not found"));
    let mut found = 0;
    scan(&script, |entries| {
        found += entries.len();
        Ok(())
    })
    .expect("an empty scan");
    assert_eq!(found, 0);
}

#[test]
fn a_probe_that_is_denied_blocks_instead_of_rejecting() {
    let script = Script::new(vec![("operations/fsinfo", 500, error("open /srv/x: permission denied"))]);
    assert!(matches!(probe(&script), Err(Fault::Blocked(_))));
}

#[test]
fn a_wrong_password_blocks_with_what_to_mend() {
    let text = r#"NewFs: failed to make FTP connection to "h:21": 530 "Login incorrect.""#;
    let script = Script::new(vec![("operations/fsinfo", 500, error(text))]);
    let Err(Fault::Blocked(text)) = probe(&script) else { panic!("not blocked") };
    assert!(text.contains("user name and password"), "{text}");
}

#[test]
fn a_server_that_is_away_is_retried() {
    let text =
        r#"NewFs: failed to make FTP connection to "h:21": dial tcp h:21: connect: connection refused"#;
    let script = Script::new(vec![("operations/fsinfo", 500, error(text))]);
    assert!(matches!(probe(&script), Err(Fault::Retry(_))));
}

#[test]
fn deleting_what_is_gone_is_success() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("ftp://h/photos", &[])),
        ("operations/deletefile", 404, error("object not found")),
    ]);
    delete(&script, "media/a.jpg").expect("gone");
    script.assert_finished();
}

#[test]
fn deleting_on_webdav_takes_an_unfinished_upload_with_it() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("webdav root 'photos'", &[])),
        ("operations/deletefile", 200, json!({})),
        ("operations/deletefile", 404, error("object not found")),
    ]);
    delete(&script, "media/a.jpg").expect("deleted");
    assert_eq!(script.asked()[2]["remote"], json!(kit::aside::beside("media/a.jpg")));
}

#[test]
fn a_look_at_one_object_never_lists_its_folder() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("S3 bucket photos", &["BucketBased"])),
        (
            "operations/stat",
            200,
            json!({"item": {"Path": "media/a.jpg", "Name": "a.jpg", "Size": 5, "IsDir": false, "Hashes": {"md5": "ab"}}}),
        ),
        ("operations/stat", 200, json!({"item": null})),
    ]);
    let found = stat(&script, "media/a.jpg").expect("answered").expect("there");
    assert_eq!(
        found,
        Found { path: "media/a.jpg".into(), size: Some(5), facts: vec![("md5".into(), "ab".into())] }
    );
    assert_eq!(stat(&script, "media/b.jpg").expect("answered"), None);
    assert_eq!(script.asked()[1]["opt"]["filesOnly"], true);
}

#[test]
fn a_scan_says_which_uploads_are_unfinished_and_asks_only_for_cheap_hashes() {
    let file = |path: &str, size: i64| json!({"Path": path, "Name": path, "Size": size, "ModTime": "", "IsDir": false});
    let list = json!({"list": [
        file("index.html", 9), file("media/a.jpg", 5), file("media/b.gdoc", -1),
        file("media/c.jpg.e0be3739.partial", 3), file(&kit::aside::beside("media/d.jpg"), 3),
    ]});
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("sftp://h/photos", &["SlowHash"])),
        ("operations/list", 200, list),
    ]);
    let mut entries = Vec::new();
    scan(&script, |found| {
        entries.extend(found);
        Ok(())
    })
    .expect("scanned");
    let entry = |path: &str, size: Option<u64>| Found { path: path.into(), size, facts: vec![] };
    let unfinished = ("unfinished".into(), "media/c.jpg".into());
    assert_eq!(
        entries,
        [
            entry("index.html", Some(9)),
            entry("media/a.jpg", Some(5)),
            entry("media/b.gdoc", None),
            Found { facts: vec![unfinished], ..entry("media/c.jpg.e0be3739.partial", Some(3)) },
        ]
    );
    assert!(script.asked()[1]["opt"].get("showHash").is_none());
}

#[test]
fn a_scan_of_a_missing_bucket_is_not_an_empty_scan() {
    let missing = || error("error in ListJSON: directory not found");
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("S3 bucket photos", &["BucketBased"])),
        ("operations/list", 404, missing()),
        ("operations/list", 404, missing()),
    ]);
    assert!(matches!(scan(&script, |_| Ok(())), Err(Fault::Blocked(_))));
}

#[test]
fn a_scan_stops_when_the_host_says_so() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("ftp://h/photos", &[])),
        ("operations/list", 200, json!({"list": [{"Path": "a", "Name": "a", "Size": 1, "IsDir": false}]})),
    ]);
    assert_eq!(scan(&script, |_| Err(Fault::Cancelled)), Err(Fault::Cancelled));
}

#[test]
fn links_come_from_providers_that_give_them() {
    let script = Script::new(vec![
        ("operations/fsinfo", 200, fsinfo("S3 bucket photos", &["BucketBased", "PublicLink"])),
        (
            "operations/publiclink",
            200,
            json!({"url": "https://h/a.jpg?X-Amz-Date=20240229T120000Z&X-Amz-Expires=60"}),
        ),
        ("operations/publiclink", 404, error("object not found")),
    ]);
    let link = public_link(&script, "media/a.jpg").expect("a link");
    assert_eq!(link.expires_at, Some(1_709_208_060));
    assert!(matches!(public_link(&script, "media/b.jpg"), Err(Fault::Retry(_))));
    let script = Script::new(vec![("operations/fsinfo", 200, fsinfo("ftp://h/photos", &[]))]);
    assert!(matches!(public_link(&script, "media/a.jpg"), Err(Fault::Unsupported(_))));
}

#[test]
fn an_answer_that_is_no_json_is_retried() {
    let script = Script::new(vec![]);
    script.answers.borrow_mut().push_back(("operations/fsinfo", 200, "<html>".into()));
    assert!(matches!(probe(&script), Err(Fault::Retry(_))));
}
