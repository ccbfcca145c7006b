//! Installed plugins and what they may do.

pub(crate) mod approve;
pub(crate) mod install;
pub(crate) mod list;
pub(crate) mod remove;
