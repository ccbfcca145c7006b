//! A target that lives in memory and fails in every way. It watches over what it is asked to do.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::mishap::{Effect, UnderWay};
use super::schedule::{Kind, Mishap};
use super::world::World;
use crate::blob::Blob;
use crate::call::Call;
use crate::failure::Failure;
use crate::names::{ObjectPath, TargetName};
use crate::object::{Entry, Object, PublicLink, Receipt, Report};
use crate::settings::Mode;
use crate::target::{Abilities, Target};

/// Entries of a listing that come together.
const PORTION: usize = 3;

pub(super) struct SimTarget {
    pub name: TargetName,
    pub kind: Kind,
    pub world: Arc<World>,
    pub state: Mutex<State>,
    /// Nothing hangs any more.
    pub released: CancellationToken,
}

pub(super) struct State {
    pub mode: Mode,
    pub objects: BTreeMap<ObjectPath, Stored>,
    /// What goes wrong with the next calls.
    pub script: VecDeque<Mishap>,
    pub under_way: BTreeMap<ObjectPath, UnderWay>,
    /// How long a call takes, milliseconds.
    pub pace_ms: Range<u64>,
    /// Calls that were made for an object.
    pub puts: BTreeMap<ObjectPath, u32>,
    pub deletes: u32,
    /// Puts that may be made beyond one for each change of the file.
    pub allowed: BTreeMap<ObjectPath, u32>,
    /// Where somebody else deleted or damaged something, and it was not put again since.
    pub tampered: BTreeSet<ObjectPath>,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub content: Vec<u8>,
    /// We put it there.
    pub ours: bool,
}

impl SimTarget {
    pub fn new(name: TargetName, kind: Kind, world: Arc<World>) -> Self {
        let state = State {
            mode: kind.mode,
            objects: BTreeMap::new(),
            script: VecDeque::new(),
            under_way: BTreeMap::new(),
            pace_ms: 0..100,
            puts: BTreeMap::new(),
            deletes: 0,
            allowed: BTreeMap::new(),
            tampered: BTreeSet::new(),
        };
        Self { name, kind, world, state: Mutex::new(state), released: CancellationToken::new() }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn entry(&self, path: &ObjectPath, stored: &Stored) -> Entry {
        let facts = if self.kind.hashes {
            use sha2::Digest as _;
            let digest = sha2::Sha256::digest(&stored.content);
            vec![("sha256".to_owned(), digest.iter().map(|byte| format!("{byte:02x}")).collect())]
        } else {
            Vec::new()
        };
        let size_bytes = Some(stored.content.len() as u64);
        Entry { path: path.clone(), size_bytes, receipt: None, facts }
    }

    /// The next objects behind a path, as they are now.
    fn portion(&self, behind: Option<&ObjectPath>) -> Vec<Entry> {
        let state = self.state();
        let rest = state.objects.iter().filter(|(path, _)| behind.is_none_or(|behind| *path > behind));
        rest.take(PORTION).map(|(path, stored)| self.entry(path, stored)).collect()
    }
}

#[async_trait]
impl Target for SimTarget {
    fn abilities(&self) -> Abilities {
        Abilities { inventory: self.kind.inventory, links: false }
    }

    async fn probe(&self, call: &Call) -> Result<Report, Failure> {
        self.work(call, None, Effect::Look).await?;
        Ok(Report { summary: "memory".into(), facts: Vec::new() })
    }

    async fn put(
        &self,
        call: &Call,
        object: &Object,
        _previous: Option<&Receipt>,
        content: Arc<Blob>,
    ) -> Result<Receipt, Failure> {
        self.work(call, Some(&object.path), Effect::Put(content)).await?;
        Ok(Receipt(format!("receipt of {}", object.path)))
    }

    async fn delete(
        &self,
        call: &Call,
        path: &ObjectPath,
        _receipt: Option<&Receipt>,
    ) -> Result<(), Failure> {
        self.work(call, Some(path), Effect::Delete).await
    }

    async fn stat(
        &self,
        call: &Call,
        path: &ObjectPath,
        _receipt: Option<&Receipt>,
    ) -> Result<Option<Entry>, Failure> {
        self.work(call, Some(path), Effect::Look).await?;
        Ok(self.state().objects.get(path).map(|stored| self.entry(path, stored)))
    }

    async fn scan(&self, call: &Call, into: mpsc::Sender<Vec<Entry>>) -> Result<(), Failure> {
        let result = self.work(call, None, Effect::Look).await;
        let mut last = None;
        loop {
            let portion = self.portion(last.as_ref());
            let Some(end) = portion.last() else { return result };
            last = Some(end.path.clone());
            into.send(portion).await.map_err(|_| Failure::Cancelled)?;
            // A listing that fails may have told half of it.
            result.clone()?;
            self.pass(call, 0..20).await?;
        }
    }

    async fn public_link(
        &self,
        _call: &Call,
        _path: &ObjectPath,
        _receipt: Option<&Receipt>,
    ) -> Result<Option<PublicLink>, Failure> {
        Err(Failure::Unsupported("no links in memory".into()))
    }
}
