//! A bad line between rclone and a real server: whatever happens on it, every picture arrives, the state
//! that is shown is true, and no other target notices.

mod cut;
mod far;
mod isolation;
mod slow;
