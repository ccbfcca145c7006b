//! Collects what is wrong, each with its place in the file.

use globset::GlobBuilder;

use super::document::{Document, Place};
use super::problem::Problem;

/// Takes problems about one table of the file.
pub struct Checks<'a> {
    document: &'a Document,
    place: Place,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Checks<'a> {
    /// Begins at the root of the file.
    pub fn new(document: &'a Document, problems: &'a mut Vec<Problem>) -> Self {
        Self { document, place: Place::default(), problems }
    }

    /// The same for the table `key`.
    pub fn table(&mut self, key: &str) -> Checks<'_> {
        self.below(self.place.key(key))
    }

    /// The same for table number `index` of the array `key`.
    pub fn item(&mut self, key: &str, index: usize) -> Checks<'_> {
        self.below(self.place.key(key).index(index))
    }

    fn below(&mut self, place: Place) -> Checks<'_> {
        Checks { document: self.document, place, problems: self.problems }
    }

    /// The value of `key` is wrong: `message` says what, `label` stands beside it and says how to mend it.
    pub fn wrong(&mut self, key: &str, message: impl Into<String>, label: impl Into<String>) {
        let span = self.document.span(&self.place.key(key));
        self.problems.push(Problem::new(span, message, label));
    }

    /// Every entry of the array `key` has to be a glob.
    pub fn globs(&mut self, key: &str, globs: &[String]) {
        for (index, glob) in globs.iter().enumerate() {
            if let Err(error) = GlobBuilder::new(glob).literal_separator(true).build() {
                let span = self.document.span(&self.place.key(key).index(index));
                let message = format!("`{glob}` is not a usable glob: {}", error.kind());
                self.problems.push(Problem::new(span, message, "`*`, `?`, `**/` and `{a,b}` can be used"));
            }
        }
    }
}
