//! Links for visitors.

use engine::{Failure, Target};

use super::{clean_up, put_well};
use crate::conformance::finding::{Look, Otherwise, succeeds};
use crate::conformance::scene::{Scene, call};

/// The link leads to the bytes that were put.
pub async fn fetched(scene: &Scene, target: &dyn Target) -> Look {
    if !target.abilities().links {
        return Err(Otherwise::not_asked("it does not export `links`"));
    }
    scene.begin();
    let content = b"what a visitor gets";
    let thing = scene.thing_of("Link ü & ?.jpg", content)?;
    let receipt = put_well("put", target, &thing).await?;
    let answer = target.public_link(&call(), &thing.object.path, Some(&receipt)).await;
    let link = match answer {
        Err(Failure::Unsupported(why)) => Err(Otherwise::not_asked(format!("with these settings: {why}"))),
        answer => succeeds("public-link", answer),
    }?;
    let Some(link) = link else {
        return Err(Otherwise::not_asked("the plugin gives no link for the object"));
    };
    clean_up(scene, target, &[&thing.object.path]).await;
    let Some(peer) = scene.peer.as_ref().filter(|peer| link.url.starts_with(&peer.url())) else {
        return Ok(format!("{} (not fetched)", link.url));
    };
    match peer.at(&link.url).and_then(|held| held.content) {
        Some(bytes) if bytes == content[..] => Ok(link.url),
        Some(_) => {
            Err(Otherwise::differs("the link leads to what was put", format!("other bytes at {}", link.url)))
        }
        None => Err(Otherwise::differs("the link leads to what was put", format!("nothing at {}", link.url))),
    }
}
