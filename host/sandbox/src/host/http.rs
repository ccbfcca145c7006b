//! `http`: requests through the one way out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use engine::Failure;
use wasmtime::component::Resource;

use super::{Trouble, answer};
use crate::bindings::wit::http::{Chunk as WitChunk, Host, HostResponse, Request as WitRequest};
use crate::bindings::wit::types::Failure as WitFailure;
use crate::egress::{Chunk, Reply, Request};
use crate::guest::Guest;
use crate::limits::{BODY_CHUNKS, OPEN_RESPONSES, READ_BYTES};
use crate::units::show_bytes;

/// What stands behind a guest's `response`.
pub struct ResponseHandle {
    /// Taken out while a part of the body is read.
    reply: Option<Reply>,
    open: Arc<AtomicUsize>,
}

impl Drop for ResponseHandle {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Relaxed);
    }
}

impl Host for Guest {
    async fn send(
        &mut self,
        request: WitRequest,
    ) -> wasmtime::Result<Result<Resource<ResponseHandle>, WitFailure>> {
        let request = self.request(request)?;
        let sent = match request {
            Ok(request) => {
                let (job, context) = (self.job.clone(), self.context.clone());
                job.wait(context.egress.send(&job, request)).await
            }
            Err(failure) => Err(failure),
        };
        let reply = match sent {
            Ok(reply) => reply,
            Err(failure) => return answer(Err(failure)),
        };
        self.open_responses.fetch_add(1, Relaxed);
        let handle = ResponseHandle { reply: Some(reply), open: self.open_responses.clone() };
        answer(Ok(self.common.table.push(handle)?))
    }
}

impl HostResponse for Guest {
    fn status(&mut self, this: Resource<ResponseHandle>) -> wasmtime::Result<u16> {
        Ok(self.reply(&this)?.status)
    }

    fn headers(&mut self, this: Resource<ResponseHandle>) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.reply(&this)?.headers.clone())
    }

    async fn read(
        &mut self,
        this: Resource<ResponseHandle>,
        length: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, WitFailure>> {
        let Some(mut reply) = self.common.table.get_mut(&this)?.reply.take() else {
            return Err(wasmtime::Error::msg("the response is being read already"));
        };
        let (job, context) = (self.job.clone(), self.context.clone());
        let read = job.wait(context.egress.read(&job, &mut reply, length.min(READ_BYTES) as usize)).await;
        self.common.table.get_mut(&this)?.reply = Some(reply);
        if let Ok(bytes) = &read
            && !job.meter.received(bytes.len() as u64)
        {
            return Err(wasmtime::Error::new(Trouble(too_much(job.meter.limits().received_bytes))));
        }
        answer(read)
    }

    fn drop(&mut self, this: Resource<ResponseHandle>) -> wasmtime::Result<()> {
        self.common.table.delete(this)?;
        Ok(())
    }
}

impl Guest {
    fn reply(&self, handle: &Resource<ResponseHandle>) -> wasmtime::Result<&Reply> {
        let reply = self.common.table.get(handle)?.reply.as_ref();
        reply.ok_or_else(|| wasmtime::Error::msg("the response is being read"))
    }

    fn request(&self, request: WitRequest) -> wasmtime::Result<Result<Request, Failure>> {
        if request.body.len() > BODY_CHUNKS {
            let text = format!("a request's body has at most {BODY_CHUNKS} chunks");
            return Ok(Err(Failure::Rejected(text)));
        }
        if self.open_responses.load(Relaxed) >= OPEN_RESPONSES {
            let text = format!("at most {OPEN_RESPONSES} responses can be open at a time");
            return Ok(Err(Failure::Retry(text)));
        }
        let body =
            request.body.into_iter().map(|chunk| self.chunk(chunk)).collect::<wasmtime::Result<_>>()?;
        Ok(Ok(Request { method: request.method, url: request.url, headers: request.headers, body }))
    }

    fn chunk(&self, chunk: WitChunk) -> wasmtime::Result<Chunk> {
        Ok(match chunk {
            WitChunk::Bytes(bytes) => Chunk::Bytes(bytes.into()),
            WitChunk::File(span) => {
                Chunk::File { blob: self.blob(&span.blob)?, offset: span.offset, length: span.length }
            }
        })
    }
}

/// A plugin that was told no would only go on reading.
fn too_much(most: u64) -> Failure {
    Failure::Faulted(format!(
        "the plugin received more than {} in one call; `received` in [plugin.NAME] of the configuration allows more",
        show_bytes(most)
    ))
}
