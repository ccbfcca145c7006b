//! The host's imports as this plugin sees them.

use std::time::{SystemTime, UNIX_EPOCH};

use super::boothsync::plugin::http::{self, Chunk, Request, Response};
use super::boothsync::plugin::{job, log, settings, state};
use crate::host::{Host, Reply};
use kit::Fault;

/// Bytes of an answer taken at once.
const PART: u32 = 256 * 1024;

pub struct Imports;

impl Host for Imports {
    fn post(&self, method: &str, body: Vec<u8>) -> Result<Box<dyn Reply>, Fault> {
        let response = http::send(&Request {
            method: "POST".into(),
            url: format!("http://rclone.internal/{method}"),
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: vec![Chunk::Bytes(body)],
        })?;
        Ok(Box::new(Answer(response)))
    }

    fn settings(&self) -> String {
        settings::json()
    }

    fn recall(&self, name: &str) -> Option<Vec<u8>> {
        state::get(name)
    }

    fn remember(&self, name: &str, old: Option<Vec<u8>>, new: Vec<u8>) {
        if let Err(failure) = state::swap(name, old.as_deref(), Some(&new)) {
            log::write(
                log::Level::Warn,
                &format!("what was learnt about the remote could not be kept: {failure:?}"),
            );
        }
    }

    fn job(&self) -> String {
        job::id()
    }

    fn now(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}

struct Answer(Response);

impl Reply for Answer {
    fn status(&self) -> u16 {
        self.0.status()
    }

    fn read(&mut self) -> Result<Vec<u8>, Fault> {
        Ok(self.0.read(PART)?)
    }
}
