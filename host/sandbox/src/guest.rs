//! What a store carries: the host's side of one call.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use engine::{Blob, Call};
use tokio_util::sync::CancellationToken;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::bounds::Bounds;
use crate::context::TargetContext;
use crate::egress::RcTrace;
use crate::limits::{Limits, RANDOM_BYTES, TABLE_ENTRIES};
use crate::lines::{Console, Level, LineLog};
use crate::meter::Meter;

/// What every guest has, whatever its kind.
pub(crate) struct Common {
    pub wasi: WasiCtx,
    pub table: ResourceTable,
    pub bounds: Bounds,
    pub log: Arc<LineLog>,
    pub settings: Arc<str>,
    pub stdout: Console,
    pub stderr: Console,
}

impl Common {
    /// Nothing inherited: no arguments, no environment, no network, no files, no terminal.
    pub fn new(log: Arc<LineLog>, settings: Arc<str>, limits: &Limits) -> Self {
        Self::with_wasi(log, settings, limits, &mut WasiCtxBuilder::new())
    }

    /// The same around what `wasi` already has, which is a directory at most.
    pub fn with_wasi(
        log: Arc<LineLog>,
        settings: Arc<str>,
        limits: &Limits,
        wasi: &mut WasiCtxBuilder,
    ) -> Self {
        let stdout = Console::new(log.clone(), Level::Info);
        let stderr = Console::new(log.clone(), Level::Warn);
        let mut table = ResourceTable::new();
        table.set_max_capacity(TABLE_ENTRIES);
        let wasi = wasi
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .max_random_size(RANDOM_BYTES)
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        Self { wasi, table, bounds: Bounds::new(limits.memory_bytes), log, settings, stdout, stderr }
    }
}

/// A store's data: what the caller of guests needs of it.
pub(crate) trait GuestData: WasiView + Send + 'static {
    /// What every guest has.
    fn common(&mut self) -> &mut Common;
}

/// A target's side of one call.
pub(crate) struct Guest {
    pub common: Common,
    pub context: Arc<TargetContext>,
    pub job: Arc<Job>,
    pub open_responses: Arc<AtomicUsize>,
}

/// One call, as host functions and whoever watches over it share it.
pub(crate) struct Job {
    pub call: Call,
    pub meter: Arc<Meter>,
    /// The object that this call is about, if it is about one.
    pub content: Option<Arc<Blob>>,
    pub rc: RcTrace,
    /// The call has a thread of its own, which may block.
    pub own_thread: bool,
    /// Told once the call is over: nothing that it began goes on.
    pub over: CancellationToken,
}

/// A page generator's side of one call.
pub(crate) struct PageGuest {
    pub common: Common,
}

impl GuestData for Guest {
    fn common(&mut self) -> &mut Common {
        &mut self.common
    }
}

impl GuestData for PageGuest {
    fn common(&mut self) -> &mut Common {
        &mut self.common
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.common.wasi, table: &mut self.common.table }
    }
}

impl WasiView for PageGuest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.common.wasi, table: &mut self.common.table }
    }
}
