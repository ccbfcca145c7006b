//! Which keys are synced, and how urgent each is.

use std::borrow::Cow;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use unicode_normalization::UnicodeNormalization;

use crate::names::MediaKey;

/// What is never synced, whatever the globs say: unfinished, hidden, or not the booth's own. In any case.
pub const REFUSED: Refused = Refused {
    part_prefixes: &["."],
    parts: &["lost+found", "$recycle.bin", "system volume information"],
    name_prefixes: &["~"],
    name_suffixes: &[".tmp", ".part", ".partial", ".crdownload", "~", ".swp"],
};

/// The priority of a key that no rule matches.
pub const DEFAULT_PRIORITY: u8 = 10;

/// A list of names that are left alone. All in lower case.
#[derive(Debug)]
pub struct Refused {
    /// No part of a path, folder or file, begins so.
    pub part_prefixes: &'static [&'static str],
    /// No part of a path is called so: what file systems keep at their root, often unreadable.
    pub parts: &'static [&'static str],
    /// No file name begins so.
    pub name_prefixes: &'static [&'static str],
    /// No file name ends so.
    pub name_suffixes: &'static [&'static str],
}

impl Refused {
    /// Whether a folder of this name is not entered.
    pub fn folder(&self, name: &str) -> bool {
        self.part_prefixes.iter().any(|prefix| starts_with(name, prefix))
            || self.parts.iter().any(|part| name.eq_ignore_ascii_case(part))
    }

    /// Whether a file of this name, in a folder that is entered, is left alone.
    pub fn file(&self, name: &str) -> bool {
        self.folder(name)
            || self.name_prefixes.iter().any(|prefix| starts_with(name, prefix))
            || self.name_suffixes.iter().any(|suffix| ends_with(name, suffix))
    }

    /// Whether a file is left alone because of its name or a folder above it.
    pub fn key(&self, key: &MediaKey) -> bool {
        match key.as_str().rsplit_once('/') {
            Some((above, name)) => self.file(name) || above.split('/').any(|part| self.folder(part)),
            None => self.file(key.as_str()),
        }
    }
}

fn starts_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn ends_with(name: &str, suffix: &str) -> bool {
    let start = name.len().checked_sub(suffix.len());
    start.and_then(|start| name.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(suffix))
}

/// A glob that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{glob}` is not a usable pattern: {reason}")]
pub struct FilterError {
    /// The glob as it was written.
    pub glob: String,
    /// What is wrong with it.
    pub reason: String,
}

/// Which keys are synced. `*` stays within one folder, `**` does not, `{a,b}` is either; case and the
/// normal form of Unicode make no difference.
#[derive(Debug, Clone)]
pub struct Filter {
    include: Option<GlobSet>,
    exclude: GlobSet,
}

impl Filter {
    /// A key must match one of `include` (all do if it is empty) and none of `exclude`.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, FilterError> {
        let wanted = glob_set(include)?;
        Ok(Self { include: (!include.is_empty()).then_some(wanted), exclude: glob_set(exclude)? })
    }

    /// Whether `key` is synced. Never true for what [`REFUSED`] names.
    pub fn matches(&self, key: &MediaKey) -> bool {
        if REFUSED.key(key) {
            return false;
        }
        let text = comparable(key.as_str());
        self.include.as_ref().is_none_or(|set| set.is_match(&*text)) && !self.exclude.is_match(&*text)
    }
}

/// How urgent keys are; lower goes first.
#[derive(Debug, Clone)]
pub struct Priorities {
    globs: GlobSet,
    values: Vec<u8>,
}

impl Priorities {
    /// Takes the rules in order: the first whose glob matches wins.
    pub fn new(rules: &[(String, u8)]) -> Result<Self, FilterError> {
        let globs: Vec<String> = rules.iter().map(|(glob, _)| glob.clone()).collect();
        Ok(Self { globs: glob_set(&globs)?, values: rules.iter().map(|(_, value)| *value).collect() })
    }

    /// The priority of `key`; [`DEFAULT_PRIORITY`] if no rule matches.
    pub fn of(&self, key: &MediaKey) -> u8 {
        let hits = self.globs.matches(&*comparable(key.as_str()));
        hits.into_iter().min().map_or(DEFAULT_PRIORITY, |first| self.values[first])
    }
}

fn glob_set(globs: &[String]) -> Result<GlobSet, FilterError> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        // The matcher's own case folding knows ASCII alone, so both sides are folded here.
        let built =
            GlobBuilder::new(&comparable(glob)).literal_separator(true).empty_alternates(true).build();
        set.add(built.map_err(|e| FilterError { glob: glob.clone(), reason: e.kind().to_string() })?);
    }
    set.build().map_err(|e| FilterError { glob: globs.join("`, `"), reason: e.kind().to_string() })
}

fn comparable(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return Cow::Owned(text.nfc().collect::<String>().to_lowercase());
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> MediaKey {
        MediaKey::new(text).unwrap()
    }

    fn filter(include: &[&str], exclude: &[&str]) -> Filter {
        let owned = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>();
        Filter::new(&owned(include), &owned(exclude)).unwrap()
    }

    #[test]
    fn pictures_match_at_any_depth_and_in_any_case() {
        let filter = filter(&["**/*.{jpg,png}"], &["private/**"]);
        for yes in ["a.jpg", "a/b/c.PNG", "A/ü ö#%.Jpg"] {
            assert!(filter.matches(&key(yes)), "{yes}");
        }
        for no in ["a.txt", "a.jpg/x", "private/a.jpg", "Private/deep/a.jpg"] {
            assert!(!filter.matches(&key(no)), "{no}");
        }
    }

    #[test]
    fn a_single_star_stays_within_its_folder() {
        let filter = filter(&["full/*.jpg"], &[]);
        assert!(filter.matches(&key("full/a.jpg")));
        assert!(!filter.matches(&key("full/sub/a.jpg")));
    }

    #[test]
    fn case_and_normal_form_make_no_difference_beyond_ascii_either() {
        let filter = filter(&["\u{dc}bung/**"], &[]);
        assert!(filter.matches(&key("u\u{308}BUNG/a.jpg")));
    }

    #[test]
    fn no_include_means_everything() {
        assert!(filter(&[], &[]).matches(&key("a.bin")));
    }

    #[test]
    fn unfinished_and_hidden_names_are_refused_whatever_the_globs_say() {
        let all = filter(&["**"], &[]);
        for no in [
            "a.tmp",
            "a.jpg.TMP",
            "x/a.part",
            "a.partial",
            "a.CrDownload",
            "a.jpg~",
            ".a.jpg.swp",
            "~a.jpg",
            ".hidden.jpg",
            ".cache/a.jpg",
            "x/.y/z/a.jpg",
            "lost+found/a.jpg",
            "$RECYCLE.BIN/a.jpg",
        ] {
            assert!(!all.matches(&key(no)), "{no}");
        }
        for yes in ["tmp/a.jpg", "a.tmp/b.jpg", "~a/b.jpg", "a.parts", "a b.jpg", "ü"] {
            assert!(all.matches(&key(yes)), "{yes}");
        }
    }

    #[test]
    fn the_first_matching_rule_decides_the_priority() {
        let rules = [("full/**".to_owned(), 9), ("full/raw/**".to_owned(), 1), ("**/*.CR2".to_owned(), 12)];
        let priorities = Priorities::new(&rules).unwrap();
        assert_eq!(priorities.of(&key("FULL/raw/a.cr2")), 9);
        assert_eq!(priorities.of(&key("other/a.cr2")), 12);
        assert_eq!(priorities.of(&key("other/a.jpg")), DEFAULT_PRIORITY);
    }

    #[test]
    fn an_unusable_glob_is_named() {
        let error = Filter::new(&["ok/**".into(), "a{b".into()], &[]).unwrap_err();
        assert_eq!(error.glob, "a{b");
        assert!(error.to_string().starts_with("`a{b` is not a usable pattern: "), "{error}");
        assert!(Priorities::new(&[("[".into(), 1)]).is_err());
    }
}
