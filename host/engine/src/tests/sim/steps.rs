//! What each step of a schedule does.

use std::time::Duration;

use super::folder::{self, CARD};
use super::life::{Life, Sim};
use super::schedule::{File, Place, Step, Which};
use super::target::Stored;
use crate::clock::Clock as _;
use crate::handle::Engine;
use crate::names::{MediaKey, ObjectPath, TargetName};
use crate::watch::Wake;

impl Sim {
    /// Takes a step.
    pub async fn take(&mut self, step: Step, life: &mut Life) {
        match step {
            Step::Pause(_)
            | Step::Resume(_)
            | Step::Retry
            | Step::Offline(_)
            | Step::Confirm(_)
            | Step::Probe(_)
            | Step::Nudge
            | Step::Sync
            | Step::Rescan => self.order(step, life),
            Step::Pass { seconds } => self.pass(seconds, life).await,
            Step::Jump { seconds } => self.world.clock.jump(seconds),
            Step::Crash { after } => self.world.fate.fail_after(after),
            Step::DiskFull { writes } => self.world.fate.refuse_writes(writes),
            Step::Trouble { target, calls, mishap } => {
                let target = self.target(target);
                target.state().script.extend(std::iter::repeat_n(mishap, calls));
            }
            Step::Foreign { target, file, place } => self.put_foreign(target, file, place),
            Step::Tamper { target, file, lose } => self.tamper(target, file, lose),
            Step::Restart | Step::SwitchMode(_) => {}
            _ if self.world.folder().unplugged && !matches!(step, Step::Plug) => {}
            _ => self.change_folder(step, life),
        }
    }

    fn change_folder(&self, step: Step, life: &mut Life) {
        let now = self.world.clock.now();
        let mut folder = self.world.folder();
        match step {
            Step::Shoot { file, size, age, told } => {
                let key = folder::key(file);
                folder.shoot(&key, size, age, now);
                life.tell(told, [key]);
            }
            Step::Begin { file, told } => {
                let key = folder::key(file);
                folder.write_in_place(&key, None, now);
                folder.open.insert(key.clone());
                if told {
                    life.hand.opened(&key);
                }
            }
            Step::Finish { file, size, told } => {
                let key = folder::key(file);
                folder.write_in_place(&key, Some(size), now);
                let was_open = folder.open.remove(&key);
                if told || was_open {
                    life.hand.closed(&key);
                }
            }
            Step::Rename { from, to, told } => {
                let (from, to) = (folder::key(from), folder::key(to));
                let done = folder.rename(&from, &to);
                life.tell(told && done, [from, to]);
            }
            Step::Delete { file, told } => {
                let key = folder::key(file);
                let done = folder.delete(&key);
                life.tell(told && done, [key]);
            }
            Step::MoveFolder { from, to, told } => {
                let moved = folder.move_folder(from, to);
                for dir in moved.filter(|_| told).into_iter().flat_map(|(from, to)| [from, to]) {
                    life.hand.tell(Wake::Tree(dir));
                }
            }
            Step::Empty => folder.empty(),
            Step::Import { count, told } => {
                folder.import(count, now);
                if told {
                    life.hand.tell(Wake::Tree(MediaKey::new(CARD).unwrap()));
                }
            }
            Step::Thin { keep, told } => {
                let gone = folder.thin(keep);
                life.tell(told, gone);
            }
            Step::Unplug => {
                folder.unplug();
                self.targets.iter().for_each(|target| target.allow_for_lost_sight());
            }
            Step::Plug => folder.plug(),
            _ => {}
        }
    }

    fn order(&self, step: Step, life: &mut Life) {
        match step {
            Step::Pause(target) => {
                let target = self.target(target).name.clone();
                life.order(|engine| async move { drop(engine.pause(&target).await) });
            }
            Step::Resume(target) => life.resume(&self.target(target).name),
            Step::Retry => life.retry(),
            Step::Offline(file) => {
                let key = folder::key(file);
                life.order(|engine| async move { drop(engine.offline(&key).await) });
            }
            Step::Confirm(target) => {
                self.world.folder().confirm();
                life.confirm(&self.target(target).name);
            }
            Step::Probe(target) => {
                let target = self.target(target).name.clone();
                life.order(|engine| async move { drop(engine.probe(&target).await) });
            }
            Step::Nudge => life.order(|engine| async move { engine.nudge().await }),
            Step::Sync => life.order(|engine| async move { drop(engine.sync(None).await) }),
            _ => life.hand.tell(Wake::Rescan("somebody says so")),
        }
    }

    /// Time passes in portions, so that what held still meanwhile is told.
    async fn pass(&mut self, seconds: u64, life: &mut Life) {
        let portion = seconds.div_ceil(3);
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_secs(portion)).await;
            life.tell_settled();
            self.inspect();
        }
    }

    fn put_foreign(&mut self, target: Which, file: File, place: Place) {
        let target = self.target(target).clone();
        let path = match place {
            Place::Elsewhere => ObjectPath::new(&format!("theirs/{file}.jpg")).unwrap(),
            Place::InTheWay | Place::Alike => ObjectPath::of_media(&folder::key(file)),
        };
        let content = match place {
            // Where only sizes are told, another of the same size would rightly be taken for it later.
            Place::Alike if target.kind.hashes => self.world.folder().content_at(&path),
            Place::Alike => None,
            Place::Elsewhere | Place::InTheWay => Some(b"this is not ours".repeat(3)),
        };
        let mut state = target.state();
        let Some(content) = content.filter(|_| !state.objects.contains_key(&path)) else { return };
        // What was put before and is gone is repaired; that it looks otherwise now, by the next listing.
        state.tampered.insert(path.clone());
        *state.allowed.entry(path.clone()).or_default() += 1;
        let stored = Stored { content, ours: false };
        state.objects.insert(path.clone(), stored.clone());
        self.foreign.insert(path, (target.name.to_string(), stored));
    }

    fn tamper(&self, target: Which, file: File, lose: bool) {
        let target = self.target(target);
        let path = ObjectPath::of_media(&folder::key(file));
        let mut state = target.state();
        // Only a target that says what it holds can be repaired.
        if !target.kind.inventory || !state.objects.contains_key(&path) {
            return;
        }
        state.tampered.insert(path.clone());
        *state.allowed.entry(path.clone()).or_default() += 1;
        if lose {
            state.objects.remove(&path);
        } else if let Some(stored) = state.objects.get_mut(&path) {
            stored.content.truncate(3);
        }
    }

    fn target(&self, which: Which) -> &std::sync::Arc<super::target::SimTarget> {
        &self.targets[which % self.targets.len()]
    }
}

impl Life {
    pub fn resume(&mut self, target: &TargetName) {
        let target = target.clone();
        self.order(|engine| async move { drop(engine.resume(&target).await) });
    }

    pub fn retry(&mut self) {
        self.order(|engine| async move { drop(engine.retry(None, None).await) });
    }

    pub fn confirm(&mut self, target: &TargetName) {
        let target = target.clone();
        self.order(|engine| async move { drop(engine.confirm_deletes(&target, None).await) });
    }

    /// Gives an order; nobody waits for what comes of it.
    fn order<F: Future<Output = ()> + Send + 'static>(&mut self, order: impl FnOnce(Engine) -> F) {
        self.orders.spawn(order(self.engine.clone()));
    }

    /// The watcher tells of files, if it noticed.
    pub fn tell(&self, told: bool, keys: impl IntoIterator<Item = MediaKey>) {
        let keys: Vec<MediaKey> = keys.into_iter().collect();
        if told && !keys.is_empty() {
            self.hand.tell(Wake::Files(keys));
        }
    }
}
