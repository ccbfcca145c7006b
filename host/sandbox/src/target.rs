//! A plugin in the service of one target.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use engine::{
    Abilities, Blob, Call, Entry, Failure, Object, ObjectPath, PublicLink, Receipt, Report, Target,
    TargetName,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wasmtime::component::Resource;

use crate::call::{Op, Run};
use crate::context::TargetContext;
use crate::convert;
use crate::doors::{RcDoor, Roots, StateStore};
use crate::error::SetupError;
use crate::guest::{Guest, Job};
use crate::host::catalog::WriterHandle;
use crate::host::media::BlobHandle;
use crate::limits::{LimitSettings, Limits};
use crate::meter::{Meter, Pace};
use crate::package::Package;
use crate::plugin::TargetCode;
use crate::runtime::Shared;
use crate::secret::Secret;

/// What a target is made of, beside its plugin.
pub struct TargetSetup {
    /// Its name, for logs.
    pub name: TargetName,
    /// Its settings; they are checked against the plugin's schema.
    pub settings: serde_json::Value,
    /// Its secrets. Those that the manifest does not declare are kept from the plugin.
    pub secrets: BTreeMap<String, Secret>,
    /// Its durable values.
    pub state: Arc<dyn StateStore>,
    /// The way to rclone, if the program runs with one.
    pub rc: Option<Arc<dyn RcDoor>>,
    /// Where objects come from, absolute.
    pub roots: Roots,
    /// The operator's limits for the plugin.
    pub limits: LimitSettings,
}

/// A plugin in the service of one target. Each call gets an instance of its own.
pub struct PluginTarget {
    shared: Arc<Shared>,
    code: Arc<TargetCode>,
    context: Arc<TargetContext>,
}

/// What a call is about.
struct About {
    pace: Pace,
    content: Option<Arc<Blob>>,
    writes: bool,
}

const LOOKUP: About = About { pace: Pace::Lookup, content: None, writes: false };

impl PluginTarget {
    pub(crate) fn new(
        shared: Arc<Shared>,
        package: &Package,
        code: Arc<TargetCode>,
        setup: TargetSetup,
    ) -> Result<Self, SetupError> {
        let context = Arc::new(TargetContext::new(&package.manifest, setup, shared.line.clone())?);
        Ok(Self { shared, code, context })
    }

    async fn call<T>(&self, call: &Call, about: About, op: Op<Guest, T>) -> Result<T, Failure>
    where
        T: Send + 'static,
    {
        let writes = about.writes;
        let job = Arc::new(self.job(call, about));
        // However the call ends, and also if nobody waits for its end.
        let over = job.over.clone().drop_guard();
        let run = Run {
            code: self.code.pre.clone(),
            ticker: self.shared.ticker.clone(),
            meter: job.meter.clone(),
            cancel: call.cancel.clone(),
            log: self.context.log.clone(),
            threads: self.context.folder.as_ref().map(|folder| folder.threads.clone()),
        };
        let (context, own) = (self.context.clone(), job.clone());
        let result = run.call(async move { context.guest(own, writes).await }, op).await;
        drop(over);
        if let Some(rc) = self.context.egress.rc() {
            rc.settle(&job).await;
            rc.forget(&job);
        }
        result
    }

    fn job(&self, call: &Call, about: About) -> Job {
        let bytes = about.content.as_ref().map_or(0, |blob| blob.size_bytes());
        let meter = Meter::new(about.pace, self.context.limits.clone(), call.progress.clone(), bytes);
        Job {
            call: call.clone(),
            meter: Arc::new(meter),
            content: about.content,
            rc: Default::default(),
            own_thread: self.context.folder.is_some(),
            over: CancellationToken::new(),
        }
    }
}

/// Starts an instance and looks at its exports, which only an instance shows in full.
pub(crate) async fn rehearse(
    shared: &Arc<Shared>,
    package: &Package,
    code: &Arc<TargetCode>,
) -> Result<(), String> {
    let limits = Limits::of_rehearsal(&package.manifest.limits);
    let context = Arc::new(TargetContext::inert(&package.manifest, limits, shared.line.clone()));
    let target = PluginTarget { shared: shared.clone(), code: code.clone(), context };
    let code = code.clone();
    let op: Op<Guest, ()> = Box::new(move |store, instance| {
        Box::pin(async move {
            code.target.load(&mut *store, instance)?;
            code.inventory.as_ref().map(|it| it.load(&mut *store, instance)).transpose()?;
            code.links.as_ref().map(|it| it.load(&mut *store, instance)).transpose()?;
            Ok(Ok(()))
        })
    });
    let call = Call::new(CancellationToken::new());
    target.call(&call, LOOKUP, op).await.map_err(|failure| failure.to_string())
}

fn text(receipt: Option<&Receipt>) -> Option<String> {
    receipt.map(|receipt| receipt.0.clone())
}

fn unsupported(what: &str) -> Failure {
    Failure::Unsupported(format!("the plugin cannot {what}"))
}

#[async_trait]
impl Target for PluginTarget {
    fn abilities(&self) -> Abilities {
        Abilities { inventory: self.code.inventory.is_some(), links: self.code.links.is_some() }
    }

    async fn probe(&self, call: &Call) -> Result<Report, Failure> {
        let code = self.code.clone();
        let op: Op<Guest, _> = Box::new(move |store, instance| {
            Box::pin(async move { code.target.load(&mut *store, instance)?.call_probe(store).await })
        });
        let report = self.call(call, LOOKUP, op).await?;
        Ok(convert::report(report, self.context.log.redactor()))
    }

    async fn put(
        &self,
        call: &Call,
        object: &Object,
        previous: Option<&Receipt>,
        content: Arc<Blob>,
    ) -> Result<Receipt, Failure> {
        let (code, blob) = (self.code.clone(), content.clone());
        let (object, previous) = (convert::wit_object(object), text(previous));
        let op: Op<Guest, _> = Box::new(move |store, instance| {
            Box::pin(async move {
                let guest = code.target.load(&mut *store, instance)?;
                let blob = store.data_mut().common.table.push(BlobHandle(blob))?;
                let lent = Resource::new_borrow(blob.rep());
                guest.call_put(store, &object, previous.as_deref(), lent).await
            })
        });
        let about = About { pace: Pace::Transfer, content: Some(content), writes: true };
        convert::receipt(self.call(call, about, op).await?)
    }

    async fn delete(&self, call: &Call, path: &ObjectPath, receipt: Option<&Receipt>) -> Result<(), Failure> {
        let (code, path, receipt) = (self.code.clone(), path.to_string(), text(receipt));
        let op: Op<Guest, _> = Box::new(move |store, instance| {
            Box::pin(async move {
                let guest = code.target.load(&mut *store, instance)?;
                guest.call_delete(store, &path, receipt.as_deref()).await
            })
        });
        self.call(call, About { writes: true, ..LOOKUP }, op).await
    }

    async fn stat(
        &self,
        call: &Call,
        path: &ObjectPath,
        receipt: Option<&Receipt>,
    ) -> Result<Option<Entry>, Failure> {
        let (code, asked, receipt) = (self.code.clone(), path.to_string(), text(receipt));
        if code.inventory.is_none() {
            return Err(unsupported("look at what the target holds"));
        }
        let op: Op<Guest, _> = Box::new(move |store, instance| {
            Box::pin(async move {
                let Some(inventory) = &code.inventory else { return Ok(Ok(None)) };
                let guest = inventory.load(&mut *store, instance)?;
                guest.call_stat(store, &asked, receipt.as_deref()).await
            })
        });
        let found = self.call(call, LOOKUP, op).await?;
        let entry = found.and_then(convert::entry);
        // It was asked for one object; what it calls it in its answer changes nothing about that.
        Ok(entry.map(|entry| Entry { path: path.clone(), ..entry }))
    }

    async fn scan(&self, call: &Call, into: mpsc::Sender<Vec<Entry>>) -> Result<(), Failure> {
        let code = self.code.clone();
        if code.inventory.is_none() {
            return Err(unsupported("list what the target holds"));
        }
        let op: Op<Guest, _> = Box::new(move |store, instance| {
            Box::pin(async move {
                let Some(inventory) = &code.inventory else { return Ok(Ok(())) };
                let guest = inventory.load(&mut *store, instance)?;
                let writer = store.data_mut().common.table.push(WriterHandle::new(into))?;
                let lent = Resource::new_borrow(writer.rep());
                guest.call_scan(store, lent).await
            })
        });
        self.call(call, About { pace: Pace::Transfer, ..LOOKUP }, op).await
    }

    async fn public_link(
        &self,
        call: &Call,
        path: &ObjectPath,
        receipt: Option<&Receipt>,
    ) -> Result<Option<PublicLink>, Failure> {
        let (code, path, receipt) = (self.code.clone(), path.to_string(), text(receipt));
        if code.links.is_none() {
            return Err(unsupported("make links"));
        }
        let op: Op<Guest, _> = Box::new(move |store, instance| {
            Box::pin(async move {
                let Some(links) = &code.links else { return Ok(Ok(None)) };
                let guest = links.load(&mut *store, instance)?;
                guest.call_public_link(store, &path, receipt.as_deref()).await
            })
        });
        self.call(call, LOOKUP, op).await?.map(convert::link).transpose()
    }
}
