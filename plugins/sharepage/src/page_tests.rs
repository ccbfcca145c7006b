use super::*;
use crate::colour::BLACK;

fn page(settings: &str) -> String {
    render(&Settings::parse(settings).expect("valid settings"), &Subject::default())
}

#[test]
fn the_page_is_small_even_with_everything_that_can_be_set() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../settings.schema.json")).expect("a schema");
    let properties = schema["properties"].as_object().expect("an object");
    let longest = properties.iter().map(|(name, property)| {
        let length = property["maxLength"].as_u64().unwrap_or(0) as usize;
        let text = match name.as_str() {
            "colour" | "background" => "#0b57d0".to_owned(),
            "footer_link" => format!("https://{}", "x".repeat(length - 8)),
            _ => "x".repeat(length),
        };
        (name.clone(), text.into())
    });
    let settings = serde_json::Value::Object(longest.collect()).to_string();
    let (plain, full) = (page("{}").len(), page(&settings).len());
    assert!(full < 60_000, "{full} bytes, {plain} without settings");
    assert!(plain > 30_000, "{plain} bytes: something is missing");
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let page = page("{}");
    assert!(!page.contains("http://") && !page.contains("https://"), "an address of another site");
    assert!(!page.contains("src=") && !page.contains("@import") && !page.contains("url("));
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn what_the_operator_typed_stays_text() {
    let page = page(
        r#"{"title": "</title><script>alert(1)</script>", "text": "<img src=x onerror=alert(1)> {{script}}",
            "footer_text": "A & B", "footer_link": "https://example.com/\"onclick=\"alert(1)"}"#,
    );
    assert!(!page.contains("<script>alert") && !page.contains("<img src=x"));
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt; {{script}}"));
    assert!(page.contains(r#"<a href="https://example.com/&quot;onclick=&quot;alert(1)" rel="noopener noreferrer">A &amp; B</a>"#));
    assert_eq!(page.matches("</script>").count(), 2, "the data and the script, each ended once");
}

#[test]
fn no_placeholder_is_left() {
    let page = page("{}");
    assert!(!page.contains("{{") && !page.contains("}}<"), "an unknown name in the template");
}

#[test]
fn the_policy_names_exactly_the_style_and_the_script_of_the_page() {
    for settings in ["{}", r##"{"colour": "#b3261e", "background": "#fff8e7"}"##] {
        let page = page(settings);
        let between = |from: &str, to: &str| {
            let start = page.find(from).expect("there") + from.len();
            page[start..start + page[start..].find(to).expect("ended")].to_owned()
        };
        let (style, script) = (between("<style>", "</style>"), between("\n<script>", "</script>"));
        assert!(page.contains(&policy(&style, &script, &[])));
    }
}

#[test]
fn pictures_of_other_hosts_are_allowed_only_where_the_host_named_them() {
    let picture = Picture { url: "https://cdn.example.com/a.jpg".into(), media_type: "image/jpeg".into() };
    let subject = Subject { pictures: vec![picture], ..Subject::default() };
    let page = render(&Settings::default(), &subject);
    assert!(page.contains("img-src 'self' https://cdn.example.com data: blob:"));
    assert!(page.contains(r#""url":"https://cdn.example.com/a.jpg""#));
}

#[test]
fn zooming_is_not_disabled_and_a_language_is_named() {
    let page = page("{}");
    assert!(page.contains(r#"<html lang="en">"#));
    assert!(!page.contains("user-scalable") && !page.contains("maximum-scale"));
    let subject = Subject { locale: "de-AT".into(), ..Subject::default() };
    assert!(render(&Settings::default(), &subject).contains(r#"<html lang="de-AT">"#));
    let subject = Subject { locale: "x\" onload=\"".into(), ..Subject::default() };
    assert!(render(&Settings::default(), &subject).contains(r#"<html lang="en">"#));
}

#[test]
fn every_text_reads_well_on_its_background() {
    for background in [WHITE, DARK_PAGE, BLACK, Colour::new(0xff, 0xf8, 0xe7)] {
        for accent in ["#ffee00", "#0b57d0", "#7f7f7f"] {
            let variables = palette(accent.parse().expect("a colour"), background);
            let value = |name: &str| -> Colour {
                let mark = format!("--{name}: ");
                let start = variables.find(&mark).expect("there") + mark.len();
                variables[start..start + 7].parse().expect("a colour")
            };
            for (front, back) in
                [("ink", "page"), ("soft", "panel"), ("link", "page"), ("on-accent", "accent")]
            {
                let contrast = value(front).contrast(value(back));
                assert!(contrast >= 4.5, "{front} on {back} has {contrast} with {accent} on {background}");
            }
        }
    }
}

fn languages() -> BTreeMap<String, BTreeMap<String, String>> {
    serde_json::from_str(TEXTS).expect("a table of texts")
}

#[test]
fn every_language_says_everything() {
    let languages = languages();
    let english: Vec<&String> = languages["en"].keys().collect();
    for (tag, texts) in &languages {
        assert_eq!(texts.keys().collect::<Vec<_>>(), english, "{tag}");
        for (name, text) in texts {
            assert_eq!(text.contains("{date}"), name == "until", "{tag}: {name}");
            assert!(!text.trim().is_empty() && text.trim() == text, "{tag}: {name}");
            assert!(!text.contains('<') && text.chars().count() < 160, "{tag}: {name}");
        }
    }
}

#[test]
fn no_language_was_left_in_another_one() {
    let languages = languages();
    for (tag, texts) in &languages {
        for (other, others) in languages.iter().filter(|(other, _)| *other > tag) {
            let same = texts.iter().filter(|(name, text)| others[*name] == **text).count();
            assert!(same < texts.len() / 3, "{tag} and {other} have {same} texts in common");
        }
    }
}

#[test]
fn the_languages_of_the_booth_app_s_own_page_are_all_spoken() {
    let wanted = [
        "cs", "da", "de", "el", "en", "es", "fi", "fr", "hu", "it", "ja", "ko", "nl", "no", "pl", "pt-br",
        "pt-pt", "ro", "sv", "tr", "uk", "zh-cn",
    ];
    let languages = languages();
    for tag in wanted {
        assert!(languages.contains_key(tag), "{tag}");
    }
}

#[test]
fn the_script_uses_every_text_and_no_other() {
    let script: String = SCRIPTS.concat();
    let used = |name: &str| {
        let mention = |before: &str| {
            let mention = format!("{before}{name}");
            let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
            script.match_indices(&mention).any(|(at, _)| ends(&script[at + mention.len()..]))
        };
        mention("text.") || mention("TEXT.")
    };
    let texts = &languages()["en"];
    for name in texts.keys() {
        assert!(used(name), "nothing says `{name}`");
    }
    for part in script.split("text.").skip(1).chain(script.split("TEXT.").skip(1)) {
        let name: String = part.chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(texts.contains_key(&name), "no language has `{name}`");
    }
}

#[test]
fn leaving_out_comments_leaves_out_no_code() {
    for source in SCRIPTS {
        assert!(!without_notes(source).contains('`'), "a text over several lines would lose its indentation");
        assert!(!source.contains("/*"), "only whole lines are taken for comments");
    }
    assert_eq!(without_notes("a {\n  // why\n\n  b: '//';\n}\n"), "a {\nb: '//';\n}\n");
}

#[test]
fn the_logo_is_shown_with_its_words() {
    let page = page(r#"{"logo": "logo.png?\"onerror=\"x", "logo_text": "A & B"}"#);
    assert!(page.contains(r#"<img class="logo" src="logo.png?&quot;onerror=&quot;x" alt="A &amp; B">"#));
}

#[test]
fn messengers_are_told_the_title_only_if_there_is_one() {
    assert!(!page("{}").contains("og:"));
    let named = page(r#"{"title": "Anna & Ben"}"#);
    assert!(named.contains(r#"<meta property="og:title" content="Anna &amp; Ben">"#));
    assert!(!named.contains("og:description"));
}
