//! What plugins say: lines in the program's log, rate-limited, cut, cleaned and without secrets.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use tracing::{debug, enabled, error, info, warn};

use crate::limits::{LOG_BURST, LOG_LINE_BYTES, LOG_PER_SECOND, STDERR_TAIL_BYTES};
use crate::text::{Redactor, escape};

/// How important a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

/// The log of one target or page. All of its calls share the rate limit.
pub(crate) struct LineLog {
    plugin: String,
    owner: String,
    redactor: Redactor,
    bucket: Mutex<Bucket>,
}

impl LineLog {
    /// Lines of `plugin` in the service of the target or page `owner`.
    pub fn new(plugin: &str, owner: &str, redactor: Redactor) -> Self {
        let bucket = Mutex::new(Bucket::full(Instant::now()));
        Self { plugin: plugin.into(), owner: owner.into(), redactor, bucket }
    }

    /// What takes secrets out of this owner's texts.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Writes one line, unless there were too many.
    pub fn write(&self, level: Level, message: &str) {
        // What nobody would see takes nothing from the lines that somebody does.
        if level == Level::Debug && !enabled!(tracing::Level::DEBUG) {
            return;
        }
        let Some(dropped) = locked(&self.bucket).take(Instant::now()) else { return };
        if dropped > 0 {
            self.emit(
                Level::Warn,
                &format!("{dropped} lines of this plugin were left out, it logs too much"),
            );
        }
        self.emit(level, &self.redactor.clean(message, LOG_LINE_BYTES));
    }

    fn emit(&self, level: Level, line: &str) {
        let (plugin, owner) = (self.plugin.as_str(), self.owner.as_str());
        match level {
            Level::Debug => debug!(plugin.name = plugin, target.name = owner, "{plugin}: {line}"),
            Level::Info => info!(plugin.name = plugin, target.name = owner, "{plugin}: {line}"),
            Level::Warn => warn!(plugin.name = plugin, target.name = owner, "{plugin}: {line}"),
            Level::Error => error!(plugin.name = plugin, target.name = owner, "{plugin}: {line}"),
        }
    }
}

/// Tokens for lines: a burst, then so many a second.
struct Bucket {
    tokens: f64,
    filled: Instant,
    dropped: u64,
}

impl Bucket {
    fn full(now: Instant) -> Self {
        Self { tokens: f64::from(LOG_BURST), filled: now, dropped: 0 }
    }

    /// `None`: not now. Otherwise how many lines were refused since the last one.
    fn take(&mut self, now: Instant) -> Option<u64> {
        let more = now.duration_since(self.filled).as_secs_f64() * f64::from(LOG_PER_SECOND);
        self.tokens = (self.tokens + more).min(f64::from(LOG_BURST));
        self.filled = now;
        if self.tokens < 1.0 {
            self.dropped += 1;
            return None;
        }
        self.tokens -= 1.0;
        Some(std::mem::take(&mut self.dropped))
    }
}

/// Standard output or standard error of one call: bytes in, lines out. Never fills up.
#[derive(Clone)]
pub(crate) struct Console {
    log: Arc<LineLog>,
    level: Level,
    buffer: Arc<Mutex<Buffer>>,
}

#[derive(Default)]
struct Buffer {
    line: Vec<u8>,
    tail: VecDeque<u8>,
    /// There was more before the tail.
    cut: bool,
}

impl Console {
    /// Lines go to `log` with `level`.
    pub fn new(log: Arc<LineLog>, level: Level) -> Self {
        Self { log, level, buffer: Arc::default() }
    }

    /// Takes bytes as the guest writes them.
    pub fn feed(&self, bytes: &[u8]) {
        let reach = self.log.redactor.reach();
        let mut buffer = locked(&self.buffer);
        buffer.remember(bytes, STDERR_TAIL_BYTES + reach);
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            // What a line has beyond this is lost; the line is shown cut.
            let room = (LOG_LINE_BYTES + reach).saturating_sub(buffer.line.len());
            buffer.line.extend(part.iter().filter(|byte| **byte != b'\n').take(room));
            if part.ends_with(b"\n") {
                self.end_line(&mut buffer);
            }
        }
    }

    /// Writes what stands in an unfinished line.
    pub fn finish(&self) {
        let mut buffer = locked(&self.buffer);
        if !buffer.line.is_empty() {
            self.end_line(&mut buffer);
        }
    }

    /// The last of what was written, clean, with ` | ` between lines.
    pub fn tail(&self) -> String {
        let (bytes, cut) = {
            let buffer = locked(&self.buffer);
            (buffer.tail.iter().copied().collect::<Vec<u8>>(), buffer.cut)
        };
        let (redactor, text) = (&self.log.redactor, String::from_utf8_lossy(&bytes));
        let text = if cut { redactor.redact_rest(&text) } else { redactor.redact(&text) };
        let from = text.ceil_char_boundary(text.len().saturating_sub(STDERR_TAIL_BYTES));
        let lines = text[from..].lines().map(|line| escape(line.trim())).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join(" | ")
    }

    fn end_line(&self, buffer: &mut Buffer) {
        let line = std::mem::take(&mut buffer.line);
        let text = String::from_utf8_lossy(&line);
        if !text.trim().is_empty() {
            self.log.write(self.level, text.trim_end());
        }
    }
}

impl Buffer {
    fn remember(&mut self, bytes: &[u8], most: usize) {
        let fresh = &bytes[bytes.len().saturating_sub(most)..];
        self.tail.extend(fresh);
        let over = self.tail.len().saturating_sub(most);
        self.cut |= over > 0 || fresh.len() < bytes.len();
        self.tail.drain(..over);
    }
}

/// A lock that a panic elsewhere does not close for good.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::secret::Secret;

    fn console() -> Console {
        let redactor = Redactor::new(&[Secret::new("hunter2")]);
        Console::new(Arc::new(LineLog::new("p", "t", redactor)), Level::Warn)
    }

    #[test]
    fn a_flood_of_lines_is_held_back_and_counted() {
        let start = Instant::now();
        let mut bucket = Bucket::full(start);
        let passed = (0..1000).filter(|_| bucket.take(start).is_some()).count();
        assert_eq!(passed, LOG_BURST as usize);
        let later = start + Duration::from_secs(1);
        assert_eq!(bucket.take(later), Some(1000 - u64::from(LOG_BURST)));
        assert_eq!(bucket.take(later), Some(0));
    }

    #[test]
    fn the_tail_holds_the_end_without_secrets() {
        let console = console();
        console.feed(&b"x\n".repeat(1_000_000));
        console.feed(b"password hunter2\nthe end");
        let tail = console.tail();
        assert!(tail.ends_with("password *** | the end"), "{tail}");
        assert!(tail.len() <= 3 * STDERR_TAIL_BYTES);
    }

    #[test]
    fn the_tail_does_not_begin_with_the_end_of_a_secret() {
        for more in 0..20 {
            let console = console();
            console.feed("hunter2 ".repeat(4_000).as_bytes());
            console.feed("x".repeat(more).as_bytes());
            let tail = console.tail();
            assert!(!tail.contains(['h', 'u', 'n', 't', 'e', 'r', '2']), "{tail}");
        }
    }

    #[test]
    fn a_line_without_end_takes_no_memory_without_end() {
        let console = console();
        for _ in 0..1000 {
            console.feed(&[b'x'; 1000]);
        }
        assert!(locked(&console.buffer).line.len() <= LOG_LINE_BYTES + console.log.redactor.reach());
        console.finish();
        assert!(locked(&console.buffer).line.is_empty());
    }
}
