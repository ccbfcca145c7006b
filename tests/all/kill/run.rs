//! A run: booth, server, observer, and what happens in a round.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use booth_tests::{
    Booth, Change, FOLDERS, Kind, Observer, PATIENCE, Running, Seen, Server, Stream, Versions, get,
    wait_until, working_below,
};
use rustix::process::{Pid, Signal, kill_process};

use super::plan::{Moment, Plan};
use super::tally::Tally;

/// Nothing has happened for so long that nothing is going to.
const QUIET: Duration = Duration::from_millis(200);
/// Deletes wait ten seconds, so in most rounds one of an earlier round is due; not in every one.
const DELETE_SOON: Duration = Duration::from_secs(2);
/// A child of the program that was killed is gone after so long, on a busy machine.
const CHILD_GONE: Duration = Duration::from_secs(20);

/// A run of the kill test.
pub struct Run {
    seed: u64,
    stream: Stream,
    versions: Versions,
    booth: Booth,
    server: Server,
    observer: Observer,
    /// The numbers so far.
    pub tally: Tally,
    /// Unfinished uploads that lay on the server after the last kill.
    left: HashSet<PathBuf>,
    /// What is being done, for the report of a failure.
    doing: String,
    _served: tempfile::TempDir,
}

impl Run {
    /// A booth with some pictures that are all on the server.
    pub fn begin(seed: u64, kind: Kind) -> Self {
        let served = tempfile::tempdir().unwrap();
        let photos = served.path().join("root/photos");
        // Made beforehand, so that the observer misses nothing in a folder that has just been made.
        FOLDERS.iter().for_each(|folder| fs::create_dir_all(photos.join("media").join(folder)).unwrap());
        let server = Server::start_in(kind, served.path());
        let versions = Versions::default();
        let observer = Observer::of(&photos, versions.clone());
        let mut booth = Booth::with(&server);
        FOLDERS.iter().for_each(|folder| fs::create_dir_all(booth.media().join(folder)).unwrap());
        // The stream deletes more in an hour than the wipe guard lets pass.
        booth.sync_lines = "max_delete_percent = 100".into();
        let mut run = Self {
            seed,
            stream: Stream::new(seed),
            versions,
            booth,
            server,
            observer,
            tally: Tally::default(),
            left: HashSet::new(),
            doing: "the first start".into(),
            _served: served,
        };
        let changes = run.next_changes(200);
        changes.iter().for_each(|change| change.make(&run.booth.media(), &run.versions));
        run.compare();
        run
    }

    /// What the server's folder has seen so far.
    pub fn seen(&self) -> Seen {
        self.observer.seen()
    }

    /// Starts the program, has the booth work, and kills.
    pub fn round(&mut self, round: u64) {
        let plan = Plan::of(self.seed, round);
        self.doing = format!("round {round}, {plan:?}");
        let changes = self.next_changes(plan.changes);
        let before = self.seen();
        let mut service = self.booth.begin();
        if plan.moment != Moment::StartUp {
            self.wait_until_ready(&mut service);
        }
        let (made, media) = (Made::default(), self.booth.media());
        let rclone = std::thread::scope(|scope| {
            scope.spawn(|| made.make_all(&changes, &plan.pauses, &media, &self.versions));
            self.wait_for(plan.moment, &before, &made, changes.len());
            let_pass(plan.delay);
            self.kill(&mut service, &plan)
        });
        drop(service);
        self.nothing_is_left_running();
        self.count(rclone);
        self.nothing_was_wrong();
    }

    /// Starts the program, waits until the server holds what the folder holds, and ends it.
    pub fn compare(&mut self) {
        self.booth.start();
        self.booth.wait_until_same(&self.server, PATIENCE * 2);
        let target = self.booth.target_status("web");
        assert_eq!((&target["rejected"], &target["held_deletes"]), (&0.into(), &0.into()), "{target}");
        assert_eq!(self.booth.stop(), 0);
        assert!(!self.booth.log().contains("panicked"), "the program has panicked");
        self.nothing_was_wrong();
    }

    fn next_changes(&mut self, count: usize) -> Vec<Change> {
        let changes: Vec<Change> = self.stream.by_ref().take(count).collect();
        self.tally.changes += changes.len();
        self.tally.to_upload += changes.iter().filter(|change| change.needs_upload()).count();
        changes
    }

    fn wait_until_ready(&self, service: &mut Running) {
        let port = self.booth.port();
        service.wait_until_ready(PATIENCE, || get(port, "/healthz").is_some_and(|(status, _)| status == 200));
        wait_until(PATIENCE, "rclone runs", || !self.rclone().is_empty());
    }

    fn wait_for(&self, moment: Moment, before: &Seen, made: &Made, changes: usize) {
        let comes = match moment {
            Moment::StartUp | Moment::Shutdown => true,
            Moment::Closed(count) => made.reaches(count),
            Moment::Begun(count) => self.observer.sees(PATIENCE, |seen| seen.begun >= before.begun + count),
            Moment::Arrived(count) => {
                self.observer.sees(PATIENCE, |seen| seen.arrived >= before.arrived + count)
            }
            Moment::Deleted => {
                self.observer.sees(DELETE_SOON, |seen| seen.deleted > before.deleted);
                true
            }
            Moment::Quiet => made.reaches(changes) && self.falls_silent(),
        };
        assert!(comes, "the program does nothing although there is work");
    }

    fn falls_silent(&self) -> bool {
        let silent = || {
            let events = self.seen().events();
            !self.observer.sees(QUIET, |seen| seen.events() != events)
        };
        booth_tests::comes_true(PATIENCE, silent)
    }

    /// Kills, and says whether rclone was killed too.
    fn kill(&self, service: &mut Running, plan: &Plan) -> bool {
        let rclone = plan.rclone.map_or(Vec::new(), |_| self.rclone());
        rclone.iter().for_each(|id| signal(*id, Signal::KILL));
        let_pass(plan.rclone.unwrap_or_default());
        assert_eq!(service.ended(), None, "the program ended by itself");
        if plan.moment == Moment::Shutdown {
            signal(service.id(), Signal::TERM);
            let_pass(plan.delay);
        }
        service.kill();
        !rclone.is_empty()
    }

    /// The rclone of the program. It may have been started anew a moment ago, and be gone the next.
    fn rclone(&self) -> Vec<u32> {
        working_below(&self.booth.data().join("rclone"))
    }

    fn nothing_is_left_running(&self) {
        wait_until(CHILD_GONE, "no child outlives the program", || {
            working_below(&self.booth.path_of("")).is_empty()
        });
    }

    fn count(&mut self, rclone: bool) {
        let media = self.server.place().join("photos/media");
        let left: HashSet<PathBuf> =
            FOLDERS.iter().flat_map(|folder| unfinished(&media.join(folder))).collect();
        let new = left.difference(&self.left).count();
        self.left = left;
        self.tally.rounds += 1;
        self.tally.rclone += u64::from(rclone);
        self.tally.leftovers += new;
        self.tally.cut_off += u64::from(new > 0);
    }

    fn nothing_was_wrong(&self) {
        let wrong = self.seen().wrong;
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let numbers = self.tally.with(&self.seen()).to_string();
            eprintln!("failed in {}; BOOTHSYNC_KILL_SEED={} repeats it\n{numbers}", self.doing, self.seed);
            eprintln!("{}", self.booth.run(&["status", "--json"]).stdout);
            if std::env::var_os("BOOTHSYNC_KILL_KEEP").is_some() {
                eprintln!("the booth's folder stays in {}", self.booth.keep().display());
            }
        }
    }
}

/// How many changes were made.
#[derive(Default)]
struct Made {
    count: Mutex<usize>,
    news: Condvar,
}

impl Made {
    fn make_all(&self, changes: &[Change], pauses: &[Duration], media: &Path, versions: &Versions) {
        for (change, pause) in changes.iter().zip(pauses) {
            let_pass(*pause);
            change.make(media, versions);
            *self.count.lock().unwrap() += 1;
            self.news.notify_all();
        }
    }

    fn reaches(&self, count: usize) -> bool {
        let made = self.count.lock().unwrap();
        !self.news.wait_timeout_while(made, PATIENCE, |made| *made < count).unwrap().1.timed_out()
    }
}

fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "partial")).collect()
}

fn signal(id: u32, signal: Signal) {
    let id = Pid::from_raw(id.cast_signed()).expect("a process has an id above zero");
    // Gone already is what a killed process should be.
    let _ = kill_process(id, signal);
}

/// Nothing depends on how long this is: any moment will do for a kill, and a seed names it.
#[expect(clippy::disallowed_methods, reason = "a moment is what a kill comes at")]
fn let_pass(time: Duration) {
    std::thread::sleep(time);
}
