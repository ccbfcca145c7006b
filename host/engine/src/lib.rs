//! The engine: makes every target agree with the media folder.
//!
//! The unit of work is *make target T agree with the media folder about object P*. File events,
//! restarts, the regular full sync, an operator's button and a changed configuration all end in the
//! same pure function, [`plan`]: what the folder has, what each target is known to hold and the
//! target's rules give what is wanted there. A [replica](store::replica) whose held differs from its
//! wanted *is* the queue.
//!
//! The engine knows no WebAssembly, no rclone and no HTTP. A place to copy to is a [`Target`], a page
//! generator a [`PageGenerator`]; both are implemented elsewhere and handed in.

pub mod blob;
mod blocking;
pub mod call;
pub mod clock;
pub mod failure;
pub mod filter;
mod folder;
pub mod guard;
pub mod handle;
pub mod identity;
mod inventory;
mod lane;
mod leftovers;
pub mod media;
pub mod names;
pub mod naming;
pub mod object;
pub mod page;
pub mod pages;
pub mod plan;
mod rules;
pub mod scan;
pub mod settings;
pub mod share;
pub mod store;
pub mod target;
mod upkeep;
pub mod version;
pub mod view;
pub mod watch;

pub use blob::{Blob, Origin, Root};
pub use call::{Call, Progress};
pub use clock::{Clock, SystemClock};
pub use failure::Failure;
pub use handle::{Engine, LanItem, MaybeTarget, OrderError, Parts, StartError, SyncOutcome, offline_status};
pub use names::{MediaKey, ObjectPath, PageName, TargetName};
pub use object::{Attributes, Entry, Object, PublicLink, Receipt, Report};
pub use page::{PageFile, PageGenerator, Picture, Share};
pub use store::{Store, StoreError};
pub use target::{Abilities, Target};
pub use version::Version;

#[cfg(test)]
mod tests;
