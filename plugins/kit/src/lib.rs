//! What the bundled sync targets have in common.

pub mod aside;
pub mod fault;

pub use fault::Fault;
