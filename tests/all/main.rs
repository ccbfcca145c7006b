//! The whole program against real servers, from outside.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod bad_input;
mod booth_apps;
mod faults;
mod full_data_disk;
mod harness;
mod hostile;
mod kill;
mod old_rclone;
mod plugins;
mod servers;
mod service;
mod share_page;
mod suite;
mod vendor;
