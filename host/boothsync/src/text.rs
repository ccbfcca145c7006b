//! Words that several parts say.

use std::io;

/// What the system said, in plain words and without the number that `io::Error` adds.
pub fn io_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".into(),
        io::ErrorKind::PermissionDenied => "this user is not allowed to".into(),
        io::ErrorKind::InvalidData => "it is not UTF-8 text".into(),
        _ => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_lowercase()
        }
    }
}

/// An error with its causes, each said once.
pub fn chain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1) {
        let raw = cause.to_string();
        let words = cause.downcast_ref().map_or_else(|| raw.clone(), io_words);
        // Some libraries repeat their source in their own text.
        if !text.contains(&raw) && !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_cause_that_was_said_is_not_said_again() {
        let error = anyhow!("it is full").context("cannot write: it is full").context("no backup");
        assert_eq!(chain(&error), "no backup: cannot write: it is full");
    }
}
