//! The WebAssembly engine and everything that all plugins share.

use std::path::PathBuf;
use std::sync::Arc;

use engine::SystemClock;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, OptLevel};

use crate::bandwidth::{Bandwidth, Throttle};
use crate::code_cache::CodeCache;
use crate::doors::Names;
use crate::egress::{Line, SystemNames};
use crate::error::{PackageError, SandboxError};
use crate::guest::{Guest, PageGuest};
use crate::limits::{
    ASYNC_STACK_BYTES, BACKTRACE_FRAMES, MEMORY_GUARD_BYTES, MEMORY_RESERVATION_BYTES, WASM_STACK_BYTES,
};
use crate::linker;
use crate::package::Package;
use crate::plugin::{self, Plugin};
use crate::ticker::Ticker;

/// How the sandbox is set up.
#[derive(Debug, Clone)]
pub struct SandboxSettings {
    /// The folder of compiled plugins. It is made if missing and closed to other users.
    pub code_cache: PathBuf,
    /// How fast all plugins together may send and receive over HTTP.
    pub bandwidth: Bandwidth,
}

/// Runs plugins. Cheap to clone; all clones are the same sandbox.
#[derive(Clone)]
pub struct Sandbox(Arc<Shared>);

/// What all plugins share.
pub(crate) struct Shared {
    pub engine: Engine,
    pub ticker: Arc<Ticker>,
    pub targets: Linker<Guest>,
    pub pages: Linker<PageGuest>,
    pub line: Line,
    code: CodeCache,
}

impl Sandbox {
    /// Sets up the engine; nothing is compiled yet. Names are looked up as everything else on this
    /// machine looks them up.
    pub fn new(settings: SandboxSettings) -> Result<Self, SandboxError> {
        Self::with_names(settings, Arc::new(SystemNames))
    }

    /// As [`Sandbox::new`], but the names of hosts are looked up in `names`.
    pub fn with_names(settings: SandboxSettings, names: Arc<dyn Names>) -> Result<Self, SandboxError> {
        let engine = Engine::new(&config()).map_err(SandboxError::Runtime)?;
        let code = CodeCache::open(&settings.code_cache, &engine)
            .map_err(|error| SandboxError::CodeCache(settings.code_cache, error))?;
        let ticker = Arc::new(Ticker::start(&engine).map_err(SandboxError::Ticker)?);
        let targets = linker::for_targets(&engine).map_err(SandboxError::Runtime)?;
        let pages = linker::for_pages(&engine).map_err(SandboxError::Runtime)?;
        let throttle = Arc::new(Throttle::new(settings.bandwidth, Arc::new(SystemClock), None));
        let line = Line { throttle, names };
        Ok(Self(Arc::new(Shared { engine, ticker, targets, pages, line, code })))
    }

    /// Looks at a package that may come from anybody, compiles it and keeps the compiled code, so that
    /// [`Sandbox::load`] is quick. Nothing of it is run.
    pub async fn prepare(&self, package: Arc<[u8]>) -> Result<Package, PackageError> {
        let shared = self.0.clone();
        off_task(move || {
            let facts = Package::examine(&package)?;
            let component = shared.compile(&facts, &package)?;
            plugin::check_fit(&shared, facts.manifest.plugin.kind, &component)?;
            Ok(facts)
        })
        .await
    }

    /// Removes what was kept of the package with this digest. What runs goes on.
    pub fn forget(&self, digest: &str) -> std::io::Result<()> {
        self.0.code.forget(digest)
    }

    /// Takes a package: one `.wasm` file with its manifest inside. Compiles it, unless that was done
    /// before, and starts it once without a target, to see that it fits.
    pub async fn load(&self, package: Arc<[u8]>) -> Result<Plugin, PackageError> {
        let shared = self.0.clone();
        let read = off_task(move || {
            let facts = Package::read(&package)?;
            let component = shared.compile(&facts, &package)?;
            Ok((facts, component))
        });
        let (facts, component) = read.await?;
        Plugin::new(self.0.clone(), facts, component).await
    }
}

/// Looking through megabytes and compiling them is no work for a thread that serves others.
async fn off_task<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PackageError> + Send + 'static,
) -> Result<T, PackageError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|panic| Err(PackageError::Compile(panic.to_string())))
}

impl Shared {
    fn compile(&self, facts: &Package, package: &[u8]) -> Result<Component, PackageError> {
        let compiled = self.code.load(&self.engine, &facts.digest, package);
        compiled.map_err(|error| PackageError::Compile(format!("{error:#}")))
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(ASYNC_STACK_BYTES)
        // The default of 4 GiB for each memory fails on a Raspberry Pi with the second instance.
        .memory_reservation(MEMORY_RESERVATION_BYTES)
        .memory_guard_size(MEMORY_GUARD_BYTES)
        .memory_reservation_for_growth(MEMORY_GUARD_BYTES)
        .wasm_memory64(false)
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(BACKTRACE_FRAMES))
        .cranelift_opt_level(OptLevel::Speed);
    config
}
