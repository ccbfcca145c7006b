//! The WebAssembly engine and everything that all plugins share.

use std::path::PathBuf;
use std::sync::Arc;

use engine::SystemClock;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, OptLevel};

use crate::bandwidth::{Bandwidth, Throttle};
use crate::code_cache::CodeCache;
use crate::error::{PackageError, SandboxError};
use crate::guest::{Guest, PageGuest};
use crate::limits::{
    ASYNC_STACK_BYTES, BACKTRACE_FRAMES, MEMORY_GUARD_BYTES, MEMORY_RESERVATION_BYTES, WASM_STACK_BYTES,
};
use crate::linker;
use crate::package::Package;
use crate::plugin::Plugin;
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
    pub throttle: Arc<Throttle>,
    code: CodeCache,
}

impl Sandbox {
    /// Sets up the engine; nothing is compiled yet.
    pub fn new(settings: SandboxSettings) -> Result<Self, SandboxError> {
        let engine = Engine::new(&config()).map_err(SandboxError::Runtime)?;
        let code = CodeCache::open(&settings.code_cache, &engine)
            .map_err(|error| SandboxError::CodeCache(settings.code_cache, error))?;
        let ticker = Arc::new(Ticker::start(&engine).map_err(SandboxError::Ticker)?);
        let targets = linker::for_targets(&engine).map_err(SandboxError::Runtime)?;
        let pages = linker::for_pages(&engine).map_err(SandboxError::Runtime)?;
        let throttle = Arc::new(Throttle::new(settings.bandwidth, Arc::new(SystemClock), None));
        Ok(Self(Arc::new(Shared { engine, ticker, targets, pages, throttle, code })))
    }

    /// Takes a package: one `.wasm` file with its manifest inside. Compiles it, unless that was done
    /// before, and starts it once without a target, to see that it fits.
    pub async fn load(&self, package: Arc<[u8]>) -> Result<Plugin, PackageError> {
        let shared = self.0.clone();
        // Looking through megabytes and compiling them is no work for a thread that serves others.
        let compiled = tokio::task::spawn_blocking(move || {
            let facts = Package::read(&package)?;
            let component = shared.compile(&facts, &package)?;
            Ok((facts, component))
        });
        let (facts, component) = match compiled.await {
            Ok(result) => result?,
            Err(panic) => return Err(PackageError::Compile(panic.to_string())),
        };
        Plugin::new(self.0.clone(), facts, component).await
    }
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
