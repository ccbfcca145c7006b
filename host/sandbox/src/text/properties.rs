//! What must hold for any text of a plugin's that is shown: nothing steers a screen, no secret is in it,
//! and it is as short as it has to be.

use proptest::prelude::*;
use proptest::sample::select;

use super::{Redactor, steers};
use crate::secret::Secret;

/// A text with secrets in it, and what steers a terminal.
fn text_with(secret: String) -> impl Strategy<Value = (String, String)> {
    let piece = prop_oneof![
        3 => Just(secret.clone()),
        2 => ".{0,12}",
        1 => "[g-z]{0,80}",
        1 => select(vec!["\u{1b}[2J", "\n", "\r", "\u{202e}", "\u{9b}31m", "\u{2028}", "\0", "\u{61c}"]).prop_map(str::to_owned),
        1 => Just(secret.chars().skip(1).collect()),
        1 => Just(secret.chars().take(3).collect()),
    ];
    (Just(secret), prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2048, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_shown_is_clean(
        // Without what escapes are written with, so that it cannot stand in one by chance.
        (secret, text) in "[g-mo-tv-z]{4,30}".prop_flat_map(text_with),
        most in 8..400usize,
    ) {
        let shown = Redactor::new(&[Secret::new(secret.clone())]).clean(&text, most);
        prop_assert!(shown.len() <= most, "{} of {most} bytes", shown.len());
        prop_assert!(!shown.contains(&secret), "{shown:?}");
        prop_assert!(!shown.chars().any(|c| c.is_control() || steers(c)), "{shown:?}");
    }

    /// Wherever the text is cut, no beginning of a secret is left that is worth guessing from.
    #[test]
    fn no_part_of_a_secret_is_left_where_a_text_is_cut(
        secret in "[g-z]{12,40}",
        before in "[A-Z ]{0,60}",
        most in 8..80usize,
    ) {
        let text = format!("{before}{secret}{before}");
        let shown = Redactor::new(&[Secret::new(secret.clone())]).clean(&text, most);
        prop_assert!(!shown.contains(&secret[..4]), "{shown:?}");
    }

    #[test]
    fn a_text_without_secrets_stays_as_it_is(text in "[a-z ü]{0,100}") {
        let shown = Redactor::new(&[Secret::new("SECRET")]).clean(&text, 1_000);
        prop_assert_eq!(shown, text);
    }
}
