use super::*;
use crate::colour::BLACK;

fn page(settings: &str) -> String {
    render(&Settings::parse(settings).expect("valid settings"), &Subject::default())
}

#[test]
fn the_page_is_small() {
    let page = page(r#"{"title": "Our party"}"#);
    assert!(page.len() < 60_000, "{} bytes", page.len());
    assert!(page.len() > 10_000, "{} bytes: something is missing", page.len());
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    let page = page("{}");
    assert!(!page.contains("http://") && !page.contains("https://"), "an address of another site");
    assert!(!page.contains("src=\"") && !page.contains("@import") && !page.contains("url("));
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

#[test]
fn every_language_says_everything() {
    let entries: Vec<&str> = SCRIPTS[0].split("\n  },\n").filter(|entry| entry.contains("title:")).collect();
    assert!(entries.len() >= 6, "{} languages", entries.len());
    let keys = |entry: &str| -> Vec<String> {
        let lines = entry.lines().filter_map(|line| line.strip_prefix("    ")?.split_once(':'));
        lines.map(|(key, _)| key.to_owned()).collect()
    };
    for entry in &entries {
        assert_eq!(
            keys(entry),
            keys(entries[0]),
            "{}",
            entry.trim_start().lines().next().unwrap_or_default()
        );
    }
}
