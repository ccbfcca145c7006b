//! `media`: the bytes of one object.

use std::sync::Arc;
use std::time::Duration;

use engine::{Blob, Failure};
use wasmtime::component::Resource;

use super::answer;
use crate::bindings::wit::media::{Host, HostBlob, Origin};
use crate::bindings::wit::types::Failure as WitFailure;
use crate::guest::{Guest, Job};
use crate::limits::READ_BYTES;

/// What stands behind a guest's `blob`.
pub struct BlobHandle(pub(crate) Arc<Blob>);

impl Host for Guest {}

impl HostBlob for Guest {
    fn size(&mut self, this: Resource<BlobHandle>) -> wasmtime::Result<u64> {
        Ok(self.blob(&this)?.size_bytes())
    }

    fn origin(&mut self, this: Resource<BlobHandle>) -> wasmtime::Result<Option<Origin>> {
        let blob = self.blob(&this)?;
        let origin = blob.origin();
        Ok(Some(Origin { root: origin.root.as_str().into(), path: origin.path.to_string() }))
    }

    async fn sha256(&mut self, this: Resource<BlobHandle>) -> wasmtime::Result<Result<String, WitFailure>> {
        let blob = self.blob(&this)?;
        let job = self.job.clone();
        let hash = job.block(move || blob.sha256().map_err(|error| unreadable(&error)));
        answer(job.wait(job.keep_alive(hash)).await)
    }

    async fn read(
        &mut self,
        this: Resource<BlobHandle>,
        offset: u64,
        length: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, WitFailure>> {
        let blob = self.blob(&this)?;
        let job = self.job.clone();
        let read = job.wait(job.block(move || read(&blob, offset, length))).await;
        if let Ok(bytes) = &read {
            job.meter.moved(bytes.len() as u64);
        }
        answer(read)
    }

    fn drop(&mut self, this: Resource<BlobHandle>) -> wasmtime::Result<()> {
        self.common.table.delete(this)?;
        Ok(())
    }
}

impl Guest {
    /// The blob behind a handle; a handle that is none ends the call.
    pub(crate) fn blob(&self, handle: &Resource<BlobHandle>) -> wasmtime::Result<Arc<Blob>> {
        Ok(self.common.table.get(handle)?.0.clone())
    }
}

impl Job {
    /// Counts as a sign of life while the host itself works on something large.
    async fn keep_alive<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(Duration::from_secs(1)) => self.meter.touch(),
            }
        }
    }
}

fn read(blob: &Blob, offset: u64, length: u32) -> Result<Vec<u8>, Failure> {
    let rest = blob.size_bytes().saturating_sub(offset);
    let wanted = u64::from(length.min(READ_BYTES)).min(rest);
    let bytes = blob.read_at(offset, wanted as usize).map_err(|error| unreadable(&error))?;
    if (bytes.len() as u64) < wanted {
        return Err(Failure::Retry("the file became shorter while it was read".into()));
    }
    Ok(bytes)
}

fn unreadable(error: &std::io::Error) -> Failure {
    Failure::Retry(format!("the file could not be read: {error}"))
}
