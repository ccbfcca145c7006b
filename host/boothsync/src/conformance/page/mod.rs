//! What a page generator has to do.

mod site;

use engine::{Call, Failure, ObjectPath, PageFile, PageGenerator as _, PageName, Picture, Share};
use sandbox::{LimitSettings, PageSetup, Plugin, PluginPage};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::finding::{Book, Look, Otherwise, shown, succeeds};
use super::settings;
use crate::show;

/// Breaks out of text, attributes, scripts and styles that do not escape it.
pub const SHARP: &str = "\"'></script></style></title><b id=boothsync-probe>&lt;";
/// What is to be seen of it in a page that escapes nothing.
pub const BROKEN_OUT: &str = "<b id=boothsync-probe>";

/// Looks at everything.
pub async fn examine(plugin: &Plugin, settings: Value, book: &mut Book<'_>) {
    let known: Vec<String> = settings::texts(&settings).into_iter().map(str::to_owned).collect();
    let page = match set_up(plugin, settings) {
        Ok(page) => page,
        Err(error) => {
            book.note(
                "set up as a page",
                Err(Otherwise::differs("the settings of the test fit the plugin", error)),
            );
            return;
        }
    };
    for (what, share) in [
        ("the general page", Share { id: "general".into(), title: "Party".into(), ..Share::default() }),
        ("a page for one picture", share("Party", 1)),
        ("a page for many pictures", share("Party", 500)),
        ("a page in another language", Share { locale: "de-DE".into(), ..share("Feier", 2) }),
    ] {
        book.note(what, rendered(&page, &share).await);
    }
    let site = render(&page, &sharp()).await;
    let site = match site {
        Ok(site) => site,
        Err(failure) => {
            book.note("a title full of HTML", Err(Otherwise::differs("it is rendered", shown(&failure))));
            return;
        }
    };
    book.note("a title full of HTML", site::escapes(&site));
    book.note("addresses in the page", site::leads_nowhere_else(&site, &given(&sharp(), known)));
}

/// What the general page looks like, in numbers.
pub async fn first(plugin: &Plugin, settings: Value) -> Result<String, String> {
    let page = set_up(plugin, settings)?;
    match rendered(&page, &Share::default()).await {
        Ok(text) => Ok(text),
        Err(Otherwise::Differs { came, .. } | Otherwise::NotAsked(came)) => Err(came),
    }
}

fn set_up(plugin: &Plugin, settings: Value) -> Result<PluginPage, String> {
    let name = PageName::new("conformance").expect("it is a name");
    let setup = PageSetup { name, settings, limits: LimitSettings::default() };
    plugin.page(setup).map_err(|error| error.to_string())
}

async fn render(page: &PluginPage, share: &Share) -> Result<Vec<PageFile>, Failure> {
    page.render(&Call::new(CancellationToken::new()), share).await
}

/// The host itself refuses a page without `index.html`, with strange paths or of too many bytes.
async fn rendered(page: &PluginPage, share: &Share) -> Look {
    let first = succeeds("render", render(page, share).await)?;
    let second = succeeds("render, again", render(page, share).await)?;
    if first != second {
        return Err(Otherwise::differs(
            "the same share gives the same bytes",
            "something else the second time",
        ));
    }
    let bytes: usize = first.iter().map(|file| file.content.len()).sum();
    Ok(format!("{}, {}", show::count(first.len() as u64, "file", "files"), show::bytes(bytes as u64)))
}

fn share(title: &str, pictures: usize) -> Share {
    Share {
        id: "party".into(),
        title: title.into(),
        locale: String::new(),
        pictures: (0..pictures).map(|number| picture(&format!("{number}.jpg"))).collect(),
        attributes: vec![],
    }
}

fn picture(name: &str) -> Picture {
    let url = format!("https://photos.example/media/{name}");
    Picture {
        path: ObjectPath::new(&format!("media/{name}")).expect("the kit's names are paths"),
        media_type: "image/jpeg".into(),
        thumbnail_url: Some(format!("{url}?small")),
        url,
        attributes: vec![],
    }
}

/// Everything that comes from elsewhere breaks out where it is not escaped.
fn sharp() -> Share {
    let mut picture = picture("a.jpg");
    picture.path = ObjectPath::new("media/\"'><b id=boothsync-probe>&lt;.jpg").expect("it is a path");
    picture.attributes = vec![("caption".into(), SHARP.into())];
    let attributes = vec![("event".into(), SHARP.into())];
    Share { id: SHARP.into(), title: SHARP.into(), pictures: vec![picture], attributes, ..Share::default() }
}

/// Addresses that the page may lead to: the pictures, and what the operator entered.
fn given(share: &Share, known: Vec<String>) -> Vec<String> {
    let of = |picture: &Picture| [Some(picture.url.clone()), picture.thumbnail_url.clone()];
    let entered = known.into_iter().filter(|text| text.contains("://"));
    share.pictures.iter().flat_map(of).flatten().chain(entered).collect()
}
