//! rclone's version, as far as decisions rest on it.

use std::fmt;

/// A version such as `1.75.2`, `1.60.1-DEV` or `1.76.0-beta.8888.abc`. Ordered by its numbers alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Major, minor and patch number.
    pub numbers: (u32, u32, u32),
    /// What stands behind the numbers, with its dash; empty for a release.
    pub suffix: String,
}

impl Version {
    /// Older ones write uploads under their final name, so that visitors see half of a picture.
    pub const OLDEST_USABLE: (u32, u32) = (1, 63);
    /// From here on the rc server no longer leaks and the built-in web UI can be shut off from other
    /// web pages.
    pub const RECOMMENDED: (u32, u32) = (1, 75);

    /// Reads the first line of `rclone version`: `rclone v1.75.2`.
    pub fn from_output(output: &str) -> Option<Self> {
        let first = output.lines().next()?.trim();
        Self::parse(first.strip_prefix("rclone")?.trim().strip_prefix('v')?)
    }

    fn parse(text: &str) -> Option<Self> {
        let (numbers, suffix) = text.split_at(text.find('-').unwrap_or(text.len()));
        let mut parts = numbers.split('.').map(str::parse::<u32>);
        let mut next = || parts.next().transpose().ok();
        let (major, minor, patch) = (next()??, next()??, next()?.unwrap_or(0));
        Some(Self { numbers: (major, minor, patch), suffix: suffix.into() })
    }

    /// Whether its uploads are safe to show to visitors.
    pub fn is_usable(&self) -> bool {
        self.release() >= Self::OLDEST_USABLE
    }

    /// Whether it is new enough for everything, the web UI included.
    pub fn is_recommended(&self) -> bool {
        self.release() >= Self::RECOMMENDED
    }

    fn release(&self) -> (u32, u32) {
        (self.numbers.0, self.numbers.1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (major, minor, patch) = self.numbers;
        write!(f, "{major}.{minor}.{patch}{}", self.suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_what_rclone_prints() {
        for (output, shown, usable, recommended) in [
            ("rclone v1.75.2\n- os/version: debian 12.11 (64 bit)\n", "1.75.2", true, true),
            ("rclone v1.60.1-DEV\n- os/version: debian 12\n", "1.60.1-DEV", false, false),
            ("rclone v1.76.0-beta.8888.0a1b2c3", "1.76.0-beta.8888.0a1b2c3", true, true),
            ("rclone v1.63", "1.63.0", true, false),
            ("rclone v1.74.3", "1.74.3", true, false),
            ("rclone v2.0.0", "2.0.0", true, true),
        ] {
            let version = Version::from_output(output).unwrap();
            assert_eq!(version.to_string(), shown);
            assert_eq!((version.is_usable(), version.is_recommended()), (usable, recommended), "{shown}");
        }
    }

    #[test]
    fn what_is_no_version_is_not_taken_for_one() {
        for output in ["", "rclone", "v1.75.2", "rclone v", "rclone vx.y", "rclone v1", "GNU bash, version 5"]
        {
            assert_eq!(Version::from_output(output), None, "{output:?}");
        }
    }
}
