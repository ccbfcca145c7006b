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

/// Why a package was refused. The texts follow on "the package" and are golden files in `tests/refusals`.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Larger than what is read, in bytes.
    #[error(
        "it is {0} bytes large, and at most 64 MiB are taken; build it for release, stripped, and leave out what it does not need"
    )]
    TooLarge(u64),
    /// Nothing in it.
    #[error("the file is empty; copy it again")]
    Empty,
    /// No WebAssembly at all.
    #[error("this is no WebAssembly file; take the `.wasm` file that `boothsync plugin pack` wrote")]
    NotWasm,
    /// A core module.
    #[error(
        "this is a core module, not a component; build it for the target wasm32-wasip2, then pack it with `boothsync plugin pack`"
    )]
    CoreModule,
    /// Machine code.
    #[error(
        "this is precompiled machine code, which is never taken from outside; take the `.wasm` file it was made from"
    )]
    Precompiled,
    /// The end is missing; so many bytes are there.
    #[error("it is cut off: after {0} bytes something is still missing; copy it again")]
    CutOff(usize),
    /// Damaged.
    #[error("it is damaged: {0}; copy it again, or build it again")]
    Damaged(String),
    /// WASI 0.3.
    #[error(
        "it was built for WASI 0.3 (it uses `{0}`), and this host speaks WASI 0.2; build it for the target wasm32-wasip2"
    )]
    Wasi3(String),
    /// No manifest.
    #[error("it carries no manifest (section `boothsync:plugin`); pack it with `boothsync plugin pack`")]
    NoManifest,
    /// The manifest is not where it counts.
    #[error(
        "its manifest (section `boothsync:plugin`) lies inside of a nested {0}, where it does not count; pack the finished component with `boothsync plugin pack`"
    )]
    NestedManifest(&'static str),
    /// More than one manifest.
    #[error(
        "it carries {0} manifests (sections `boothsync:plugin`), and there must be exactly one; pack the component with `boothsync plugin pack`, which replaces earlier ones"
    )]
    ManyManifests(usize),
    /// The manifest is wrong.
    #[error("its manifest cannot be used: {0}")]
    Manifest(String),
    /// The schema of the settings is wrong.
    #[error("the JSON Schema of its settings (settings.schema.json) cannot be used: {0}")]
    Schema(String),
    /// A newer version of the contract.
    #[error(
        "it was built for a newer contract (`{0}`), and this host speaks boothsync:plugin 0.1; update Boothsync, or build the plugin with the wit/plugin.wit of this version"
    )]
    Newer(String),
    /// An older version of the contract, or none.
    #[error(
        "it was built for an older contract (`{0}`), and this host speaks boothsync:plugin 0.1; build the plugin with the wit/plugin.wit of this version"
    )]
    Older(String),
    /// An import that nobody provides.
    #[error("it needs `{name}`, which plugins cannot have: {instead}")]
    Import {
        /// What is imported.
        name: String,
        /// How to do without.
        instead: &'static str,
    },
    /// The exports are not those of its kind.
    #[error("its manifest says that it is a {kind}, so it must export `{wanted}`, and it does not")]
    Export {
        /// What the manifest says.
        kind: &'static str,
        /// What is missing.
        wanted: String,
    },
    /// An interface is exported, and not all of it is there.
    #[error(
        "its export `{interface}` is not whole, it lacks {missing}; implement all of it, or leave it out"
    )]
    HalfExport {
        /// Which interface.
        interface: String,
        /// The functions that are not there.
        missing: String,
    },
    /// A target and a page generator in one.
    #[error(
        "its manifest says that it is a {kind}, so it cannot export `{other}` as well; make two plugins of it"
    )]
    TwoKinds {
        /// What the manifest says.
        kind: &'static str,
        /// What is too much.
        other: &'static str,
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
