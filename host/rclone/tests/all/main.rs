//! The supervisor with a real rclone, which `cargo xtask test` provides.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod config;
mod connections;
mod death;
mod fetch;
mod life;
mod secrets;
mod support;
mod web_ui;
