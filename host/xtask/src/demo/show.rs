//! What a person sees: live lines for what is under way, permanent ones for what is done.

use std::collections::HashMap;
use std::time::Duration;

use console::style;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::board::{Picture, Stage};
use super::verdict::Verdict;
use crate::media::Kind;

/// The terminal. Without one, only permanent lines are printed.
pub struct Show {
    live: MultiProgress,
    lines: HashMap<String, ProgressBar>,
}

impl Show {
    /// Nothing is under way yet.
    pub fn new() -> Self {
        Self { live: MultiProgress::new(), lines: HashMap::new() }
    }

    /// Shows how far the pictures are that are under way.
    pub fn refresh(&mut self, pictures: &[Picture]) {
        for picture in pictures {
            if matches!(picture.stage, Stage::Online(_)) {
                continue;
            }
            let live = &self.live;
            let line = self.lines.entry(picture.key.clone()).or_insert_with(|| spinner(live));
            line.set_message(format!("{:<32} {}", picture.key, under_way(picture)));
        }
    }

    /// Ends a picture's live line and prints its permanent one.
    pub fn online(&mut self, picture: &Picture, link: Option<&str>) {
        if let Some(line) = self.lines.remove(&picture.key) {
            line.finish_and_clear();
        }
        let Stage::Online(took) = picture.stage else { return };
        let how = picture.order.as_ref().map_or("put there by somebody else", |order| order.habit.words());
        let size = picture.closed.map_or(String::new(), |(size, _)| kilobytes(size));
        self.print(&format!(
            "{} {:<32} {:>7}  {:<26} {}",
            style("✓").green(),
            picture.key,
            size,
            how,
            style(format!("online after {}", seconds(took))).bold()
        ));
        if let Some(link) = link {
            self.print(&format!("  {}", style(link).dim()));
        }
    }

    /// Prints a line above what is under way.
    pub fn print(&self, line: &str) {
        self.live.suspend(|| println!("{line}"));
    }
}

fn spinner(live: &MultiProgress) -> ProgressBar {
    let template =
        ProgressStyle::with_template("{spinner:.cyan} {msg}").expect("the template is well-formed");
    let line = live.add(ProgressBar::new_spinner().with_style(template));
    line.enable_steady_tick(Duration::from_millis(80));
    line
}

fn under_way(picture: &Picture) -> String {
    match picture.stage {
        Stage::Coming => style("the booth writes").dim().to_string(),
        Stage::Seen if picture.closed.is_none() => "seen, and still being written".into(),
        Stage::Seen => format!("seen{}", since(picture)),
        Stage::Uploading => format!("{}{}", style("uploading").cyan(), since(picture)),
        Stage::Online(_) => String::new(),
    }
}

/// How long it has been complete.
fn since(picture: &Picture) -> String {
    picture.closed.map_or(String::new(), |(_, closed)| format!(", {}", seconds(closed.elapsed())))
}

/// The closing table and what it comes to.
pub fn summary(verdicts: &[Verdict]) -> String {
    let mark = |good: bool, yes: &str, no: &str| {
        if good { style(format!("{yes:<11}")).green() } else { style(format!("{no:<11}")).red() }
    };
    let mut text = format!(
        "\n{:<32} {:>7}  {:<12}  {:<11} {:<11} {:<11} {:>8}\n",
        "picture", "size", "sha256", "on server", "by link", "component", "took"
    );
    for verdict in verdicts {
        text += &format!(
            "{:<32} {:>7}  {}  {} {} {} {:>8}\n",
            verdict.key,
            kilobytes(verdict.size_bytes),
            &verdict.digest[..12],
            mark(verdict.on_server, "identical", "DIFFERENT"),
            mark(verdict.through_link, "identical", "DIFFERENT"),
            mark(verdict.through_component, "rclone", "NOT SEEN"),
            verdict.took.map_or("never".into(), seconds),
        );
    }
    let good = verdicts.iter().filter(|verdict| verdict.good()).count();
    text + &closing(good, verdicts.len())
}

fn closing(good: usize, all: usize) -> String {
    let text = format!(
        "{good} of {all} pictures arrived byte by byte, each through the sandboxed component `rclone`."
    );
    if good == all {
        return style(text).green().bold().to_string();
    }
    style(format!("Only {good} of {all} pictures are as they should be.")).red().bold().to_string()
}

/// What kinds of pictures there were.
pub fn kinds(pictures: &[Picture]) -> String {
    let of = |kind: Kind, words: &str| {
        let is_it = |picture: &&Picture| picture.order.as_ref().is_some_and(|order| order.kind == kind);
        let count = pictures.iter().filter(is_it).count();
        (count > 0).then(|| format!("{count} x {words}"))
    };
    let kinds = [
        of(Kind::Photo, "JPEG with EXIF"),
        of(Kind::Animation, "animated GIF"),
        of(Kind::Video, "Motion-JPEG video"),
    ];
    kinds.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn kilobytes(size_bytes: u64) -> String {
    format!("{} kB", size_bytes.div_ceil(1000))
}

fn seconds(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        return format!("{} ms", time.as_millis());
    }
    format!("{:.2} s", time.as_secs_f64())
}
