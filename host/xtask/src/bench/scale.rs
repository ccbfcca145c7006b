//! What the engine costs with many pictures, and that it grows no faster than they do. Targets are kept
//! in memory, so that nothing but the engine, its database and the media folder is measured.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use super::figure::{Figure, Wanted};
use crate::{places, step, tools};

/// Pictures in the media folder.
const COUNTS: [usize; 4] = [1_000, 10_000, 50_000, 200_000];
/// From here on fixed costs do not matter any more: larger counts are compared with this one.
const BASE: usize = 10_000;
/// Pictures that are dropped at once, at most: nobody imports more from a card.
const DROPPED_AT_MOST: usize = 50_000;

/// A measured booth with so many pictures; times in ms, memory in MB.
struct Row {
    count: usize,
    first: f64,
    rescan: f64,
    calls: f64,
    plan: f64,
    start: f64,
    queued: f64,
    dropped: Option<Dropped>,
    peak: f64,
}

struct Dropped {
    seen: f64,
    held: f64,
    grown: f64,
}

/// Measures all of it, and the two counts that limits are named for.
pub fn measure() -> Result<Vec<Figure>> {
    let program = build()?;
    let mut rows = Vec::new();
    for count in COUNTS {
        step::say(&format!("measuring a booth with {count} pictures and five targets"));
        rows.push(row(&program, count)?);
    }
    println!("{}", table(&rows));
    let waiting = at(&program, 100_000, |booth| booth.value("start", "ms"))?;
    let queue = at(&program, 20_000, |booth| booth.value("queued", "resting_mb"))?;
    Ok(figures(&rows, waiting, queue))
}

fn build() -> Result<PathBuf> {
    let mut cargo = tools::cargo();
    cargo.args(["build", "--release", "--package", "engine", "--example", "scale"]);
    step::run_shown(&mut cargo, "building what measures the engine")?;
    Ok(places::results()?.join("release/examples/scale"))
}

/// A booth that is filled and can be measured again and again from the same state.
struct Filled<'p> {
    program: &'p Path,
    folder: tempfile::TempDir,
    count: usize,
    fill: Value,
}

impl<'p> Filled<'p> {
    fn new(program: &'p Path, count: usize) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("boothsync-scale-").tempdir()?;
        let fill = run(program, "fill", count, folder.path())?;
        std::fs::rename(folder.path().join("data"), folder.path().join("filled"))?;
        Ok(Self { program, folder, count, fill })
    }

    fn run(&self, what: &str) -> Result<Value> {
        let (data, filled) = (self.folder.path().join("data"), self.folder.path().join("filled"));
        std::fs::create_dir(&data)?;
        for entry in std::fs::read_dir(filled)? {
            let entry = entry?;
            std::fs::copy(entry.path(), data.join(entry.file_name()))?;
        }
        let measured = run(self.program, what, self.count, self.folder.path());
        std::fs::remove_dir_all(data)?;
        measured
    }

    fn value(&self, what: &str, name: &str) -> Result<f64> {
        number(&self.run(what)?, name)
    }
}

fn run(program: &Path, what: &str, count: usize, folder: &Path) -> Result<Value> {
    let said = Command::new(program).arg(what).arg(count.to_string()).arg(folder).output()?;
    anyhow::ensure!(said.status.success(), "{what}: {}", String::from_utf8_lossy(&said.stderr).trim());
    Ok(serde_json::from_slice(&said.stdout)?)
}

fn number(measured: &Value, name: &str) -> Result<f64> {
    measured[name].as_f64().with_context(|| format!("`{name}` was not measured: {measured}"))
}

fn at(program: &Path, count: usize, measure: impl FnOnce(&Filled<'_>) -> Result<f64>) -> Result<f64> {
    step::say(&format!("measuring {count} pictures"));
    measure(&Filled::new(program, count)?)
}

fn row(program: &Path, count: usize) -> Result<Row> {
    let booth = Filled::new(program, count)?;
    let rescan = booth.run("rescan")?;
    let dropped = (count <= DROPPED_AT_MOST).then(|| dropped(program, count)).transpose()?;
    Ok(Row {
        count,
        first: number(&booth.fill, "ms")?,
        rescan: number(&rescan, "rescan_ms")?,
        calls: number(&rescan, "calls")?,
        plan: number(&rescan, "plan_ms")?,
        start: booth.value("start", "ms")?,
        queued: booth.value("queued", "resting_mb")?,
        dropped,
        peak: number(&rescan, "peak_mb")?,
    })
}

/// The measurement itself waits until none is missing.
fn dropped(program: &Path, count: usize) -> Result<Dropped> {
    let folder = tempfile::Builder::new().prefix("boothsync-scale-").tempdir()?;
    let measured = run(program, "dropped", count, folder.path())?;
    let of = |name| number(&measured, name);
    Ok(Dropped { seen: of("seen_ms")?, held: of("held_ms")?, grown: of("grown_mb")? })
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "\n  pictures   found first     rescan       plan      start   waiting   dropped: noticed, uploaded, memory       peak\n",
    );
    for row in rows {
        let dropped = row.dropped.as_ref().map_or_else(
            || format!("{:>38}", ""),
            |dropped| format!("{:>13.0} ms {:>8.0} ms {:>8.1} MB", dropped.seen, dropped.held, dropped.grown),
        );
        // A text can always be written to.
        let _ = writeln!(
            text,
            "{:>10} {:>10.0} ms {:>7.0} ms {:>7.0} ms {:>7.0} ms {:>6.1} MB {dropped} {:>7.1} MB",
            row.count, row.first, row.rescan, row.plan, row.start, row.queued, row.peak
        );
    }
    text
}

fn figures(rows: &[Row], waiting_ms: f64, queue_mb: f64) -> Vec<Figure> {
    let row = |count| rows.iter().find(|row| row.count == count);
    let mut figures = Vec::new();
    if let (Some(least), Some(base), Some(middle), Some(most)) =
        (row(1_000), row(BASE), row(50_000), row(200_000))
    {
        let limit = Wanted::ValueAtMost;
        let against = |value: f64| (value, format!("{BASE} pictures"));
        figures.extend([
            Figure::new(
                "rescan, 50,000 unchanged",
                (middle.rescan, "ms"),
                against(base.rescan),
                limit(1000.0),
            ),
            Figure::new(
                "calls to targets meanwhile",
                (middle.calls, ""),
                (1.0, "one would be too many"),
                limit(0.0),
            ),
            Figure::new("plan, 50,000 for 5 targets", (middle.plan, "ms"), against(base.plan), limit(1000.0)),
            Figure::new(
                "first upload, 100,000 waiting",
                (waiting_ms, "ms"),
                against(base.start),
                limit(1000.0),
            ),
            Figure::new(
                "memory, 20,000 waiting",
                (queue_mb, "MB"),
                (least.queued, "1,000 waiting"),
                Wanted::RatioAtMost(3.0),
            ),
        ]);
        let linear = (most.count / base.count) as f64;
        let growth = |name: &str, of: fn(&Row) -> f64| {
            let expected = (of(base) * linear, format!("{linear} times that of {BASE}"));
            Figure::new(name, (of(most), "ms"), expected, Wanted::RatioAtMost(1.5))
        };
        figures.extend([
            growth("rescan, 200,000 unchanged", |row| row.rescan),
            growth("plan, 200,000 for 5 targets", |row| row.plan),
            growth("found first, 200,000", |row| row.first),
        ]);
    }
    if let Some(dropped) = row(BASE).and_then(|row| row.dropped.as_ref()) {
        figures.push(Figure::new(
            "memory growth, 10,000 dropped at once",
            (dropped.grown, "MB"),
            (BASE as f64 * 0.002, "2 kB for each"),
            Wanted::ValueAtMost(60.0),
        ));
    }
    figures
}
