//! A place to copy objects to, as the engine sees it.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::blob::Blob;
use crate::call::Call;
use crate::failure::Failure;
use crate::names::ObjectPath;
use crate::object::{Entry, Object, PublicLink, Receipt, Report};

/// Which optional interfaces a target has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Abilities {
    /// [`Target::stat`] and [`Target::scan`] work.
    pub inventory: bool,
    /// [`Target::public_link`] works.
    pub links: bool,
}

/// A configured place to copy objects to. Every method is idempotent and may run several times at
/// once, but the engine makes at most one call at a time for one path.
///
/// A method returns only when nothing that it began can still change the target, unless
/// `call.cancel` was cancelled because the process is going down.
#[async_trait]
pub trait Target: Send + Sync + 'static {
    /// What it can do beyond holding objects.
    fn abilities(&self) -> Abilities;

    /// Checks settings and credentials without changing anything.
    async fn probe(&self, call: &Call) -> Result<Report, Failure>;

    /// Makes the target hold `object` with `content`, whole or not at all.
    async fn put(
        &self,
        call: &Call,
        object: &Object,
        previous: Option<&Receipt>,
        content: Arc<Blob>,
    ) -> Result<Receipt, Failure>;

    /// Makes the target not hold `path`; something already gone is success.
    async fn delete(&self, call: &Call, path: &ObjectPath, receipt: Option<&Receipt>) -> Result<(), Failure>;

    /// Looks at one object, `None` if it is not there.
    async fn stat(
        &self,
        call: &Call,
        path: &ObjectPath,
        receipt: Option<&Receipt>,
    ) -> Result<Option<Entry>, Failure>;

    /// Sends everything below the target's base into `into`, in portions of at most 1,000.
    async fn scan(&self, call: &Call, into: mpsc::Sender<Vec<Entry>>) -> Result<(), Failure>;

    /// A link for visitors, `None` if there will never be one for this object.
    async fn public_link(
        &self,
        call: &Call,
        path: &ObjectPath,
        receipt: Option<&Receipt>,
    ) -> Result<Option<PublicLink>, Failure>;

    /// This target as it was under an earlier placement: the same plugin with those of its settings
    /// that decide where objects lie. Only deletes are asked of it.
    fn placed_at(&self, placement: &str) -> Result<Arc<dyn Target>, String> {
        Err(format!("this target cannot be reached as it was set up before ({placement})"))
    }
}
