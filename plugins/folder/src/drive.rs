//! The folder as this plugin uses it: a handful of operations, all on paths below it.
//!
//! The component does them with WASI's own file functions (the standard library's would ask the host for
//! network sockets too, which no plugin gets); the tests do them on a real folder.

/// What went wrong with an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What it is about.
    pub cause: Cause,
    /// The system's own word for it.
    pub said: String,
}

/// What trouble is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// No space, or a quota is used up.
    Full,
    /// The file system is mounted read-only.
    ReadOnly,
    /// Not allowed.
    Denied,
    /// Not there.
    Missing,
    /// The file system cannot hold such a name.
    BadName,
    /// The file system cannot hold such a size.
    TooLarge,
    /// Something else has that name.
    InTheWay,
    /// A part of the path that has to be a folder is none.
    NotAFolder,
    /// Anything else.
    Other,
}

/// What lies under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A plain file.
    File,
    /// A folder.
    Folder,
    /// A link, a device or the like: never followed, never opened.
    Other,
}

/// What a look at a name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// What it is.
    pub kind: Kind,
    /// Size in bytes.
    pub size: u64,
    /// When it was last written, Unix time in milliseconds.
    pub modified: Option<u64>,
}

/// The opened folder. Paths are below it, with `/`; the empty path is the folder itself.
pub trait Drive {
    /// What lies there, without following a link; `None` if nothing does.
    fn look(&self, path: &str) -> Result<Option<Look>, Trouble>;
    /// The names in a folder. Names that are not UTF-8 are left out.
    fn list(&self, folder: &str) -> Result<Vec<(String, Kind)>, Trouble>;
    /// Makes one folder whose parent is there.
    fn make_folder(&self, folder: &str) -> Result<(), Trouble>;
    /// Opens a file for writing, empty.
    fn create(&self, path: &str) -> Result<Box<dyn Writing>, Trouble>;
    /// Renames a file, replacing what was there.
    fn rename(&self, from: &str, to: &str) -> Result<(), Trouble>;
    /// Removes a file.
    fn remove_file(&self, path: &str) -> Result<(), Trouble>;
    /// Removes a folder if it is empty.
    fn remove_folder(&self, folder: &str) -> Result<(), Trouble>;
    /// Makes names in a folder durable where the file system can.
    fn sync_folder(&self, folder: &str);
}

/// A file that is being written.
pub trait Writing {
    /// Writes all of these bytes behind the last ones.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble>;
    /// Waits until everything is on the drive.
    fn sync(&mut self) -> Result<(), Trouble>;
}

impl Trouble {
    /// Whether it says that nothing is there, be it that a file stands where the folder would be.
    pub fn is_missing(&self) -> bool {
        matches!(self.cause, Cause::Missing | Cause::NotAFolder)
    }
}

/// The folder of a path, empty for what lies in the base itself.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A name in a folder.
pub fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}
