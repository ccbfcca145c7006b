//! The same as by `?key=`, for one item named by its identifier.

pub(crate) mod links;
pub(crate) mod offline;
pub(crate) mod qr;
pub(crate) mod retry;
