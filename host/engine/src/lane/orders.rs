//! Orders to a lane.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::Order;
use super::work::{Ended, Lane};

impl Lane {
    pub(super) async fn obey(&mut self, order: Order) {
        let now_ms = self.shared.now_ms();
        match order {
            Order::Pause => self.paused = true,
            Order::Resume => {
                self.paused = false;
                self.breaker.hurry(now_ms);
            }
            Order::Probe(reply) => self.probe(Some(reply)),
            Order::Nudge => self.breaker.hurry(now_ms),
            Order::Look(reply) => self.lookers.push(reply),
            Order::Cleanup(reply) => self.clean_up(reply),
        }
    }

    fn clean_up(&mut self, reply: oneshot::Sender<Result<u64, String>>) {
        let Ok(target) = self.target.clone() else {
            let _ = reply.send(Err("its plugin cannot be loaded".into()));
            return;
        };
        let (shared, rules) = (self.shared.clone(), Arc::clone(&self.rules));
        self.tasks.spawn(async move {
            let _ = reply.send(super::cleanup::run(&shared, &rules, &*target).await);
            Ended::Cleanup
        });
    }
}
