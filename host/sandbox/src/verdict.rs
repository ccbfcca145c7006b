//! What the end of a call means for the engine.

use engine::Failure;
use tracing::error;
use wasmtime::Trap;
use wasmtime_wasi::I32Exit;

use crate::call::End;
use crate::convert;
use crate::guest::Common;
use crate::host::Trouble;
use crate::limits::TEXT_BYTES;
use crate::lines::LineLog;
use crate::meter::Meter;
use crate::units::show_bytes;

/// What was seen of a call from outside.
pub(crate) enum Watched<T> {
    /// It ended by itself; the error is a panic of the host.
    Ended(Result<End<T>, String>),
    /// It was over its time.
    Late,
    /// It was told to stop and did not.
    Cancelled,
}

/// What is left of a guest that broke down.
pub(crate) struct Autopsy {
    error: wasmtime::Error,
    last_words: String,
    /// The cap on memory, if the guest was refused some.
    refused_memory: Option<u64>,
}

impl Autopsy {
    /// Looks at what is left.
    pub fn of(error: wasmtime::Error, common: &Common) -> Self {
        let refused_memory = common.bounds.refused().then(|| common.bounds.memory_bytes());
        Self { error, last_words: common.stderr.tail(), refused_memory }
    }

    fn sentence(&self, meter: &Meter) -> String {
        if meter.overspent() {
            let seconds = meter.cpu_budget().as_secs_f32();
            return format!("the plugin used more than {seconds} s of processor time");
        }
        if let Some(cap) = self.refused_memory {
            return format!("the plugin needed more than {} of memory", show_bytes(cap));
        }
        if self.error.downcast_ref::<I32Exit>().is_some() {
            return "the plugin ended itself in the middle of a call".into();
        }
        match self.error.downcast_ref::<Trap>() {
            Some(Trap::UnreachableCodeReached) => "the plugin panicked".into(),
            Some(trap) => format!("the plugin crashed: {trap}"),
            None => format!("the plugin broke a rule: {}", self.error.root_cause()),
        }
    }

    fn failure(&self, meter: &Meter, log: &LineLog) -> Failure {
        if let Some(Trouble(failure)) = self.error.downcast_ref::<Trouble>() {
            return failure.clone();
        }
        let mut text = self.sentence(meter);
        if !self.last_words.is_empty() {
            text = format!("{text}; it said: {}", self.last_words);
        }
        Failure::Faulted(log.redactor().clean(&text, TEXT_BYTES))
    }
}

/// The engine's answer.
pub(crate) fn of<T>(watched: Watched<T>, meter: &Meter, log: &LineLog) -> Result<T, Failure> {
    match watched {
        Watched::Ended(Ok(End::Answered(Ok(value)))) => Ok(value),
        Watched::Ended(Ok(End::Answered(Err(failure)))) => Err(convert::failure(failure, log.redactor())),
        Watched::Ended(Ok(End::Refused(failure))) => Err(failure),
        Watched::Ended(Ok(End::Broken(autopsy))) => Err(autopsy.failure(meter, log)),
        Watched::Ended(Ok(End::Dropped)) | Watched::Cancelled => Err(Failure::Cancelled),
        Watched::Late => Err(Failure::Retry(meter.lateness())),
        Watched::Ended(Err(panic)) => {
            error!(
                error = panic,
                "a call to a plugin failed inside of the program, which is a fault of the program"
            );
            Err(Failure::Retry("the call failed inside of the program; its log says more".into()))
        }
    }
}
