//! What a request's body is made of: its length is exact, and it fails rather than ending early.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use engine::{Blob, Failure};
use tokio::task::JoinHandle;

use super::Chunk;
use crate::limits::STREAM_BYTES;

/// Streams chunks in order. A file is read one portion ahead of what is sent.
pub(crate) struct ExactBody {
    chunks: VecDeque<Chunk>,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
    left: u64,
}

/// The next bytes of a body.
pub(super) struct Portion {
    pub bytes: Bytes,
    /// They come from a file, not from the guest.
    pub of_file: bool,
}

impl ExactBody {
    /// Checks that each span lies within its file.
    pub fn new(chunks: Vec<Chunk>) -> Result<Self, Failure> {
        let mut left: u64 = 0;
        for chunk in &chunks {
            let length = length_of(chunk)?;
            left =
                left.checked_add(length).ok_or_else(|| Failure::Rejected("the body is too long".into()))?;
        }
        Ok(Self { chunks: chunks.into(), reading: None, left })
    }

    /// Bytes that are still to come.
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The next portion if it is at hand; starts to read it if it lies in a file.
    fn next(&mut self) -> Option<Bytes> {
        while let Some(chunk) = self.chunks.pop_front() {
            match chunk {
                Chunk::Bytes(bytes) if bytes.is_empty() => {}
                Chunk::Bytes(bytes) => return Some(bytes),
                Chunk::File { length: 0, .. } => {}
                Chunk::File { blob, offset, length } => {
                    self.read(blob, offset, length);
                    return None;
                }
            }
        }
        None
    }

    fn read(&mut self, blob: Arc<Blob>, offset: u64, length: u64) {
        let portion = length.min(STREAM_BYTES as u64);
        if length > portion {
            let rest = Chunk::File { blob: blob.clone(), offset: offset + portion, length: length - portion };
            self.chunks.push_front(rest);
        }
        self.reading =
            Some(tokio::task::spawn_blocking(move || read_exactly(&blob, offset, portion as usize)));
    }

    fn give(&mut self, bytes: Bytes, of_file: bool) -> Poll<Option<io::Result<Portion>>> {
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Poll::Ready(Some(Ok(Portion { bytes, of_file })))
    }

    /// The next portion, once it is read.
    pub fn poll_portion(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Portion>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        if self.reading.is_none()
            && let Some(bytes) = self.next()
        {
            return self.give(bytes, false);
        }
        let Some(reading) = &mut self.reading else {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        };
        let read = ready!(Pin::new(reading).poll(context)).map_err(io::Error::other).flatten();
        self.reading = None;
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        if matches!(self.chunks.front(), Some(Chunk::File { .. })) {
            self.next();
        }
        self.give(bytes, true)
    }
}

fn length_of(chunk: &Chunk) -> Result<u64, Failure> {
    match chunk {
        Chunk::Bytes(bytes) => Ok(bytes.len() as u64),
        Chunk::File { blob, offset, length } => match offset.checked_add(*length) {
            Some(end) if end <= blob.size_bytes() => Ok(*length),
            _ => Err(Failure::Rejected("a span of the body lies outside of the file".into())),
        },
    }
}

fn read_exactly(blob: &Blob, offset: u64, length: usize) -> io::Result<Bytes> {
    let bytes = blob.read_at(offset, length)?;
    if bytes.len() < length {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file became shorter while it was sent",
        ));
    }
    Ok(bytes.into())
}
