//! A page generator, as the engine sees it: a pure function from a share to a small site.

use async_trait::async_trait;

use crate::call::Call;
use crate::failure::Failure;
use crate::names::ObjectPath;
use crate::object::Attributes;

/// One picture of a [`Share`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The object's path on the target.
    pub path: ObjectPath,
    /// MIME type.
    pub media_type: String,
    /// Where a visitor gets it.
    pub url: String,
    /// Where a visitor gets a small version.
    pub thumbnail_url: Option<String>,
    /// Further facts.
    pub attributes: Attributes,
}

/// What a page is to be made for. Without pictures it asks for the general page, which learns from
/// its URL what to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Share {
    /// Stable id of the share.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// Preferred language, as BCP 47 says it; empty if there is none.
    pub locale: String,
    /// What it shows.
    pub pictures: Vec<Picture>,
    /// Further facts.
    pub attributes: Attributes,
}

/// One file of a rendered page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageFile {
    /// Path below the page's root; one is `index.html`.
    pub path: ObjectPath,
    /// MIME type.
    pub media_type: String,
    /// The bytes.
    pub content: Vec<u8>,
}

/// Renders pages. The same share and settings give the same bytes.
#[async_trait]
pub trait PageGenerator: Send + Sync + 'static {
    /// Changes whenever the generator's code or settings change, so that pages are made anew.
    fn fingerprint(&self) -> String;

    /// Makes the site.
    async fn render(&self, call: &Call, share: &Share) -> Result<Vec<PageFile>, Failure>;
}
