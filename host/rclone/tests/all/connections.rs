//! rclone holds on to dead FTP connections; a server that was restarted has to be reached again.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::support::{Bench, PATIENCE, wait_until};

struct FtpServer(Child);

impl FtpServer {
    async fn start(bench: &Bench, port: u16) -> Self {
        let addr = format!("127.0.0.1:{port}");
        let mut command = Command::new(&bench.settings.found.path);
        command.args(["serve", "ftp", "--user", "u", "--pass", "p", "--addr", &addr]).arg(bench.path("web"));
        command.env_clear().env("RCLONE_CONFIG", "").stdout(Stdio::null()).stderr(Stdio::null());
        let server = Self(command.spawn().unwrap());
        wait_until("the FTP server", || listens(&addr)).await;
        server
    }
}

impl Drop for FtpServer {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_ftp_server_is_reached_again_although_it_is_asked_all_the_time() {
    let bench = Bench::new().await;
    std::fs::create_dir(bench.path("web")).unwrap();
    std::fs::write(bench.path("web/a.jpg"), "x").unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let rclone = bench.up().await;
    let obscured = rclone.client().call("core/obscure", &json!({"clear": "p"})).await.unwrap();
    let config = format!(
        "[web]\ntype = ftp\nhost = 127.0.0.1\nport = {port}\nuser = u\npass = {}\n",
        obscured["obscured"].as_str().unwrap()
    );
    std::fs::write(bench.path("rclone.conf"), config).unwrap();
    rclone.restart(PATIENCE).await;

    let list = async || rclone.client().call("operations/list", &json!({"fs": "web:", "remote": ""})).await;
    let server = FtpServer::start(&bench, port).await;
    list().await.unwrap();
    drop(server);
    let _server = FtpServer::start(&bench, port).await;
    let reached = async {
        while list().await.is_err() {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.expect("the server is reached again");
    rclone.stop(PATIENCE).await;
}

/// Whether a server listens. A connection to a port at which nobody listens yet can meet itself.
fn listens(addr: &str) -> bool {
    let met = std::net::TcpStream::connect(addr);
    met.is_ok_and(|stream| stream.local_addr().ok() != stream.peer_addr().ok())
}
