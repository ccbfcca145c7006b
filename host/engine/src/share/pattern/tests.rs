use percent_encoding::percent_decode_str;

use super::*;

/// File names that break whoever encodes too little, too much or twice.
pub(in crate::share) const NASTY: [&str; 10] = [
    "plain/a.jpg",
    "with space/a b.jpg",
    "100%/50%25.jpg",
    "a#b?c=d&e+f.jpg",
    "\"double\" and 'single'.jpg",
    "\u{e4}\u{f6}\u{fc}\u{df}/Gr\u{fc}\u{df}e.jpg",
    "party \u{1f389}\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}.jpg",
    "back\\slash;semi:colon@at.jpg",
    "{filename}.jpg",
    "line\nbreak\ttab.jpg",
];

fn expand(pattern: &str, key: &str) -> String {
    let key = MediaKey::new(key).unwrap();
    let path = ObjectPath::of_media(&key);
    Pattern::parse(pattern).unwrap().expand(&Values { key: &key, path: &path })
}

fn error(pattern: &str) -> String {
    Pattern::parse(pattern).unwrap_err().to_string()
}

#[test]
fn every_placeholder_is_filled_in() {
    let url = expand("https://e.com/{filename}/{key}/{path}/{identifier}/end", "dir/a.jpg");
    let id = identifier(&MediaKey::new("dir/a.jpg").unwrap());
    assert_eq!(url, format!("https://e.com/a.jpg/dir/a.jpg/media/dir/a.jpg/{id}/end"));
}

#[test]
fn decoding_once_gives_the_name_back() {
    for name in NASTY {
        let decoded = |pattern: &str| {
            let url = expand(pattern, name);
            assert!(url.is_ascii() && !url.contains([' ', '"', '+', '&']), "{url}");
            let value = url.strip_prefix("https://e.com/").unwrap().to_owned();
            percent_decode_str(&value).decode_utf8().unwrap().into_owned()
        };
        assert_eq!(decoded("https://e.com/{key}"), name);
        assert_eq!(decoded("https://e.com/{path}"), format!("media/{name}"));
        assert_eq!(decoded("https://e.com/{filename}"), name.rsplit('/').next().unwrap());
    }
}

#[test]
fn the_slash_is_kept_where_it_separates_folders() {
    assert_eq!(expand("https://e.com/{key}", "a b/c#d/e.jpg"), "https://e.com/a%20b/c%23d/e.jpg");
}

#[test]
fn a_decomposed_file_name_links_to_the_composed_object() {
    assert_eq!(expand("http://e/{filename}", "u\u{308}.jpg"), "http://e/%C3%BC.jpg");
    assert_eq!(expand("http://e/{key}", "u\u{308}.jpg"), "http://e/%C3%BC.jpg");
}

#[test]
fn a_pattern_in_the_query_may_begin_right_behind_the_host() {
    assert_eq!(expand("HTTPS://e.com?k={key}&x=%7B", "a&b"), "HTTPS://e.com?k=a%26b&x=%7B");
}

#[test]
fn a_mistake_is_named_with_its_place_and_its_cure() {
    assert!(error("").contains("is empty"));
    assert!(error("photos.example.com/{path}").contains("begin it with `https://`"));
    assert!(error("javascript:alert(1)").contains("is not a web address"));
    assert!(error("https:///{path}").contains("no host at column 9"));
    assert!(error("https://{key}/").contains("column 9 stands in the host's name"));
    assert_eq!(
        error("https://e.com/{file}"),
        "unknown placeholder `{file}` at column 15: use `{filename}`, `{key}`, `{path}`, `{identifier}`"
    );
    assert!(error("https://e.com/a b").contains("' ' at column 16"));
}

#[test]
fn stray_and_doubled_braces_are_refused_where_they_stand() {
    assert!(error("https://e.com/{key").contains("`{` at column 15"));
    assert!(error("https://e.com/key}").contains("`}` at column 18"));
    assert!(error("https://e.com/{{key}}").contains("`{` at column 15"));
    assert!(error("https://e.com/{}").contains("unknown placeholder `{}`"));
    assert!(error("https://e.com/\u{fc}}").contains("`}` at column 17"));
}

#[test]
fn with_tokens_a_pattern_must_go_by_path() {
    let with_tokens = |pattern| Pattern::for_target(pattern, Naming::Token);
    let refused = with_tokens("https://e.com/{path}?{filename}");
    assert_eq!(refused, Err(PatternError::NotWithTokens(Placeholder::Filename)));
    assert_eq!(with_tokens("https://e.com/{identifier}"), Err(PatternError::TokensNeedPath));
    assert!(with_tokens("https://e.com/{path}").is_ok());
    assert!(Pattern::for_target("https://e.com/{filename}", Naming::Plain).is_ok());
}

#[test]
fn the_custom_link_knows_no_target_s_path() {
    assert_eq!(Pattern::for_custom("https://e.com/{path}"), Err(PatternError::NoPathHere));
    assert!(Pattern::for_custom("http://booth/{identifier}").is_ok());
}
