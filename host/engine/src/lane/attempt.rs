//! One attempt: the call for one object, and what its end means.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use super::{Shared, links};
use crate::blob::{Blob, Root};
use crate::call::Call;
use crate::failure::Failure;
use crate::inventory::same_content;
use crate::media::{Look, MediaFolder, OpenError};
use crate::naming::media_type;
use crate::object::{Object, Receipt};
use crate::rules::Rules;
use crate::settings::Mode;
use crate::store::{AttemptRow, Due, Finish, Work};
use crate::target::Target;
use crate::version::Version;
use crate::view::EventKind;

/// How soon to look again at a file that is not as it was when it was planned.
const LOOK_AGAIN_MS: i64 = 2_000;
/// Longest message that is kept of a failure, in characters.
const MESSAGE_CHARS: usize = 600;
/// After so many faults of the plugin in a row on one object, the object waits for a reason.
const FAULTS: u32 = 2;

/// What an attempt says about the target.
pub(super) enum Outcome {
    /// It did what it was asked.
    Done {
        /// How long the call took, milliseconds.
        took_ms: u64,
    },
    /// Nothing: it was not asked.
    NotCalled,
    /// It failed.
    Failed(Failure),
}

pub(super) struct Attempt {
    shared: Shared,
    rules: Arc<Rules>,
    target: Arc<dyn Target>,
    due: Due,
}

/// What came of the call, before it is written down.
enum End {
    Put { version: Version, receipt: Option<Receipt> },
    Deleted,
    NotCalled(Finish),
    Unreadable(String),
    Failed(Failure),
}

impl Attempt {
    pub fn new(shared: Shared, rules: Arc<Rules>, target: Arc<dyn Target>, due: Due) -> Self {
        Self { shared, rules, target, due }
    }

    /// Attempts that failed before this one.
    pub fn failures(&self) -> u32 {
        self.due.attempts
    }

    /// Makes the call and writes down how it ended; a failure is tried again after `wait`.
    pub async fn run(self, call: Call, wait: Duration) -> Outcome {
        let (started_ms, started) = (self.shared.now_ms(), Instant::now());
        let end = match self.due.work.clone() {
            Work::Delete => self.delete(&call).await,
            Work::Put(version) => self.put(&call, version).await,
            Work::Resolve(version) => self.resolve(&call, version).await,
        };
        let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.write_down(end, started_ms, took_ms, wait).await
    }

    async fn delete(&self, call: &Call) -> End {
        if !self.due.item.present && !self.is_still_gone().await {
            return self.look_again();
        }
        match self.target.delete(call, &self.due.path, self.due.receipt.as_ref()).await {
            Ok(()) => End::Deleted,
            Err(failure) => End::Failed(failure),
        }
    }

    /// The file may be back since it was found to be gone: with an old database even long since.
    async fn is_still_gone(&self) -> bool {
        let key = self.due.item.key.clone();
        let look = self.folder().off_task(move |folder| folder.look(&key)).await;
        self.due.item.root == Root::Pages || matches!(look, Ok(Look::Absent | Look::NotPlain))
    }

    /// An abandoned put may have finished, and asking is cheaper than sending the picture again.
    async fn resolve(&self, call: &Call, version: Version) -> End {
        if self.target.abilities().inventory {
            let found = self.target.stat(call, &self.due.path, self.due.receipt.as_ref()).await;
            match found {
                Ok(Some(entry)) if same_content(&entry, &self.due.item, self.folder()).await => {
                    return End::Put { version, receipt: entry.receipt };
                }
                Ok(_) | Err(Failure::Unsupported(_)) => {}
                Err(failure) => return End::Failed(failure),
            }
        }
        self.put(call, version).await
    }

    async fn put(&self, call: &Call, version: Version) -> End {
        let blob = match self.open().await {
            Ok(blob) => Arc::new(blob),
            Err(problem) => return self.cannot_open(problem),
        };
        let media = self.due.item.root == Root::Media;
        if media && Version::of(blob.identity()) != version {
            // What the filters leave out is not planned anew: an abandoned put of it stays as it is.
            let planned = self.rules.takes(&self.due.item.key);
            return if planned { self.look_again() } else { End::NotCalled(Finish::Unrepeatable) };
        }
        let object = self.object(&blob);
        call.progress.set(0, object.size_bytes);
        let put = self.target.put(call, &object, self.due.receipt.as_ref(), Arc::clone(&blob)).await;
        let receipt = match put {
            Ok(receipt) => receipt,
            Err(failure) => return End::Failed(failure),
        };
        if self.unchanged(&blob).await {
            End::Put { version, receipt: Some(receipt) }
        } else {
            // The target holds something, but nobody can say what: planned anew, and sent again.
            self.ask_for_look();
            End::Put { version: version.overtaken(), receipt: Some(receipt) }
        }
    }

    fn object(&self, blob: &Blob) -> Object {
        Object {
            path: self.due.path.clone(),
            size_bytes: blob.size_bytes(),
            modified: jiff::Timestamp::from_millisecond(self.due.item.modified_ms).unwrap_or_default(),
            media_type: media_type(&self.due.item.key).to_owned(),
            attributes: Vec::new(),
        }
    }

    fn folder(&self) -> &MediaFolder {
        match self.due.item.root {
            Root::Media => &self.shared.media,
            Root::Pages => &self.shared.pages,
        }
    }

    async fn open(&self) -> Result<Blob, OpenError> {
        let key = self.due.item.key.clone();
        let opened = self.folder().off_task(move |folder| folder.open(&key)).await;
        opened.unwrap_or_else(|error| Err(OpenError::Io(std::io::Error::other(error))))
    }

    async fn unchanged(&self, blob: &Blob) -> bool {
        let key = self.due.item.key.clone();
        let look = self.folder().off_task(move |folder| folder.look(&key)).await;
        matches!(look, Ok(Look::Present(now)) if now == *blob.identity())
    }

    fn cannot_open(&self, problem: OpenError) -> End {
        match problem {
            OpenError::Gone if !self.due.item.present && self.rules.settings.mode == Mode::Copy => {
                End::NotCalled(Finish::Unrepeatable)
            }
            OpenError::Gone => self.look_again(),
            OpenError::NotPlain => End::Unreadable("it is not a plain file".into()),
            OpenError::Io(error) => End::Unreadable(format!("the file cannot be read: {error}")),
        }
    }

    fn look_again(&self) -> End {
        self.ask_for_look();
        End::NotCalled(Finish::NotCalled { not_before_ms: self.shared.now_ms() + LOOK_AGAIN_MS })
    }

    fn ask_for_look(&self) {
        if self.due.item.root == Root::Media {
            // The folder's task may have ended already; the next start looks at everything.
            let _ = self.shared.look.send(self.due.item.key.clone());
        }
    }

    async fn write_down(self, end: End, started_ms: i64, took_ms: u64, wait: Duration) -> Outcome {
        let now_ms = self.shared.now_ms();
        let next_ms = now_ms + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        let (finish, told, outcome) = self.judge(end, took_ms, next_ms);
        let failure = match &outcome {
            Outcome::Failed(failure) => Some(failure),
            Outcome::Done { .. } | Outcome::NotCalled => None,
        };
        let row = (!matches!(outcome, Outcome::NotCalled)).then(|| AttemptRow {
            work: self.due.work.as_str(),
            started_ms,
            took_ms,
            outcome: failure.map_or("ok", Failure::kind),
            message: failure.map(|failure| shorten(&failure.to_string())),
            guarded: self.due.guarded,
        });
        let written =
            self.shared.store.finish(self.rules.id, self.due.clone(), finish, row, told, now_ms).await;
        match written {
            Ok(event) => self.shared.tell(event),
            // The row stays uncertain, so the work is done again once the database can be written.
            Err(problem) if problem.is_told() => {}
            Err(problem) => {
                warn!(object.path = %self.due.path, "what came of {} is not written down: {problem}", self.due.path)
            }
        }
        outcome
    }

    fn judge(&self, end: End, took_ms: u64, next_ms: i64) -> (Finish, Option<EventKind>, Outcome) {
        let (target, path) = (self.rules.settings.name.clone(), self.due.path.clone());
        match end {
            End::Put { version, receipt } => {
                let size_bytes = self.due.item.size_bytes;
                info!(target.name = %target, object.path = %path, size_bytes, took_ms, "uploaded {path} to `{target}`");
                let told =
                    EventKind::Online { target, path, key: self.due.key(), size_bytes, call_ms: took_ms };
                let ask_link = self.due.item.root == Root::Media && links::wanted(&self.rules, &*self.target);
                (Finish::Held { version, receipt, ask_link }, Some(told), Outcome::Done { took_ms })
            }
            End::Deleted => {
                info!(target.name = %target, object.path = %path, took_ms, "deleted {path} from `{target}`");
                (
                    Finish::Deleted,
                    Some(EventKind::Deleted { target, path, key: self.due.key() }),
                    Outcome::Done { took_ms },
                )
            }
            End::NotCalled(finish) => (finish, None, Outcome::NotCalled),
            End::Unreadable(text) => {
                let (finish, told) = self.failed(&Failure::Retry(text), next_ms);
                (finish, Some(told), Outcome::NotCalled)
            }
            End::Failed(failure) => {
                let (finish, told) = self.failed(&failure, next_ms);
                (finish, Some(told), Outcome::Failed(failure))
            }
        }
    }

    fn failed(&self, failure: &Failure, next_ms: i64) -> (Finish, EventKind) {
        let (target, path) = (self.rules.settings.name.clone(), self.due.path.clone());
        let message = shorten(&failure.to_string());
        let fault = matches!(failure, Failure::Faulted(_));
        let park = match failure {
            Failure::Rejected(_) | Failure::Unsupported(_) => true,
            Failure::Faulted(_) => self.due.faults + 1 >= FAULTS,
            _ => false,
        };
        // Where the whole target rests, the object itself need not wait any longer than that. One that asks
        // for a pause may mean this object alone: after the pause it must not be the first again.
        let (counts, pause) = match failure {
            Failure::Retry(_) | Failure::Faulted(_) => (true, Duration::ZERO),
            Failure::Wait { pause, .. } => (true, *pause),
            _ => (false, Duration::ZERO),
        };
        let next_ms = next_ms.saturating_add(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
        let not_before_ms = if counts { next_ms } else { 0 };
        let outcome = failure.kind();
        warn!(target.name = %target, object.path = %path, outcome, "could not {} {path} on `{target}`: {message}", self.verb());
        let next_try = (counts && !park).then(|| jiff::Timestamp::from_millisecond(next_ms).ok()).flatten();
        let told =
            EventKind::Failed { target, path, outcome: outcome.into(), message: message.clone(), next_try };
        let making = self.due.work.version().cloned();
        (Finish::Failed { making, not_before_ms, counts, fault, park, message }, told)
    }

    fn verb(&self) -> &'static str {
        if self.due.work == Work::Delete { "delete" } else { "put" }
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(MESSAGE_CHARS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
