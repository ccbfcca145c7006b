//! The visitor's own language.

use booth_tests::{Browser, Need, Visitor, needs};
use serde_json::json;

use super::{Party, visitor};

/// What a browser is set to, and what the page should then be: its language, its direction, its words.
const LANGUAGES: [(&str, &str, &str, &str); 10] = [
    ("en-GB", "en", "ltr", "Your picture is on its way"),
    ("de-AT,en-US", "de", "ltr", "Dein Bild ist unterwegs"),
    ("ar-EG,en", "ar", "rtl", "صورتك في الطريق"),
    ("he-IL", "he", "rtl", "התמונה שלך בדרך"),
    ("ja", "ja", "ltr", "写真が届くのを待っています"),
    ("nb-NO", "no", "ltr", "Bildet ditt er på vei"),
    ("ca-ES,es-MX,en", "es", "ltr", "Tu foto está en camino"),
    ("zh-Hant-HK", "zh-tw", "ltr", "照片正在路上"),
    ("pt-AO", "pt-pt", "ltr", "A tua foto vem a caminho"),
    ("tlh,eo", "en", "ltr", "Your picture is on its way"),
];

#[test]
fn the_first_language_that_the_page_speaks_is_spoken() {
    needs!(Need::Browser, Need::WebServer);
    let party = Party::begin("");
    for (languages, lang, dir, words) in LANGUAGES {
        let browser = Browser::start(&Visitor { languages, ..visitor() });
        browser.open(&party.link_to_nothing());
        browser.wait_for_text(words);
        let found = browser
            .evaluate("return [document.documentElement.lang, document.documentElement.dir, document.title]");
        assert_eq!((&found[0], &found[1]), (&json!(lang), &json!(dir)), "{languages}");
        assert_ne!(found[2], "", "{languages}");
        if lang != "en" {
            browser.keep_picture(&format!("language-{lang}"));
        }
    }
}
