//! Makes texts of plugins fit for logs and screens: no control characters, no secrets, bounded.

use crate::secret::Secret;

const MASK: &str = "***";
const SHORTEST_SECRET: usize = 4;
/// Secrets up to this length are found even where a text is cut.
pub(crate) const LONGEST_SECRET: usize = 1024;

/// Knows the secrets of one target and takes them out of texts.
#[derive(Default)]
pub(crate) struct Redactor {
    needles: Vec<String>,
}

impl Redactor {
    /// Looks for each secret as it is, percent-encoded, in base64 and in JSON, and for each line of it.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut needles: Vec<String> =
            secrets.into_iter().flat_map(|secret| forms(secret.expose())).collect();
        needles.retain(|needle| needle.len() >= SHORTEST_SECRET);
        // The longest first, so that a secret within another does not hide the rest of it.
        needles.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        needles.dedup();
        Self { needles }
    }

    /// `text` without secrets.
    pub fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for needle in self.needles.iter().filter(|needle| !needle.is_empty()) {
            if text.contains(needle.as_str()) {
                text = text.replace(needle.as_str(), MASK);
            }
        }
        text
    }

    /// `text` without secrets and control characters, at most `most` bytes long.
    pub fn clean(&self, text: &str, most: usize) -> String {
        let head = cut(text, most + LONGEST_SECRET);
        shorten(escape(&self.redact(head)), most)
    }
}

fn forms(secret: &str) -> Vec<String> {
    use base64::Engine as _;
    let json = serde_json::Value::from(secret).to_string();
    let mut forms = vec![
        secret.to_owned(),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        base64::engine::general_purpose::STANDARD_NO_PAD.encode(secret),
        json.trim_matches('"').to_owned(),
    ];
    forms.extend(secret.lines().map(str::trim).filter(|line| line.len() >= 8).map(str::to_owned));
    forms
}

/// Replaces control characters, and those that turn the direction of writing, by visible escapes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\t' => safe.push(' '),
            c if c.is_control() || is_direction(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    safe
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// At most `most` bytes of `text`, ending between characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

fn shorten(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most.saturating_sub('…'.len_utf8())));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form_it_takes() {
        let redactor = Redactor::new(&[Secret::new("pa ss\"word/1"), Secret::new("pa ss")]);
        for text in
            ["x pa ss\"word/1 y", "x pa+ss%22word%2F1 y", "x cGEgc3Mid29yZC8x y", "x pa ss\\\"word/1 y"]
        {
            assert_eq!(redactor.redact(text), "x *** y", "{text}");
        }
    }

    #[test]
    fn a_secret_that_is_cut_in_two_is_still_not_shown() {
        let redactor = Redactor::new(&[Secret::new("hunter2hunter2")]);
        let text = format!("{}hunter2hunter2", "x".repeat(95));
        let clean = redactor.clean(&text, 100);
        assert!(!clean.contains("hunt"), "{clean}");
        assert!(clean.len() <= 100);
    }

    #[test]
    fn each_line_of_a_key_is_a_secret() {
        let redactor = Redactor::new(&[Secret::new("-----BEGIN-----\nMIIEvQIBADANBg\n-----END-----")]);
        assert_eq!(redactor.redact("got MIIEvQIBADANBg"), "got ***");
    }

    #[test]
    fn a_terminal_is_not_steered_by_a_plugin() {
        assert_eq!(escape("a\u{1b}[31mb\nc\u{202e}d"), "a\\u{1b}[31mb\\nc\\u{202e}d");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut("aüb", 2), "a");
        assert_eq!(shorten("üüüü".into(), 6), "ü…");
    }
}
