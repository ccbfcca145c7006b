//! The content security policy: nothing loads but the page's own style and script, and pictures.

use sha2::{Digest, Sha256};

/// The policy of a page with this style and this script, whose pictures come from its own host or from
/// `origins` (`https://host:port`).
pub fn policy(style: &str, script: &str, origins: &[String]) -> String {
    let pictures =
        std::iter::once("'self'").chain(origins.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
    format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src {pictures} data: blob:; media-src {pictures} blob:; \
         connect-src {pictures}; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(script),
    )
}

/// `https://host:port` of an address, if it is one that may stand in a policy.
pub fn origin(url: &str) -> Option<String> {
    let scheme = ["https://", "http://"].into_iter().find(|scheme| url.starts_with(scheme))?;
    let host = url[scheme.len()..].split(['/', '?', '#']).next()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    (!host.is_empty() && host.chars().all(is_plain)).then(|| format!("{scheme}{host}"))
}

fn hash(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |number: u32, place: u32| char::from(DIGITS[(number >> (18 - 6 * place) & 63) as usize]);
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let number = (0..3).fold(0, |number, i| number << 8 | u32::from(part.get(i).copied().unwrap_or(0)));
        let places = 0..4_u32;
        text.extend(
            places.map(|place| if place as usize <= part.len() { digit(number, place) } else { '=' }),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn the_hash_is_the_one_a_browser_computes() {
        // The example of the CSP standard.
        assert_eq!(hash("alert('Hello, world.');"), "sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng=");
    }

    #[test]
    fn an_address_cannot_add_to_the_policy() {
        assert_eq!(
            origin("https://cdn.example.com:8443/a.jpg?x=1").as_deref(),
            Some("https://cdn.example.com:8443")
        );
        assert_eq!(origin("http://[::1]:80/a").as_deref(), Some("http://[::1]:80"));
        for url in ["media/a.jpg", "https://", "https://a; script-src *", "data:text/html,x", "https://a'b/"]
        {
            assert_eq!(origin(url), None, "{url}");
        }
    }
}
