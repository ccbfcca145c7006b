//! Drops pictures into the media folder the way booth apps do.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::media::Kind;
use crate::servers::pause;

/// How a booth app brings a picture into the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// All at once.
    Whole,
    /// In place, in several writes with time between them.
    Slowly,
    /// Under a temporary name first, then renamed.
    Renamed,
    /// Whole, and a moment later again with other content, as when a filter is applied.
    Rewritten,
}

impl Habit {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Whole => "written at once",
            Self::Slowly => "written slowly in place",
            Self::Renamed => "renamed into place",
            Self::Rewritten => "written, then rewritten",
        }
    }
}

/// One picture to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its path below the media folder.
    pub key: String,
    /// What it is.
    pub kind: Kind,
    /// How it comes.
    pub habit: Habit,
    seed: u64,
}

/// What a booth makes of `count` guests: mostly photos, with an animation and a video among them.
pub fn orders(count: usize) -> Vec<Order> {
    const HABITS: [Habit; 4] = [Habit::Slowly, Habit::Renamed, Habit::Whole, Habit::Rewritten];
    let order = |number: usize| {
        let kind = match number % 12 {
            4 => Kind::Animation,
            8 => Kind::Video,
            _ => Kind::Photo,
        };
        let folder = if number % 12 == 10 { "camera_original" } else { "processed_full" };
        let key = format!("{folder}/party-{:04}.{}", number + 1, kind.extension());
        Order { key, kind, habit: HABITS[(number + number / 4) % 4], seed: number as u64 }
    };
    (0..count).map(order).collect()
}

/// What the booth tells while it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The first byte of a picture is about to be written.
    Begun(Order),
    /// The picture is as it will stay: closed or renamed into place at this moment.
    Done {
        /// Its path below the media folder.
        key: String,
        /// Its size in bytes.
        size_bytes: u64,
        /// When it was closed.
        closed: Instant,
    },
}

/// A picture that was taken, and how it comes into the folder.
pub struct Taken {
    order: Order,
    content: Vec<u8>,
    /// What is written first, and then written over.
    draft: Option<Vec<u8>>,
}

/// Makes the pictures ahead of time, so that the booth's work does not compete with their uploads.
pub fn take(orders: Vec<Order>) -> Receiver<Taken> {
    const AHEAD: usize = 16;
    let (ready, taken) = sync_channel(AHEAD);
    thread::spawn(move || {
        for order in orders {
            let content = order.kind.make(order.seed);
            let draft = (order.habit == Habit::Rewritten).then(|| order.kind.make(order.seed + 1_000));
            if ready.send(Taken { order, content, draft }).is_err() {
                break;
            }
        }
    });
    taken
}

/// Drops all pictures, one after the other, and tells of each. Stops when `tell` says so.
pub fn work(media: &Path, taken: Receiver<Taken>, tell: impl Fn(Step) -> bool) -> Result<()> {
    for picture in taken {
        let key = picture.order.key.clone();
        if !tell(Step::Begun(picture.order.clone())) {
            break;
        }
        drop_one(media, &picture).with_context(|| format!("could not write {key}"))?;
        let closed = Instant::now();
        if !tell(Step::Done { key, size_bytes: picture.content.len() as u64, closed }) {
            break;
        }
        pause(Duration::from_millis(400));
    }
    Ok(())
}

fn drop_one(media: &Path, picture: &Taken) -> Result<()> {
    let path = media.join(&picture.order.key);
    fs::create_dir_all(path.parent().context("a picture lies in a folder")?)?;
    match picture.order.habit {
        Habit::Whole => fs::write(&path, &picture.content)?,
        Habit::Slowly => write_slowly(&path, &picture.content)?,
        Habit::Renamed => {
            let temporary = path.with_extension("part");
            fs::write(&temporary, &picture.content)?;
            fs::rename(&temporary, &path)?;
        }
        Habit::Rewritten => {
            fs::write(&path, picture.draft.as_deref().unwrap_or_default())?;
            pause(Duration::from_millis(400));
            fs::write(&path, &picture.content)?;
        }
    }
    Ok(())
}

fn write_slowly(path: &Path, content: &[u8]) -> Result<()> {
    let mut file = File::create(path)?;
    for portion in content.chunks(content.len() / 5 + 1) {
        file.write_all(portion)?;
        pause(Duration::from_millis(150));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dozen_has_every_kind_and_every_habit() {
        let orders = orders(12);
        assert_eq!(orders.len(), 12);
        for kind in [Kind::Photo, Kind::Animation, Kind::Video] {
            assert!(orders.iter().any(|order| order.kind == kind), "{kind:?}");
        }
        for habit in [Habit::Whole, Habit::Slowly, Habit::Renamed, Habit::Rewritten] {
            assert!(orders.iter().filter(|order| order.habit == habit).count() >= 2, "{habit:?}");
        }
    }

    #[test]
    fn whatever_the_habit_the_picture_lies_there_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let orders = orders(4);
        work(folder.path(), take(orders.clone()), |_| true).unwrap();
        for order in &orders {
            let lies_there = fs::read(folder.path().join(&order.key)).unwrap();
            assert!(lies_there == order.kind.make(order.seed), "{order:?}");
        }
        assert_eq!(fs::read_dir(folder.path().join("processed_full")).unwrap().count(), 4);
    }
}
