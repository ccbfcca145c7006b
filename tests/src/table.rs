//! The table of processes.

use std::fs;
use std::path::Path;

/// Processes that work in a folder below `folder`. One that has ended and waits to be taken note of is
/// not among them.
pub fn working_below(folder: &Path) -> Vec<u32> {
    let folder = folder.canonicalize().unwrap();
    let ids =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_below =
        |id: &u32| fs::read_link(format!("/proc/{id}/cwd")).is_ok_and(|place| place.starts_with(&folder));
    ids.filter(is_below).collect()
}
