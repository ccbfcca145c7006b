//! What has to work with every server.

pub mod full_disk;
pub mod missing;
pub mod takeover;
pub mod transfer;
pub mod trouble;
