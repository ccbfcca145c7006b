//! Names that were checked once and cannot be wrong afterwards.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Why a text cannot be used as a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Target and page names end up in file names, URLs and log lines.
    #[error(
        "`{0}` is not a usable name: use 1 to 40 of a-z, 0-9, `-` and `_`, beginning with a letter or digit"
    )]
    Label(String),
    /// Object paths are relative, `/`-separated and free of anything a file system could take literally.
    #[error(
        "`{0}` is not a usable path: it must be relative, without empty, `.` or `..` parts and without NUL"
    )]
    Path(String),
}

macro_rules! text_name {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks `text`; see the type for what is allowed.
            pub fn new(text: &str) -> Result<Self, NameError> {
                let check: fn(&str) -> Result<(), NameError> = $check;
                check(text)?;
                Ok(Self(text.into()))
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.to_string()
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }
    };
}

text_name!(
    /// Name of a configured target: 1 to 40 of `a-z`, `0-9`, `-`, `_`.
    TargetName,
    check_label
);
text_name!(
    /// Name of a configured page generator: 1 to 40 of `a-z`, `0-9`, `-`, `_`.
    PageName,
    check_label
);
text_name!(
    /// Path of a file below its root folder, exactly as the file system spells it (`/`-separated UTF-8).
    MediaKey,
    check_path
);
text_name!(
    /// Path of an object below a target's base: as [`MediaKey`], and in Unicode normal form C.
    ObjectPath,
    check_object_path
);

impl ObjectPath {
    /// The path under which a target holds `key` when names are kept as they are: `media/<key>` in NFC.
    pub fn of_media(key: &MediaKey) -> Self {
        let path = format!("media/{key}");
        // Nearly every name is composed already, and this is asked for each of them again and again.
        Self(if is_nfc(&path) { path.into() } else { path.nfc().collect::<String>().into() })
    }
}

impl MediaKey {
    /// The last part of the path.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// What stands behind the last dot of the file name, in lower case; empty if there is none.
    pub fn extension(&self) -> String {
        match self.file_name().rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => extension.to_lowercase(),
            _ => String::new(),
        }
    }
}

fn check_label(text: &str) -> Result<(), NameError> {
    let ok = (1..=40).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        && text.as_bytes()[0].is_ascii_alphanumeric();
    if ok { Ok(()) } else { Err(NameError::Label(text.into())) }
}

fn check_path(text: &str) -> Result<(), NameError> {
    let ok = !text.is_empty()
        && !text.contains('\0')
        && text.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if ok { Ok(()) } else { Err(NameError::Path(text.into())) }
}

fn check_object_path(text: &str) -> Result<(), NameError> {
    check_path(text)?;
    if is_nfc(text) { Ok(()) } else { Err(NameError::Path(text.into())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_could_leave_its_root_is_refused() {
        for bad in ["", "/etc/passwd", "a//b", "./a", "a/..", "..", "a/\0", "a/"] {
            assert!(MediaKey::new(bad).is_err(), "{bad:?}");
            assert!(ObjectPath::new(bad).is_err(), "{bad:?}");
        }
        assert!(MediaKey::new("processed_full/a b#%.jpg").is_ok());
    }

    #[test]
    fn a_decomposed_name_becomes_a_composed_path() {
        let key = MediaKey::new("u\u{308}.jpg").unwrap();
        assert_eq!(ObjectPath::of_media(&key).as_str(), "media/\u{fc}.jpg");
        assert!(ObjectPath::new("u\u{308}.jpg").is_err());
    }

    #[test]
    fn labels_are_short_and_plain() {
        for bad in ["", "-a", "Web", "a b", "a/b", &"x".repeat(41)] {
            assert!(TargetName::new(bad).is_err(), "{bad:?}");
        }
        assert!(TargetName::new("usb-2_old").is_ok());
    }

    #[test]
    fn a_dotfile_has_no_extension() {
        assert_eq!(MediaKey::new("a/.jpg").unwrap().extension(), "");
        assert_eq!(MediaKey::new("a/B.JPG").unwrap().extension(), "jpg");
    }
}
