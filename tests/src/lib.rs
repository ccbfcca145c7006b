//! What black-box tests are made of: a [`Booth`] that runs the real program in a folder of its own, and
//! [`Server`]s for it to upload to, which are real ones too.
//!
//! A test that misses a server is skipped, not failed: see [`needs!`]. Everything that is started ends
//! with the test, and shows its log when the test fails.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "in a test a panic is the report")]

mod booth;
mod browser;
mod code;
mod disk;
mod film;
mod http;
mod needs;
mod npm;
mod observer;
mod outcome;
mod pictures;
mod process;
mod server;
mod stream;
mod table;
mod tree;
mod wait;
mod web_space;

pub use booth::{Booth, Target};
pub use browser::{Browser, Visitor};
pub use disk::SmallDisk;
pub use fault_proxy::{Fault, FaultProxy, Refusal};
pub use film::Film;
pub use http::get;
pub use needs::{Need, debian_rclone, skip};
pub use npm::npm_tool;
pub use observer::{Observer, Seen};
pub use outcome::Outcome;
pub use pictures::{picture, sparse};
pub use process::{Running, free_port};
pub use server::{Kind, PASSWORD, Server};
pub use stream::{Act, Change, FOLDERS, Fingerprint, Stream, Versions};
pub use table::working_below;
pub use tree::Tree;
pub use wait::{PATIENCE, comes_true, wait_until};
pub use web_space::{Asked, WebSpace};
