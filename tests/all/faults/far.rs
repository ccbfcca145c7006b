//! A booth whose server lies behind a line that can be made bad.

use std::time::{Duration, Instant};

use booth_tests::{
    Booth, Fault, FaultProxy, Kind, PASSWORD, PATIENCE, Server, Target, Tree, picture, wait_until,
};
use serde_json::Value;

/// After an outage a call may hang for a minute until it is given up, the target is probed at most 30 s
/// apart, and an object waits for at most a minute.
pub const AFTER_OUTAGE: Duration = Duration::from_secs(240);

/// Calls at a time.
pub const SLOTS: u64 = 4;

/// What a reason may say when only the network is to blame.
const NETWORK: [&str; 6] = [
    "cannot be reached",
    "asks for a pause",
    "no byte was moved",
    "no answer",
    "the connection broke off",
    "in use",
];

/// A booth, its server, and the line between them.
pub struct Far {
    pub booth: Booth,
    pub server: Server,
    pub line: FaultProxy,
}

impl Far {
    /// Nothing runs yet, and the line is good.
    pub fn new(kind: Kind) -> Self {
        Self::with(kind, &format!("concurrency = {SLOTS}"))
    }

    /// As [`Far::new`], and the number of calls at a time is found out.
    pub fn adapting(kind: Kind) -> Self {
        Self::with(kind, "")
    }

    fn with(kind: Kind, lines: &str) -> Self {
        let server = Server::start(kind);
        let ftp = matches!(kind, Kind::RcloneFtp | Kind::Vsftpd | Kind::Pyftpdlib);
        let line = if ftp { FaultProxy::ftp(server.address()) } else { FaultProxy::tcp(server.address()) };
        let mut booth = Booth::new();
        booth.remote("web", &server.section_at(line.address(), PASSWORD));
        let settings = format!("remote = {:?}, subdir = \"photos\"", server.remote("web"));
        let (name, plugin) = ("web".into(), "rclone".into());
        booth.target(Target { name, plugin, settings, lines: lines.into() });
        Self { booth, server, line }
    }

    /// Whoever moves no byte for so many seconds is given up, instead of after two minutes.
    pub fn give_up_after(&mut self, seconds: u64) {
        let limits = format!("\n[plugin.rclone]\nstall = \"{seconds}s\"\ncall = \"{seconds}s\"\n");
        self.booth.rclone_lines.push_str(&limits);
    }

    /// Takes pictures of `size` bytes, named by `name` and a number.
    pub fn shoot(&self, name: &str, count: u64, size: usize) {
        for number in 0..count {
            let key = format!("{name} {number:02}.jpg");
            picture(&self.booth.media().join(key), number ^ size as u64, size);
        }
    }

    /// Starts with a good line until the target was used once, so that what follows meets the fault in the
    /// middle of its work.
    pub fn start_well(&mut self) {
        self.shoot("first", 2, 5_000);
        self.booth.start();
        self.booth.wait_until_same(&self.server, PATIENCE);
    }

    /// What the target shows now, after a look at whether it is the truth.
    pub fn look(&self) -> Value {
        let target = self.booth.target_status("web");
        // Looked at afterwards: what was called held then is there now.
        let whole = self.whole();
        let held = target["held"].as_u64().unwrap();
        assert!(held <= whole, "{held} objects are called held and {whole} are whole: {target}");
        let reason = target["reason"].as_str().unwrap_or_default();
        let is_true = match target["state"].as_str().unwrap_or_default() {
            "up" => reason.is_empty() || reason.starts_with("no byte has moved for "),
            "waiting" => NETWORK.iter().any(|word| reason.contains(word)),
            _ => false,
        };
        assert!(is_true, "the line is bad, and the target says {target}");
        assert_eq!(target["rejected"], 0, "no picture is to blame for the line: {target}");
        target
    }

    /// Objects on the server that are as they should be.
    pub fn whole(&self) -> u64 {
        let (held, wanted) = (self.server.tree("photos"), Tree::of(&self.booth.media()));
        let pictures = held.below("media");
        let whole = pictures.0.iter().filter(|(path, state)| wanted.0.get(*path) == Some(state)).count();
        whole as u64 + u64::from(held.0.contains_key("index.html"))
    }

    /// Waits while looking; `true` ends it.
    #[track_caller]
    pub fn watch(&self, limit: Duration, what: &str, mut enough: impl FnMut(&Value) -> bool) {
        let mut last = Value::Null;
        let since = Instant::now();
        wait_until(limit, &format!("{what}; the fault was met {} times", self.line.met()), || {
            last = self.look();
            enough(&last) || since.elapsed() > limit && panic!("not until {what}: {last}")
        });
    }

    /// Makes the line good again and waits until everything is there, looking all the time.
    #[track_caller]
    pub fn recovers(&self) {
        self.line.set(Fault::None);
        self.watch(AFTER_OUTAGE, "everything is there", |target| {
            target["pending"] == 0 && target["running"] == 0 && target["held"] == target["wanted"]
        });
        self.booth.wait_until_same_after_a_crash(&self.server, PATIENCE);
        assert_eq!(self.look()["state"], "up");
    }
}
