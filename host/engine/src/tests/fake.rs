//! A target that lives in memory, counts what is asked of it, and fails on demand.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::{Notify, mpsc};

use crate::blob::Blob;
use crate::call::Call;
use crate::failure::Failure;
use crate::names::ObjectPath;
use crate::object::{Entry, Object, PublicLink, Receipt, Report};
use crate::page::{PageFile, PageGenerator, Share};
use crate::target::{Abilities, Target};

#[derive(Default)]
pub(crate) struct FakeTarget {
    state: Mutex<State>,
    released: Notify,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<ObjectPath, Vec<u8>>,
    /// Paths in the order in which they were put.
    puts: Vec<ObjectPath>,
    deletes: Vec<ObjectPath>,
    stats: usize,
    scans: usize,
    /// What the next puts answer instead of working.
    put_failures: VecDeque<Failure>,
    /// What every put of this path answers.
    refuses: BTreeMap<ObjectPath, Failure>,
    /// What every put answers.
    refuses_all: Option<Failure>,
    /// The next put of this path panics.
    panics: Option<ObjectPath>,
    /// It gives links, but never says them.
    hangs_links: bool,
    /// What it answers when it is asked for a link; nothing: it has none to give.
    gives_links: Option<Result<PublicLink, Failure>>,
    links: usize,
    /// It cannot say what it holds.
    blind: bool,
    probe_failure: Option<Failure>,
    scan_failure: Option<Failure>,
    /// Puts wait until they are released; they store first if `stores_then_hangs`.
    hangs: bool,
    stores_then_hangs: bool,
    running: usize,
}

impl FakeTarget {
    pub fn held(&self) -> BTreeMap<ObjectPath, Vec<u8>> {
        self.lock().objects.clone()
    }

    pub fn place(&self, path: ObjectPath, content: &[u8]) {
        self.lock().objects.insert(path, content.to_vec());
    }

    pub fn lose(&self, path: &ObjectPath) {
        self.lock().objects.remove(path);
    }

    pub fn puts(&self) -> Vec<ObjectPath> {
        self.lock().puts.clone()
    }

    pub fn deletes(&self) -> Vec<ObjectPath> {
        self.lock().deletes.clone()
    }

    pub fn stats(&self) -> usize {
        self.lock().stats
    }

    pub fn scans(&self) -> usize {
        self.lock().scans
    }

    pub fn running(&self) -> usize {
        self.lock().running
    }

    pub fn fail_puts(&self, failures: impl IntoIterator<Item = Failure>) {
        self.lock().put_failures.extend(failures);
    }

    pub fn refuse(&self, path: ObjectPath, failure: Option<Failure>) {
        let mut state = self.lock();
        match failure {
            Some(failure) => state.refuses.insert(path, failure),
            None => state.refuses.remove(&path),
        };
    }

    pub fn blind(&self) {
        self.lock().blind = true;
    }

    pub fn fail_all(&self, failure: Option<Failure>) {
        self.lock().refuses_all = failure;
    }

    pub fn panic_once(&self, path: ObjectPath) {
        self.lock().panics = Some(path);
    }

    pub fn hang_links(&self) {
        self.lock().hangs_links = true;
    }

    pub fn give_links(&self, answer: Result<PublicLink, Failure>) {
        self.lock().gives_links = Some(answer);
    }

    /// How often a link was asked for.
    pub fn links(&self) -> usize {
        self.lock().links
    }

    pub fn fail_probe(&self, failure: Option<Failure>) {
        self.lock().probe_failure = failure;
    }

    pub fn fail_scan(&self, failure: Option<Failure>) {
        self.lock().scan_failure = failure;
    }

    pub fn hang(&self, hangs: bool, stores_first: bool) {
        let mut state = self.lock();
        (state.hangs, state.stores_then_hangs) = (hangs, stores_first);
        drop(state);
        self.released.notify_waiters();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn hang_if_told(&self, call: &Call) -> Result<(), Failure> {
        loop {
            let released = self.released.notified();
            if !self.lock().hangs {
                return Ok(());
            }
            tokio::select! {
                () = released => {}
                () = call.cancel.cancelled() => return Err(Failure::Cancelled),
            }
        }
    }

    async fn store(&self, call: &Call, path: &ObjectPath, content: Vec<u8>) -> Result<(), Failure> {
        if self.lock().stores_then_hangs {
            self.place(path.clone(), &content);
        }
        self.hang_if_told(call).await?;
        self.place(path.clone(), &content);
        Ok(())
    }
}

#[async_trait]
impl Target for FakeTarget {
    fn abilities(&self) -> Abilities {
        let state = self.lock();
        Abilities { inventory: !state.blind, links: state.hangs_links || state.gives_links.is_some() }
    }

    async fn probe(&self, _call: &Call) -> Result<Report, Failure> {
        match self.lock().probe_failure.clone() {
            Some(failure) => Err(failure),
            None => Ok(Report { summary: "memory".into(), facts: Vec::new() }),
        }
    }

    async fn put(
        &self,
        call: &Call,
        object: &Object,
        _previous: Option<&Receipt>,
        content: Arc<Blob>,
    ) -> Result<Receipt, Failure> {
        let planned = {
            let mut state = self.lock();
            state.puts.push(object.path.clone());
            if state.panics.take_if(|path| *path == object.path).is_some() {
                drop(state);
                panic!("a put that panics, as it was told to");
            }
            state.running += 1;
            let refused = state.refuses_all.clone().or_else(|| state.refuses.get(&object.path).cloned());
            refused.or_else(|| state.put_failures.pop_front())
        };
        let result = match planned {
            Some(failure) => Err(failure),
            None => {
                let bytes = content.read_at(0, usize::MAX / 2).map_err(|e| Failure::Retry(e.to_string()))?;
                self.store(call, &object.path, bytes).await
            }
        };
        self.lock().running -= 1;
        result.map(|()| Receipt(format!("receipt of {}", object.path)))
    }

    async fn delete(
        &self,
        _call: &Call,
        path: &ObjectPath,
        _receipt: Option<&Receipt>,
    ) -> Result<(), Failure> {
        let mut state = self.lock();
        state.deletes.push(path.clone());
        state.objects.remove(path);
        Ok(())
    }

    async fn stat(
        &self,
        _call: &Call,
        path: &ObjectPath,
        _receipt: Option<&Receipt>,
    ) -> Result<Option<Entry>, Failure> {
        let mut state = self.lock();
        state.stats += 1;
        Ok(state.objects.get(path).map(|content| entry(path, content)))
    }

    async fn scan(&self, _call: &Call, into: mpsc::Sender<Vec<Entry>>) -> Result<(), Failure> {
        let (failure, entries) = {
            let mut state = self.lock();
            state.scans += 1;
            let entries = state.objects.iter().map(|(path, content)| entry(path, content)).collect();
            (state.scan_failure.clone(), entries)
        };
        if let Some(failure) = failure {
            return Err(failure);
        }
        into.send(entries).await.map_err(|_| Failure::Cancelled)
    }

    async fn public_link(
        &self,
        call: &Call,
        _path: &ObjectPath,
        _receipt: Option<&Receipt>,
    ) -> Result<Option<PublicLink>, Failure> {
        self.lock().links += 1;
        if self.lock().hangs_links {
            call.cancel.cancelled().await;
            return Err(Failure::Cancelled);
        }
        match self.lock().gives_links.clone() {
            Some(answer) => answer.map(Some),
            None => Err(Failure::Unsupported("no links in memory".into())),
        }
    }
}

fn entry(path: &ObjectPath, content: &[u8]) -> Entry {
    let object = path.as_str().strip_suffix(".unfinished");
    let facts = object.map(|object| ("unfinished".to_owned(), object.to_owned())).into_iter().collect();
    Entry { path: path.clone(), size_bytes: Some(content.len() as u64), receipt: None, facts }
}

/// A page of one file, always the same.
pub(crate) struct FakePage;

#[async_trait]
impl PageGenerator for FakePage {
    fn fingerprint(&self) -> String {
        "1".into()
    }

    async fn render(&self, _call: &Call, _share: &Share) -> Result<Vec<PageFile>, Failure> {
        let path = ObjectPath::new("index.html").unwrap();
        Ok(vec![PageFile { path, media_type: "text/html".into(), content: b"wait for it".to_vec() }])
    }
}
