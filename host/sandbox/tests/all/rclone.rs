use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{Failure, Target};
use sandbox::{LimitSettings, SetupError};
use serde_json::{Value, json};

use crate::support::{Booth, RcServer, object};

fn booth(server: &RcServer) -> Booth {
    let methods = ["operations/copyfile", "operations/fsinfo", "operations/list", "core/command"];
    let mut booth = Booth::with_permissions(
        json!({"rclone": {"methods": methods, "remote": "/remote", "subdir": "/subdir"}}),
    );
    booth.rc = Some(Arc::new(server.clone()));
    booth
}

fn call(method: &str, input: Value) -> Value {
    json!({"verb": "rc", "method": method, "input": input, "remote": "ftp:", "subdir": "photos"})
}

fn copy() -> Value {
    let input =
        json!({"srcFs": "@media", "srcRemote": "a b.jpg", "dstFs": "@target", "dstRemote": "media/a b.jpg"});
    call("operations/copyfile", input)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_names_real_places_and_is_forgotten_afterwards() {
    let server = RcServer::start();
    let booth = booth(&server);
    assert_eq!(booth.put(copy()).await.unwrap(), "200 2 {}");
    let input = &server.calls("operations/copyfile")[0];
    assert_eq!(input["srcFs"], json!(booth.path("media")));
    assert_eq!(input["dstFs"], "ftp:photos");
    let group = input["_group"].as_str().unwrap().to_owned();
    server.wait_for("core/stats-delete", 1);
    assert_eq!(server.calls("core/stats-delete")[0], json!({"group": group}));
    assert!(server.calls("core/stats").is_empty(), "a short call is not asked how far it got");
}

#[tokio::test]
async fn what_the_firewall_refuses_never_reaches_rclone() {
    let server = RcServer::start();
    let booth = booth(&server);
    for settings in [
        call("core/command", json!({"command": "cat", "arg": ["/etc/passwd"]})),
        call("operations/list", json!({"fs": "@media", "remote": ""})),
        call("operations/list", json!({"fs": "/", "remote": ""})),
        call("operations/deletefile", json!({"fs": "@target", "remote": "a"})),
        call(
            "operations/copyfile",
            json!({"srcFs": "@media", "srcRemote": "other.jpg", "dstFs": "@target", "dstRemote": "x"}),
        ),
    ] {
        let end = booth.put(settings.clone()).await;
        assert!(matches!(end, Err(Failure::Blocked(_))), "{settings}: {end:?}");
    }
    for method in ["core/command", "operations/list", "operations/deletefile", "operations/copyfile"] {
        assert!(server.calls(method).is_empty());
    }
}

#[tokio::test]
async fn answers_tell_no_folders_of_the_machine() {
    let server = RcServer::start();
    let booth = booth(&server);
    let media = booth.path("media");
    let error = json!({"error": format!("open {}/a b.jpg: denied", media.display()), "input": {"srcFs": media}, "status": 500});
    server.answer("operations/copyfile", 500, &error.to_string());
    let answer = booth.put(copy()).await.unwrap();
    assert!(answer.starts_with("500") && answer.contains("open @media/a b.jpg: denied"), "{answer}");
    assert!(!answer.contains("input") && !answer.contains("/media"), "{answer}");
    let info = json!({"Root": media, "Features": {"PublicLink": false}});
    server.answer("operations/fsinfo", 200, &info.to_string());
    let answer = booth.put(call("operations/fsinfo", json!({"fs": "@target"}))).await.unwrap();
    assert!(answer.contains(r#""Root":"@media""#), "{answer}");
}

#[tokio::test]
async fn without_rclone_the_call_is_tried_again_and_the_set_up_refused() {
    let server = RcServer::start();
    let mut booth = booth(&server);
    server.down();
    assert_eq!(booth.put(copy()).await, Err(Failure::Retry("rclone is not running yet".into())));
    booth.rc = None;
    assert!(matches!(booth.try_target(copy()).await.err().unwrap(), SetupError::NoRclone(_)));
}

#[tokio::test]
async fn a_remote_without_its_colon_makes_no_target() {
    let booth = booth(&RcServer::start());
    let error = booth.try_target(json!({"remote": "ftp"})).await.err().unwrap();
    assert!(error.to_string().contains("`ftp:`"), "{error}");
    let within = json!({"remote": booth.path("media").join("sub")});
    assert!(booth.try_target(within).await.err().unwrap().to_string().contains("lie in one another"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_copy_is_followed_and_lives_as_long_as_it_moves() {
    let server = RcServer::start();
    let mut booth = booth(&server);
    booth.limits = LimitSettings { stall: Some(Duration::from_millis(2500)), ..Default::default() };
    let stats = [100, 200, 300, 400].map(|bytes| format!(r#"{{"bytes":{bytes},"totalBytes":1000}}"#));
    server.stats(&stats.each_ref().map(String::as_str));
    server.hold(true);
    let target = booth.target(copy()).await;
    let (blob, call) = (booth.blob("a b.jpg", &[1; 1000]), booth.call());
    let release = server.clone();
    let freed = tokio::task::spawn_blocking(move || {
        // The fifth question is asked after the fourth answer was taken in.
        release.wait_for("core/stats", 5);
        release.hold(false);
    });
    let start = Instant::now();
    target.put(&call, &object("media/a b.jpg", &blob), None, blob).await.unwrap();
    freed.await.unwrap();
    assert!(start.elapsed() > Duration::from_millis(3500), "longer than one stall limit");
    assert_eq!(call.progress.get(), (400, 1000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_stalls_is_over_in_rclone_before_the_call_returns() {
    let server = RcServer::start();
    let mut booth = booth(&server);
    booth.limits = LimitSettings { stall: Some(Duration::from_millis(300)), ..Default::default() };
    server.hold(true);
    let busy = r#"{"transferring":[{"name":"a b.jpg"}]}"#;
    server.stats(&[busy, busy, r#"{"transferring":null}"#]);
    let end = booth.put(copy()).await;
    assert!(matches!(&end, Err(Failure::Retry(text)) if text.contains("no byte was moved")), "{end:?}");
    assert_eq!(server.calls("core/stats").len(), 3, "until nothing is transferring");
    assert!(!server.calls("job/stopgroup").is_empty());
    server.hold(false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ends_does_not_wait_for_rclone() {
    let server = RcServer::start();
    let booth = booth(&server);
    server.hold(true);
    server.stats(&[r#"{"transferring":[{"name":"a b.jpg"}]}"#]);
    let (cancel, wait) = (booth.cancel.clone(), server.clone());
    let told = tokio::task::spawn_blocking(move || {
        wait.wait_for("operations/copyfile", 1);
        cancel.cancel();
    });
    let start = Instant::now();
    assert_eq!(booth.put(copy()).await, Err(Failure::Cancelled));
    told.await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(10));
    server.hold(false);
}
