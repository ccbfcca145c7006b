//! API tokens.

use axum::http::{HeaderMap, header};
use subtle::{Choice, ConstantTimeEq};

/// Whether the request carries one of `tokens` as `Authorization: Bearer`. How long that takes tells
/// nothing about how much of a token was right.
pub(crate) fn accepted(headers: &HeaderMap, tokens: &[String]) -> bool {
    let Some(offered) = bearer(headers) else { return false };
    let none = Choice::from(0);
    let matching = |found, token: &String| found | (token.as_bytes().ct_eq(offered) & not_empty(token));
    tokens.iter().fold(none, matching).into()
}

/// An empty token in a damaged configuration must not open anything.
fn not_empty(token: &str) -> Choice {
    Choice::from(u8::from(!token.is_empty()))
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(value: &str, tokens: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        accepted(&headers, &tokens.iter().map(|token| (*token).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn any_of_the_tokens_opens_and_nothing_else_does() {
        assert!(offers("Bearer two", &["one", "two"]));
        assert!(offers("bearer  one", &["one", "two"]));
        for wrong in ["Bearer three", "Bearer tw", "Bearer twoo", "two", "Basic two", "Bearer ", "Bearer"] {
            assert!(!offers(wrong, &["one", "two"]), "{wrong}");
        }
        assert!(!accepted(&HeaderMap::new(), &["one".into()]));
    }

    #[test]
    fn an_empty_token_opens_nothing() {
        assert!(!offers("Bearer ", &[""]));
    }
}
