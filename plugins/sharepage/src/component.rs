//! The component: the contract's types on one side, this plugin's plain ones on the other.

wit_bindgen::generate!({ path: "../../wit", world: "sharepage" });

use boothsync::plugin::settings as imported;
use boothsync::plugin::types::Failure;
use exports::boothsync::plugin::pages::{File, Guest, Share};

use crate::page::{render, Picture, Subject};
use crate::settings::Settings;

struct Sharepage;

export!(Sharepage);

impl Guest for Sharepage {
    fn render(share: Share) -> Result<Vec<File>, Failure> {
        let settings = Settings::parse(&imported::json()).map_err(Failure::Blocked)?;
        let pictures = share
            .pictures
            .into_iter()
            .map(|picture| Picture { url: picture.url, media_type: picture.media_type });
        let subject = Subject { title: share.title, locale: share.locale, pictures: pictures.collect() };
        let content = render(&settings, &subject).into_bytes();
        Ok(vec![File { path: "index.html".into(), media_type: "text/html; charset=utf-8".into(), content }])
    }
}
