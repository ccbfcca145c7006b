//! Puts the page together from the files in `page/`.

use std::collections::BTreeMap;

use serde_json::json;

use crate::colour::{Colour, WHITE};
use crate::escape::html;
use crate::policy::{origin, policy};
use crate::settings::Settings;

const DOCUMENT: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/page.css");
const TEXTS: &str = include_str!("page/texts.json");
/// In the order in which they need each other. One function around all of them keeps their names out of
/// the browser's own.
const SCRIPTS: [&str; 6] = [
    include_str!("page/language.js"),
    include_str!("page/link.js"),
    include_str!("page/look.js"),
    include_str!("page/keep.js"),
    include_str!("page/card.js"),
    include_str!("page/main.js"),
];

const DARK_PAGE: Colour = Colour::new(0x12, 0x14, 0x17);

/// What the page is about.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The share's own title; empty leaves it to the settings.
    pub title: String,
    /// Language tag for visitors whose languages the page does not speak.
    pub locale: String,
    /// None asks for the general page, which learns from its address what to show.
    pub pictures: Vec<Picture>,
}

/// A picture that the page shows without being asked for it.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Absolute, or relative to the page.
    pub url: String,
    /// MIME type, or empty.
    pub media_type: String,
}

/// The whole page, one HTML document.
pub fn render(settings: &Settings, subject: &Subject) -> String {
    let title = if subject.title.is_empty() { &settings.title } else { &subject.title };
    let (style, script) = (style(settings), script());
    let origins: Vec<String> = subject.pictures.iter().filter_map(|picture| origin(&picture.url)).collect();
    fill(DOCUMENT, |name| match name {
        "lang" => html(language_tag(&subject.locale)),
        "policy" => policy(&style, &script, &origins),
        "scheme" => scheme(settings).into(),
        "preview" => preview(settings, title),
        "logo" => logo(settings),
        "title" => html(title),
        "text" => html(&settings.text),
        "footer" => footer(settings),
        "style" => style.clone(),
        "data" => data(title, subject),
        "script" => script.clone(),
        _ => String::new(),
    })
}

/// Replaces every `{{name}}` of the template, in one pass: what is filled in is not looked at again.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut parts = template.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or(("", part));
        page.push_str(&value(name));
        page.push_str(rest);
    }
    page
}

fn language_tag(locale: &str) -> &str {
    let is_tag = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if !locale.is_empty() && locale.chars().all(is_tag) {
        locale
    } else {
        "en"
    }
}

fn scheme(settings: &Settings) -> &'static str {
    match settings.background {
        None => "light dark",
        Some(background) if background.lettering() == WHITE => "dark",
        Some(_) => "light",
    }
}

fn script() -> String {
    let parts: String = SCRIPTS.iter().map(|script| without_notes(script)).collect();
    format!("(function () {{\n'use strict';\n{}{parts}}})();\n", texts())
}

/// The languages as the script has them: the names once, then each language's texts in the same order.
fn texts() -> String {
    let languages: BTreeMap<&str, BTreeMap<&str, &str>> =
        serde_json::from_str(TEXTS).expect("the tests read it too");
    let names: Vec<_> = languages.values().next().into_iter().flat_map(BTreeMap::keys).collect();
    let values: BTreeMap<_, Vec<_>> =
        languages.iter().map(|(tag, texts)| (tag, texts.values().collect())).collect();
    format!("const TEXT_NAMES = {};\nconst TEXTS = {};\n", json!(names), json!(values))
}

/// Leaves out what only those need who change the page: indentation, and lines that are all comment.
fn without_notes(source: &str) -> String {
    let lines =
        source.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn style(settings: &Settings) -> String {
    let colours = match settings.background {
        Some(background) => format!(":root {{{}}}\n", palette(settings.colour, background)),
        None => format!(
            ":root {{{}}}\n@media (prefers-color-scheme: dark) {{ :root {{{}}} }}\n",
            palette(settings.colour, WHITE),
            palette(settings.colour, DARK_PAGE)
        ),
    };
    format!("{colours}{}", without_notes(STYLE))
}

/// The variables of the style sheet for one background.
fn palette(accent: Colour, page: Colour) -> String {
    let ink = page.lettering();
    let panel = page.mixed(ink, 1);
    let colours = [
        ("page", page),
        ("ink", ink.mixed(page, 2).readable_on(page)),
        ("soft", ink.mixed(page, 6).readable_on(panel)),
        ("panel", panel),
        ("edge", page.mixed(ink, 4)),
        ("link", accent.readable_on(page)),
        ("accent", accent),
        ("on-accent", accent.lettering()),
    ];
    colours.iter().map(|(name, colour)| format!("--{name}: {colour};")).collect()
}

/// What a messenger shows of a link to this page.
fn preview(settings: &Settings, title: &str) -> String {
    let told = [("og:title", title), ("og:description", &settings.text)];
    let told = told.into_iter().filter(|(_, text)| !text.is_empty());
    told.map(|(name, text)| format!("<meta property=\"{name}\" content=\"{}\">\n", html(text))).collect()
}

fn logo(settings: &Settings) -> String {
    if settings.logo.is_empty() {
        return String::new();
    }
    let (source, text) = (html(&settings.logo), html(&settings.logo_text));
    format!("<img class=\"logo\" src=\"{source}\" alt=\"{text}\">\n")
}

fn footer(settings: &Settings) -> String {
    let (text, link) = (html(&settings.footer_text), html(&settings.footer_link));
    match (text.is_empty(), link.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!(r#"<a href="{link}" rel="noopener noreferrer">{link}</a>"#),
        (false, true) => text,
        (false, false) => format!(r#"<a href="{link}" rel="noopener noreferrer">{text}</a>"#),
    }
}

/// What the script has to know. `<` is written so that the browser cannot take anything in it for the
/// end of the element.
fn data(title: &str, subject: &Subject) -> String {
    let pictures: Vec<_> = subject
        .pictures
        .iter()
        .map(|picture| json!({"url": picture.url, "type": picture.media_type}))
        .collect();
    json!({"title": title, "locale": subject.locale, "pictures": pictures})
        .to_string()
        .replace('<', "\\u003c")
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
