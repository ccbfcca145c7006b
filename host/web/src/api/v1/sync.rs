//! `POST /api/v1/sync?target=`: brings targets up to date once and tells how it goes.
//!
//! The answer is a stream of JSON documents, one in a line: engine events, then one last line, either
//! `{"event": "done", ...}` or `{"event": "error", ...}`. A stream that ends without it was cut off.

use std::pin::Pin;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use engine::view::{Event, EventKind};
use engine::{OrderError, SyncOutcome, TargetName};
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};

use crate::error::{ApiError, ErrorBody};
use crate::extract::{Params, target};
use crate::state::Shared;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    target: Option<String>,
}

pub(crate) async fn post(
    State(state): State<Shared>,
    Params(query): Params<Query>,
) -> Result<Response, ApiError> {
    let target = query.target.as_deref().map(target).transpose()?;
    if let Some(target) = &target {
        refuse_unknown(&state, target).await?;
    }
    let lines = Body::from_stream(lines(state, target));
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}

/// Said before the stream begins, so that it can be said with a status code.
async fn refuse_unknown(state: &Shared, target: &TargetName) -> Result<(), ApiError> {
    let known = state.booth.status().await?.targets;
    if known.iter().any(|known| known.name == *target) {
        return Ok(());
    }
    Err(OrderError::NoSuchTarget(target.to_string()).into())
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Last {
    Done { left: u64, failed: u64, unusable: Vec<Unusable> },
    Error(ErrorBody),
}

#[derive(Serialize)]
struct Unusable {
    target: TargetName,
    reason: String,
}

/// A gap in the events because the reader was too slow.
#[derive(Serialize)]
#[serde(tag = "event", rename = "missed")]
struct Missed {
    count: u64,
}

type Line = Result<Bytes, serde_json::Error>;
type Outcome = Result<SyncOutcome, OrderError>;

/// How far the work is.
enum Stage {
    Running(Pin<Box<dyn Future<Output = Outcome> + Send>>),
    /// Over; events may still wait.
    Draining(Outcome),
    Told,
}

struct Progress {
    events: broadcast::Receiver<Event>,
    target: Option<TargetName>,
    stage: Stage,
}

fn lines(state: Shared, target: Option<TargetName>) -> impl Stream<Item = Line> {
    // Listening begins before the work, so that nothing of it is missed.
    let events = state.booth.events();
    let only = target.clone();
    let work = Box::pin(async move { state.booth.sync_once(only.as_ref()).await });
    let progress = Progress { events, target, stage: Stage::Running(work) };
    stream::unfold(progress, |mut progress| async move {
        let line = progress.next().await?;
        Some((line, progress))
    })
}

impl Progress {
    async fn next(&mut self) -> Option<Line> {
        while let Stage::Running(work) = &mut self.stage {
            let event = tokio::select! {
                event = self.events.recv() => event,
                outcome = &mut *work => {
                    self.stage = Stage::Draining(outcome);
                    break;
                }
            };
            match event {
                Ok(event) if concerns(&event, self.target.as_ref()) => return Some(line(&event)),
                Ok(_) => {}
                Err(RecvError::Lagged(count)) => return Some(line(&Missed { count })),
                Err(RecvError::Closed) => self.stage = Stage::Draining(work.await),
            }
        }
        self.drained()
    }

    /// What was sent just before the work was over, then its outcome.
    fn drained(&mut self) -> Option<Line> {
        while matches!(self.stage, Stage::Draining(_)) {
            match self.events.try_recv() {
                Ok(event) if concerns(&event, self.target.as_ref()) => return Some(line(&event)),
                Ok(_) => {}
                Err(TryRecvError::Lagged(count)) => return Some(line(&Missed { count })),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return self.last(),
            }
        }
        None
    }

    fn last(&mut self) -> Option<Line> {
        match std::mem::replace(&mut self.stage, Stage::Told) {
            Stage::Draining(outcome) => Some(line(&Last::from(outcome))),
            _ => None,
        }
    }
}

impl From<Outcome> for Last {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Ok(SyncOutcome { left, failed, unusable }) => {
                let unusable = unusable.into_iter().map(|(target, reason)| Unusable { target, reason });
                Self::Done { left, failed, unusable: unusable.collect() }
            }
            Err(error) => Self::Error(ApiError::from(error).body),
        }
    }
}

/// Whether who follows `only` one target wants to hear of it.
fn concerns(event: &Event, only: Option<&TargetName>) -> bool {
    only.is_none_or(|only| target_of(&event.kind).is_none_or(|target| target == only))
}

fn target_of(kind: &EventKind) -> Option<&TargetName> {
    match kind {
        EventKind::Started { target, .. }
        | EventKind::Online { target, .. }
        | EventKind::Deleted { target, .. }
        | EventKind::Linked { target, .. }
        | EventKind::Failed { target, .. }
        | EventKind::Lane { target, .. }
        | EventKind::DeletesHeld { target, .. } => Some(target),
        _ => None,
    }
}

fn line(document: &impl Serialize) -> Line {
    let mut line = serde_json::to_vec(document)?;
    line.push(b'\n');
    Ok(line.into())
}
