//! `GET /api/v1/events`: what happens, as server-sent events.
//!
//! Every event is read from the log and only woken for by the engine, so the numbers come without gaps
//! and in order, and who comes back with `Last-Event-ID` goes on where the line broke.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use engine::view::{Backlog, Event};
use futures_util::StreamExt as _;
use futures_util::stream::{self, Stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, broadcast::error::RecvError};

use crate::error::ApiError;
use crate::serve::Closing;
use crate::state::Shared;

/// Streams at a time on each door: who holds one holds a connection.
const MOST_STREAMS: usize = 16;

/// Leave to follow events.
#[derive(Clone)]
pub(crate) struct Streams(Arc<Semaphore>);

impl Default for Streams {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_STREAMS)))
    }
}

pub(crate) async fn get(
    State(state): State<Shared>,
    Extension(streams): Extension<Streams>,
    Extension(Closing(closing)): Extension<Closing>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Message, Infallible>>>, ApiError> {
    let last = last_event(&headers)?;
    let permit = streams.0.try_acquire_owned().map_err(|_| too_many())?;
    // Listening begins before reading, so that nothing falls between.
    let wakes = state.booth.events();
    let backlog = state.booth.events_after(last).await?;
    let follower = Follower::new(state, wakes, backlog, permit);
    let messages = stream::unfold(follower, |mut follower| async move {
        let message = follower.next().await?;
        Some((Ok(message), follower))
    });
    Ok(Sse::new(messages.take_until(closing.cancelled_owned())).keep_alive(KeepAlive::default()))
}

fn last_event(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or_else(|| {
        ApiError::bad_request(
            "`Last-Event-ID` is not a number of an event",
            "send the last `id` that was read",
        )
    })
}

fn too_many() -> ApiError {
    let error = format!("{MOST_STREAMS} programs follow the events already");
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, error, "end one of them, or ask for the status instead")
}

struct Follower {
    state: Shared,
    wakes: broadcast::Receiver<Event>,
    /// The last event that was read from the log.
    last: u64,
    waiting: VecDeque<Event>,
    /// There may be more in the log.
    more: bool,
    /// Events were dropped from the log before they could be read.
    missed: bool,
    _permit: OwnedSemaphorePermit,
}

impl Follower {
    fn new(
        state: Shared,
        wakes: broadcast::Receiver<Event>,
        backlog: Backlog,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let Backlog { events, last, missed } = backlog;
        let (more, waiting) = (!events.is_empty(), events.into());
        Self { state, wakes, last, waiting, more, missed, _permit: permit }
    }

    /// The next message; `None` ends the stream, and the reader comes back.
    async fn next(&mut self) -> Option<Message> {
        loop {
            if std::mem::take(&mut self.missed) {
                return Some(Message::default().event("missed").data("{}"));
            }
            if let Some(event) = self.waiting.pop_front() {
                return message(&event);
            }
            if !self.more {
                self.woken().await?;
            }
            let backlog = self.state.booth.events_after(Some(self.last)).await.ok()?;
            self.more = !backlog.events.is_empty();
            (self.last, self.missed, self.waiting) = (backlog.last, backlog.missed, backlog.events.into());
        }
    }

    /// Waits until there is something new in the log.
    async fn woken(&mut self) -> Option<()> {
        loop {
            match self.wakes.recv().await {
                Ok(event) if event.seq <= self.last => {}
                Ok(_) | Err(RecvError::Lagged(_)) => return Some(()),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

fn message(event: &Event) -> Option<Message> {
    let document = serde_json::to_value(event).ok()?;
    let name = document["event"].as_str()?.to_owned();
    Message::default().id(event.seq.to_string()).event(name).json_data(document).ok()
}
