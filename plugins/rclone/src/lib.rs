//! The sync target for every storage that rclone can reach.
//!
//! The host keeps one rclone running and lets this component call a handful of its methods at
//! `http://rclone.internal/`. File systems have three names here and no others: `@media` and `@pages`
//! are where the host keeps what is to be uploaded, `@target` is the remote and the folder from this
//! target's settings. Bytes never pass through the component: rclone reads and sends them itself.
//!
//! Everything but `component` is plain Rust, tested on the machine that builds it.

pub mod base;
pub mod classify;
pub mod codes;
pub mod fault;
pub mod host;
pub mod listing;
pub mod names;
pub mod rc;
pub mod redact;
pub mod remote;
pub mod signed;
pub mod target;

#[cfg(target_family = "wasm")]
mod component;
#[cfg(test)]
mod script;
