//! The share page: one HTML file that shows a visitor's picture as soon as it has arrived.
//!
//! It lies beside the pictures on any web space, learns from its own address which picture to show, and
//! waits for it politely. It loads nothing but the picture, and its content security policy names the
//! one script and the one style sheet it consists of.
//!
//! Everything but `component` is plain Rust, tested on the machine that builds it.

pub mod colour;
pub mod escape;
pub mod page;
pub mod policy;
pub mod settings;

#[cfg(target_family = "wasm")]
mod component;
