//! What is measured.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::{MediaKey, Target};
use serde_json::{Value, json};

use crate::booth::{self, Booth};
use crate::memory;
use crate::target::{Free, Kind};

/// Targets of the booth that `fill` makes.
const TARGETS: usize = 5;
/// How often short things are measured; the median counts.
const TIMES: usize = 5;

/// Does one measurement; `None`: there is none of this name.
pub async fn run(what: &str, count: usize, folder: &Path) -> Option<Value> {
    let mut measured = match what {
        "fill" => fill(count, folder).await,
        "rescan" => rescan(count, folder).await,
        "start" => start(folder).await,
        "dropped" => dropped(count, folder).await,
        "queued" => queued(count, folder).await,
        _ => return None,
    };
    measured["peak_mb"] = json!(memory::peak_mb());
    measured["processor_ms"] = json!(memory::processor_ms());
    measured["written_mb"] = json!(memory::written_mb());
    Some(measured)
}

/// A new booth finds `count` pictures and queues all of them for every target; none can be reached.
async fn fill(count: usize, folder: &Path) -> Value {
    std::fs::create_dir_all(booth::media(folder)).expect("the folder can be made");
    booth::take_pictures(folder, count, true).expect("pictures can be written");
    let begun = Instant::now();
    let booth = Booth::start(folder, (0..TARGETS).map(|_| Err("not loaded".into())).collect()).await;
    booth.until(|target| target.wanted == count as u64).await;
    let ms = ms(begun.elapsed());
    booth.stop().await;
    json!({ "ms": ms })
}

/// Nothing changed: what a full sync costs, and what a plan of every item for every target.
async fn rescan(count: usize, folder: &Path) -> Value {
    let targets: Vec<_> = (0..TARGETS).map(|_| Free::new(Kind::HoldsAll(booth::media(folder)))).collect();
    let booth =
        Booth::start(folder, targets.iter().map(|target| Ok(target.clone() as Arc<dyn Target>)).collect())
            .await;
    booth.until(|target| target.held == count as u64 && target.running == 0).await;
    let taking_over = memory::peak_mb();
    let calls = || targets.iter().map(|target| target.calls()).sum::<u64>();
    let before = calls();
    let mut rescans = Vec::new();
    for _ in 0..TIMES {
        let begun = Instant::now();
        booth.engine.sync(None).await.expect("a sync can be ordered");
        rescans.push(ms(begun.elapsed()));
    }
    let called = calls() - before;
    // An order that changes the rules of every target has all of them planned anew.
    let mut plans = Vec::new();
    for number in 0..TIMES.min(count) {
        let key = MediaKey::new(&format!("20260101-120000-{number:06}.jpg")).expect("a plain name");
        let begun = Instant::now();
        booth.engine.offline(&key).await.expect("a picture can be taken off");
        plans.push(ms(begun.elapsed()));
    }
    booth.stop().await;
    json!({ "rescan_ms": median(rescans), "plan_ms": median(plans), "calls": called, "taken_over_mb": taking_over })
}

/// From the opening of the database until the first upload, with everything waiting.
async fn start(folder: &Path) -> Value {
    let target = Free::new(Kind::Takes);
    let begun = Instant::now();
    let booth = Booth::start(folder, vec![Ok(target.clone() as Arc<dyn Target>)]).await;
    while target.first_put().is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let first = target.first_put().unwrap_or(begun);
    booth.stop().await;
    json!({ "ms": ms(first - begun) })
}

/// `count` pictures are written at once into a booth that runs; until every one of them is taken in, and
/// until the target has them.
async fn dropped(count: usize, folder: &Path) -> Value {
    std::fs::create_dir_all(booth::media(folder)).expect("the folder can be made");
    let target = Free::new(Kind::Takes);
    let booth = Booth::start(folder, vec![Ok(target.clone() as Arc<dyn Target>)]).await;
    booth.engine.sync(None).await.expect("a sync can be ordered");
    let before = memory::now_mb();
    let begun = Instant::now();
    let pictures = folder.to_path_buf();
    let writing = tokio::task::spawn_blocking(move || booth::take_pictures(&pictures, count, false));
    writing.await.expect("writing does not panic").expect("pictures can be written");
    let written = ms(begun.elapsed());
    booth.until(|target| target.wanted == count as u64).await;
    let seen = ms(begun.elapsed());
    // Asking for the status again and again would be measured too.
    while target.calls() < count as u64 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let held = ms(begun.elapsed());
    booth.until(|target| target.held == count as u64).await;
    booth.stop().await;
    json!({
        "written_ms": written, "seen_ms": seen, "held_ms": held, "calls": target.calls(),
        "grown_mb": memory::peak_mb() - before
    })
}

/// Memory while everything waits for a target that is out of reach.
async fn queued(count: usize, folder: &Path) -> Value {
    let target = Free::new(Kind::Away);
    let booth = Booth::start(folder, vec![Ok(target.clone() as Arc<dyn Target>)]).await;
    booth.until(|target| target.pending == count as u64).await;
    booth.engine.sync(None).await.expect("a sync can be ordered");
    let mut resting = Vec::new();
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        resting.push(memory::now_mb());
    }
    booth.stop().await;
    json!({ "resting_mb": median(resting) })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
