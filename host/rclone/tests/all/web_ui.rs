//! rclone's own web UI: there, let in under one name only, and never in the way.

use std::net::TcpListener;

use rclone::WebUi;
use serde_json::json;

use crate::support::{Bench, PATIENCE};

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn browser() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_in_address_opens_the_web_ui_and_only_its_page_may_call() {
    let mut bench = Bench::new().await;
    let port = free_port();
    bench.settings.web_ui = Some(format!("localhost:{port}"));
    let rclone = bench.up().await;
    let login = rclone.web_ui_login().expect("the web UI is served");
    assert!(login.starts_with(&format!("http://localhost:{port}/login?pass=")), "{login}");

    let page = browser().get(&login).send().await.unwrap();
    assert!(page.status().is_success());
    assert!(page.text().await.unwrap().contains("<html"));

    let api = format!("http://{}/core/command", rclone.endpoint().unwrap().addr);
    let asked = browser()
        .request(reqwest::Method::OPTIONS, &api)
        .header("Origin", "http://evil.example")
        .header("Access-Control-Request-Method", "POST")
        .send()
        .await
        .unwrap();
    assert_eq!(asked.headers()["access-control-allow-origin"], format!("http://localhost:{port}"));
    let form = browser().post(&api).body("command=version").send().await.unwrap();
    assert_eq!(form.status(), 401);
    rclone.stop(PATIENCE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_port_costs_the_web_ui_and_nothing_else() {
    let mut bench = Bench::new().await;
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    bench.settings.web_ui = Some(format!("localhost:{port}"));
    let rclone = bench.up().await;
    let state = rclone.state();
    assert!(matches!(&state.running().unwrap().web_ui, WebUi::Unavailable(_)));
    let note = state.note().expect("the operator is told");
    assert!(
        note.contains(&format!("localhost:{port}")) && note.contains("uploads work without it"),
        "{note}"
    );
    assert_eq!(rclone.web_ui_login(), None);
    rclone.client().call("rc/noop", &json!({})).await.unwrap();

    drop(other);
    rclone.restart(PATIENCE).await;
    assert!(rclone.web_ui_login().is_some(), "a restart takes the port once it is free");
    rclone.stop(PATIENCE).await;
}
