//! What the control socket takes in.

use engine::naming::identifier;
use serde_json::json;

use super::booth::{KEY, item};
use super::client::Call;
use super::{Setup, control};

#[tokio::test]
async fn orders_reach_the_booth_as_they_were_given() {
    let served = control(Setup::default()).await;
    for (path, status) in [
        ("/api/v1/targets/web/pause", 204),
        ("/api/v1/targets/web/resume", 204),
        ("/api/v1/targets/web/sync", 202),
        ("/api/v1/targets/web/retry", 200),
        ("/api/v1/targets/web/cleanup", 200),
        ("/api/v1/targets/web/confirm-deletes", 200),
        ("/api/v1/retry", 200),
        ("/api/v1/retry?target=cloud&key=a%20b%2Bc.jpg", 200),
    ] {
        assert_eq!(served.post(path).await.status, status, "{path}");
    }
    assert_eq!(
        served.booth.ordered(),
        [
            "pause web",
            "resume web",
            "sync Some(\"web\")",
            "retry Some(\"web\") None",
            "cleanup web",
            "confirm_deletes web None",
            "retry None None",
            "retry Some(\"cloud\") Some(\"a b+c.jpg\")",
        ]
    );
}

#[tokio::test]
async fn an_item_is_named_by_key_or_identifier() {
    let served = control(Setup::default()).await;
    let id = identifier(&item());
    assert_eq!(served.post(&format!("/api/v1/media/{id}/offline")).await.status, 204);
    let retried = served.post(&format!("/api/v1/media/{id}/retry")).await;
    assert_eq!(retried.json(), json!({"objects": 5}));
    let query = url::form_urlencoded::byte_serialize(KEY.as_bytes()).collect::<String>();
    assert_eq!(served.post(&format!("/api/v1/offline?key={query}")).await.status, 204);
    let offline = format!("offline {KEY:?}");
    assert_eq!(served.booth.ordered(), [offline.clone(), format!("retry None Some({KEY:?})"), offline]);
    assert_eq!(served.post("/api/v1/offline?key=none.jpg").await.status, 404);
}

#[tokio::test]
async fn nonsense_does_not_confirm_deletes() {
    let served = control(Setup::default()).await;
    let confirm = |body: &str| Call::post("/api/v1/targets/web/confirm-deletes", body).send(served.address);
    for nonsense in
        ["{}", "7", "{\"set\": \"7\"}", "{\"set\": -1}", "{\"set\": 7, \"all\": true}", "null", " "]
    {
        confirm(nonsense).await.error(400);
    }
    assert!(served.booth.ordered().is_empty());
    assert_eq!(confirm("{\"set\": 7}").await.json(), json!({"objects": 40}));
    assert_eq!(served.booth.ordered(), ["confirm_deletes web Some(7)"]);
    assert_eq!(confirm("{\"set\": 404}").await.error(409), "target `web` holds no deletes back");
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let served = control(Setup::default()).await;
    let body = format!("{{\"set\": {}7}}", " ".repeat(64 << 10));
    let answer = Call::post("/api/v1/targets/web/confirm-deletes", &body).send(served.address).await;
    assert_eq!(answer.status, 413);
    assert!(served.booth.ordered().is_empty());
}

#[tokio::test]
async fn a_target_that_is_not_there_is_named() {
    let served = control(Setup::default()).await;
    for verb in ["probe", "retry", "pause", "resume", "sync", "cleanup"] {
        let error = served.post(&format!("/api/v1/targets/usb/{verb}")).await.error(404);
        assert_eq!(error, "there is no target `usb`", "{verb}");
    }
    assert_eq!(
        served.post("/api/v1/targets/No%20Such/pause").await.error(404),
        "there is no target `No Such`"
    );
    served.post("/api/v1/targets/%FF/pause").await.error(400);
}

#[tokio::test]
async fn a_probe_tells_what_the_target_said() {
    let served = control(Setup::default()).await;
    let usable = served.post("/api/v1/targets/web/probe").await.json();
    assert_eq!(usable, json!({"usable": true, "summary": "FTP, works", "facts": {"free-bytes": "9"}}));
    let blocked = served.post("/api/v1/targets/cloud/probe").await.json();
    let expected =
        json!({"usable": false, "failure": "blocked", "summary": "the password is wrong", "facts": {}});
    assert_eq!(blocked, expected);
}

#[tokio::test]
async fn the_queue_can_be_narrowed() {
    let served = control(Setup::default()).await;
    let rows = async |query: &str| {
        let rows = served.get(&format!("/api/v1/queue{query}")).await.json();
        let row = |row: &serde_json::Value| {
            format!("{} {}", row["target"].as_str().unwrap(), row["state"].as_str().unwrap())
        };
        rows.as_array().unwrap().iter().map(row).collect::<Vec<_>>()
    };
    assert_eq!(rows("").await, ["web pending", "web rejected", "cloud pending"]);
    assert_eq!(rows("?target=cloud").await, ["cloud pending"]);
    assert_eq!(rows("?state=rejected").await, ["web rejected"]);
    assert_eq!(rows("?state=pending&limit=1").await, ["web pending"]);
    assert_eq!(rows("?limit=2").await, ["web pending", "web rejected"]);
    assert!(served.get("/api/v1/queue?state=lost").await.error(400).contains("unknown variant `lost`"));
    served.get("/api/v1/queue?target=usb").await.error(404);
}

#[tokio::test]
async fn the_control_socket_asks_for_no_token_and_no_name() {
    let served = control(Setup::default()).await;
    let status = Call::get("/api/v1/status").host(None).send(served.address).await;
    assert_eq!(status.json()["version"], "1.2.3");
    assert_eq!(served.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn the_web_ui_s_address_is_told_while_there_is_one() {
    let served = control(Setup { ui: Some("http://localhost:5572/login?x=y"), ..Setup::default() }).await;
    assert_eq!(
        served.get("/api/v1/rclone/ui").await.json(),
        json!({"url": "http://localhost:5572/login?x=y"})
    );
    let without = control(Setup::default()).await;
    assert_eq!(without.get("/api/v1/rclone/ui").await.error(404), "rclone's web UI is not running");
}
