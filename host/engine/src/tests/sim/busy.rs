//! An evening on which the visitors never stop coming: what else there is to be done is done all the same.

use std::time::Duration;

use super::life::{Life, Sim};
use super::schedule::Age;
use crate::clock::Clock as _;
use crate::names::{MediaKey, ObjectPath};

/// A visitor comes every so often, which is more than a target can take that does three things at once.
const EVERY: Duration = Duration::from_secs(1);
/// How long a call takes meanwhile, milliseconds.
const PACE_MS: std::ops::Range<u64> = 3_000..5_000;
/// In so many minutes everything else is done.
const MINUTES: u32 = 60;
/// So often the operator looks after what waits for them.
const ATTEND_MINUTES: u32 = 5;

impl Sim {
    /// Whether everything but the visitors' new pictures is as it should be in bounded time, while they
    /// keep coming.
    pub async fn get_by_among_visitors(&mut self, life: &mut Life) -> bool {
        self.world.note(|| "VISITORS COME WITHOUT END".into());
        self.set_pace(PACE_MS);
        let mut minutes = 0;
        while let Some(problem) = self.disagreement(&|path| !is_visitors(path)) {
            if minutes == MINUTES {
                self.world.fate.complain(format!("among visitors, after {minutes} minutes, {problem}"));
                return false;
            }
            if minutes % ATTEND_MINUTES == 0 {
                self.attend(life);
            }
            self.busy_minute(minutes, life).await;
            minutes += 1;
        }
        self.set_pace(0..100);
        true
    }

    async fn busy_minute(&mut self, minute: u32, life: &mut Life) {
        for visitor in 0..60 / EVERY.as_secs() {
            let key = MediaKey::new(&format!("full/visitor-{minute}-{visitor}.jpg")).unwrap();
            let now = self.world.clock.now();
            self.world.folder().shoot(&key, 16, Age::New, now);
            life.tell(true, [key]);
            tokio::time::sleep(EVERY).await;
        }
        life.tell_settled();
        self.inspect();
    }

    fn set_pace(&self, pace_ms: std::ops::Range<u64>) {
        self.targets.iter().for_each(|target| target.state().pace_ms = pace_ms.clone());
    }
}

fn is_visitors(path: &ObjectPath) -> bool {
    path.as_str().starts_with("media/full/visitor-")
}
