//! How fast plugins may send and receive: a timetable in rclone's syntax, and the one throttle that
//! everything they send or receive shares.

mod bucket;
mod rate;
mod throttle;
mod timetable;

pub use rate::Rates;
pub use timetable::{Bandwidth, BandwidthError};

pub(crate) use throttle::{Throttle, Way};
