//! What a run counts.

use std::fmt;

use booth_tests::Seen;

/// Numbers of a run.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Kills of the program.
    pub rounds: u64,
    /// Kills of rclone before it.
    pub rclone: u64,
    /// Changes of the folder.
    pub changes: usize,
    /// Of them, those that needed an upload.
    pub to_upload: usize,
    /// Unfinished uploads that kills left on the server.
    pub leftovers: usize,
    /// Kills that left at least one.
    pub cut_off: u64,
}

impl Tally {
    /// Uploads for each change that needed one. A file that was written again before its turn came needs
    /// one upload for two changes, so this can be below one.
    pub fn per_change(&self, seen: &Seen) -> f64 {
        pictures(seen) / self.to_upload.max(1) as f64
    }

    /// Uploads for each content that arrived. Here every upload that was for nothing counts in full.
    pub fn per_version(&self, seen: &Seen) -> f64 {
        pictures(seen) / seen.versions().max(1) as f64
    }

    /// The numbers, with what was seen on the server.
    pub fn with<'a>(&'a self, seen: &'a Seen) -> impl fmt::Display + 'a {
        fmt::from_fn(move |f| {
            writeln!(
                f,
                "{} kills, {} of rclone too; {} changes, {} of them to upload",
                self.rounds, self.rclone, self.changes, self.to_upload
            )?;
            writeln!(
                f,
                "{} uploads begun, {} ended, of them {} of pages; {} contents arrived ({} not read in time); {} deletes",
                seen.begun,
                seen.uploads,
                seen.pages,
                seen.versions(),
                seen.unread,
                seen.deleted
            )?;
            writeln!(
                f,
                "{:.3} uploads for a change, {:.3} for a content that arrived",
                self.per_change(seen),
                self.per_version(seen)
            )?;
            write!(
                f,
                "{} kills cut uploads off and left {} unfinished ones; {} were removed",
                self.cut_off, self.leftovers, seen.cleaned
            )
        })
    }
}

fn pictures(seen: &Seen) -> f64 {
    (seen.uploads - seen.pages) as f64
}
