//! Runs plugins: WebAssembly components that implement `wit/plugin.wit`.
//!
//! [`Sandbox::load`] takes a package apart without running it, compiles it and gives a [`Plugin`]. With
//! an operator's settings that becomes a [`PluginTarget`] or a [`PluginPage`], which the engine uses
//! like any other target or page generator.
//!
//! What holds whatever a plugin does:
//! - it reaches nothing that its manifest did not ask for and its settings do not name: no file system
//!   but one folder, no network but granted hosts, no rclone beyond a few methods on its own remote;
//! - each call has a fresh instance, and ends: in an answer, at a limit, or because it was told to;
//! - a trap, a panic of the host or a flood of anything ends that one call;
//! - what it says is cleaned of secrets and control characters before anybody sees it.
//!
//! `call` runs guests, `host` is what they import, `egress` is the way out, `limits` has all numbers.

mod approval;
mod bandwidth;
mod bindings;
mod bounds;
mod call;
mod code_cache;
mod console;
mod context;
mod convert;
mod doors;
mod drive;
mod egress;
mod error;
mod grants;
mod guest;
mod host;
mod limits;
mod lines;
mod linker;
mod manifest;
mod memory_state;
mod meter;
mod package;
mod page;
mod plugin;
#[cfg(test)]
mod properties;
mod resolve;
mod runtime;
mod schema;
mod secret;
mod surface;
mod target;
mod text;
mod threads;
mod ticker;
mod units;
mod verdict;
mod whole;

pub use approval::Approval;
pub use bandwidth::{Bandwidth, BandwidthError, Rates};
pub use doors::{Names, RcDoor, RcEndpoint, Roots, StateStore};
pub use error::{PackageError, SandboxError, SettingsProblem, SetupError};
pub use limits::{LimitSettings, STATE_BYTES};
pub use manifest::{
    About, FolderWish, HttpWish, Kind, LimitWishes, Manifest, Permissions, RcloneWish, SecretWish,
};
pub use memory_state::MemoryState;
pub use package::Package;
pub use page::{PageSetup, PluginPage};
pub use plugin::Plugin;
pub use resolve::resolve;
pub use runtime::{Sandbox, SandboxSettings};
pub use secret::Secret;
pub use target::{PluginTarget, TargetSetup};
pub use text::escape as visible;
