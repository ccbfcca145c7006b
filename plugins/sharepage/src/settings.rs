//! What the operator chose. The host has validated it against the schema; what would break the page is
//! checked here all the same.

use serde::Deserialize;

use crate::colour::Colour;

/// The settings of this page; `settings.schema.json` describes them for people.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Empty: the visitor's language has a title of its own.
    pub title: String,
    /// Below the title; line breaks are kept.
    pub text: String,
    /// Above the title: a `data:` address, or a relative one. Empty: none.
    pub logo: String,
    /// What the logo says, for those who cannot see it.
    pub logo_text: String,
    /// Of buttons and links.
    pub colour: Colour,
    /// Of the page. None: light or dark, as the phone is set.
    #[serde(deserialize_with = "none_if_empty")]
    pub background: Option<Colour>,
    /// A line at the end of the page.
    pub footer_text: String,
    /// Where that line leads; `http` or `https`, or empty.
    pub footer_link: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            title: String::new(),
            text: String::new(),
            logo: String::new(),
            logo_text: String::new(),
            colour: Colour::new(0x0b, 0x57, 0xd0),
            background: None,
            footer_text: String::new(),
            footer_link: String::new(),
        }
    }
}

impl Settings {
    /// Reads the settings document; the error is a sentence for the operator.
    pub fn parse(json: &str) -> Result<Self, String> {
        let settings: Self =
            serde_json::from_str(json).map_err(|error| format!("The settings of the page: {error}"))?;
        let link = &settings.footer_link;
        if !(link.is_empty() || link.starts_with("https://") || link.starts_with("http://")) {
            return Err(
                "The settings of the page: `footer_link` has to begin with https:// or http://".into()
            );
        }
        if !is_own_picture(&settings.logo) {
            return Err(
                "The settings of the page: `logo` has to be a data: address of a picture, or the path of \
                        one beside the page"
                    .into(),
            );
        }
        Ok(settings)
    }
}

/// Whether it needs no other host: the page may load nothing from one.
fn is_own_picture(address: &str) -> bool {
    if let Some(rest) = address.strip_prefix("data:image/") {
        return rest.contains(";base64,");
    }
    !address.starts_with("//") && !address.contains([':', '\\'])
}

fn none_if_empty<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Colour>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_a_default() {
        let settings = Settings::parse("{}").expect("valid");
        assert_eq!(settings.colour.to_string(), "#0b57d0");
        assert!(settings.background.is_none() && settings.title.is_empty());
    }

    #[test]
    fn the_schema_and_the_type_have_the_same_settings() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../settings.schema.json")).expect("valid");
        let properties = schema["properties"].as_object().expect("an object");
        for (name, property) in properties {
            let one = serde_json::json!({name: property["default"]}).to_string();
            assert!(Settings::parse(&one).is_ok(), "{name}");
        }
        assert_eq!(properties.len(), 8);
    }

    #[test]
    fn what_would_break_the_page_is_refused() {
        for json in [
            r#"{"colour": "red;}</style>"}"#,
            r##"{"background": "#12345"}"##,
            r#"{"footer_link": "javascript:alert(1)"}"#,
            r#"{"logo": "https://example.com/logo.png"}"#,
            r#"{"logo": "//example.com/logo.png"}"#,
            r#"{"logo": "/\\example.com/logo.png"}"#,
            r#"{"logo": "data:text/html;base64,PGI+"}"#,
            r#"{"logos": "x"}"#,
        ] {
            assert!(Settings::parse(json).is_err(), "{json}");
        }
    }
}
