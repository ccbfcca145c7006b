//! What looks for a way out.

use super::attack::Attack;
use crate::support::WebServer;

#[tokio::test]
pub async fn ends_its_process() {
    let text = Attack::new("ends_its_process").faulted().await;
    assert!(text.contains("ended itself"), "{text}");
}

#[tokio::test]
pub async fn opens_the_root() {
    assert_eq!(Attack::new("opens_the_root").put().await.unwrap(), "0 opened, 0 made");
}

#[tokio::test]
pub async fn looks_around() {
    assert_eq!(Attack::new("looks_around").put().await.unwrap(), "0 variables, 0 arguments");
}

/// Not even to a server that it may reach through the host.
#[tokio::test]
pub async fn connects_a_socket() {
    let server = WebServer::start();
    let attack = Attack::on("connects_a_socket", &server, "/").with("address", server.addr.to_string());
    assert_eq!(attack.put().await.unwrap(), "tcp false, udp false, listening false");
    assert!(server.seen.try_recv().is_err());
}

#[tokio::test]
pub async fn looks_up_a_name() {
    assert_eq!(Attack::new("looks_up_a_name").put().await.unwrap(), "0 found");
}
