//! What an operator or a booth app tells the engine to do.

use tokio::sync::oneshot;

use super::{Engine, OrderError};
use crate::failure::Failure;
use crate::folder::Order as FolderOrder;
use crate::lane::Order as LaneOrder;
use crate::names::{MediaKey, TargetName};
use crate::object::Report;
use crate::store::ItemRow;

impl Engine {
    /// Tries again what waits or was refused: everything, one target's, or one item's.
    pub async fn retry(
        &self,
        target: Option<&TargetName>,
        key: Option<&MediaKey>,
    ) -> Result<u64, OrderError> {
        let item = match key {
            Some(key) => Some(self.item(key).await?.id),
            None => None,
        };
        let mut count = 0;
        for lane in self.lanes(target)? {
            count += self.0.shared.store.try_again(lane.id, item).await?;
            lane.order(LaneOrder::Nudge).await;
            lane.wake();
        }
        Ok(count)
    }

    /// Stops a target's lane until [`Engine::resume`], over restarts too.
    pub async fn pause(&self, target: &TargetName) -> Result<(), OrderError> {
        self.set_paused(target, true).await
    }

    /// Lets a paused lane work again.
    pub async fn resume(&self, target: &TargetName) -> Result<(), OrderError> {
        self.set_paused(target, false).await
    }

    /// Lets deletes that were held back happen; `set` names the set, `None` means every set that is
    /// held now. Returns how many objects that is.
    pub async fn confirm_deletes(&self, target: &TargetName, set: Option<u64>) -> Result<u64, OrderError> {
        let lane = self.lane(target)?;
        let holds = self.0.shared.identity.holds();
        let chosen =
            holds.iter().filter(|hold| hold.target == *target && set.is_none_or(|set| hold.set == set));
        let mut count = 0;
        let mut any = false;
        for hold in chosen {
            any = true;
            count += self.0.shared.store.confirm(lane.id, hold.set).await?;
            self.0
                .shared
                .identity
                .release(target, hold.set)
                .map_err(|error| OrderError::Other(error.to_string()))?;
        }
        lane.wake();
        if any { Ok(count) } else { Err(OrderError::NothingHeld(target.to_string())) }
    }

    /// Deletes what earlier settings of the target left behind, with the settings it was put with.
    /// Returns how many objects were deleted.
    pub async fn cleanup(&self, target: &TargetName) -> Result<u64, OrderError> {
        let (reply, answer) = oneshot::channel();
        self.lane(target)?.order(LaneOrder::Cleanup(reply)).await;
        answer.await.map_err(|_| OrderError::Stopping)?.map_err(OrderError::Other)
    }

    /// Takes an item off every target and keeps it off, even if its file is not there any more.
    pub async fn offline(&self, key: &MediaKey) -> Result<(), OrderError> {
        self.item(key).await?;
        let now = self.0.shared.clock.now();
        self.0.shared.identity.take_down(key, now).map_err(|error| OrderError::Other(error.to_string()))?;
        let (reply, answer) = oneshot::channel();
        self.0.folder.send(FolderOrder::Replan(reply)).await.map_err(|_| OrderError::Stopping)?;
        Ok(answer.await.map_err(|_| OrderError::Stopping)??)
    }

    /// Asks a target whether it is usable; a blocked or waiting lane goes on if it is.
    pub async fn probe(&self, target: &TargetName) -> Result<Result<Report, Failure>, OrderError> {
        let (reply, answer) = oneshot::channel();
        self.lane(target)?.order(LaneOrder::Probe(reply)).await;
        answer.await.map_err(|_| OrderError::Stopping)
    }

    /// Probes blocked and waiting targets now, because something changed that may have helped them.
    pub async fn nudge(&self) {
        for lane in &self.0.lanes {
            lane.order(LaneOrder::Nudge).await;
        }
    }

    async fn set_paused(&self, target: &TargetName, paused: bool) -> Result<(), OrderError> {
        let lane = self.lane(target)?;
        self.0.shared.store.set_paused(lane.id, paused).await?;
        lane.order(if paused { LaneOrder::Pause } else { LaneOrder::Resume }).await;
        Ok(())
    }

    async fn item(&self, key: &MediaKey) -> Result<ItemRow, OrderError> {
        let item = self.0.shared.store.media_item(key.clone()).await?;
        item.ok_or_else(|| OrderError::NoSuchItem(key.to_string()))
    }
}
