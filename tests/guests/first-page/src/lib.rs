//! A page generator as a vendor built it against the first published contract, of which it uses everything.

wit_bindgen::generate!({ path: "../../../wit/published/0.1.0", world: "sharepage" });

use boothsync::plugin::types::Failure;
use boothsync::plugin::{log, settings};
use exports::boothsync::plugin::pages::{File, Guest, Picture, Share};

struct FirstPage;
export!(FirstPage);

impl Guest for FirstPage {
    fn render(share: Share) -> Result<Vec<File>, Failure> {
        let settings: serde_json::Value = serde_json::from_str(&settings::json())
            .map_err(|error| Failure::Blocked(format!("the settings are no JSON: {error}")))?;
        log::write(log::Level::Debug, &format!("{} for {} pictures", share.id, share.pictures.len()));
        let pictures: String = share.pictures.iter().map(picture).collect();
        let facts: String = share.attributes.iter().map(|(_, value)| escaped(value)).collect();
        let greeting = escaped(settings["greeting"].as_str().unwrap_or("Hello"));
        let (language, title) = (escaped(&share.locale), escaped(&share.title));
        let page = format!(
            "<!doctype html><html lang=\"{language}\"><link rel=\"stylesheet\" href=\"look/page.css\">\
             <title>{title}</title><h1>{greeting}: {title}</h1><p>{facts}</p>{pictures}"
        );
        Ok(vec![
            file("index.html", "text/html; charset=utf-8", page),
            file("look/page.css", "text/css", "img { max-width: 100% }".into()),
        ])
    }
}

fn picture(picture: &Picture) -> String {
    let caption = picture.attributes.iter().find(|(name, _)| name == "caption");
    let caption = caption.map(|(_, value)| escaped(value)).unwrap_or_default();
    let small = picture.thumbnail_url.as_ref().unwrap_or(&picture.url);
    format!(
        "<a href=\"{}\" type=\"{}\" title=\"{}\"><img src=\"{}\" alt=\"{caption}\"></a>",
        escaped(&picture.url),
        escaped(&picture.media_type),
        escaped(&picture.path),
        escaped(small)
    )
}

fn file(path: &str, media_type: &str, text: String) -> File {
    File { path: path.into(), media_type: media_type.into(), content: text.into_bytes() }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}
