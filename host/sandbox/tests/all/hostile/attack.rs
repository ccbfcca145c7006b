//! One attack, and everything that must hold whatever it is.

use std::fmt::Debug;
use std::pin::pin;
use std::time::{Duration, Instant};

use engine::{Entry, Failure, Receipt, Report, Target};
use sandbox::{LimitSettings, PluginTarget};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::support::{Booth, LogLines, WebServer, object, peak};

/// The secret that the hostile guest is given, and says aloud wherever it can.
const SECRET: &str = "hunter2";
/// Far longer than any limit that a test sets, and far shorter than what guests try.
const IN_TIME: Duration = Duration::from_secs(60);
/// More than the memory of all guests of one test, and less than what guests try.
const ROOM_BYTES: u64 = 320 << 20;
const HOUR: Duration = Duration::from_secs(3600);

/// The hostile guest with one verb.
pub struct Attack {
    pub booth: Booth,
    settings: Value,
    content: Vec<u8>,
    waits_for_its_end: bool,
}

impl Attack {
    /// By a plugin that may reach two hosts, neither of which exists.
    pub fn new(verb: &str) -> Self {
        Self::allowed(verb, &["https://api.example.com", "http://ok.example.com"])
    }

    /// By a plugin that may reach `server`.
    pub fn on(verb: &str, server: &WebServer, path: &str) -> Self {
        Self::allowed(verb, &[&server.url("")]).with("url", server.url(path))
    }

    /// By a plugin that may reach these.
    pub fn allowed(verb: &str, origins: &[&str]) -> Self {
        let booth = Booth::with_guest("hostile", json!({"http": {"allow": origins}}));
        let settings = json!({"verb": verb});
        Self { booth, settings, content: b"picture".to_vec(), waits_for_its_end: false }
    }

    /// With a further setting.
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.settings[key] = value.into();
        self
    }

    /// With an object of this size.
    pub fn with_object(mut self, bytes: usize) -> Self {
        self.content = vec![7; bytes];
        self
    }

    /// Under these limits.
    pub fn under(mut self, limits: LimitSettings) -> Self {
        self.booth.limits = limits;
        self
    }

    /// With so little processor time.
    pub fn with_cpu(self, milliseconds: u64) -> Self {
        let cpu = Some(Duration::from_millis(milliseconds));
        self.under(LimitSettings { cpu, ..Default::default() })
    }

    /// With so little time in which nothing happens.
    pub fn with_patience(self, milliseconds: u64) -> Self {
        let patience = Some(Duration::from_millis(milliseconds));
        self.under(LimitSettings { call: patience, stall: patience, ..Default::default() })
    }

    /// Comes to its end also where it is only to be seen whether others move on.
    pub fn until_its_end(mut self) -> Self {
        self.waits_for_its_end = true;
        self
    }

    /// Makes it while a picture is uploaded.
    pub async fn put(&self) -> Result<String, Failure> {
        self.make(async |target| {
            let blob = self.booth.blob("a b.jpg", &self.content);
            let receipt = target.put(&self.booth.call(), &object("media/a b.jpg", &blob), None, blob).await;
            receipt.map(|Receipt(text)| text)
        })
        .await
    }

    /// Makes it while the target is probed.
    pub async fn probe(&self) -> Result<Report, Failure> {
        self.make(async |target| target.probe(&self.booth.call()).await).await
    }

    /// Makes it while the target is listed. What is found counts also if the scan fails in the end.
    pub async fn scan(&self) -> (Result<(), Failure>, Vec<Entry>) {
        let scanned = self.make(async |target| {
            let (into, mut portions) = mpsc::channel::<Vec<Entry>>(1);
            let call = self.booth.call();
            let collect = async {
                let (mut first, mut count) = (Vec::new(), 0);
                while let Some(portion) = portions.recv().await {
                    count += portion.len();
                    first.extend(portion.into_iter().take(20_000usize.saturating_sub(first.len())));
                }
                (first, count)
            };
            let (end, (first, count)) = tokio::join!(target.scan(&call, into), collect);
            assert!(count <= 20_000, "{count} entries came through");
            Ok((end, first))
        });
        scanned.await.unwrap()
    }

    /// The sentence that a call ends with that is the plugin's fault.
    pub async fn faulted(&self) -> String {
        match self.put().await {
            Err(Failure::Faulted(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    /// The sentence that a call ends with that was not granted what it asked for.
    pub async fn blocked(&self) -> String {
        match self.put().await {
            Err(Failure::Blocked(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    async fn make<T: Debug>(
        &self,
        call: impl AsyncFn(&PluginTarget) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let log = LogLines::of_the_process();
        let patient = LimitSettings {
            call: Some(HOUR),
            stall: Some(HOUR),
            cpu: Some(HOUR),
            ..self.booth.limits.clone()
        };
        let (unbounded, bounded) = (self.target(patient).await, self.target(self.booth.limits.clone()).await);
        let before = peak::begin();
        self.others_move_on(call(&unbounded)).await;
        let end = timeout(IN_TIME, call(&bounded)).await.expect("the call is over in time");
        let grown = peak::now().saturating_sub(before);
        assert!(grown < ROOM_BYTES, "the process grew by {} MiB", grown >> 20);
        let said = format!("{end:?} {}", log.text());
        assert!(!said.contains(SECRET) && !said.contains("aHVudGVyMi"), "the secret was seen");
        assert!(!self.booth.path("media/made").exists() && !self.booth.path("made").exists());
        end
    }

    /// Another target's calls are made while the attack is under way, with limits that do not end it.
    async fn others_move_on<T>(&self, attack: impl Future<Output = T>) {
        let neighbour = Booth::new();
        let moves = async {
            for _ in 0..3 {
                assert_eq!(neighbour.put(json!({})).await.unwrap(), "ok");
            }
        };
        let begun = Instant::now();
        let mut moves = pin!(timeout(IN_TIME, moves));
        let all_moved = if self.waits_for_its_end {
            tokio::join!(attack, moves).1
        } else {
            tokio::select! {
                _ = attack => moves.await,
                moved = &mut moves => moved,
            }
        };
        assert!(all_moved.is_ok(), "another target stood still for {:?}", begun.elapsed());
    }

    async fn target(&self, limits: LimitSettings) -> PluginTarget {
        self.booth.target_under(self.settings.clone(), limits).await.unwrap()
    }
}
