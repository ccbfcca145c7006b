//! Why the engine could not start, and why an order could not be carried out.

/// Why the engine could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The media folder is not usable.
    #[error("the media folder `{path}` {problem}")]
    MediaFolder {
        /// The folder.
        path: String,
        /// What is wrong, as the rest of the sentence.
        problem: String,
    },
    /// The database is not usable.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// `identity.toml` is not usable.
    #[error(transparent)]
    Identity(#[from] crate::identity::IdentityError),
    /// A rule cannot be followed.
    #[error("{0}")]
    Settings(String),
    /// The folder cannot be watched.
    #[error(transparent)]
    Watch(#[from] crate::watch::WatchError),
}

/// Why an order could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// No target of this name.
    #[error("there is no target `{0}`")]
    NoSuchTarget(String),
    /// No such media item.
    #[error("`{0}` is not in the media folder")]
    NoSuchItem(String),
    /// The engine is stopping.
    #[error("the service is stopping")]
    Stopping,
    /// Nothing is held back under this number.
    #[error("target `{0}` holds no deletes back")]
    NothingHeld(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}
