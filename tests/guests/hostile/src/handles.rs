//! Names things that it was not given, or not any more.

use std::mem::forget;

use crate::boothsync::plugin::http::{self, Response};
use crate::boothsync::plugin::media::Blob;
use crate::boothsync::plugin::types::Failure;
use crate::boothsync::plugin::{settings, state};
use crate::protocol::get;
use crate::{mood, Answer, Order};

/// Where a handle is kept between calls.
const KEPT: &str = "kept-handle";

pub fn forges_handles(order: &Order) -> Answer {
    let first = order.number("first") as u32;
    let sizes: Vec<String> = (first..first + 64).map(|handle| size(handle).to_string()).collect();
    Ok(sizes.join(" "))
}

pub fn uses_a_blob_as_a_response(order: &Order) -> Answer {
    // SAFETY: none; whether the host notices is the question.
    let forged = unsafe { Response::from_handle(blob(order)?.handle()) };
    let status = forged.status();
    forget(forged);
    Ok(status.to_string())
}

pub fn uses_a_dropped_blob(order: &Order) -> Answer {
    let blob = blob(order)?;
    // SAFETY: none, as above.
    drop(unsafe { Blob::from_handle(blob.handle()) });
    Ok(blob.size().to_string())
}

/// With an object it keeps its handle for the next call, without one it uses what was kept.
pub fn uses_the_blob_of_an_earlier_call(order: &Order) -> Answer {
    if let Some(blob) = order.blob {
        state::swap(KEPT, None, Some(&blob.handle().to_le_bytes()))?;
        return Ok("kept".into());
    }
    let kept = state::get(KEPT).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    Ok(size(kept.ok_or(Failure::Unsupported("nothing was kept".into()))?).to_string())
}

/// The host may hand over the settings only by calling the guest's allocator, which calls the host.
pub fn calls_the_host_from_within_its_call(_: &Order) -> Answer {
    mood::call();
    Ok(settings::json())
}

pub fn keeps_every_response(order: &Order) -> Answer {
    let mut kept = Vec::new();
    for n in 0..1000 {
        match http::send(&get(order.text("url"))) {
            Ok(response) => kept.push(response),
            Err(Failure::Retry(why)) => return Ok(format!("{n}: {why}")),
            Err(other) => return Err(other),
        }
    }
    Ok(format!("{} open", kept.len()))
}

fn size(handle: u32) -> u64 {
    // SAFETY: none, as above.
    let forged = unsafe { Blob::from_handle(handle) };
    let size = forged.size();
    forget(forged);
    size
}

fn blob<'a>(order: &Order<'a>) -> Result<&'a Blob, Failure> {
    order.blob.ok_or(Failure::Unsupported("needs an object".into()))
}
