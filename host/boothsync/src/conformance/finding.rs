//! What the kit found, one finding for each thing it looked at.

use engine::Failure;

/// How one look ended: what was seen to hold, or why not.
pub type Look = Result<String, Otherwise>;

/// Something else than what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Otherwise {
    /// The plugin does something else than the contract says.
    Differs {
        /// What it should have done.
        expected: String,
        /// What it did.
        came: String,
    },
    /// It was not looked at, and why.
    NotAsked(String),
}

impl Otherwise {
    /// Wanted was this, and this came.
    pub fn differs(expected: impl Into<String>, came: impl Into<String>) -> Self {
        Self::Differs { expected: expected.into(), came: came.into() }
    }

    /// It does not apply.
    pub fn not_asked(why: impl Into<String>) -> Self {
        Self::NotAsked(why.into())
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What, in a few words.
    pub what: &'static str,
    /// What came of it.
    pub look: Look,
}

/// How many findings were of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// As the contract says.
    pub good: u64,
    /// Otherwise.
    pub bad: u64,
    /// Not looked at.
    pub left_out: u64,
}

/// Takes findings as they come, shows each and counts.
pub struct Book<'a> {
    show: &'a mut (dyn FnMut(&Finding) + Send),
    tally: Tally,
}

impl<'a> Book<'a> {
    /// `show` is told of every finding at once.
    pub fn new(show: &'a mut (dyn FnMut(&Finding) + Send)) -> Self {
        Self { show, tally: Tally::default() }
    }

    /// Writes one finding down; whether it is good.
    pub fn note(&mut self, what: &'static str, look: Look) -> bool {
        let count = match &look {
            Ok(_) => &mut self.tally.good,
            Err(Otherwise::Differs { .. }) => &mut self.tally.bad,
            Err(Otherwise::NotAsked(_)) => &mut self.tally.left_out,
        };
        *count += 1;
        let good = look.is_ok();
        (self.show)(&Finding { what, look });
        good
    }

    /// How it looks so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}

/// The value, or that the call should have succeeded.
pub fn succeeds<T>(what: &str, answer: Result<T, Failure>) -> Result<T, Otherwise> {
    answer.map_err(|failure| Otherwise::differs(format!("{what} succeeds"), shown(&failure)))
}

/// The failure's text if it is of this kind.
pub fn fails_as<T>(what: &str, kind: &str, answer: Result<T, Failure>) -> Result<Failure, Otherwise> {
    let expected = || format!("{what} fails as `{kind}`");
    match answer {
        Err(failure) if failure.kind() == kind => Ok(failure),
        Err(failure) => Err(Otherwise::differs(expected(), shown(&failure))),
        Ok(_) => Err(Otherwise::differs(expected(), "it succeeded")),
    }
}

/// A failure as it stands in a finding.
pub fn shown(failure: &Failure) -> String {
    format!("`{}`: {failure}", failure.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_another_kind_is_shown_with_its_words() {
        let answer: Result<(), _> = Err(Failure::Retry("503".into()));
        let wanted = Otherwise::differs("put fails as `blocked`", "`retry`: 503");
        assert_eq!(fails_as("put", "blocked", answer), Err(wanted));
        assert!(fails_as("put", "retry", Ok(())).is_err());
    }

    #[test]
    fn what_was_left_out_is_neither_good_nor_bad() {
        let mut shown = Vec::new();
        let mut show = |finding: &Finding| shown.push(finding.what);
        let mut book = Book::new(&mut show);
        assert!(book.note("a", Ok(String::new())));
        assert!(!book.note("b", Err(Otherwise::not_asked("no links"))));
        assert!(!book.note("c", Err(Otherwise::differs("x", "y"))));
        assert_eq!(book.tally(), Tally { good: 1, bad: 1, left_out: 1 });
        assert_eq!(shown, ["a", "b", "c"]);
    }
}
