//! What the lane learns from the way its tasks end.

use tokio::sync::oneshot;
use tokio::task::{Id, JoinError};
use tracing::{error, warn};

use super::attempt::Outcome;
use super::survey;
use super::work::{Ended, Lane};
use crate::failure::Failure;
use crate::names::ObjectPath;
use crate::object::Report;

impl Lane {
    /// Takes in everything that has ended by now, so that the freed slots are filled in one go.
    pub(super) async fn take_in(&mut self, first: Result<(Id, Ended), JoinError>) {
        let together = self.running.len();
        self.ended(first, together).await;
        while let Some(ended) = self.tasks.try_join_next_with_id() {
            self.ended(ended, together).await;
        }
    }

    async fn ended(&mut self, ended: Result<(Id, Ended), JoinError>, together: usize) {
        let now_ms = self.shared.now_ms();
        match ended {
            Err(error) => self.panicked(&error),
            Ok((id, Ended::Object(path, outcome))) => {
                self.running.remove(&id);
                self.judge(&path, &outcome, together, now_ms);
            }
            Ok((_, Ended::Probe(answer, reply))) => self.probed(answer, reply, now_ms).await,
            Ok((_, Ended::Survey(result))) => {
                self.survey.ended(&result, self.shared.now_ms(), &mut self.rng);
                match result {
                    Ok(leftovers) => {
                        self.leftovers = leftovers;
                        self.links.look_again();
                    }
                    Err(Failure::Cancelled) => {}
                    // A long listing may fail where uploads go through: a probe tells.
                    Err(Failure::Retry(_) | Failure::Faulted(_)) => self.probe(None),
                    Err(failure) => self.breaker.failed(&survey::listing(), &failure, now_ms, &mut self.rng),
                }
            }
            Ok((id, Ended::Swept(leftover, result))) => {
                self.running.remove(&id);
                self.swept(leftover, result);
            }
            Ok((id, Ended::Link(due, answer))) => {
                self.links.ended(id);
                self.linked(due, answer).await;
            }
            Ok((_, Ended::Cleanup)) => {}
        }
    }

    fn judge(&mut self, path: &ObjectPath, outcome: &Outcome, together: usize, now_ms: i64) {
        match outcome {
            Outcome::Done { took_ms } => {
                self.breaker.succeeded();
                self.concurrency.succeeded(together, *took_ms, now_ms);
            }
            Outcome::NotCalled => {}
            Outcome::Failed(failure) => {
                match failure {
                    Failure::Wait { .. } => self.concurrency.too_much(now_ms),
                    Failure::Retry(_) => self.concurrency.failed(now_ms),
                    _ => {}
                }
                self.breaker.failed(path, failure, now_ms, &mut self.rng);
            }
        }
    }

    async fn probed(
        &mut self,
        answer: Result<Report, Failure>,
        reply: Option<oneshot::Sender<Result<Report, Failure>>>,
        now_ms: i64,
    ) {
        self.probing = false;
        if self.breaker.probed(&answer, now_ms, &mut self.rng) {
            self.concurrency.reset();
            if let Err(problem) = self.shared.store.forget_back_off(self.rules.id).await {
                warn!(target.name = %self.rules.settings.name, "retries keep waiting: {problem}");
            }
        }
        if let Some(reply) = reply {
            // Whoever asked may be gone.
            let _ = reply.send(answer);
        }
    }

    /// A bug of ours. The row stays uncertain, so the work is done again.
    fn panicked(&mut self, error: &JoinError) {
        let path = self.running.remove(&error.id()).map(|running| running.path);
        self.links.ended(error.id());
        error!(target.name = %self.rules.settings.name, object.path = ?path, "a task of the lane ended unasked: {error}");
        (self.probing, self.sweeping) = (false, false);
        self.survey.abandoned(self.shared.now_ms());
    }
}
