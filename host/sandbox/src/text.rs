//! Makes texts of plugins fit for logs and screens: no control characters, no secrets, bounded.

use std::ops::Range;

use crate::secret::Secret;

#[cfg(test)]
mod properties;

const MASK: &str = "***";
const SHORTEST_SECRET: usize = 4;

/// Knows the secrets of one target and takes them out of texts.
#[derive(Default)]
pub(crate) struct Redactor {
    /// The longest first.
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

    /// How far beyond the end of what is shown one has to look so that no part of a secret is shown.
    pub fn reach(&self) -> usize {
        self.needles.first().map_or(0, String::len)
    }

    /// `text` without secrets.
    pub fn redact(&self, text: &str) -> String {
        self.mask(text, usize::MAX)
    }

    /// The same for a text whose beginning is lost: what it begins with may be the end of a secret.
    pub fn redact_rest(&self, text: &str) -> String {
        let text = text.trim_start_matches(char::REPLACEMENT_CHARACTER);
        let ends =
            self.needles.iter().flat_map(|needle| needle.char_indices().map(move |(at, _)| &needle[at..]));
        let lost = ends.filter(|end| text.starts_with(end)).map(str::len).max().unwrap_or(0);
        self.redact(&text[lost..])
    }

    /// `text` without secrets and control characters, at most `most` bytes long.
    pub fn clean(&self, text: &str, most: usize) -> String {
        shorten(escape(&self.mask(text, most)), most)
    }

    /// The beginning of `text`, at least `most` bytes of it if it has as many, with a mask in place of each
    /// secret that begins there.
    fn mask(&self, text: &str, most: usize) -> String {
        let (mut masked, mut rest) = (String::new(), text);
        while masked.len() < most {
            let window = cut(rest, (most - masked.len()).saturating_add(self.reach()));
            let Some(secret) = self.first(rest, window) else {
                masked.push_str(window);
                break;
            };
            masked.push_str(&rest[..secret.start]);
            masked.push_str(MASK);
            rest = &rest[secret.end..];
        }
        masked
    }

    /// Where the first secret of the window at the beginning of `text` stands, together with all that
    /// overlap it, however far they go on.
    fn first(&self, text: &str, window: &str) -> Option<Range<usize>> {
        let start = self.needles.iter().filter_map(|needle| window.find(needle.as_str())).min()?;
        let mut end = start + 1;
        loop {
            let before = end;
            for needle in &self.needles {
                end = overlapping(text, needle, start, end).unwrap_or(end);
            }
            if end == before {
                return Some(start..end);
            }
        }
    }
}

/// The farthest end of those `needle`s in `text` that begin from `start` on and before `end`.
fn overlapping(text: &str, needle: &str, start: usize, end: usize) -> Option<usize> {
    let within = cut(text, end - 1 + needle.len());
    let (mut from, mut farthest) = (start, None);
    while let Some(at) = within[from..].find(needle) {
        farthest = Some((from + at + needle.len()).max(end));
        from = within.ceil_char_boundary(from + at + 1);
    }
    farthest
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

/// Replaces control characters, and those that turn the direction of writing or end a line, by visible
/// escapes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\t' => safe.push(' '),
            c if c.is_control() || steers(c) => safe.extend(c.escape_unicode()),
            c => safe.push(c),
        }
    }
    safe
}

fn steers(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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
    fn no_part_of_a_long_secret_is_shown_where_a_text_is_cut() {
        let secret = "s3cr3t".repeat(500);
        let redactor = Redactor::new(&[Secret::new(secret.clone())]);
        let clean = redactor.clean(&format!("x{secret}{secret}"), 100);
        assert_eq!(clean, "x***");
    }

    #[test]
    fn secrets_that_overlap_are_hidden_together() {
        let redactor = Redactor::new(&[Secret::new("abcd"), Secret::new("cdefgh"), Secret::new("fghijk")]);
        assert_eq!(redactor.redact("xabcdefghijky abcd"), "x***y ***");
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
