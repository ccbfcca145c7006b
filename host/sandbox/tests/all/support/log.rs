use std::fmt::{Debug, Write};
use std::sync::{Arc, LazyLock, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// What is logged, line by line.
#[derive(Clone, Default)]
pub struct LogLines {
    lines: Arc<Mutex<Vec<(Level, String)>>>,
    /// Also what others than the sandbox log.
    everything: bool,
}

impl LogLines {
    /// Collects until the guard is dropped. The test must run on one thread.
    pub fn collect() -> (Self, tracing::subscriber::DefaultGuard) {
        let lines = Self::default();
        let guard = tracing::subscriber::set_default(lines.clone());
        (lines, guard)
    }

    /// Everything that anybody in this process logs, from the first time that this is asked for.
    pub fn of_the_process() -> Self {
        static LINES: LazyLock<LogLines> = LazyLock::new(|| {
            let lines = LogLines { everything: true, ..Default::default() };
            tracing::subscriber::set_global_default(lines.clone()).unwrap();
            lines
        });
        LINES.clone()
    }

    pub fn all(&self) -> Vec<(Level, String)> {
        self.lines.lock().unwrap().clone()
    }

    pub fn text(&self) -> String {
        self.all().into_iter().map(|(level, line)| format!("{level} {line}\n")).collect()
    }
}

impl Subscriber for LogLines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.everything || metadata.target().starts_with("sandbox")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Text(String);
        impl Visit for Text {
            fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
                write!(self.0, "{}={value:?} ", field.name()).unwrap();
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.lines.lock().unwrap().push((*event.metadata().level(), text.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
