//! Why something could not be loaded or set up. One sentence each: what, where, how to mend it.

use std::path::PathBuf;

/// Why the sandbox could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The machine cannot run WebAssembly this way.
    #[error("the WebAssembly runtime could not be set up")]
    Runtime(#[source] wasmtime::Error),
    /// The folder of compiled plugins cannot be used.
    #[error("the folder for compiled plugins, {folder}, cannot be used; check that it is writable", folder = .0.display())]
    CodeCache(PathBuf, #[source] std::io::Error),
    /// No more threads.
    #[error("the clock that bounds plugins could not be started")]
    Ticker(#[source] std::io::Error),
}

/// Why a package was refused.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Larger than what is read.
    #[error("the package is {0} bytes large; at most 64 MiB are read")]
    TooLarge(usize),
    /// No WebAssembly at all.
    #[error("this is no WebAssembly file")]
    NotWasm,
    /// A core module.
    #[error("this is a core module, not a component; build it for the target wasm32-wasip2")]
    CoreModule,
    /// Machine code.
    #[error(
        "this is precompiled machine code, which is never taken from outside; install the .wasm file it was made from"
    )]
    Precompiled,
    /// Damaged.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// WASI 0.3.
    #[error(
        "it was built for WASI 0.3 (it uses `{0}`); this host speaks WASI 0.2, so build it for wasm32-wasip2"
    )]
    Wasi3(String),
    /// No manifest.
    #[error("it carries no manifest (section `boothsync:plugin`); pack it with `boothsync plugin pack`")]
    NoManifest,
    /// More than one manifest.
    #[error("it carries {0} manifests (sections `boothsync:plugin`); there must be exactly one")]
    ManyManifests(usize),
    /// The manifest is wrong.
    #[error("its manifest cannot be used: {0}")]
    Manifest(String),
    /// The schema of the settings is wrong.
    #[error("the JSON Schema of its settings cannot be used: {0}")]
    Schema(String),
    /// Another version of the contract.
    #[error(
        "it was built for `{0}`, and this host speaks boothsync:plugin 0.1; update the host, or rebuild the plugin with the host's wit/plugin.wit"
    )]
    Version(String),
    /// An import that nobody provides.
    #[error("it needs `{0}`, which plugins of this host cannot have")]
    Import(String),
    /// The exports are not those of its kind.
    #[error("its manifest says that it is a {kind}, so it must export `{wanted}`, and it does not")]
    Export {
        /// What the manifest says.
        kind: &'static str,
        /// What is missing.
        wanted: String,
    },
    /// It can do what it did not ask for.
    #[error(
        "it uses `boothsync:plugin/http`, but its manifest asks for neither [permissions.http] nor [permissions.rclone]; add the one it needs"
    )]
    Undeclared,
    /// The types of the contract do not fit.
    #[error("it does not fit the contract in wit/plugin.wit: {0}")]
    Contract(String),
    /// It failed while it was started for the first time.
    #[error("it failed while it was started: {0}")]
    Start(String),
    /// The compiler stopped.
    #[error("it could not be compiled: {0}")]
    Compile(String),
}

/// Why a plugin could not be set up as a target or page.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// It is something else.
    #[error("plugin `{plugin}` is a {is}, not a {wanted}")]
    Kind {
        /// The plugin.
        plugin: String,
        /// Its kind.
        is: &'static str,
        /// The kind that was asked for.
        wanted: &'static str,
    },
    /// The settings do not fit its schema.
    #[error("{}", say_problems(.0))]
    Settings(Vec<SettingsProblem>),
    /// The settings lead where a plugin must not go.
    #[error("{0}")]
    Grant(String),
    /// It needs rclone, and there is none.
    #[error("plugin `{0}` needs rclone, and this program runs without it")]
    NoRclone(String),
    /// The environment lacks something.
    #[error("the connection to the network could not be prepared: {0}")]
    Client(String),
}

/// One thing that is wrong with a plugin's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsProblem {
    /// JSON pointer to the value, empty for the settings as a whole.
    pub pointer: String,
    /// What is wrong with it, for people.
    pub message: String,
}

fn say_problems(problems: &[SettingsProblem]) -> String {
    let one = |problem: &SettingsProblem| match problem.pointer.as_str() {
        "" => format!("settings: {}", problem.message),
        pointer => format!("settings{}: {}", pointer.replace('/', "."), problem.message),
    };
    problems.iter().map(one).collect::<Vec<_>>().join("; ")
}
