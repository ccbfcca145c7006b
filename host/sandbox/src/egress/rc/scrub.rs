//! Takes out of rclone's answers what a plugin has no business to know. Pure.

use serde_json::{Map, Value};

/// Replaces real folders by the names that plugins know.
pub(super) struct Scrubber {
    /// Longest first, so that a folder within another keeps its name.
    names: Vec<(String, &'static str)>,
}

impl Scrubber {
    /// For these two folders.
    pub fn new(media: &str, pages: &str) -> Self {
        let mut names = vec![(media.to_owned(), "@media"), (pages.to_owned(), "@pages")];
        names.sort_by_key(|(path, _)| std::cmp::Reverse(path.len()));
        Self { names }
    }

    /// An answer without the input that rclone echoes in errors, and without real folders. What is no
    /// JSON stays a text.
    pub fn scrub(&self, body: &[u8]) -> Vec<u8> {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => self.value(value).to_string().into_bytes(),
            Err(_) => self.text(&String::from_utf8_lossy(body)).into_bytes(),
        }
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.text(&text).into(),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(entries) => {
                let kept = entries.into_iter().filter(|(key, _)| key != "input");
                kept.map(|(key, value)| (key, self.value(value))).collect::<Map<_, _>>().into()
            }
            other => other,
        }
    }

    fn text(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (path, name)| text.replace(path.as_str(), name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_tells_neither_its_input_nor_real_folders() {
        let scrubber = Scrubber::new("/srv/booth/media", "/srv/booth/media-pages");
        let body = br#"{"error":"open /srv/booth/media/a.jpg: denied, /srv/booth/media-pages/index.html","input":{"srcFs":"/srv/booth/media"},"status":500}"#;
        let clean = String::from_utf8(scrubber.scrub(body)).unwrap();
        assert_eq!(clean, r#"{"error":"open @media/a.jpg: denied, @pages/index.html","status":500}"#);
        assert_eq!(scrubber.scrub(b"plain /srv/booth/media"), b"plain @media");
    }
}
