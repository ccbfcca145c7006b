//! A small server for plugins to talk to, on a loopback address of its own: files and folders as WebDAV
//! has them, or objects as a plain HTTP store has them. It can be told to fail in every way that a service
//! fails.

mod listing;
mod serve;
mod store;
mod trouble;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::store::Store;
pub use self::store::{Checksum, Held};
pub use self::trouble::{Scope, Trouble};

/// How long the kit waits for a plugin to send something.
const PATIENCE: Duration = Duration::from_secs(20);

/// How the server behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Folders have to be made before there can be anything in them, and of an upload everybody sees what
    /// has come so far.
    #[default]
    Webdav,
    /// Names are just names, and an upload is there once it is whole.
    Store,
}

/// The running server. It ends when this is dropped.
pub struct Peer {
    address: SocketAddr,
    world: Arc<World>,
    listening: JoinHandle<()>,
}

/// What all connections share.
struct World {
    kind: Kind,
    store: Mutex<Store>,
    trouble: Mutex<Trouble>,
    pulse: watch::Sender<Pulse>,
}

/// What the kit waits for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Pulse {
    /// Uploads that are held up.
    held: u32,
    /// Requests that are being answered.
    under_way: u32,
    /// Requests so far.
    requests: u64,
}

impl Peer {
    /// Starts one on any free port.
    pub async fn start(kind: Kind) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let world = Arc::new(World {
            kind,
            store: Mutex::default(),
            trouble: Mutex::default(),
            pulse: watch::Sender::default(),
        });
        let listening = tokio::spawn(listen(listener, world.clone()));
        Ok(Self { address, world, listening })
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Forgets everything, and has no trouble any more.
    pub fn clear(&self) {
        *locked(&self.world.trouble) = Trouble::None;
        locked(&self.world.store).clear();
    }

    /// Makes the folder that an address of this server names.
    pub fn make_folder_of(&self, url: &str) {
        if let Some(path) = url.strip_prefix(&self.url()) {
            locked(&self.world.store).make_folders(&serve::decoded(path));
        }
    }

    /// From now on.
    pub fn has(&self, trouble: Trouble) {
        *locked(&self.world.trouble) = trouble;
        // Whoever is held up looks again.
        self.world.pulse.send_modify(|_| {});
    }

    /// The file that holds the object, wherever the plugin puts its objects.
    pub fn object(&self, path: &str) -> Option<Held> {
        let store = locked(&self.world.store);
        let end = format!("/{path}");
        let found = store.files().find(|(name, _)| *name == path || name.ends_with(&end));
        found.map(|(_, held)| held.clone())
    }

    /// Names of all files.
    pub fn names(&self) -> Vec<String> {
        locked(&self.world.store).files().map(|(name, _)| name.to_owned()).collect()
    }

    /// What an address of this server gives.
    pub fn at(&self, url: &str) -> Option<Held> {
        let path = serve::decoded(url.strip_prefix(&self.url())?);
        locked(&self.world.store).file(&path).cloned()
    }

    /// Changes an object as somebody else would; whether there is one.
    pub fn overwrite(&self, path: &str, content: &[u8]) -> bool {
        let mut store = locked(&self.world.store);
        let Some(name) = name_of(&store, path) else { return false };
        let mut incoming = store::Incoming::default();
        incoming.add(content);
        store.write(&name, incoming.held());
        true
    }

    /// Removes an object as somebody else would; whether there was one.
    pub fn take_away(&self, path: &str) -> bool {
        let mut store = locked(&self.world.store);
        name_of(&store, path).is_some_and(|name| store.remove(&name))
    }

    /// Waits until an upload is held up; whether it happened.
    pub async fn holds_an_upload(&self) -> bool {
        self.sees(|pulse| pulse.held > 0).await
    }

    /// Waits until nothing is being answered any more; whether it happened.
    pub async fn is_at_rest(&self) -> bool {
        self.sees(|pulse| pulse.under_way == 0).await
    }

    /// How many requests came so far.
    pub fn requests(&self) -> u64 {
        self.world.pulse.borrow().requests
    }

    async fn sees(&self, what: impl FnMut(&Pulse) -> bool) -> bool {
        let mut pulse = self.world.pulse.subscribe();
        let seen = tokio::time::timeout(PATIENCE, pulse.wait_for(what)).await;
        matches!(seen, Ok(Ok(_)))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn name_of(store: &Store, path: &str) -> Option<String> {
    let end = format!("/{path}");
    store.files().map(|(name, _)| name).find(|name| *name == path || name.ends_with(&end)).map(str::to_owned)
}

/// The address of a port at which nobody listens.
pub async fn nobody() -> std::io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    Ok(format!("http://{}", listener.local_addr()?))
}

async fn listen(listener: TcpListener, world: Arc<World>) {
    while let Ok((stream, _)) = listener.accept().await {
        let world = world.clone();
        tokio::spawn(async move {
            let answer = service_fn(move |request| serve::answer(world.clone(), request));
            let connection = hyper::server::conn::http1::Builder::new();
            // A connection that was broken off is what some tests are about.
            let _ = connection.serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
