use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use engine::blob::FileIdentity;
use engine::{Blob, Call, Failure, MediaKey, Object, ObjectPath, Origin, Receipt, Root, Target, TargetName};
use sandbox::{LimitSettings, Plugin, PluginTarget, RcDoor, Roots, Sandbox, Secret, SetupError, TargetSetup};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{MemoryState, guest, pack, sandbox};

/// One target on a component, with a media folder of its own.
pub struct Booth {
    pub temp: tempfile::TempDir,
    pub state: Arc<MemoryState>,
    pub cancel: CancellationToken,
    pub secrets: BTreeMap<String, Secret>,
    pub limits: LimitSettings,
    pub rc: Option<Arc<dyn RcDoor>>,
    pub sandbox: Sandbox,
    guest: &'static str,
    manifest: Value,
}

impl Booth {
    /// A plugin that may use the network nowhere.
    pub fn new() -> Self {
        Self::with_permissions(json!({"http": {}}))
    }

    /// A plugin that asked for these.
    pub fn with_permissions(permissions: Value) -> Self {
        Self::with_guest("probe", permissions)
    }

    /// The component of this name, which asked for these.
    pub fn with_guest(guest: &'static str, permissions: Value) -> Self {
        let temp = tempfile::tempdir().unwrap();
        for folder in ["media", "pages", "usb"] {
            std::fs::create_dir(temp.path().join(folder)).unwrap();
        }
        let manifest = json!({
            "plugin": {"name": guest, "version": "1.0.0", "kind": "target"},
            "permissions": permissions,
            "secrets": {"token": {"title": "Token"}},
        });
        Self {
            temp,
            state: Arc::default(),
            cancel: CancellationToken::new(),
            secrets: BTreeMap::from([
                ("token".into(), Secret::new("hunter2-hunter2")),
                ("other".into(), Secret::new("not-declared-by-the-plugin")),
            ]),
            limits: LimitSettings::default(),
            rc: None,
            sandbox: sandbox(),
            guest,
            manifest,
        }
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.temp.path().join(name)
    }

    pub async fn plugin(&self) -> Plugin {
        self.sandbox.load(pack(&guest(self.guest), &self.manifest)).await.unwrap()
    }

    pub async fn try_target(&self, settings: Value) -> Result<PluginTarget, SetupError> {
        self.target_under(settings, self.limits.clone()).await
    }

    pub async fn target_under(
        &self,
        settings: Value,
        limits: LimitSettings,
    ) -> Result<PluginTarget, SetupError> {
        self.plugin().await.target(TargetSetup {
            name: TargetName::new("webspace").unwrap(),
            settings,
            secrets: self.secrets.clone(),
            state: self.state.clone(),
            rc: self.rc.clone(),
            roots: Roots { media: self.path("media"), pages: self.path("pages") },
            limits,
        })
    }

    pub async fn target(&self, settings: Value) -> PluginTarget {
        self.try_target(settings).await.unwrap()
    }

    pub fn call(&self) -> Call {
        Call::new(self.cancel.clone())
    }

    /// What the guest says when it is probed with these settings.
    pub async fn probe(&self, settings: Value) -> Result<String, Failure> {
        self.target(settings).await.probe(&self.call()).await.map(|report| report.summary)
    }

    /// A file of the media folder, opened.
    pub fn blob(&self, key: &str, content: &[u8]) -> Arc<Blob> {
        let path = self.path("media").join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        blob_of(&path, key)
    }

    /// The receipt that the guest gives for a small object.
    pub async fn put(&self, settings: Value) -> Result<String, Failure> {
        self.put_bytes(settings, b"picture").await
    }

    pub async fn put_bytes(&self, settings: Value, content: &[u8]) -> Result<String, Failure> {
        let target = self.target(settings).await;
        let blob = self.blob("a b.jpg", content);
        let receipt = target.put(&self.call(), &object("media/a b.jpg", &blob), None, blob).await;
        receipt.map(|Receipt(text)| text)
    }
}

pub fn blob_of(path: &Path, key: &str) -> Arc<Blob> {
    let file = std::fs::File::open(path).unwrap();
    let identity = FileIdentity::of(&file.metadata().unwrap());
    let origin = Origin { root: Root::Media, path: MediaKey::new(key).unwrap() };
    Arc::new(Blob::new(origin, identity, file))
}

pub fn object(path: &str, blob: &Blob) -> Object {
    Object {
        path: ObjectPath::new(path).unwrap(),
        size_bytes: blob.size_bytes(),
        modified: jiff::Timestamp::UNIX_EPOCH,
        media_type: "image/jpeg".into(),
        attributes: vec![],
    }
}
