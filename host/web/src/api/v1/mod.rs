//! Version 1 of the API. Every file is one verb.

pub(crate) mod events;
pub(crate) mod links;
pub(crate) mod media;
pub(crate) mod offline;
pub(crate) mod openapi;
pub(crate) mod plugins;
pub(crate) mod qr;
pub(crate) mod queue;
pub(crate) mod rclone;
pub(crate) mod retry;
pub(crate) mod status;
pub(crate) mod sync;
pub(crate) mod targets;

/// How many objects an order was about.
#[derive(serde::Serialize)]
pub(crate) struct Counted {
    pub(crate) objects: u64,
}
