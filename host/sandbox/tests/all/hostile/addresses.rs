//! What goes where it was not allowed to go.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use async_trait::async_trait;
use sandbox::Names;

use super::attack::Attack;
use crate::support::{WebServer, sandbox_that_knows};

/// Is refused with a sentence that contains `says`, and `server` hears nothing of it.
async fn is_kept_from(server: &WebServer, attack: Attack, says: &str) {
    let text = attack.with("port", server.addr.port()).blocked().await;
    assert!(text.contains(says), "{text}");
    assert!(server.seen.try_recv().is_err(), "the server was asked");
}

/// The line of the manifest that would allow it.
fn line(origin: &str) -> String {
    format!("allow = [\"{origin}\"]")
}

#[tokio::test]
pub async fn asks_for_cloud_credentials() {
    let server = WebServer::start();
    let attack = Attack::new("asks_for_cloud_credentials");
    is_kept_from(&server, attack, &line("http://169.254.169.254")).await;
}

#[tokio::test]
pub async fn asks_a_mapped_address() {
    let server = WebServer::start();
    let mapped = line(&format!("http://[::ffff:127.0.0.1]:{}", server.addr.port()));
    is_kept_from(&server, Attack::new("asks_a_mapped_address"), &mapped).await;
}

#[tokio::test]
pub async fn asks_an_abbreviated_address() {
    let server = WebServer::start();
    let attack = Attack::new("asks_an_abbreviated_address");
    is_kept_from(&server, attack, &line(&server.url(""))).await;
}

#[tokio::test]
pub async fn asks_an_address_in_one_number() {
    let server = WebServer::start();
    let attack = Attack::new("asks_an_address_in_one_number");
    is_kept_from(&server, attack, &line(&server.url(""))).await;
}

/// Another name than the one that was granted, whatever a resolver makes of it.
#[tokio::test]
pub async fn asks_localhost_with_a_dot() {
    let server = WebServer::start();
    let (granted, port) = (format!("http://localhost:{}", server.addr.port()), server.addr.port());
    let attack = Attack::allowed("asks_localhost_with_a_dot", &[&granted]);
    is_kept_from(&server, attack, &line(&format!("http://localhost.:{port}"))).await;
}

#[tokio::test]
pub async fn hides_a_host_behind_a_user_name() {
    let server = WebServer::start();
    let attack = Attack::new("hides_a_host_behind_a_user_name");
    is_kept_from(&server, attack, "carries a user name").await;
}

#[tokio::test]
pub async fn asks_a_lookalike() {
    let server = WebServer::start();
    is_kept_from(&server, Attack::new("asks_a_lookalike"), "https://xn--pi-").await;
}

#[tokio::test]
pub async fn asks_another_port() {
    let (server, granted) = (WebServer::start(), WebServer::start());
    let attack = Attack::on("asks_another_port", &granted, "/");
    is_kept_from(&server, attack, &line(&server.url(""))).await;
}

#[tokio::test]
pub async fn asks_where_it_is_redirected() {
    let server = WebServer::start();
    let attack = Attack::on("asks_where_it_is_redirected", &server, "/redirect");
    let text = attack.blocked().await;
    assert!(text.contains(&line("http://127.0.0.1:1")), "{text}");
}

/// Leads to this machine and to its neighbour in turn.
#[derive(Default)]
struct Moving(AtomicUsize);

#[async_trait]
impl Names for Moving {
    async fn look_up(&self, _name: &str) -> io::Result<Vec<IpAddr>> {
        let turn = self.0.fetch_add(1, SeqCst);
        Ok(vec![if turn.is_multiple_of(2) { [127, 0, 0, 1].into() } else { [169, 254, 169, 254].into() }])
    }
}

#[tokio::test]
pub async fn asks_a_name_that_moves() {
    let (server, names) = (WebServer::start(), Arc::new(Moving::default()));
    let origin = format!("http://localhost:{}", server.addr.port());
    let mut attack = Attack::allowed("asks_a_name_that_moves", &[&origin]).until_its_end();
    attack.booth.sandbox = sandbox_that_knows(names.clone());
    let attack = attack.with("url", format!("{origin}/close"));
    let text = attack.blocked().await;
    assert!(
        text.contains("169.254.169.254") && text.contains(&line("http://169.254.169.254:")[..32]),
        "{text}"
    );
    // Two attacks of two requests each: every connection asks once, and goes where it was told.
    assert_eq!(names.0.load(SeqCst), 4);
    assert_eq!(server.seen.try_iter().count(), 2);
}
