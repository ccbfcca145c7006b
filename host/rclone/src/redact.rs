//! Takes secrets out of what rclone writes.
//!
//! rclone logs the log-in address of its web UI with the password in it, prints the password in its
//! usage text, and at `DEBUG` logs every parameter and reply of the rc API, remotes' passwords
//! included.

use crate::endpoint::Endpoint;

const HIDDEN: &str = "[hidden]";
/// Names of options in connection strings and flags whose value is a secret if they end so.
const SECRET_OPTIONS: [&str; 8] =
    ["pass", "password", "pass2", "secret", "token", "access_key", "private_key", "password_command"];

/// Knows the credentials of one child, and the shapes in which other secrets show.
#[derive(Clone)]
pub(crate) struct Redactor {
    known: [String; 2],
}

impl Redactor {
    /// For the log of the child behind `endpoint`.
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        Self { known: [endpoint.password.clone(), endpoint.user.clone()] }
    }

    /// `line` without anything secret.
    pub(crate) fn line(&self, line: &str) -> String {
        let mut text = text(line);
        for known in &self.known {
            text = text.replace(known.as_str(), HIDDEN);
        }
        text
    }
}

/// `text` without the secrets that can be told by their shape.
pub(crate) fn text(text: &str) -> String {
    let text = without_log_in(&without_call(text));
    without_user_info(&without_option_values(&text))
}

/// Cuts the query off a log-in address.
fn without_log_in(text: &str) -> String {
    match text.split_once("/login?") {
        Some((before, query)) => {
            let rest = query.find(char::is_whitespace).map_or("", |end| &query[end..]);
            format!("{before}/login?{HIDDEN}{rest}")
        }
        None => text.into(),
    }
}

/// Cuts parameters and replies off the lines that trace rc calls.
fn without_call(text: &str) -> String {
    let Some(call) = text.find("rc: \"") else { return text.into() };
    for mark in ["\": with parameters ", "\": reply "] {
        if let Some(at) = text[call..].find(mark) {
            return format!("{}{HIDDEN}", &text[..call + at + mark.len()]);
        }
    }
    text.into()
}

/// Hides values in `name=value`, `name="value"` and `--name "value"` where the name is a secret's.
fn without_option_values(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('=') {
        let (before, value) = (&rest[..at], &rest[at + 1..]);
        clean.push_str(before);
        clean.push('=');
        rest = value;
        if names_a_secret(before) {
            clean.push_str(HIDDEN);
            rest = &value[value_end(value)..];
        }
    }
    clean.push_str(rest);
    clean
}

fn names_a_secret(before: &str) -> bool {
    let name =
        before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).next().unwrap_or("");
    let name = name.to_ascii_lowercase().replace('-', "_");
    SECRET_OPTIONS.iter().any(|secret| name.ends_with(secret))
}

/// Where a value in a connection string ends: at the closing quote, or at `,`, `:` or white space.
fn value_end(value: &str) -> usize {
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value[1..].find(quote).map_or(value.len(), |at| at + 2),
        _ => value.find(|c: char| matches!(c, ',' | ':' | '&') || c.is_whitespace()).unwrap_or(value.len()),
    }
}

/// Hides the password in `scheme://user:password@host`.
fn without_user_info(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        clean.push_str(before);
        let end =
            after.find(|c: char| matches!(c, '/' | '"' | '?') || c.is_whitespace()).unwrap_or(after.len());
        rest = after;
        if let Some(info) = after[..end].rfind('@') {
            clean.push_str(HIDDEN);
            rest = &after[info..];
        }
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor() -> Redactor {
        Redactor { known: ["Pa55word".into(), "someUser".into()] }
    }

    #[test]
    fn the_log_in_address_of_the_web_ui_is_cut() {
        let line = "NOTICE: GUI available at http://127.0.0.1:5599/login?pass=Pa55word&url=http%3A%2F%2F127.0.0.1%3A5598%2F&user=someUser";
        assert_eq!(redactor().line(line), "NOTICE: GUI available at http://127.0.0.1:5599/login?[hidden]");
    }

    #[test]
    fn the_usage_text_shows_no_password() {
        let line = r#"      --rc-pass string    Password for authentication (default "Pa55word")"#;
        assert!(!redactor().line(line).contains("Pa55word"));
        let line =
            r#"DEBUG : Setting --rc-pass "Pa55word" from environment variable RCLONE_RC_PASS="Pa55word""#;
        assert!(!redactor().line(line).contains("Pa55word"));
    }

    #[test]
    fn parameters_and_replies_of_calls_are_cut() {
        for (line, kept) in [
            (
                r#"DEBUG : rc: "config/create": with parameters map[name:x parameters:map[pass:sekret]]"#,
                r#"DEBUG : rc: "config/create": with parameters [hidden]"#,
            ),
            (
                r#"DEBUG : rc: "config/dump": reply map[x:map[secret_access_key:sekret]]: <nil>"#,
                r#"DEBUG : rc: "config/dump": reply [hidden]"#,
            ),
        ] {
            assert_eq!(text(line), kept);
        }
    }

    #[test]
    fn passwords_in_connection_strings_and_addresses_are_hidden() {
        for (line, kept) in [
            (":ftp,host=h,pass=sekret:foo", ":ftp,host=h,pass=[hidden]:foo"),
            (":ftp,pass=\"se,:kret\",host=h:", ":ftp,pass=[hidden],host=h:"),
            (":s3,secret_access_key=sekret,x=1:b", ":s3,secret_access_key=[hidden],x=1:b"),
            ("Get \"https://u:sekret@h/x\": refused", "Get \"https://[hidden]@h/x\": refused"),
            ("--sftp-pass=sekret rest", "--sftp-pass=[hidden] rest"),
        ] {
            assert_eq!(text(line), kept);
        }
    }

    #[test]
    fn ordinary_lines_stay_as_they_are() {
        for line in [
            "NOTICE: Serving remote control on http://127.0.0.1:5598/",
            "ERROR : a=b.jpg: Failed to copy: 550 \"Permission denied\"",
            "übergroß=1 🎉 = x",
            "",
        ] {
            assert_eq!(redactor().line(line), line);
        }
    }
}
