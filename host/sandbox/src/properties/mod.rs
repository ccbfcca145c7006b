//! What must hold for anything that comes in from outside, however it came to be.

mod names;
mod packages;
