//! The functions that guests import, one file for each interface of the contract.

pub mod catalog;
pub mod http;
mod job;
mod log;
pub mod media;
mod secrets;
mod settings;
mod state;

use std::future::Future;
use std::time::Instant;

use engine::Failure;

use crate::bindings::wit;
use crate::convert::wit_failure;
use crate::guest::{Common, Job};
use crate::limits::TICK;

impl wit::types::Host for Common {}

/// An answer to the guest: a failure is a value for it, not a trap.
pub(crate) fn answer<T>(result: Result<T, Failure>) -> wasmtime::Result<Result<T, wit::types::Failure>> {
    Ok(result.map_err(wit_failure))
}

/// A failure of the host in a function that has none to return: it ends the call.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Trouble(pub Failure);

impl Job {
    /// Waits for the host's work, unless the call is told to stop; the wait is not the guest's
    /// processor time.
    pub(crate) async fn wait<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let begun = Instant::now();
        let result = tokio::select! {
            biased;
            () = self.call.cancel.cancelled() => Err(Failure::Cancelled),
            result = work => result,
        };
        // A short wait forgives nothing, or a guest that asks without end would never be charged.
        if begun.elapsed() >= TICK {
            self.meter.waited();
        }
        result
    }

    /// Runs work that blocks: here if the call has a thread of its own, else on one for such work.
    pub(crate) async fn block<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Failure> + Send + 'static,
    {
        if self.own_thread {
            return work();
        }
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            Err(error) => Err(Failure::Retry(format!("the host could not read the file: {error}"))),
        }
    }
}
