//! Everything that belongs to one target for as long as its settings are the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use engine::Failure;
use wasmtime_wasi::WasiCtxBuilder;

use crate::doors::{RcDoor, StateStore};
use crate::drive::{Drive, Folder};
use crate::egress::{AllowList, Egress, Line, RcBridge, RcGrant};
use crate::error::SetupError;
use crate::grants::Grants;
use crate::guest::{Common, Guest, Job};
use crate::limits::Limits;
use crate::lines::LineLog;
use crate::manifest::Manifest;
use crate::secret::Secret;
use crate::target::TargetSetup;
use crate::text::Redactor;
use crate::threads::Threads;

/// One target's grants, limits and doors.
pub(crate) struct TargetContext {
    pub log: Arc<LineLog>,
    pub settings: Arc<str>,
    pub secrets: BTreeMap<String, Secret>,
    pub state: Arc<dyn StateStore>,
    pub egress: Egress,
    pub limits: Limits,
    pub folder: Option<Folder>,
}

impl TargetContext {
    /// Works out what the plugin may do for this target.
    pub fn new(manifest: &Manifest, setup: TargetSetup, line: Line) -> Result<Self, SetupError> {
        let grants =
            Grants::of(&manifest.permissions, &setup.settings, &setup.roots).map_err(SetupError::Grant)?;
        let rc = bridge(&manifest.plugin.name, grants.rclone, setup.rc)?;
        let redactor = Redactor::new(setup.secrets.values());
        let mut secrets = setup.secrets;
        secrets.retain(|name, _| manifest.secrets.contains_key(name));
        Ok(Self {
            log: Arc::new(LineLog::new(&manifest.plugin.name, setup.name.as_str(), redactor)),
            settings: setup.settings.to_string().into(),
            secrets,
            state: setup.state,
            egress: Egress::new(grants.hosts, rc, line),
            limits: Limits::of(&setup.limits, &manifest.limits),
            folder: grants.folder.map(|path| Folder { path, threads: Threads::new() }),
        })
    }

    /// Grants nothing: for looking at a plugin.
    pub fn inert(manifest: &Manifest, limits: Limits, line: Line) -> Self {
        Self {
            log: Arc::new(LineLog::new(&manifest.plugin.name, "", Redactor::default())),
            settings: "{}".into(),
            secrets: BTreeMap::new(),
            state: Arc::new(NoState),
            egress: Egress::new(AllowList::default(), None, line),
            limits,
            folder: None,
        }
    }

    /// The host's side of one call. For a folder target this touches the folder, so it runs where the
    /// guest will run.
    pub async fn guest(self: Arc<Self>, job: Arc<Job>, writes: bool) -> Result<Guest, Failure> {
        let mut wasi = WasiCtxBuilder::new();
        if let Some(folder) = &self.folder {
            let drive = Drive::open(&folder.path, &*self.state, writes).await?;
            drive.preopen(wasi.allow_blocking_current_thread(true))?;
        }
        let common = Common::with_wasi(self.log.clone(), self.settings.clone(), &self.limits, &mut wasi);
        Ok(Guest { common, context: self, job, open_responses: Arc::default() })
    }
}

fn bridge(
    plugin: &str,
    grant: Option<RcGrant>,
    door: Option<Arc<dyn RcDoor>>,
) -> Result<Option<RcBridge>, SetupError> {
    match (grant, door) {
        (None, _) => Ok(None),
        (Some(grant), Some(door)) => Ok(Some(RcBridge::new(door, grant))),
        (Some(_), None) => Err(SetupError::NoRclone(plugin.to_owned())),
    }
}

/// The durable values of no target.
struct NoState;

#[async_trait]
impl StateStore for NoState {
    async fn get(&self, _name: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }

    async fn swap(&self, _: &str, _: Option<Vec<u8>>, _: Option<Vec<u8>>) -> Result<bool, Failure> {
        Err(Failure::Unsupported("there is no target whose value this could be".into()))
    }
}
