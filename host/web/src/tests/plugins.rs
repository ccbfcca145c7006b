//! What the API says and takes about plugins.

use std::sync::Mutex;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::client::Call;
use super::{Setup, TOKEN, control, public};
use crate::{PluginDesk, Refusal};

/// Knows one plugin, `acme`, and remembers nothing.
#[derive(Default)]
pub struct FakeDesk(Mutex<Vec<u8>>);

#[async_trait]
impl PluginDesk for FakeDesk {
    fn noted(&self) -> Value {
        json!([{"name": "acme", "version": "1.0.0"}])
    }

    async fn list(&self) -> Result<Value, Refusal> {
        Ok(json!([{"name": "rclone"}, {"name": "acme"}]))
    }

    async fn install(&self, package: Vec<u8>) -> Result<Value, Refusal> {
        let bytes = package.len();
        *self.0.lock().unwrap() = package;
        Ok(json!({"name": "acme", "bytes": bytes}))
    }

    async fn approve(&self, name: &str, digest: &str) -> Result<Value, Refusal> {
        match name {
            "acme" => Ok(json!({"name": name, "digest": digest})),
            _ => Err(Refusal::NoSuchPlugin(format!("no plugin `{name}` is installed"))),
        }
    }

    async fn remove(&self, _name: &str) -> Result<Value, Refusal> {
        Err(Refusal::Refused("it is in use".into()))
    }
}

#[tokio::test]
async fn plugins_are_told_to_holders_of_a_token_and_changed_by_the_operator_alone() {
    let public = public(Setup::default()).await;
    let listed = Call::get("/api/v1/plugins").token(TOKEN).send(public.address).await;
    assert_eq!(listed.json()[1]["name"], "acme");
    let status = Call::get("/api/v1/status").token(TOKEN).send(public.address).await;
    assert_eq!(status.json()["plugins"][0]["version"], "1.0.0");
    assert_eq!(Call::get("/api/v1/plugins").send(public.address).await.status, 401);
    let posted = Call::post("/api/v1/plugins", "x").token(TOKEN).send(public.address).await;
    assert_eq!(posted.status, 405);
}

#[tokio::test]
async fn a_package_may_be_larger_than_other_bodies() {
    let served = control(Setup::default()).await;
    let package = "x".repeat(200 << 10);
    let installed = Call::post("/api/v1/plugins", &package).send(served.address).await;
    assert_eq!(installed.json(), json!({"name": "acme", "bytes": 200 << 10}));
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let served = control(Setup::default()).await;
    let approve = |path: &str, body: &str| Call::post(path, body).send(served.address);
    let acme = "/api/v1/plugins/acme/approve";
    let approved = approve(acme, "{\"digest\": \"sha256:aa\"}").await;
    assert_eq!(approved.json(), json!({"name": "acme", "digest": "sha256:aa"}));
    for nonsense in ["", "{}", "{\"digest\": 7}", "{\"digest\": \"a\", \"all\": true}"] {
        assert_eq!(approve(acme, nonsense).await.status, 400, "{nonsense}");
    }
    let unknown = approve("/api/v1/plugins/acm/approve", "{\"digest\": \"a\"}").await;
    assert_eq!(
        (unknown.status.as_u16(), unknown.json()["error"].as_str()),
        (404, Some("no plugin `acm` is installed"))
    );
    let removed = served.post("/api/v1/plugins/acme/remove").await;
    assert_eq!((removed.status.as_u16(), removed.json()["error"].as_str()), (409, Some("it is in use")));
}
