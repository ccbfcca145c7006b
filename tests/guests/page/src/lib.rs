//! A page generator that does what `verb` in its settings says.

wit_bindgen::generate!({ path: "../../../wit", world: "sharepage" });

use boothsync::plugin::settings;
use boothsync::plugin::types::Failure;
use exports::boothsync::plugin::pages::{File, Guest, Share};

struct Page;
export!(Page);

impl Guest for Page {
    fn render(share: Share) -> Result<Vec<File>, Failure> {
        let settings: serde_json::Value = serde_json::from_str(&settings::json()).unwrap_or_default();
        match settings["verb"].as_str().unwrap_or_default() {
            "loop" => loop {
                std::hint::black_box(0);
            },
            "no-index" => Ok(vec![file("other.html", "x".into())]),
            "look-around" => Ok(vec![file("index.html", look_around())]),
            _ => Ok(vec![file("index.html", page(&share))]),
        }
    }
}

fn page(share: &Share) -> String {
    let pictures: Vec<_> = share.pictures.iter().map(|picture| picture.url.as_str()).collect();
    format!("{} [{}] {}", share.title, share.locale, pictures.join(" "))
}

fn look_around() -> String {
    let env = std::env::vars().count() + std::env::args().count();
    format!("env {env}, root {:?}", std::fs::read_dir("/").map(|_| ()).map_err(|e| e.kind()))
}

fn file(path: &str, content: String) -> File {
    File { path: path.into(), media_type: "text/html".into(), content: content.into_bytes() }
}
