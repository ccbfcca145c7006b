//! Files as booth apps write them.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Writes `size` bytes that depend on `seed` to `path`: aside first, then renamed into place.
pub fn picture(path: &Path, seed: u64, size: usize) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let aside = path.with_file_name(".being-written.tmp");
    File::create(&aside).unwrap().write_all(&content(seed, size)).unwrap();
    fs::rename(&aside, path).unwrap();
}

/// Writes a file of `size` bytes with something different at the begin, in the middle and at the end,
/// without taking that much of this disk.
pub fn sparse(path: &Path, size: u64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let aside = path.with_file_name(".being-written.tmp");
    let file = File::create(&aside).unwrap();
    file.set_len(size).unwrap();
    for (seed, offset) in [(1, 0), (2, size / 2), (3, size - 4096)] {
        file.write_all_at(&content(seed, 4096), offset).unwrap();
    }
    fs::rename(&aside, path).unwrap();
}

/// Bytes that do not repeat and do not compress (SplitMix64).
pub(crate) fn content(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(z ^ (z >> 31)).to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}
