//! What a vendor does: the contract that they build against, the project that they begin with, examples in
//! three languages, and the tutorial.

mod contract;
mod dev;
mod kit;
mod languages;
mod project;
mod tutorial;

use std::time::Duration;

/// How long building a small project may take where much else is built at the same time.
const BUILD_LIMIT: Duration = Duration::from_secs(400);
