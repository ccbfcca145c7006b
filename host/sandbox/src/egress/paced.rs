//! A request's body on its way out: as fast as the bandwidth allows, and counted.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::body::{ExactBody, Portion};
use crate::bandwidth::{Throttle, Way};
use crate::guest::Job;
use crate::meter::Meter;

type Turn = Pin<Box<dyn Future<Output = u64> + Send + Sync>>;

/// Hands a body on, portion by portion.
pub(super) struct PacedBody {
    body: ExactBody,
    throttle: Arc<Throttle>,
    meter: Arc<Meter>,
    /// Read already, and not sent yet.
    portion: Option<Portion>,
    /// Waits until some of the portion may go.
    turn: Option<Turn>,
    /// Waits for the end of the call that this body belongs to.
    over: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl PacedBody {
    /// Lets `body` through as `throttle` allows; what is sent counts in the meter of `job`.
    pub fn new(body: ExactBody, throttle: Arc<Throttle>, job: &Job) -> Self {
        let over = Box::pin(job.over.clone().cancelled_owned());
        Self { body, throttle, meter: job.meter.clone(), portion: None, turn: None, over }
    }

    /// Bytes that are still to come.
    pub fn left(&self) -> u64 {
        self.body.left() + self.portion.as_ref().map_or(0, |portion| portion.bytes.len() as u64)
    }

    fn turn(&self, want: u64) -> Turn {
        let (throttle, meter) = (self.throttle.clone(), self.meter.clone());
        Box::pin(async move { throttle.pass(Way::Up, want, &meter).await })
    }

    fn count(&self, bytes: u64, of_file: bool) {
        if of_file {
            self.meter.sent(bytes);
        } else {
            self.meter.moved(bytes);
        }
    }
}

impl Body for PacedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        // An early answer can end a call while its body is on its way, and the next call may be about the
        // same object: what is not sent by then never is, and the server sees that something is missing.
        if self.over.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(io::Error::other("the call that it belongs to is over"))));
        }
        let mut portion = match self.portion.take() {
            Some(portion) => portion,
            None => match ready!(self.body.poll_portion(context)) {
                Some(Ok(portion)) => portion,
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            },
        };
        let mut turn = self.turn.take().unwrap_or_else(|| self.turn(portion.bytes.len() as u64));
        let Poll::Ready(passed) = turn.as_mut().poll(context) else {
            (self.portion, self.turn) = (Some(portion), Some(turn));
            return Poll::Pending;
        };
        let passed = usize::try_from(passed).map_or(portion.bytes.len(), |n| n.min(portion.bytes.len()));
        let bytes = portion.bytes.split_to(passed);
        self.count(bytes.len() as u64, portion.of_file);
        self.portion = Some(portion).filter(|rest| !rest.bytes.is_empty());
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left())
    }
}
