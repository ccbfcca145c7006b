//! A booth that remembers what it was told to do.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use engine::naming::identifier;
use engine::settings::Prefer;
use engine::view::{
    Backlog, Event, EventKind, LaneState, Link, LinkKind, LinkState, MediaStatus, QueueRow, Status,
    TargetStatus,
};
use engine::{Blob, Failure, LanItem, MediaKey, ObjectPath, OrderError, Report, SyncOutcome, TargetName};
use jiff::Timestamp;
use tokio::sync::{Notify, broadcast};
use uuid::Uuid;

use super::lan::FakeLan;
use crate::Booth;

/// The one item there is.
pub(super) const KEY: &str = "full/Gr\u{fc}\u{df}e #1 100%+.jpg";

pub(super) struct FakeBooth {
    pub(super) orders: Mutex<Vec<String>>,
    pub(super) links: Vec<Link>,
    pub(super) broken: bool,
    pub(super) events: broadcast::Sender<Event>,
    pub(super) lan: FakeLan,
    /// What was told, as far back as it is kept.
    pub(super) log: Mutex<Vec<Event>>,
    /// [`Booth::sync_once`] has begun.
    pub(super) begun: Notify,
    /// Lets [`Booth::sync_once`] end.
    pub(super) finish: Notify,
}

impl Default for FakeBooth {
    fn default() -> Self {
        let links = vec![
            link("", LinkKind::Custom, LinkState::Online),
            link("web", LinkKind::Online, LinkState::Pending),
            link("cloud", LinkKind::Online, LinkState::Online),
        ];
        Self {
            orders: Mutex::default(),
            links,
            broken: false,
            events: broadcast::channel(4).0,
            log: Mutex::default(),
            lan: FakeLan::default(),
            begun: Notify::new(),
            finish: Notify::new(),
        }
    }
}

pub(super) fn link(target: &str, kind: LinkKind, state: LinkState) -> Link {
    Link {
        target: target.into(),
        kind,
        url: format!("https://{target}.example/#/?url=x"),
        state,
        preferred: false,
    }
}

pub(super) fn target(name: &str) -> TargetName {
    TargetName::new(name).unwrap()
}

pub(super) fn item() -> MediaKey {
    MediaKey::new(KEY).unwrap()
}

impl FakeBooth {
    fn order(&self, order: String) {
        self.orders.lock().unwrap().push(order);
    }

    pub(super) fn ordered(&self) -> Vec<String> {
        self.orders.lock().unwrap().clone()
    }

    pub(super) fn tell(&self, seq: u64, kind: EventKind) {
        let event = Event { seq, at: Timestamp::from_second(5).unwrap(), kind };
        self.log.lock().unwrap().push(event.clone());
        // Nobody has to listen.
        let _ = self.events.send(event);
    }

    fn known(&self, name: &TargetName) -> Result<(), OrderError> {
        match name.as_str() {
            "web" | "cloud" => Ok(()),
            other => Err(OrderError::NoSuchTarget(other.into())),
        }
    }

    fn all_known(&self, name: Option<&TargetName>) -> Result<(), OrderError> {
        name.map_or(Ok(()), |name| self.known(name))
    }

    fn item(&self, key: &MediaKey) -> Result<(), OrderError> {
        if *key == item() { Ok(()) } else { Err(OrderError::NoSuchItem(key.to_string())) }
    }
}

fn target_status(name: &str) -> TargetStatus {
    TargetStatus {
        name: target(name),
        state: LaneState::Blocked,
        reason: "the password is wrong".into(),
        wanted: 7,
        held: 4,
        pending: 2,
        running: 1,
        rejected: 0,
        held_deletes: 0,
        left_behind: 0,
    }
}

fn row(target_name: &str, state: &str) -> QueueRow {
    QueueRow {
        target: target(target_name),
        path: ObjectPath::new("media/a.jpg").unwrap(),
        work: "put".into(),
        state: state.into(),
        attempts: 3,
        last_error: None,
        next_try: None,
    }
}

#[async_trait]
impl Booth for FakeBooth {
    async fn status(&self) -> Result<Status, OrderError> {
        if self.broken {
            return Err(engine::StoreError::Closed.into());
        }
        let media = MediaStatus { items: 3, bytes: 300 };
        Ok(Status {
            media,
            database: Default::default(),
            targets: vec![target_status("web"), target_status("cloud")],
        })
    }

    async fn links(&self, key: &MediaKey) -> Result<Vec<Link>, OrderError> {
        self.item(key)?;
        let mut links = self.links.clone();
        engine::share::prefer(&mut links, Prefer::Auto, |_| true);
        Ok(links)
    }

    async fn key_of(&self, wanted: Uuid) -> Result<MediaKey, OrderError> {
        let found = Some(item()).filter(|item| identifier(item) == wanted);
        found.ok_or_else(|| OrderError::NoSuchItem(wanted.to_string()))
    }

    async fn lan_item(&self, token: &str) -> Result<Option<LanItem>, OrderError> {
        self.lan.item(token)
    }

    async fn lan_page(&self) -> Result<Option<Arc<Blob>>, OrderError> {
        Ok(self.lan.open("index.html"))
    }

    async fn queue(&self, target: Option<&TargetName>, limit: u32) -> Result<Vec<QueueRow>, OrderError> {
        self.all_known(target)?;
        let rows = [row("web", "pending"), row("web", "rejected"), row("cloud", "pending")].into_iter();
        let rows = rows.filter(|row| target.is_none_or(|target| row.target == *target));
        Ok(rows.take(limit as usize).collect())
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// In portions of two.
    async fn events_after(&self, last: Option<u64>) -> Result<Backlog, OrderError> {
        let log = self.log.lock().unwrap();
        let (first, end) =
            (log.first().map_or(0, |event| event.seq), log.last().map_or(0, |event| event.seq));
        let Some(last) = last else { return Ok(Backlog { last: end, ..Backlog::default() }) };
        let events: Vec<_> = log.iter().filter(|event| event.seq > last).take(2).cloned().collect();
        let read_to = events.last().map_or(last, |event| event.seq);
        Ok(Backlog { events, last: read_to, missed: last + 1 < first })
    }

    async fn sync(&self, target: Option<&TargetName>) -> Result<(), OrderError> {
        self.order(format!("sync {target:?}"));
        self.all_known(target)
    }

    async fn sync_once(&self, target: Option<&TargetName>) -> Result<SyncOutcome, OrderError> {
        self.order(format!("sync_once {target:?}"));
        self.begun.notify_one();
        self.finish.notified().await;
        if self.broken {
            return Err(engine::StoreError::Closed.into());
        }
        // Told in the last moment, to be heard nevertheless.
        self.tell(99, EventKind::Notice { message: "nearly there".into() });
        let unusable = vec![(super::booth::target("cloud"), "no network".into())];
        Ok(SyncOutcome { left: 2, failed: 1, unusable })
    }

    async fn retry(&self, target: Option<&TargetName>, key: Option<&MediaKey>) -> Result<u64, OrderError> {
        self.order(format!("retry {target:?} {key:?}"));
        self.all_known(target).map(|()| 5)
    }

    async fn pause(&self, target: &TargetName) -> Result<(), OrderError> {
        self.order(format!("pause {target}"));
        self.known(target)
    }

    async fn resume(&self, target: &TargetName) -> Result<(), OrderError> {
        self.order(format!("resume {target}"));
        self.known(target)
    }

    async fn confirm_deletes(&self, target: &TargetName, set: Option<u64>) -> Result<u64, OrderError> {
        self.order(format!("confirm_deletes {target} {set:?}"));
        match set {
            Some(404) => Err(OrderError::NothingHeld(target.to_string())),
            _ => Ok(40),
        }
    }

    async fn cleanup(&self, target: &TargetName) -> Result<u64, OrderError> {
        self.order(format!("cleanup {target}"));
        self.known(target).map(|()| 6)
    }

    async fn offline(&self, key: &MediaKey) -> Result<(), OrderError> {
        self.order(format!("offline {key:?}"));
        self.item(key)
    }

    async fn probe(&self, target: &TargetName) -> Result<Result<Report, Failure>, OrderError> {
        self.known(target)?;
        let report = Report { summary: "FTP, works".into(), facts: vec![("free-bytes".into(), "9".into())] };
        let blocked = Failure::Blocked("the password is wrong".into());
        Ok(if target.as_str() == "web" { Ok(report) } else { Err(blocked) })
    }
}
