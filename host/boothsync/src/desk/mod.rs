//! Takes orders about installed plugins, from a command or from the running service's door. Every order
//! is carried out whole or not at all.

mod answers;
mod door;
mod listing;
mod live;

use std::sync::Arc;

use sandbox::{Approval, Package, PackageError, Plugin, Sandbox};

pub use self::answers::{Approved, Outcome, Removed, Taken};
pub use self::listing::{Listed, State, list, of_lock};
pub use self::live::Live;
use crate::bundled;
use crate::config::Config;
use crate::config::reference::nearest;
use crate::installed::{Held, Lock, Locked, Shelf, ShelfError, Step, decide};
use crate::secrets::Secrets;

/// Why an order was not carried out. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error("the package cannot be used: {0}")]
    Package(#[from] PackageError),
    #[error(transparent)]
    Shelf(#[from] ShelfError),
    #[error(
        "`{0}` is part of Boothsync, so no other plugin can have this name; give it another one in plugin.toml"
    )]
    Bundled(String),
    #[error("`{0}` is part of Boothsync: it is approved, and cannot be removed")]
    Part(String),
    #[error("no plugin `{name}` is installed; {hint}")]
    NotInstalled { name: String, hint: String },
    #[error("the package cannot take the place of the installed plugin: {0}")]
    OtherKind(String),
    #[error(
        "what was to be approved is not there any more; `boothsync plugin approve {0}` shows what is there now"
    )]
    Stale(String),
    #[error("the file of the plugin `{0}` holds another plugin, named `{1}`; install it again")]
    OtherName(String, String),
    #[error(
        "the running service cannot take {name} {version} over while it works: {reason}; stop the service, change the \
         configuration, give the order again and start the service"
    )]
    DoesNotFit { name: String, version: String, reason: String },
    #[error("the plugin `{name}` is in use: {users} in the configuration; take that out first")]
    InUse { name: String, users: String },
    #[error(transparent)]
    Secrets(#[from] crate::secrets::SecretsError),
}

/// Takes orders about the plugins of one data folder.
pub struct Desk {
    config: Arc<Config>,
    sandbox: Sandbox,
    shelf: Shelf,
    /// The service that runs, if this is its desk.
    live: Option<Live>,
}

impl Desk {
    /// Where no service runs.
    pub fn new(config: Arc<Config>, sandbox: Sandbox) -> Self {
        let shelf = Shelf::of(&config.data);
        Self { config, sandbox, shelf, live: None }
    }

    /// Of a running service.
    pub fn live(config: Arc<Config>, live: Live) -> Self {
        Self { live: Some(live.clone()), ..Self::new(config, live.sandbox()) }
    }

    /// What is installed.
    pub fn lock(&self) -> Result<Lock, DeskError> {
        Ok(self.shelf.lock()?)
    }

    /// All plugins.
    pub async fn list(&self) -> Result<Vec<Listed>, DeskError> {
        let config = Arc::clone(&self.config);
        Ok(off_task(move || list(&config)).await?)
    }

    /// Takes a package in. It may do nothing until it is approved, unless an earlier version of it may
    /// do everything that it asks for.
    pub async fn install(&self, bytes: Arc<[u8]>) -> Result<Taken, DeskError> {
        let looked_at = Arc::clone(&bytes);
        let package = off_task(move || Package::examine(&looked_at)).await?;
        let name = package.manifest().plugin.name.clone();
        if bundled::find(&name).is_some() {
            return Err(DeskError::Bundled(name));
        }
        let held = Arc::new(self.shelf.hold()?);
        let known = self.shelf.lock()?.plugins.remove(&name);
        let step = decide(known.as_ref(), &package).map_err(DeskError::OtherKind)?;
        let taken = Taken::new(&package, known.as_ref(), &step);
        let done = self.carry_out(&held, bytes, package, step).await;
        // Whichever of them is not used now.
        self.forget_unused(known.iter().flat_map(Locked::digests).chain([taken.digest.as_str()]));
        Ok(Taken { running: done?, ..taken })
    }

    /// Returns who in the running service uses the package from now on.
    async fn carry_out(
        &self,
        held: &Arc<Held>,
        bytes: Arc<[u8]>,
        package: Package,
        step: Step,
    ) -> Result<Vec<String>, DeskError> {
        self.sandbox.prepare(Arc::clone(&bytes)).await?;
        match step {
            Step::Install => self.put(held, bytes, package, None).await?,
            Step::Again { granted } => self.put(held, bytes, package, granted).await?,
            Step::Wait { .. } => self.put_aside(held, bytes, package).await?,
            Step::Update { granted } => {
                let name = package.manifest().plugin.name.clone();
                let plugin = self.fitted(&bytes, &package, &granted).await?;
                self.put(held, bytes, package, Some(granted)).await?;
                return Ok(self.exchange(&name, plugin).await);
            }
        }
        Ok(Vec::new())
    }

    /// Grants the file with this digest what it asks for, and makes it the plugin's file.
    pub async fn approve(&self, name: &str, digest: &str) -> Result<Approved, DeskError> {
        let held = Arc::new(self.shelf.hold()?);
        let known = self.known(name)?;
        let bytes: Arc<[u8]> = self.bytes(name, &known, digest).await?.into();
        let package = self.sandbox.prepare(Arc::clone(&bytes)).await?;
        let about = &package.manifest().plugin;
        if about.name != name {
            return Err(DeskError::OtherName(name.into(), about.name.clone()));
        }
        let granted = Approval::of(package.manifest());
        let plugin = self.fitted(&bytes, &package, &granted).await?;
        let approved = Approved::new(&package);
        self.put(&held, bytes, package, Some(granted)).await?;
        self.forget_unused(known.digests());
        Ok(Approved { running: self.exchange(name, plugin).await, ..approved })
    }

    /// Takes a plugin away with everything that it was granted.
    pub async fn remove(&self, name: &str) -> Result<Removed, DeskError> {
        let held = self.shelf.hold()?;
        let known = self.known(name)?;
        let users = listing::users(&self.config, name);
        if !users.is_empty() {
            return Err(DeskError::InUse { name: name.into(), users: users.join(", ") });
        }
        self.shelf.remove(&held, name)?;
        self.forget_unused(known.digests());
        let targets = |name: &str| self.config.file.targets.iter().any(|target| target.name.as_str() == name);
        let secrets = Secrets::load(&self.config.data)?;
        let left = secrets.targets().filter(|target| !targets(target)).map(str::to_owned).collect();
        Ok(Removed { name: name.into(), version: known.version, left_secrets: left })
    }

    fn known(&self, name: &str) -> Result<Locked, DeskError> {
        if bundled::find(name).is_some() {
            return Err(DeskError::Part(name.into()));
        }
        let mut lock = self.shelf.lock()?;
        lock.plugins.remove(name).ok_or_else(|| DeskError::not_installed(name, &lock))
    }

    async fn bytes(&self, name: &str, known: &Locked, digest: &str) -> Result<Vec<u8>, DeskError> {
        let (shelf, name, known) = (self.shelf.clone(), name.to_owned(), known.clone());
        let read: Box<dyn FnOnce() -> Result<Vec<u8>, ShelfError> + Send> = match known.pending.clone() {
            Some(pending) if pending.digest == digest => Box::new(move || shelf.pending(&name, &pending)),
            _ if known.digest == digest => Box::new(move || shelf.package(&name, &known)),
            _ => return Err(DeskError::Stale(name)),
        };
        Ok(off_task(read).await?)
    }

    /// The plugin, started once, and tried on everything that would have to go on with it.
    async fn fitted(
        &self,
        bytes: &Arc<[u8]>,
        package: &Package,
        granted: &Approval,
    ) -> Result<Plugin, DeskError> {
        let plugin = self.sandbox.load(Arc::clone(bytes)).await?.granted(granted);
        let about = &package.manifest().plugin;
        if let Some(live) = &self.live {
            live.try_on(&self.config, &about.name, &plugin).map_err(|reason| {
                let (name, version) = (about.name.clone(), about.version.clone());
                DeskError::DoesNotFit { name, version, reason }
            })?;
        }
        Ok(plugin)
    }

    /// Who runs it from now on.
    async fn exchange(&self, name: &str, plugin: Plugin) -> Vec<String> {
        match &self.live {
            Some(live) => live.exchange(&self.config, name, plugin).await,
            None => Vec::new(),
        }
    }

    async fn put(
        &self,
        held: &Arc<Held>,
        bytes: Arc<[u8]>,
        package: Package,
        granted: Option<Approval>,
    ) -> Result<(), DeskError> {
        let (shelf, held) = (self.shelf.clone(), Arc::clone(held));
        Ok(off_task(move || shelf.put(&held, &bytes, &package, granted)).await?)
    }

    async fn put_aside(&self, held: &Arc<Held>, bytes: Arc<[u8]>, package: Package) -> Result<(), DeskError> {
        let (shelf, held) = (self.shelf.clone(), Arc::clone(held));
        Ok(off_task(move || shelf.put_aside(&held, &bytes, &package)).await?)
    }

    /// Removes the compiled code of those that the lock does not name.
    fn forget_unused<'a>(&self, digests: impl IntoIterator<Item = &'a str>) {
        let Ok(lock) = self.shelf.lock() else { return };
        for digest in digests {
            let named = lock.plugins.values().flat_map(Locked::digests).any(|named| named == digest);
            if named {
                continue;
            }
            if let Err(error) = self.sandbox.forget(digest) {
                tracing::warn!(error = %error, "the compiled code of a removed plugin stays: {error}");
            }
        }
    }
}

impl DeskError {
    /// No plugin of this name; names the nearest.
    pub fn not_installed(name: &str, lock: &Lock) -> Self {
        let hint = match nearest(name, lock.plugins.keys().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`boothsync plugin list` shows those that are, `boothsync plugin install FILE` adds one"
                .into(),
        };
        Self::NotInstalled { name: name.into(), hint }
    }
}

/// Reading, hashing and writing megabytes is no work for a thread that serves others.
async fn off_task<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("work on files does not panic")
}

#[cfg(test)]
mod tests;
