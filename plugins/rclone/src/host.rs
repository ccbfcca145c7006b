//! What this plugin needs of the outside, so that all of it can be tested without a sandbox.

use kit::Fault;

/// The imports of the component.
pub trait Host {
    /// Sends one call to rclone. Only getting no answer at all is a fault.
    fn post(&self, method: &str, body: Vec<u8>) -> Result<Box<dyn Reply>, Fault>;
    /// The settings document of this target, JSON.
    fn settings(&self) -> String;
    /// What was remembered under a name, if anything.
    fn recall(&self, name: &str) -> Option<Vec<u8>>;
    /// Remembers a value if `old` is still what is remembered. Losing that race is no fault: another
    /// call has just learnt the same.
    fn remember(&self, name: &str, old: Option<Vec<u8>>, new: Vec<u8>);
    /// Unique to this attempt.
    fn job(&self) -> String;
    /// Unix time in seconds.
    fn now(&self) -> u64;
}

/// One answer of rclone, read in parts.
pub trait Reply {
    /// HTTP status.
    fn status(&self) -> u16;
    /// The next part of the body, empty only at its end.
    fn read(&mut self) -> Result<Vec<u8>, Fault>;
}
