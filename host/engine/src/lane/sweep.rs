//! Removing what uploads that were cut off left on the target: one after the other, since nobody waits
//! for it.

use tracing::{info, warn};

use super::bounded_call;
use super::work::{Ended, Lane, Running};
use crate::failure::Failure;
use crate::leftovers::Leftover;

impl Lane {
    /// Removes the next leftover, unless one is being removed.
    pub(super) fn sweep(&mut self) {
        let Ok(target) = self.target.clone() else { return };
        if self.sweeping || self.leftovers.is_empty() {
            return;
        }
        let slots = self.shared.budget.slots(self.slots(), 1);
        let (Some(slot), Some(leftover)) = (slots.into_iter().next(), self.next_leftover()) else { return };
        let (call, object) = (bounded_call(&self.shared), leftover.object.clone());
        let progress = call.progress.clone();
        let task = self.tasks.spawn(async move {
            let result = target.delete(&call, &leftover.path, None).await;
            Ended::Swept(leftover, result)
        });
        self.sweeping = true;
        // No call for the object may begin meanwhile: it could use the same name.
        self.running.insert(task.id(), Running { path: object, progress, slot });
    }

    /// The first without a call under way for its object, which may be writing just that.
    fn next_leftover(&mut self) -> Option<Leftover> {
        let busy = |leftover: &Leftover| self.busy().any(|path| *path == leftover.object);
        let free = self.leftovers.iter().position(|leftover| !busy(leftover))?;
        Some(self.leftovers.swap_remove(free))
    }

    /// One is gone, or could not be removed.
    pub(super) fn swept(&mut self, Leftover { path, .. }: Leftover, result: Result<(), Failure>) {
        self.sweeping = false;
        let name = &self.rules.settings.name;
        match result {
            Ok(()) => {
                info!(target.name = %name, object.path = %path, "removed {path} from `{name}`, which an upload that was cut off had left there");
            }
            Err(problem) => {
                warn!(target.name = %name, object.path = %path, "{path} stays on `{name}` until its next verification: {problem}");
                self.leftovers.clear();
            }
        }
    }
}
