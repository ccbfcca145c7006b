//! What keeps the database from being used, said once when it begins and once when it is over.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::ErrorCode;
use tracing::{error, info};

use super::{StoreError, damage, writer};

/// How the database fares.
pub struct Trouble {
    data: PathBuf,
    now: Mutex<Option<Problem>>,
}

/// What keeps the database from being used.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Problem {
    /// There is no room for what must be written down.
    Full,
    /// It cannot be written for another reason, told by the system.
    Unwritable(String),
    /// What it says makes no sense.
    Damaged,
}

impl Trouble {
    /// None, so far.
    pub fn new(data: &Path) -> Self {
        Self { data: data.to_path_buf(), now: Mutex::new(None) }
    }

    /// One sentence for the operator, if something is wrong.
    pub fn sentence(&self) -> Option<String> {
        self.lock().as_ref().map(|problem| problem.sentence(&self.data))
    }

    /// Takes in how something ended that reached the disk if it went well.
    pub fn note<T>(&self, result: &Result<T, StoreError>) {
        match result {
            Ok(_) => self.over(),
            Err(error) => {
                if let Some(problem) = Problem::of(error) {
                    self.begin(problem);
                }
            }
        }
    }

    /// A check found the database damaged. That ends with a restart only.
    pub fn damaged(&self) {
        self.begin(Problem::Damaged);
    }

    fn begin(&self, problem: Problem) {
        let mut now = self.lock();
        if *now == Some(Problem::Damaged) || *now == Some(problem.clone()) {
            return;
        }
        if problem == Problem::Damaged {
            damage::suspect(&self.data);
        }
        error!("{}", problem.sentence(&self.data));
        *now = Some(problem);
    }

    fn over(&self) {
        let mut now = self.lock();
        if matches!(*now, Some(Problem::Full | Problem::Unwritable(_))) {
            *now = None;
            info!("the data folder `{}` can be written again; everything goes on", self.data.display());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Problem>> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the error is one that [`Trouble`] tells of.
pub fn is_one(error: &StoreError) -> bool {
    Problem::of(error).is_some() || matches!(error, StoreError::Commit(_))
}

impl Problem {
    fn of(error: &StoreError) -> Option<Self> {
        match error {
            StoreError::Sqlite(sqlite) => match sqlite.sqlite_error_code()? {
                ErrorCode::DiskFull => Some(Self::Full),
                ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen => {
                    Some(Self::Unwritable(sqlite.to_string()))
                }
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Self::Damaged),
                _ => None,
            },
            // SQLite's own words; the code is gone by the time that everybody who waits is answered.
            // The write that failed says why.
            StoreError::Commit(text) if text == writer::UNDONE => None,
            StoreError::Commit(text) if text.contains("disk is full") => Some(Self::Full),
            StoreError::Commit(text) => Some(Self::Unwritable(text.clone())),
            _ => None,
        }
    }

    fn sentence(&self, data: &Path) -> String {
        let data = data.display();
        match self {
            Self::Full => format!(
                "the disk with the data folder `{data}` is full: new pictures are still noticed and none is \
                 lost, but nothing can be uploaded until there is room; make room, and everything goes on by \
                 itself"
            ),
            Self::Unwritable(why) => format!(
                "the data folder `{data}` cannot be written ({why}): nothing can be uploaded until it can be; \
                 check the disk and who may write there"
            ),
            Self::Damaged => format!(
                "the database in `{data}` is damaged: restart Boothsync, which then takes the newest backup \
                 or rebuilds it; replace the disk if that happens again"
            ),
        }
    }
}
