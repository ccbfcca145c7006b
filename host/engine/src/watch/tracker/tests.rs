use super::*;

const SETTLE: Duration = Duration::from_millis(750);
const QUIET: Duration = Duration::from_secs(30);

/// A tracker with a clock that is moved by hand.
struct Bench {
    tracker: Tracker,
    now: Instant,
}

fn bench() -> Bench {
    Bench { tracker: Tracker::new(SETTLE, QUIET), now: Instant::now() }
}

impl Bench {
    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// Looks at everything that is due and returns what is reported.
    fn look(&mut self, file: Option<FileIdentity>) -> Vec<String> {
        let due = self.tracker.due(self.now, 100);
        let ready = due.into_iter().filter(|key| self.tracker.judge(key, file.as_ref(), self.now));
        ready.map(String::from).collect()
    }
}

fn key(text: &str) -> MediaKey {
    MediaKey::new(text).unwrap()
}

fn sized(size_bytes: u64) -> Option<FileIdentity> {
    Some(FileIdentity { inode: (1, 2), size_bytes, mtime_ns: size_bytes.into(), ctime_ns: 0 })
}

#[test]
fn a_written_file_is_not_due_as_long_as_writes_go_on() {
    let mut bench = bench();
    bench.tracker.created(key("a"), bench.now);
    bench.tracker.opened(&key("a"));
    for size in 0..10 {
        bench.tracker.written(key("a"), bench.now);
        bench.pass(QUIET - Duration::from_secs(1));
        assert!(bench.look(sized(size)).is_empty());
    }
    bench.tracker.remove(&key("a"));
    assert_eq!(bench.tracker.next_due(), None);
    assert!(!bench.tracker.contains(&key("a")));
}

#[test]
fn a_file_that_is_never_closed_is_reported_after_long_quiet_and_holding_still() {
    let mut bench = bench();
    bench.tracker.written(key("a"), bench.now);
    bench.pass(QUIET);
    assert!(bench.look(sized(1)).is_empty());
    bench.pass(SETTLE);
    assert_eq!(bench.look(sized(1)), ["a"]);
    assert_eq!(bench.tracker.next_due(), None);
}

#[test]
fn a_link_is_reported_although_nobody_closes_it() {
    let mut bench = bench();
    bench.tracker.created(key("a"), bench.now);
    assert!(bench.look(sized(5)).is_empty());
    bench.pass(LINK_GRACE);
    assert_eq!(bench.look(sized(5)), ["a"]);
}

#[test]
fn a_link_that_somebody_reads_is_reported_once_it_held_still() {
    let mut bench = bench();
    bench.tracker.created(key("a"), bench.now);
    bench.tracker.opened(&key("a"));
    bench.pass(LINK_GRACE);
    assert!(bench.look(sized(5)).is_empty());
    bench.pass(SETTLE);
    assert_eq!(bench.look(sized(5)), ["a"]);
}

#[test]
fn an_empty_new_file_waits_for_its_content() {
    let mut bench = bench();
    bench.tracker.created(key("a"), bench.now);
    bench.pass(LINK_GRACE);
    assert!(bench.look(sized(0)).is_empty());
    bench.pass(SETTLE * 5);
    assert!(bench.look(sized(0)).is_empty());
    assert!(bench.tracker.contains(&key("a")));
}

#[test]
fn settling_starts_over_when_the_file_changes() {
    let mut bench = bench();
    bench.tracker.settle(key("a"), bench.now);
    for size in 1..5 {
        assert!(bench.look(sized(size)).is_empty());
        bench.pass(SETTLE);
    }
    assert!(bench.look(sized(5)).is_empty());
    bench.pass(SETTLE - Duration::from_millis(1));
    assert!(bench.look(sized(5)).is_empty());
    bench.pass(Duration::from_millis(1));
    assert_eq!(bench.look(sized(5)), ["a"]);
}

#[test]
fn settling_does_not_hurry_a_file_that_is_written_to() {
    let mut bench = bench();
    bench.tracker.written(key("a"), bench.now);
    bench.tracker.settle(key("a"), bench.now);
    bench.pass(SETTLE * 3);
    assert!(bench.look(sized(1)).is_empty());
}

#[test]
fn a_file_that_vanishes_is_reported() {
    let mut bench = bench();
    bench.tracker.settle(key("a"), bench.now);
    assert_eq!(bench.look(None), ["a"]);
    assert!(!bench.tracker.contains(&key("a")));
}

#[test]
fn a_rename_takes_the_writer_along() {
    let mut bench = bench();
    bench.tracker.written(key("a.tmp"), bench.now);
    bench.tracker.moved_away(&key("a.tmp"), Some(7));
    assert!(bench.tracker.moved_here(key("a"), Some(7)));
    assert!(bench.tracker.contains(&key("a")) && !bench.tracker.contains(&key("a.tmp")));
    bench.tracker.moved_away(&key("a"), Some(8));
    assert!(!bench.tracker.moved_here(key("b"), Some(9)), "another rename");
    bench.tracker.moved_away(&key("closed"), Some(10));
    assert!(!bench.tracker.moved_here(key("c"), Some(10)), "nobody wrote to it");
    assert_eq!(bench.tracker.next_due(), None);
}

#[test]
fn lost_events_make_every_open_file_settle() {
    let mut bench = bench();
    bench.tracker.written(key("a"), bench.now);
    bench.tracker.created(key("b"), bench.now);
    bench.tracker.distrust(bench.now);
    assert!(bench.look(sized(1)).is_empty());
    bench.pass(SETTLE);
    let mut ready = bench.look(sized(1));
    ready.sort_unstable();
    assert_eq!(ready, ["a", "b"]);
}
