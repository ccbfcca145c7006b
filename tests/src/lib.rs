//! What black-box tests are made of: a [`Booth`] that runs the real program in a folder of its own, and
//! [`Server`]s for it to upload to, which are real ones too.
//!
//! A test that misses a server is skipped, not failed: see [`needs!`]. Everything that is started ends
//! with the test, and shows its log when the test fails.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "in a test a panic is the report")]

mod booth;
mod code;
mod disk;
mod http;
mod needs;
mod outcome;
mod pictures;
mod process;
mod server;
mod tree;
mod wait;

pub use booth::{Booth, Target};
pub use disk::SmallDisk;
pub use http::get;
pub use needs::{Need, debian_rclone, skip};
pub use outcome::Outcome;
pub use pictures::{picture, sparse};
pub use process::{Running, free_port};
pub use server::{Kind, PASSWORD, Server};
pub use tree::Tree;
pub use wait::{PATIENCE, comes_true, wait_until};
