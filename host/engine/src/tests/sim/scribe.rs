//! Who writes into the simulated database: at once, unless the power fails before; and not always
//! answered at once, so that other tasks get in between as they do beside a thread.

use std::sync::Arc;
use std::time::Duration;

use super::world::World;
use crate::store::simulated::{Answer, Job, Scribe, commit};

/// One write in so many is answered late.
const LATE: u64 = 4;

pub(super) struct SimScribe(pub Arc<World>);

impl Scribe for SimScribe {
    fn take_in(&self, job: Job) -> Result<(), Job> {
        let fate = &self.0.fate;
        if fate.is_over() {
            fate.bury(job);
            return Ok(());
        }
        let (answers, committed) = self.carry_out(job);
        if fate.is_over() {
            fate.bury(answers);
            return Ok(());
        }
        self.answer(answers, committed);
        Ok(())
    }
}

impl SimScribe {
    fn carry_out(&self, job: Job) -> (Vec<Answer>, Result<(), String>) {
        if self.0.fate.write_is_refused() {
            self.0.disk_refused();
            return (vec![job(None)], Err("the disk is full".into()));
        }
        commit(&mut self.0.memory.lock().unwrap(), vec![job])
    }

    fn answer(&self, answers: Vec<Answer>, committed: Result<(), String>) {
        let world = Arc::clone(&self.0);
        if world.fate.draw(0..LATE) > 0 {
            answers.into_iter().for_each(|answer| answer(committed.clone()));
            return;
        }
        let wait = Duration::from_millis(world.fate.draw(0..5));
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            world.fate.step().await;
            answers.into_iter().for_each(|answer| answer(committed.clone()));
        });
    }
}
