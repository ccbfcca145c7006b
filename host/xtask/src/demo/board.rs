//! What is known of every picture, put together from what the booth did and what the service tells.

use std::time::{Duration, Instant};

use super::booth::{Order, Step};

/// How far a picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The booth writes it.
    Coming,
    /// The service knows that it is to be uploaded.
    Seen,
    /// The component works on it.
    Uploading,
    /// The target has it, this long after it was closed; for what somebody else put there, after it was seen.
    Online(Duration),
}

/// One picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its path below the media folder.
    pub key: String,
    /// How it came; `None` for what somebody else put there.
    pub order: Option<Order>,
    /// Size in bytes and the moment it was closed, as soon as it is as it will stay.
    pub closed: Option<(u64, Instant)>,
    /// How far it is.
    pub stage: Stage,
    /// When the service was first seen to know of it.
    pub seen: Option<Instant>,
}

/// What the service tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// Everything in its queue: key, and whether a call for it is under way.
    Queue(Vec<(String, bool)>),
    /// The target has this many bytes under this key.
    Uploaded {
        /// The picture's path below the media folder.
        key: String,
        /// The size of what was uploaded.
        size_bytes: u64,
    },
}

/// All pictures, in the order in which they came.
#[derive(Debug, Default)]
pub struct Board {
    pictures: Vec<Picture>,
    /// Uploads that were told of before the booth said that the picture is complete.
    early: Vec<(String, u64, Instant)>,
}

impl Board {
    /// All pictures.
    pub fn pictures(&self) -> &[Picture] {
        &self.pictures
    }

    /// Whether every picture so far is online.
    pub fn all_online(&self) -> bool {
        self.pictures.iter().all(|picture| matches!(picture.stage, Stage::Online(_)))
    }

    /// Takes what the booth did; returns the place of a picture that went online with it.
    pub fn booth(&mut self, step: Step) -> Option<usize> {
        match step {
            Step::Begun(order) => {
                let at = self.place(&order.key);
                self.pictures[at].order = Some(order);
                None
            }
            Step::Done { key, size_bytes, closed } => {
                let at = self.place(&key);
                self.pictures[at].closed = Some((size_bytes, closed));
                let early = self.early.iter().find(|(of, size, _)| *of == key && *size == size_bytes);
                let when = early.map(|(_, _, when)| *when)?;
                self.online(at, when)
            }
        }
    }

    /// Takes what the service told at `now`; returns the places of pictures that went online with it.
    pub fn service(&mut self, word: Word, now: Instant) -> Vec<usize> {
        match word {
            Word::Queue(rows) => {
                for (key, running) in rows {
                    self.queued(&key, running, now);
                }
                Vec::new()
            }
            Word::Uploaded { key, size_bytes } => {
                let at = self.place(&key);
                let picture = &mut self.pictures[at];
                if picture.order.is_none() {
                    picture.closed = Some((size_bytes, picture.seen.unwrap_or(now)));
                }
                match picture.closed {
                    Some((size, _)) if size == size_bytes => self.online(at, now).into_iter().collect(),
                    Some(_) => Vec::new(),
                    None => {
                        self.early.push((key, size_bytes, now));
                        Vec::new()
                    }
                }
            }
        }
    }

    fn queued(&mut self, key: &str, running: bool, now: Instant) {
        let at = self.place(key);
        let picture = &mut self.pictures[at];
        if matches!(picture.stage, Stage::Online(_)) {
            return;
        }
        picture.seen = picture.seen.or(Some(now));
        picture.stage = if running { Stage::Uploading } else { Stage::Seen };
    }

    fn online(&mut self, at: usize, when: Instant) -> Option<usize> {
        let picture = &mut self.pictures[at];
        let closed = picture.closed.map_or(when, |(_, closed)| closed);
        let before =
            std::mem::replace(&mut picture.stage, Stage::Online(when.saturating_duration_since(closed)));
        (!matches!(before, Stage::Online(_))).then_some(at)
    }

    fn place(&mut self, key: &str) -> usize {
        if let Some(at) = self.pictures.iter().position(|picture| picture.key == key) {
            return at;
        }
        let key = key.to_owned();
        self.pictures.push(Picture { key, order: None, closed: None, stage: Stage::Coming, seen: None });
        self.pictures.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::booth::orders;

    fn uploaded(key: &str, size_bytes: u64) -> Word {
        Word::Uploaded { key: key.into(), size_bytes }
    }

    #[test]
    fn a_picture_goes_online_when_its_last_content_was_uploaded() {
        let order = orders(1).remove(0);
        let (key, start) = (order.key.clone(), Instant::now());
        let mut board = Board::default();
        board.booth(Step::Begun(order));
        board.service(Word::Queue(vec![(key.clone(), true)]), start);
        assert!(board.service(uploaded(&key, 10), start).is_empty());
        assert_eq!(board.booth(Step::Done { key: key.clone(), size_bytes: 20, closed: start }), None);
        assert!(!board.all_online());
        let later = start + Duration::from_millis(300);
        assert_eq!(board.service(uploaded(&key, 20), later), [0]);
        assert_eq!(board.pictures()[0].stage, Stage::Online(Duration::from_millis(300)));
        assert!(board.service(uploaded(&key, 20), later).is_empty());
    }

    #[test]
    fn an_upload_that_was_faster_than_the_booth_could_tell_counts() {
        let order = orders(1).remove(0);
        let (key, start) = (order.key.clone(), Instant::now());
        let mut board = Board::default();
        board.booth(Step::Begun(order));
        board.service(uploaded(&key, 20), start + Duration::from_millis(5));
        let place = board.booth(Step::Done { key, size_bytes: 20, closed: start });
        assert_eq!(place, Some(0));
        assert_eq!(board.pictures()[0].stage, Stage::Online(Duration::from_millis(5)));
    }

    #[test]
    fn what_somebody_else_puts_there_is_shown_too() {
        let mut board = Board::default();
        let start = Instant::now();
        board.service(Word::Queue(vec![("a.jpg".into(), false)]), start);
        assert!(!board.all_online());
        assert_eq!(board.service(uploaded("a.jpg", 1), start + Duration::from_millis(70)), [0]);
        assert_eq!(board.pictures()[0].stage, Stage::Online(Duration::from_millis(70)));
    }
}
