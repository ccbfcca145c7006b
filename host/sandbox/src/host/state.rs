//! `state`: this target's durable values.

use engine::Failure;

use super::{Trouble, answer};
use crate::bindings::wit::state::Host;
use crate::bindings::wit::types::Failure as WitFailure;
use crate::drive::is_reserved;
use crate::guest::Guest;
use crate::limits::{STATE_NAME_BYTES, STATE_VALUE_BYTES};

impl Host for Guest {
    async fn get(&mut self, name: String) -> wasmtime::Result<Option<Vec<u8>>> {
        if check(&name).is_err() {
            return Ok(None);
        }
        let (job, state) = (self.job.clone(), self.context.state.clone());
        let read = async move {
            state
                .get(&name)
                .await
                .map_err(|why| Failure::Retry(format!("a saved value could not be read: {why}")))
        };
        job.wait(read).await.map_err(|failure| wasmtime::Error::new(Trouble(failure)))
    }

    async fn swap(
        &mut self,
        name: String,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> wasmtime::Result<Result<bool, WitFailure>> {
        if let Err(failure) = check(&name).and_then(|()| check_size(&name, value.as_deref())) {
            return answer(Err(failure));
        }
        let (job, state) = (self.job.clone(), self.context.state.clone());
        answer(job.wait(async move { state.swap(&name, expected, value).await }).await)
    }
}

fn check(name: &str) -> Result<(), Failure> {
    if name.is_empty() || name.len() > STATE_NAME_BYTES {
        return Err(Failure::Rejected(format!("a saved value's name has 1 to {STATE_NAME_BYTES} bytes")));
    }
    if is_reserved(name) {
        return Err(Failure::Rejected("names that begin with `host/` are the host's own".into()));
    }
    Ok(())
}

fn check_size(name: &str, value: Option<&[u8]>) -> Result<(), Failure> {
    match value {
        Some(value) if value.len() > STATE_VALUE_BYTES => {
            let name = crate::text::escape(name);
            Err(Failure::Rejected(format!(
                "the value `{name}` has {} bytes; at most 64 KiB are saved",
                value.len()
            )))
        }
        _ => Ok(()),
    }
}
