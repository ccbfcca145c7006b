//! Why a project cannot be packed.

use std::io;
use std::path::PathBuf;

/// One sentence each: what, where, how to mend it.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file of the project is not there.
    #[error("there is no `{}`; {hint}", path.display())]
    Missing {
        /// Which file.
        path: PathBuf,
        /// How to mend it.
        hint: &'static str,
    },
    /// A file of the project cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// `plugin.toml` is no TOML.
    #[error("`{}` is not TOML: {message}", path.display())]
    Toml {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        message: String,
    },
    /// The schema is no JSON.
    #[error("`{}` is not JSON: {source}", path.display())]
    Json {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// The manifest lacks what every manifest has, or has what belongs elsewhere.
    #[error("`{}`: {message}", path.display())]
    Manifest {
        /// Which file.
        path: PathBuf,
        /// What is wrong and how to mend it.
        message: String,
    },
    /// What was built is something else.
    #[error("what was built is {0}")]
    NoComponent(&'static str),
}
