//! No credential reaches the log, whatever rclone writes.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use rclone::State;
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{Bench, PATIENCE, pid, wait_for};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Everything that is logged on this thread, which runs the whole runtime.
fn take_log() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}

#[tokio::test]
async fn no_password_is_logged_even_at_debug_with_the_web_ui() {
    let (log, _guard) = take_log();
    let mut bench = Bench::new().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    bench.settings.web_ui = Some(format!("localhost:{port}"));
    bench.settings.log_level = "DEBUG".into();
    let rclone = bench.up().await;
    let endpoint = rclone.endpoint().unwrap();
    let remote = json!({"name": "x", "type": "ftp", "parameters": {"host": "h", "pass": "Rem0tePa55"}, "opt": {"obscure": true}});
    rclone.client().call("config/create", &remote).await.unwrap();
    let error = rclone
        .client()
        .call("operations/about", &json!({"fs": ":ftp,host=127.0.0.1,port=1,pass=Inl1nePa55:"}))
        .await;
    let error = format!("{:?} {}", error.clone().unwrap_err(), error.unwrap_err());
    rclone.stop(PATIENCE).await;

    let text = log.text();
    assert!(
        text.contains("GUI available at") && text.contains("config/create"),
        "the log was taken in: {text}"
    );
    for secret in [&endpoint.password, &endpoint.user, "Rem0tePa55", "Inl1nePa55"] {
        assert!(!text.contains(secret), "{secret} is in the log: {text}");
        assert!(!error.contains(secret), "{secret} is in the error: {error}");
    }
}

#[tokio::test]
async fn a_failed_start_with_the_web_ui_prints_no_password() {
    let (log, _guard) = take_log();
    let mut bench = Bench::new().await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    bench.settings.web_ui = Some(format!("localhost:{port}"));
    let rclone = bench.up().await;
    let args = std::fs::read(format!("/proc/{}/cmdline", pid(&rclone))).unwrap();
    let endpoint = rclone.endpoint().unwrap();
    assert!(!String::from_utf8_lossy(&args).contains(&endpoint.password));
    rclone.stop(PATIENCE).await;

    // Its usage text, with the password as a flag's default, is what `gui` prints when it cannot start.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let real = bench.settings.found.path.display();
    let script = format!("#!/bin/sh\nexec '{real}' \"$@\" --api-addr {}\n", taken.local_addr().unwrap());
    bench.settings.found.path = bench.path("stand-in");
    std::fs::write(bench.path("stand-in"), script).unwrap();
    std::fs::set_permissions(bench.path("stand-in"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let rclone = bench.start();
    let state = wait_for(&rclone, "a failed start", |state| matches!(state, State::Restarting { .. })).await;
    rclone.stop(PATIENCE).await;
    assert!(state.note().unwrap().contains("address already in use"), "{state:?}");
    let usage = log.text();
    let password =
        usage.lines().find(|line| line.contains("--rc-pass string")).expect("the usage text is logged");
    assert!(password.contains("(default \"[hidden]\")"), "{password}");
}
