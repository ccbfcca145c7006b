//! `job`: the work that a call belongs to.

use engine::Failure;

use super::answer;
use crate::bindings::wit::job::Host;
use crate::bindings::wit::types::Failure as WitFailure;
use crate::guest::Guest;

impl Host for Guest {
    fn id(&mut self) -> wasmtime::Result<String> {
        Ok(self.job.call.id.clone())
    }

    fn progress(&mut self, done: u64, total: u64) -> wasmtime::Result<Result<(), WitFailure>> {
        if self.job.call.cancel.is_cancelled() {
            return answer(Err(Failure::Cancelled));
        }
        self.job.meter.reported(done, total);
        answer(Ok(()))
    }
}
