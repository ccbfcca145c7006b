//! What an order led to, as the service's door tells it and as commands show it.

use sandbox::Package;
use serde::{Deserialize, Serialize};

use crate::installed::{Locked, Step};
use crate::wishes::{Wish, wishes};

/// A package was taken in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    pub name: String,
    pub version: String,
    pub digest: String,
    pub outcome: Outcome,
    /// The version that was there before, if it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// What has to be approved before this version is used.
    pub wishes: Vec<Wish>,
    /// Who in the running service uses it from now on.
    pub running: Vec<String>,
}

/// What became of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is there, and may do nothing yet.
    Installed,
    /// It was there already, and may do what it might before.
    Unchanged,
    /// It took the place of an earlier version.
    Updated,
    /// It asks for more than the version that is used, and waits.
    Waiting,
}

/// A version of a plugin was granted what it asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    pub name: String,
    pub version: String,
    pub digest: String,
    /// Who in the running service uses it from now on.
    pub running: Vec<String>,
}

/// A plugin was taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    pub name: String,
    pub version: String,
    /// Targets that have secrets and are not in the configuration.
    pub left_secrets: Vec<String>,
}

impl Taken {
    /// What `step` will have led to.
    pub fn new(package: &Package, known: Option<&Locked>, step: &Step) -> Self {
        let manifest = package.manifest();
        let (outcome, asked) = match step {
            Step::Again { granted: Some(_) } => (Outcome::Unchanged, Vec::new()),
            Step::Install | Step::Again { granted: None } => (Outcome::Installed, wishes(manifest)),
            Step::Update { .. } => (Outcome::Updated, Vec::new()),
            Step::Wait { more } => (Outcome::Waiting, wishes(&more.narrow(manifest))),
        };
        let (name, version) = (manifest.plugin.name.clone(), manifest.plugin.version.clone());
        let before = known.map(|known| known.version.clone()).filter(|before| *before != version);
        let digest = package.digest().into();
        Self { name, version, digest, outcome, before, wishes: asked, running: Vec::new() }
    }
}

impl Approved {
    pub fn new(package: &Package) -> Self {
        let about = &package.manifest().plugin;
        let (name, version) = (about.name.clone(), about.version.clone());
        Self { name, version, digest: package.digest().into(), running: Vec::new() }
    }
}
