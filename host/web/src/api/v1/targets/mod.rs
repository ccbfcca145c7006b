//! Orders to one target.

pub(crate) mod cleanup;
pub(crate) mod confirm_deletes;
pub(crate) mod pause;
pub(crate) mod probe;
pub(crate) mod resume;
pub(crate) mod retry;
pub(crate) mod sync;
