//! The supervised rclone.

pub(crate) mod ui;
