//! Follows the service: its log, line by line, and its queue.

use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::board::Word;
use super::booth::Step;
use crate::http;
use crate::servers::pause;
use crate::service_log::{self, Uploaded};

/// What reaches the demo's loop.
#[derive(Debug)]
pub enum News {
    /// The booth did something.
    Booth(Step),
    /// The booth is done, or could not go on.
    BoothEnded(Result<()>),
    /// The service told something, at this moment.
    Service(Word, Instant),
    /// Ctrl-C.
    Stop,
}

/// The prefix of every object that is a media item.
const MEDIA: &str = "media/";

/// What to do with each line of the service's log: tell of every upload.
pub fn log(tell: Sender<News>) -> impl FnMut(&str, Instant) + Send + 'static {
    move |line, now| {
        if let Some(word) = service_log::uploaded(line).and_then(of_a_picture) {
            // Nobody listens only when the demo is ending already.
            let _ = tell.send(News::Service(word, now));
        }
    }
}

/// Pages are uploaded too, but the booth did not take them.
fn of_a_picture(uploaded: Uploaded) -> Option<Word> {
    let key = uploaded.path.strip_prefix(MEDIA)?.to_owned();
    Some(Word::Uploaded { key, size_bytes: uploaded.size_bytes })
}

/// Looks into the queue again and again, until nobody wants to know any more.
pub fn queue(socket: PathBuf, tell: Sender<News>) {
    thread::spawn(move || {
        loop {
            let rows = look(&socket).unwrap_or_default();
            if tell.send(News::Service(Word::Queue(rows), Instant::now())).is_err() {
                return;
            }
            pause(Duration::from_millis(25));
        }
    });
}

fn look(socket: &Path) -> Result<Vec<(String, bool)>> {
    let patience = Some(Duration::from_secs(5));
    let rows = http::over_socket(socket, "GET", "/api/v1/queue?limit=1000", patience)?.json()?;
    let row = |row: &serde_json::Value| {
        let key = row["path"].as_str()?.strip_prefix(MEDIA)?.to_owned();
        // What is uncertain is what a call is working on.
        Some((key, row["state"] == "running" || row["work"] == "resolve"))
    };
    Ok(rows.as_array().map(|rows| rows.iter().filter_map(row).collect()).unwrap_or_default())
}
