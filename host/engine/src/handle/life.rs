//! Whether the engine still works, for who watches over it.

use futures_util::future::select_all;
use tokio::sync::oneshot;

use super::{Engine, OrderError};
use crate::folder::Order as FolderOrder;
use crate::store::StoreError;

impl Engine {
    /// Resolves once the task that looks at the media folder and the thread that writes the database
    /// have answered: soon, unless one of them is stuck. A write that fails is an answer too, because a
    /// full disk does not get emptier by starting the program anew.
    pub async fn pulse(&self) -> Result<(), OrderError> {
        let (reply, answer) = oneshot::channel();
        self.0.folder.send(FolderOrder::Pulse(reply)).await.map_err(|_| OrderError::Stopping)?;
        answer.await.map_err(|_| OrderError::Stopping)?;
        match self.0.shared.store.write(|_| Ok(())).await {
            Err(StoreError::Closed) => Err(OrderError::Stopping),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Resolves with the name of a task that has ended. Before a stop none does.
    pub async fn task_ended(&self) -> String {
        let folder = Box::pin(async {
            self.0.folder.closed().await;
            "the task that looks at the media folder".to_owned()
        });
        let mut ends: Vec<std::pin::Pin<Box<dyn Future<Output = String> + Send + '_>>> = vec![folder];
        for lane in &self.0.lanes {
            ends.push(Box::pin(async {
                lane.ended().await;
                format!("the lane of target `{}`", lane.name)
            }));
        }
        select_all(ends).await.0
    }
}
