//! How a command of the program ended.

use std::process::Output;

use serde_json::Value;

/// Exit code and what was said.
#[derive(Debug)]
pub struct Outcome {
    /// 0, 1 or 2; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// Takes apart what a finished process left.
    pub fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        Self { code, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Fails unless the exit code is `code`.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Fails unless standard error has all of `words`, in any case and over line breaks.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        let said = flat(&self.stderr);
        for word in words {
            assert!(said.contains(&flat(word)), "nothing said of `{word}` in: {}", self.stderr);
        }
        self
    }

    /// The one JSON document on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("not one JSON document ({error}): {}\n{}", self.stdout, self.stderr)
        })
    }
}

/// In small letters, with every run of white space and frame characters as one space.
fn flat(text: &str) -> String {
    let is_gap = |c: char| c.is_whitespace() || matches!(c, '│' | '╭' | '╰' | '─' | '×' | '·' | '├' | '▶');
    text.to_lowercase().split(is_gap).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
