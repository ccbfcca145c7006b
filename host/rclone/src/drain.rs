//! Takes in what a child writes: always, so that it never blocks on a full pipe, and redacted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::sync::Notify;
use tracing::{debug, error, info, warn};

use crate::redact::Redactor;

/// Longer lines are cut.
const LONGEST_LINE_BYTES: usize = 8 * 1024;
/// How many of the last complaints are kept for the reason of an end.
const KEPT_COMPLAINTS: usize = 2;

const LEVELS: [&str; 9] =
    ["DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY", "Error"];

/// How an ERROR ends or what it holds when a connection broke that was there before.
const BROKEN: [&str; 3] = ["broken pipe", "connection reset by peer", "use of closed network connection"];

/// What a child said that somebody acts on. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Heard {
    complaints: Arc<Mutex<VecDeque<String>>>,
    broken_connection: Arc<Notify>,
}

impl Heard {
    fn complaint(&self, complaint: &str) {
        if BROKEN.iter().any(|mark| complaint.contains(mark)) || complaint.ends_with("EOF") {
            self.broken_connection.notify_one();
        }
        let mut kept = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.back().is_some_and(|last| complaint.ends_with(last.as_str())) {
            return;
        }
        kept.push_back(complaint.into());
        if kept.len() > KEPT_COMPLAINTS {
            kept.pop_front();
        }
    }

    /// The last complaints as one text; `None` if there were none.
    pub(crate) fn last_words(&self) -> Option<String> {
        let kept = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        (!kept.is_empty()).then(|| kept.iter().map(String::as_str).collect::<Vec<_>>().join("; "))
    }

    /// Resolves when a connection broke since the last call.
    pub(crate) async fn broken_connection(&self) {
        self.broken_connection.notified().await;
    }
}

/// Reads `output` to its end into the log.
pub(crate) async fn drain(output: impl AsyncRead + Unpin, redactor: Redactor, heard: Heard) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while next_line(&mut output, &mut line).await {
        let text = redactor.line(String::from_utf8_lossy(&line).trim_end());
        write(&text, &heard);
    }
}

/// Fills `line` with the next line, cut to the longest that is kept. `false` at the end.
async fn next_line(output: &mut (impl AsyncBufReadExt + Unpin), line: &mut Vec<u8>) -> bool {
    line.clear();
    loop {
        let Ok(portion) = output.fill_buf().await else { return false };
        if portion.is_empty() {
            return !line.is_empty();
        }
        let end = portion.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(portion.len());
        let room = LONGEST_LINE_BYTES - line.len();
        line.extend_from_slice(&portion[..taken.min(room)]);
        output.consume(end.map_or(taken, |at| at + 1));
        if end.is_some() {
            return true;
        }
    }
}

fn write(line: &str, heard: &Heard) {
    if line.is_empty() {
        return;
    }
    let (level, message) = split(line);
    match level {
        // So does every new web space answer; whoever asked knows what it means.
        "ERROR" if message.ends_with("directory not found") => debug!(target: "rclone", "{message}"),
        // One failed transfer is an ERROR to rclone; whoever asked for it decides how bad it is.
        "ERROR" => {
            heard.complaint(message);
            warn!(target: "rclone", "{message}");
        }
        "CRITICAL" | "ALERT" | "EMERGENCY" | "Error" => {
            heard.complaint(message);
            error!(target: "rclone", "{message}");
        }
        "NOTICE" if message.starts_with("Fatal error") => {
            heard.complaint(message);
            error!(target: "rclone", "{message}");
        }
        "NOTICE" | "WARNING" => info!(target: "rclone", "{message}"),
        _ => debug!(target: "rclone", "{message}"),
    }
}

/// Splits `2026/11/22 15:15:59 NOTICE: text` into level and text; a line of another shape is all text.
/// Before its log is set up, rclone writes levels as `ERROR+4 text`.
fn split(line: &str) -> (&str, &str) {
    let undated = match line.get(..20) {
        Some(date) if date.starts_with(|c: char| c.is_ascii_digit()) && date.ends_with(' ') => &line[20..],
        _ => line,
    };
    let end = undated.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(undated.len());
    let (level, rest) = undated.split_at(end);
    if !LEVELS.contains(&level) {
        return ("", undated);
    }
    let rest =
        rest.strip_prefix('+').map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    (level, rest.trim_start_matches([' ', ':']).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Endpoint;

    #[test]
    fn level_and_text_are_told_apart() {
        for (line, level, text) in [
            ("2026/11/22 15:15:59 NOTICE: Serving on http://x/", "NOTICE", "Serving on http://x/"),
            ("2026/11/22 15:15:59 ERROR : 530 no", "ERROR", "530 no"),
            ("2026/11/22 15:15:59 DEBUG : rc: \"a\"", "DEBUG", "rc: \"a\""),
            ("2026/11/22 15:29:33 ERROR+4 Failed to load", "ERROR", "Failed to load"),
            ("a=b: no level", "", "a=b: no level"),
            ("Error: unknown flag: --x", "Error", "unknown flag: --x"),
            ("      --rc-pass string  Password", "", "      --rc-pass string  Password"),
            ("ü🎉ü🎉ü🎉ü🎉ü🎉ü🎉ü🎉 no level", "", "ü🎉ü🎉ü🎉ü🎉ü🎉ü🎉ü🎉 no level"),
        ] {
            assert_eq!(split(line), (level, text));
        }
    }

    #[tokio::test]
    async fn an_endless_line_is_cut_and_the_last_complaints_are_kept() {
        let mut output = vec![b'x'; 100_000];
        output.extend_from_slice(b"\n2026/11/22 15:15:59 ERROR : one\n2026/11/22 15:15:59 CRITICAL: two\n2026/11/22 15:15:59 NOTICE: Fatal error: two\n");
        let mut reader = BufReader::new(output.as_slice());
        let mut line = Vec::new();
        assert!(next_line(&mut reader, &mut line).await);
        assert_eq!(line.len(), LONGEST_LINE_BYTES);
        let heard = Heard::default();
        drain(output.as_slice(), Redactor::of(&Endpoint::fresh(1)), heard.clone()).await;
        assert_eq!(heard.last_words().unwrap(), "one; two");
    }

    #[tokio::test(start_paused = true)]
    async fn a_broken_connection_is_told_from_a_server_that_is_away() {
        for (complaint, broken) in [
            (
                "05.jpg: Failed to copy: mkdir \"a\" failed: write tcp 127.0.0.1:1->127.0.0.1:2: write: broken pipe",
                true,
            ),
            ("04.jpg: Failed to copy: Put mkParentDir failed: EOF", true),
            ("dial tcp 127.0.0.1:2: connect: connection refused", false),
            ("EOF.jpg: Failed to copy: 550 \"no\"", false),
        ] {
            let heard = Heard::default();
            heard.complaint(complaint);
            let told =
                tokio::time::timeout(std::time::Duration::from_secs(1), heard.broken_connection()).await;
            assert_eq!(told.is_ok(), broken, "{complaint}");
        }
    }
}
