//! The sandbox with real components in it: `tests/guests`, built for wasm32-wasip2.

// What surrounds the tests may panic like the tests themselves.
#![allow(clippy::unwrap_used)]

mod calls;
mod damaged;
mod folders;
mod hostile;
mod limits;
mod logs;
mod network;
mod packages;
mod pages;
mod rclone;
mod refusals;
mod support;
mod tls;
