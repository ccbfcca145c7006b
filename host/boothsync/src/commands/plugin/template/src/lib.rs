//! A sync target for Boothsync.

pub mod address;

// What talks to the host is only there in the component; the rest is tested with `cargo test`.
#[cfg(target_family = "wasm")]
mod service;
#[cfg(target_family = "wasm")]
mod target;

#[cfg(target_family = "wasm")]
wit_bindgen::generate!({ path: "wit", world: "sync-target" });
