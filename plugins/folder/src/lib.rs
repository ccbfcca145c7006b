//! The sync target for a folder of this machine: a USB drive, a mounted NAS.
//!
//! The host opens the one folder from the settings as `/target`; nothing else of the machine exists
//! here. A file is written under a hidden name beside its place, flushed to the drive and then renamed,
//! so that neither a visitor nor a power cut ever meets half of one.
//!
//! Everything but `component` is plain Rust on a folder that is passed in, tested on the machine that
//! builds it.

pub mod drive;
pub mod fault;
pub mod names;
pub mod probe;
pub mod put;
pub mod remove;
pub mod scan;

#[cfg(test)]
mod tests;

#[cfg(target_family = "wasm")]
mod component;
