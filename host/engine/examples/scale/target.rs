//! A target that costs nothing, so that what is measured is the engine.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use async_trait::async_trait;
use engine::{
    Abilities, Blob, Call, Entry, Failure, Object, ObjectPath, PublicLink, Receipt, Report, Target,
};
use tokio::sync::mpsc;

/// What it does with what it is asked.
pub enum Kind {
    /// Takes everything.
    Takes,
    /// Holds what lies in this folder already.
    HoldsAll(PathBuf),
    /// Is out of reach.
    Away,
}

pub struct Free {
    kind: Kind,
    calls: AtomicU64,
    first_put: Mutex<Option<Instant>>,
}

impl Free {
    pub fn new(kind: Kind) -> Arc<Self> {
        Arc::new(Self { kind, calls: AtomicU64::new(0), first_put: Mutex::new(None) })
    }

    /// Calls of every kind so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    pub fn first_put(&self) -> Option<Instant> {
        *self.first_put.lock().expect("nobody panics with it")
    }

    fn called(&self) -> Result<(), Failure> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        match self.kind {
            Kind::Away => Err(Failure::Retry("no route to host".into())),
            Kind::Takes | Kind::HoldsAll(_) => Ok(()),
        }
    }
}

#[async_trait]
impl Target for Free {
    fn abilities(&self) -> Abilities {
        Abilities { inventory: matches!(self.kind, Kind::HoldsAll(_)), links: false }
    }

    async fn probe(&self, _: &Call) -> Result<Report, Failure> {
        self.called().map(|()| Report { summary: "memory".into(), facts: Vec::new() })
    }

    async fn put(
        &self,
        _: &Call,
        object: &Object,
        _: Option<&Receipt>,
        _: Arc<Blob>,
    ) -> Result<Receipt, Failure> {
        self.called()?;
        self.first_put.lock().expect("nobody panics with it").get_or_insert_with(Instant::now);
        Ok(Receipt(object.path.to_string()))
    }

    async fn delete(&self, _: &Call, _: &ObjectPath, _: Option<&Receipt>) -> Result<(), Failure> {
        self.called()
    }

    async fn stat(&self, _: &Call, _: &ObjectPath, _: Option<&Receipt>) -> Result<Option<Entry>, Failure> {
        self.called().map(|()| None)
    }

    async fn scan(&self, _: &Call, into: mpsc::Sender<Vec<Entry>>) -> Result<(), Failure> {
        self.called()?;
        let Kind::HoldsAll(folder) = &self.kind else { return Ok(()) };
        let mut portion = Vec::new();
        for file in std::fs::read_dir(folder).map_err(|error| Failure::Retry(error.to_string()))?.flatten() {
            let path = ObjectPath::new(&format!("media/{}", file.file_name().to_string_lossy()));
            let size_bytes = file.metadata().ok().map(|meta| meta.len());
            let path = path.map_err(|error| Failure::Retry(error.to_string()))?;
            portion.push(Entry { path, size_bytes, receipt: None, facts: Vec::new() });
            if portion.len() == 1_000 {
                into.send(std::mem::take(&mut portion)).await.map_err(|_| Failure::Cancelled)?;
            }
        }
        into.send(portion).await.map_err(|_| Failure::Cancelled)
    }

    async fn public_link(
        &self,
        _: &Call,
        _: &ObjectPath,
        _: Option<&Receipt>,
    ) -> Result<Option<PublicLink>, Failure> {
        Ok(None)
    }
}
