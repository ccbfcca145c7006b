//! The program as a service: what its manager is told, how it stops, and what it hands on to rclone.

use std::cell::RefCell;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use booth_tests::{
    Booth, Kind, PASSWORD, PATIENCE, Running, Server, Target, free_port, get, picture, wait_until,
};
use serde_json::Value;

/// A stand-in for systemd.
struct Manager {
    socket: UnixDatagram,
    path: PathBuf,
    told: RefCell<Vec<String>>,
}

impl Manager {
    fn of(booth: &Booth) -> Self {
        let path = booth.path_of("notify.sock");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket, path, told: RefCell::default() }
    }

    /// Starts the service with signs of life wanted twice a second.
    fn start(&self, booth: &Booth) -> Running {
        booth.write_config();
        booth.begin_with(|command| {
            command.env("NOTIFY_SOCKET", &self.path).env("WATCHDOG_USEC", "1000000");
        })
    }

    /// Every line so far.
    fn told(&self) -> Vec<String> {
        let mut message = [0; 4096];
        while let Ok(length) = self.socket.recv(&mut message) {
            let text = String::from_utf8_lossy(&message[..length]).into_owned();
            self.told.borrow_mut().extend(text.lines().map(str::to_owned));
        }
        self.told.borrow().clone()
    }

    fn count(&self, line: &str) -> usize {
        self.told().iter().filter(|told| *told == line).count()
    }

    #[track_caller]
    fn wait_for(&self, line: &str, times: usize) {
        wait_until(PATIENCE, &format!("`{line}` was told"), || self.count(line) >= times);
    }
}

#[track_caller]
fn ends(service: &mut Running) -> Option<i32> {
    wait_until(PATIENCE, "the service has ended", || service.ended().is_some());
    service.ended().unwrap().code()
}

fn booth_with_a_drive() -> Booth {
    let mut booth = Booth::new();
    fs::create_dir(booth.path_of("drive")).unwrap();
    booth.target(Target {
        name: "usb".into(),
        plugin: "folder".into(),
        settings: "path = \"drive\"".into(),
        lines: String::new(),
    });
    // Nothing but the watching itself can notice a new picture.
    booth.sync_lines = "full_sync_interval = \"24h\"\n".into();
    booth
}

#[test]
fn the_service_manager_is_told_of_every_stage() {
    let booth = booth_with_a_drive();
    let manager = Manager::of(&booth);
    let mut service = manager.start(&booth);
    manager.wait_for("READY=1", 1);
    picture(&booth.media().join("a.jpg"), 1, 10_000);
    wait_until(PATIENCE, "a picture taken after `READY` arrives", || {
        booth.path_of("drive/media/a.jpg").exists()
    });
    manager.wait_for("WATCHDOG=1", 4);
    manager.wait_for("STATUS=everything is where it should be", 1);
    assert_eq!(manager.count("STOPPING=1"), 0);

    service.ask_to_end();
    assert_eq!(ends(&mut service), Some(0));
    let told = manager.told();
    let place = |line: &str| told.iter().position(|told| told == line).unwrap_or(usize::MAX);
    assert!(place("READY=1") < place("WATCHDOG=1"), "{told:?}");
    assert!(place("WATCHDOG=1") < place("STOPPING=1") && place("STOPPING=1") < told.len(), "{told:?}");
    assert_eq!(manager.count("READY=1"), 1);
}

#[test]
fn a_service_that_cannot_start_is_never_ready() {
    let booth = booth_with_a_drive();
    let manager = Manager::of(&booth);
    let other = TcpListener::bind(("127.0.0.1", booth.port())).unwrap();
    let mut service = manager.start(&booth);
    assert_eq!(ends(&mut service), Some(2));
    assert_eq!(manager.count("READY=1"), 0);
    drop(other);
}

#[test]
fn a_transfer_under_way_is_finished_and_no_other_begins() {
    let server = Server::start(Kind::RcloneFtp);
    let mut booth = Booth::new();
    booth.remote("web", &server.section(PASSWORD));
    let remote = server.remote("web");
    booth.target(Target {
        name: "web".into(),
        plugin: "rclone".into(),
        settings: format!("remote = {remote:?}, subdir = \"photos\""),
        lines: "concurrency = 1".into(),
    });
    booth.rclone_lines = "bandwidth_limit = \"500k\"".into();
    for seed in 0..6 {
        picture(&booth.media().join(format!("{seed}.jpg")), seed, 1_500_000);
    }
    let manager = Manager::of(&booth);
    let mut service = manager.start(&booth);
    let half = || server.tree("photos/media").paths().into_iter().any(|path| path.contains(".partial"));
    wait_until(PATIENCE, "an upload is under way", half);
    service.ask_to_end();
    manager.wait_for("STOPPING=1", 1);
    assert_eq!(ends(&mut service), Some(0), "what was under way was finished");
    assert!(manager.told().iter().any(|line| line.starts_with("EXTEND_TIMEOUT_USEC=")));
    let held = server.tree("photos/media");
    assert!(!half(), "nothing is left half: {held:?}");
    assert!((1..6).contains(&held.0.len()), "no other has begun: {held:?}");
    assert!(held.0.values().all(|(size, _)| *size == 1_500_000), "{held:?}");
}

/// Takes connections and never says a word.
struct BlackHole {
    port: u16,
    caught: Arc<Mutex<Vec<TcpStream>>>,
}

impl BlackHole {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let caught = Arc::new(Mutex::new(Vec::new()));
        let held = Arc::clone(&caught);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                held.lock().unwrap().push(stream);
            }
        });
        Self { port, caught }
    }

    /// What rclone knows of `server`, but leading here.
    fn instead_of(&self, server: &Server) -> String {
        let section = server.section(PASSWORD);
        let moved = section.lines().map(|line| match line.split(' ').next() {
            Some("host") => "host = 127.0.0.1".into(),
            Some("port") => format!("port = {}", self.port),
            _ => line.to_owned(),
        });
        moved.collect::<Vec<_>>().join("\n") + "\n"
    }
}

#[test]
fn a_second_signal_drops_what_never_ends() {
    let (server, hole) = (Server::start(Kind::RcloneFtp), BlackHole::open());
    let mut booth = Booth::with(&server);
    booth.remote("web", &hole.instead_of(&server));
    picture(&booth.media().join("one.jpg"), 1, 1_000);
    let manager = Manager::of(&booth);
    let mut service = manager.start(&booth);
    wait_until(PATIENCE, "a call hangs", || !hole.caught.lock().unwrap().is_empty());
    let children = children_of(service.id());
    assert_eq!(children.len(), 1, "rclone runs");

    service.ask_to_end();
    manager.wait_for("STOPPING=1", 1);
    assert!(get(booth.port(), "/healthz").is_some(), "it still answers");
    assert_eq!(service.ended(), None, "it waits for what is under way");
    service.ask_to_end();
    assert_eq!(ends(&mut service), Some(1), "something was dropped");
    assert!(children_of(service.id()).is_empty() && !is_alive(children[0]), "rclone has ended");

    // Nothing is lost by it.
    booth.remote("web", &server.section(PASSWORD));
    booth.start();
    booth.wait_until_same(&server, PATIENCE);
}

#[test]
fn rclone_is_given_the_bandwidth_limit() {
    let server = Server::start(Kind::RcloneFtp);
    let mut booth = Booth::with(&server);
    booth.rclone_lines = "bandwidth_limit = \"00:00,3M:100k;12:00,3M:100k\"".into();
    booth.start();
    wait_until(PATIENCE, "rclone runs", || booth.status()["rclone"]["state"] == "up");
    let children = children_of(booth.service().id());
    let limit = ask_rclone(children[0], "core/bwlimit");
    assert_eq!(limit["bytesPerSecondTx"], 3 << 20, "{limit}");
    assert_eq!(limit["bytesPerSecondRx"], 100 << 10, "{limit}");
    assert_eq!(booth.stop(), 0);
}

#[test]
fn a_bandwidth_limit_that_is_none_is_pointed_at_before_anything_starts() {
    let mut booth = booth_with_a_drive();
    booth.rclone_lines = "bandwidth_limit = \"8 Mbit\"".into();
    booth.write_config();
    let said = ["bandwidth_limit", "`8`", "is not a part of a timetable", "`08:00,512k 23:00,off`"];
    booth.run(&["run"]).expect(2).says(&said);
}

#[test]
fn in_quiet_hours_the_status_says_until_when() {
    let mut booth = booth_with_a_drive();
    // Half of the day before now and half after it, wherever this machine is.
    let hour = local_hour();
    booth.sync_lines.push_str(&format!(
        "quiet_hours = \"{:02}:00-{:02}:00\"\n",
        (hour + 18) % 24,
        (hour + 6) % 24
    ));
    picture(&booth.media().join("a.jpg"), 1, 1_000);
    booth.start();
    let reason = booth.wait_for_state("usb", "waiting");
    assert_eq!(reason, format!("quiet hours until {:02}:00", (hour + 6) % 24));
    wait_until(PATIENCE, "the picture waits", || booth.target_status("usb")["pending"] != 0);
    booth.run(&["status"]).expect(0);
    booth.run(&["sync"]).expect(1).says(&["quiet hours until"]);
    assert!(!booth.path_of("drive/media").exists());
    assert_eq!(booth.stop(), 0);
    assert!(!booth.log().contains("WARN"), "nothing is wrong");
}

#[test]
fn two_services_that_start_at_once_do_not_share_a_data_folder() {
    let booth = booth_with_a_drive();
    let text = booth.config();
    booth.write_config_text(&text.replace(&booth.port().to_string(), &free_port().to_string()));
    let mut first = booth.begin();
    wait_until(PATIENCE, "it has read its configuration", || booth.data().join("log").exists());
    booth.write_config_text(&text);
    let mut second = booth.begin();
    wait_until(PATIENCE, "one of them has ended", || first.ended().is_some() || second.ended().is_some());
    let (mut loser, mut winner) = if first.ended().is_some() { (first, second) } else { (second, first) };
    assert_eq!(ends(&mut loser), Some(2));
    assert_eq!(winner.ended(), None);
    assert!(loser.log().contains("already"), "{}", loser.log());
    picture(&booth.media().join("a.jpg"), 1, 1_000);
    wait_until(PATIENCE, "the other one works", || booth.path_of("drive/media/a.jpg").exists());
    winner.ask_to_end();
    assert_eq!(ends(&mut winner), Some(0));
}

/// The hour on this machine's wall, as the program sees it.
fn local_hour() -> u32 {
    let output = Command::new("date").arg("+%H").env_clear().output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

fn children_of(parent: u32) -> Vec<u32> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| parent_of(*id) == Some(parent)).collect()
}

fn parent_of(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
}

fn is_alive(id: u32) -> bool {
    fs::metadata(format!("/proc/{id}")).is_ok()
}

/// Calls the rc API of a running rclone, as only who may read its environment can.
fn ask_rclone(id: u32, method: &str) -> Value {
    let read = |file: &str| {
        let bytes = fs::read(format!("/proc/{id}/{file}")).unwrap();
        let parts = bytes.split(|byte| *byte == 0).map(|part| String::from_utf8_lossy(part).into_owned());
        parts.collect::<Vec<_>>()
    };
    let environment = read("environ");
    let variable = |name: &str| {
        let prefix = format!("{name}=");
        let found = environment.iter().find_map(|entry| entry.strip_prefix(&prefix));
        found.unwrap_or_else(|| panic!("rclone has no {name}")).to_owned()
    };
    let words = read("cmdline");
    let address = words.iter().skip_while(|word| *word != "--rc-addr").nth(1).expect("rclone has an address");
    let rclone = std::env::var_os("BOOTHSYNC_RCLONE").expect("set by `cargo xtask test`");
    let output = Command::new(rclone)
        .args(["rc", "--url", &format!("http://{address}"), method])
        .env_clear()
        .env("RCLONE_CONFIG", "")
        .env("RCLONE_USER", variable("RCLONE_RC_USER"))
        .env("RCLONE_PASS", variable("RCLONE_RC_PASS"))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}
