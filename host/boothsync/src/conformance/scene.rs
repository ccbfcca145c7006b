//! Where a plugin is tried: a media folder, durable values, a server.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use engine::blob::FileIdentity;
use engine::{Blob, Call, Failure, MediaKey, Object, ObjectPath, Origin, Receipt, Root, Target, TargetName};
use sandbox::{LimitSettings, MemoryState, Plugin, PluginTarget, Roots, Secret, SetupError, TargetSetup};
use serde_json::Value;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::finding::Otherwise;
use super::peer::Peer;
use super::settings::{self, FOLDER, PEER, Wanted};

/// A plugin and everything that a target needs.
pub struct Scene {
    pub plugin: Plugin,
    folder: TempDir,
    template: Value,
    secrets: BTreeMap<String, Secret>,
    state: Arc<MemoryState>,
    /// The kit's server, if the settings lead there.
    pub peer: Option<Peer>,
    /// Where objects of this run lie, so that two runs do not meet on a real service.
    prefix: String,
}

/// Something to be put.
pub struct Thing {
    pub object: Object,
    pub blob: Arc<Blob>,
}

impl Scene {
    /// Makes folders, and starts the server if the settings lead there.
    pub async fn set(plugin: Plugin, wanted: &Wanted) -> Result<Self> {
        let folder = tempfile::tempdir().context("there is no room for temporary files")?;
        for name in ["media", "pages", "target"] {
            std::fs::create_dir(folder.path().join(name))?;
        }
        let template = wanted.template(plugin.manifest());
        let peer = match settings::mentions(&template, PEER) {
            true => Some(Peer::start(wanted.peer).await.context("no server can be started on this machine")?),
            false => None,
        };
        let secret = |name: &String| {
            let given = wanted.secrets.get(name).cloned();
            (name.clone(), Secret::new(given.unwrap_or_else(|| format!("made-up-{name}-4711"))))
        };
        let secrets = plugin.manifest().secrets.keys().map(secret).collect();
        let prefix = match peer {
            Some(_) => "media/conformance".to_owned(),
            None => format!("media/conformance-{}", &Call::new(CancellationToken::new()).id[..8]),
        };
        let scene = Self { plugin, folder, template, secrets, state: Arc::default(), peer, prefix };
        scene.begin();
        Ok(scene)
    }

    /// As at the first start: nothing is held and nothing is remembered.
    pub fn begin(&self) {
        self.state.values().clear();
        if let Some(peer) = &self.peer {
            peer.clear();
            settings::texts(&self.settings()).into_iter().for_each(|text| peer.make_folder_of(text));
        }
    }

    /// The settings as they are used.
    pub fn settings(&self) -> Value {
        self.settings_at(self.peer.as_ref().map_or_else(String::new, Peer::url).as_str())
    }

    fn settings_at(&self, peer: &str) -> Value {
        let folder = self.folder.path().join("target");
        let settings = settings::filled(&self.template, FOLDER, &folder.to_string_lossy());
        settings::filled(&settings, PEER, peer)
    }

    /// A target of the plugin.
    pub fn target(&self) -> Result<PluginTarget, SetupError> {
        self.target_with(self.settings())
    }

    /// One whose service is at another address.
    pub fn target_at(&self, peer: &str) -> Result<PluginTarget, SetupError> {
        self.target_with(self.settings_at(peer))
    }

    fn target_with(&self, settings: Value) -> Result<PluginTarget, SetupError> {
        self.plugin.target(TargetSetup {
            name: TargetName::new("conformance").expect("it is a name"),
            settings,
            secrets: self.secrets.clone(),
            state: self.state.clone(),
            rc: None,
            roots: Roots { media: self.folder.path().join("media"), pages: self.folder.path().join("pages") },
            limits: LimitSettings::default(),
        })
    }

    /// The kit's server, or why there is none.
    pub fn peer(&self) -> Result<&Peer, Otherwise> {
        let why = "the settings do not lead to the kit's own server (`{peer}`)";
        self.peer.as_ref().ok_or_else(|| Otherwise::not_asked(why))
    }

    /// A file of so many bytes with the object that it is to be.
    pub fn thing(&self, name: &str, size_bytes: u64) -> Result<Thing, Otherwise> {
        self.thing_of(name, &content(name, size_bytes))
    }

    /// A file with this content.
    pub fn thing_of(&self, name: &str, content: &[u8]) -> Result<Thing, Otherwise> {
        self.made(name, |path| std::fs::write(path, content))
    }

    /// A file of so many zeros, which takes no room.
    pub fn hollow(&self, name: &str, size_bytes: u64) -> Result<Thing, Otherwise> {
        self.made(name, |path| std::fs::File::create(path)?.set_len(size_bytes))
    }

    fn made(&self, name: &str, write: impl FnOnce(&Path) -> std::io::Result<()>) -> Result<Thing, Otherwise> {
        let broken =
            |error: std::io::Error| Otherwise::not_asked(format!("a file could not be made: {error}"));
        let path = self.folder.path().join("media").join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(&path)).map_err(broken)?;
        write(&path).map_err(broken)?;
        let file = std::fs::File::open(&path).map_err(broken)?;
        let identity = FileIdentity::of(&file.metadata().map_err(broken)?);
        let origin =
            Origin { root: Root::Media, path: MediaKey::new(name).expect("the kit's names are keys") };
        let object = Object {
            path: self.path(name),
            size_bytes: identity.size_bytes,
            modified: jiff::Timestamp::UNIX_EPOCH,
            media_type: "image/jpeg".into(),
            attributes: vec![],
        };
        Ok(Thing { object, blob: Arc::new(Blob::new(origin, identity, file)) })
    }

    /// The path of an object of this name.
    pub fn path(&self, name: &str) -> ObjectPath {
        ObjectPath::new(&format!("{}/{name}", self.prefix)).expect("the kit's names are paths")
    }
}

/// A call that nobody stops.
pub fn call() -> Call {
    Call::new(CancellationToken::new())
}

/// Puts a thing that was not there before.
pub async fn put(target: &dyn Target, thing: &Thing) -> Result<Receipt, Failure> {
    target.put(&call(), &thing.object, None, thing.blob.clone()).await
}

/// Bytes that are the same for the same name and never repeat within a block.
fn content(name: &str, size_bytes: u64) -> Vec<u8> {
    let mut state = name.bytes().fold(size_bytes | 1, |state, byte| state.rotate_left(7) ^ u64::from(byte));
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..size_bytes).map(|_| next()).collect()
}
