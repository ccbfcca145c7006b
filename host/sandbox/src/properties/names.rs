use std::path::{Component, Path};

use engine::ObjectPath;
use proptest::prelude::*;
use proptest::sample::select;

/// Paths made of what leads elsewhere.
fn path() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => select(vec!["..", ".", "", "a", "etc", "passwd", "a\0", "\0", "C:", "~", "...", ".. ", "u\u{308}", "\u{202e}b", "\n"])
            .prop_map(str::to_owned),
        1 => ".{0,6}",
    ];
    let lead = select(vec!["", "/", "./", "../", "//"]);
    (lead, prop::collection::vec(part, 0..5)).prop_map(|(lead, parts)| format!("{lead}{}", parts.join("/")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_name_never_leads_out_of_the_folder_it_is_put_in(text in path()) {
        let Ok(name) = ObjectPath::new(&text) else { return Ok(()) };
        let (base, joined) = (Path::new("/base"), Path::new("/base").join(name.as_str()));
        prop_assert!(joined.starts_with(base) && joined != base, "{text:?}");
        let below = joined.strip_prefix(base).unwrap();
        prop_assert!(below.components().all(|part| matches!(part, Component::Normal(_))), "{text:?}");
        // Taken as it is, so that the name that was checked is the name that is used.
        prop_assert_eq!(below.to_str(), Some(text.as_str()));
        prop_assert!(!text.contains('\0'));
    }

    #[test]
    fn a_name_that_was_taken_is_taken_again(text in ".{1,40}") {
        if let Ok(name) = ObjectPath::new(&text) {
            prop_assert_eq!(ObjectPath::new(name.as_str()).unwrap(), name);
        }
    }
}
