//! Reads a rendered site as a browser would, as far as it matters here.

use engine::PageFile;

use super::BROKEN_OUT;
use crate::conformance::finding::{Look, Otherwise};

/// What an address may begin with that leads nowhere else.
const HARMLESS: [&str; 7] = ["#", "data:", "mailto:", "tel:", "blob:", "about:", "javascript:void"];
/// Names, not addresses.
const NAMESPACES: &str = "http://www.w3.org/";
/// Attributes that a browser follows or that a visitor may tap.
const LEADING: [&str; 6] = ["src", "href", "action", "poster", "srcset", "formaction"];

/// What came from elsewhere is nowhere part of the page's own code.
pub fn escapes(site: &[PageFile]) -> Look {
    for (path, text) in texts(site) {
        if text.contains(BROKEN_OUT) {
            return Err(Otherwise::differs(
                "all that comes from the share is escaped",
                format!("`{path}` has {BROKEN_OUT} as it is"),
            ));
        }
    }
    Ok("escaped".into())
}

/// Everything lies beside the page or was given to it: the site works in any folder of any web space, and
/// tells nobody who looks at it.
pub fn leads_nowhere_else(site: &[PageFile], given: &[String]) -> Look {
    let mut looked_at = 0;
    for (path, text) in texts(site) {
        for address in attributes(&text).into_iter().chain(absolute(&text)) {
            looked_at += 1;
            if let Some(why) = objection(&address, given) {
                let expected = "addresses are relative, or those that the share names";
                return Err(Otherwise::differs(expected, format!("`{path}` leads to {address}, {why}")));
            }
        }
    }
    Ok(match looked_at {
        0 => "none".into(),
        1 => "1, all of it relative or given".into(),
        many => format!("{many}, all relative or given"),
    })
}

fn texts(site: &[PageFile]) -> impl Iterator<Item = (&str, String)> {
    let is_text = |file: &&PageFile| {
        let (media_type, path) = (file.media_type.as_str(), file.path.as_str());
        media_type.starts_with("text/") || media_type.contains("javascript") || path.ends_with(".svg")
    };
    site.iter()
        .filter(is_text)
        .map(|file| (file.path.as_str(), String::from_utf8_lossy(&file.content).into_owned()))
}

fn objection(address: &str, given: &[String]) -> Option<&'static str> {
    let address = unescaped(address.trim());
    if address.is_empty() || HARMLESS.iter().any(|start| address.starts_with(start)) {
        return None;
    }
    let is_given = |given: &String| {
        address.starts_with(given.as_str()) || origin(given) == address.trim_end_matches('/')
    };
    if address.starts_with(NAMESPACES) || given.iter().any(is_given) {
        return None;
    }
    if address.contains("://") || address.starts_with("//") {
        return Some("which nobody gave to it");
    }
    address.starts_with('/').then_some("which is not below the page")
}

/// Scheme and host, as they stand in a policy of what a page may load.
fn origin(address: &str) -> &str {
    let host = address.find("://").map_or(0, |at| at + 3);
    address[host..].find('/').map_or(address, |end| &address[..host + end])
}

fn unescaped(text: &str) -> String {
    text.replace("&amp;", "&").replace("&#x2F;", "/").replace("&#47;", "/")
}

/// The values of all attributes that lead somewhere: `src="…"`.
fn attributes(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in LEADING {
        for (at, _) in text.match_indices(name) {
            let is_whole = text[..at].ends_with(|c: char| c.is_ascii_whitespace() || c == '"' || c == '\'');
            let Some(rest) = text[at + name.len()..].strip_prefix('=') else { continue };
            let Some(quote) = rest.chars().next().filter(|c| is_whole && matches!(c, '"' | '\'')) else {
                continue;
            };
            if let Some(end) = rest[1..].find(quote) {
                found.push(rest[1..=end].to_owned());
            }
        }
    }
    found
}

/// Every address with a scheme and a host, wherever it stands.
fn absolute(text: &str) -> Vec<String> {
    let starts = ["https://", "http://"];
    let mut found = Vec::new();
    for start in starts {
        for (at, _) in text.match_indices(start) {
            let rest = &text[at + start.len()..];
            // `https://` alone stands in code that looks at addresses.
            if rest.starts_with(|c: char| c.is_ascii_alphanumeric()) {
                let end =
                    rest.find(|c: char| c.is_whitespace() || "\"'`<>)\\;".contains(c)).unwrap_or(rest.len());
                found.push(format!("{start}{}", &rest[..end]));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use engine::ObjectPath;

    use super::*;

    fn site(text: &str) -> Vec<PageFile> {
        let path = ObjectPath::new("index.html").unwrap();
        vec![PageFile { path, media_type: "text/html".into(), content: text.as_bytes().to_vec() }]
    }

    #[test]
    fn a_tag_that_came_through_is_seen() {
        assert!(escapes(&site("<p>&lt;b id=boothsync-probe&gt;")).is_ok());
        assert!(escapes(&site(&format!("<p title=\"{}", super::super::SHARP))).is_err());
    }

    #[test]
    fn every_address_is_relative_or_given() {
        let given = ["https://photos.example/a.jpg".to_owned()];
        for good in [
            "<img src=\"a.css\"><a href=\"#top\">",
            "<img src=\"https://photos.example/a.jpg?x=1&amp;y\">",
            "<svg xmlns=\"http://www.w3.org/2000/svg\">",
            "<meta http-equiv=Content-Security-Policy content=\"img-src https://photos.example; default-src 'none'\">",
            "<script>if (url.startsWith('https://')) {}</script>",
            "<img src='data:image/png;base64,AAAA'>",
        ] {
            assert!(leads_nowhere_else(&site(good), &given).is_ok(), "{good}");
        }
        for bad in [
            "<script src=\"https://cdn.example/x.js\">",
            "<img src=\"//cdn.example/x.png\">",
            "<link href='/style.css'>",
            "<style>@import url(https://fonts.example/a.css)</style>",
            "<script>fetch(`http://tracker.example/x`)</script>",
        ] {
            assert!(leads_nowhere_else(&site(bad), &given).is_err(), "{bad}");
        }
    }
}
