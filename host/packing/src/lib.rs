//! Makes one file of a plugin's project: the component with the manifest (`plugin.toml`), the schema of
//! its settings (`settings.schema.json`) and standard metadata inside, so that one digest is the whole
//! plugin.
//!
//! It writes and does not judge: whether a host takes the package is the reader's business. So it needs
//! no WebAssembly library, and `cargo xtask` can use it before anything else is built.

mod error;
mod metadata;
mod project;
mod sections;

pub use error::PackError;
pub use project::{Build, Project};

/// The custom section that holds the manifest.
pub const SECTION: &str = "boothsync:plugin";
/// The manifest's file name in a project.
pub const MANIFEST: &str = "plugin.toml";
/// The file name of the settings' JSON Schema in a project.
pub const SCHEMA: &str = "settings.schema.json";
