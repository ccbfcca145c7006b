//! Addresses with placeholders.

use url::Url;

use super::reference::nearest;

/// What a target's `public_link` may hold.
pub const TARGET: &[&str] = &["filename", "key", "path", "identifier"];

/// What `share.custom_url` may hold.
pub const CUSTOM: &[&str] = &["filename", "identifier", "key"];

/// What is wrong with a pattern.
#[derive(Debug, PartialEq, Eq)]
pub struct PatternProblem {
    pub message: String,
    pub label: String,
}

/// Checks that `pattern` is an address once its placeholders are filled in.
pub fn check(pattern: &str, known: &[&str]) -> Result<(), PatternProblem> {
    let mut filled = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, behind)) = after.split_once('}') else {
            return Err(problem("a `{` is not closed in this pattern".into(), "close it with `}`".into()));
        };
        if !known.contains(&name) {
            return Err(unknown(name, known));
        }
        filled.extend([before, "x"]);
        rest = behind;
    }
    filled.push_str(rest);
    if is_address(&filled) {
        Ok(())
    } else {
        let label = "it begins with `https://` or `http://`".into();
        Err(problem(format!("`{pattern}` does not make an address"), label))
    }
}

/// Whether `text` is a web address.
pub fn is_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
}

fn unknown(name: &str, known: &[&str]) -> PatternProblem {
    let label = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{{{near}}}`?"),
        None => {
            let all: Vec<String> = known.iter().map(|name| format!("`{{{name}}}`")).collect();
            format!("known here are {}", all.join(", "))
        }
    };
    problem(format!("there is no placeholder `{{{name}}}`"), label)
}

fn problem(message: String, label: String) -> PatternProblem {
    PatternProblem { message, label }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_an_address_once_it_is_filled_in() {
        assert_eq!(check("https://x.example/media/{key}", TARGET), Ok(()));
        assert_eq!(check("http://{filename}.example/", TARGET), Ok(()));
        for bad in ["{key}", "ftp://x.example/{key}", "https://x/{key", "https://x/{file}", ""] {
            assert!(check(bad, TARGET).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_unknown_placeholder_gets_the_nearest_one() {
        let wrong = check("https://x.example/{filname}", TARGET).unwrap_err();
        assert_eq!(wrong.label, "did you mean `{filename}`?");
        assert!(check("https://x.example/{path}", CUSTOM).is_err());
    }
}
