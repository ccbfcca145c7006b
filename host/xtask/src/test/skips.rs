//! Which tests could not run because something is not installed. They say so themselves: a test that
//! misses its server appends `TEST<TAB>PACKAGE` to the file that `BOOTHSYNC_SKIPS` names, and returns.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::places;

/// A test that could not run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skip {
    /// Its name.
    pub test: String,
    /// The Debian package that it misses.
    pub package: String,
}

/// The file in which tests say so.
pub struct Skips(PathBuf);

impl Skips {
    /// Begins with an empty file.
    pub fn begin() -> Result<Self> {
        let file = places::tools("tests")?.join("skipped-tests.tsv");
        std::fs::write(&file, "").with_context(|| format!("could not write {}", file.display()))?;
        Ok(Self(file))
    }

    /// Where it lies.
    pub fn file(&self) -> &Path {
        &self.0
    }

    /// What it says now, sorted, each test and package once.
    pub fn read(&self) -> Result<Vec<Skip>> {
        Ok(parse(&std::fs::read_to_string(&self.0)?))
    }
}

fn parse(text: &str) -> Vec<Skip> {
    let skip = |line: &str| {
        let (test, package) = line.split_once('\t')?;
        Some(Skip { test: test.to_owned(), package: package.trim().to_owned() })
    };
    let mut skips: Vec<Skip> = text.lines().filter_map(skip).collect();
    skips.sort();
    skips.dedup();
    skips
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_is_skipped_twice_counts_once() {
        let skips = parse("b::two\tvsftpd\na::one\tchromium\nb::two\tvsftpd\n\n");
        let named: Vec<_> = skips.iter().map(|skip| (skip.test.as_str(), skip.package.as_str())).collect();
        assert_eq!(named, [("a::one", "chromium"), ("b::two", "vsftpd")]);
    }
}
