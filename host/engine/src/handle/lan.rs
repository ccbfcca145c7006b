//! What phones in the booth's own network may see: one item for who knows its token, and the page that
//! shows it.

use std::sync::Arc;

use subtle::ConstantTimeEq;

use super::{Engine, OrderError};
use crate::blob::Blob;
use crate::media::{MediaFolder, OpenError};
use crate::names::MediaKey;
use crate::naming;

/// The page that shows items, and the file of it that browsers ask for.
const PAGE: &str = "sharepage/index.html";

/// What a token leads to.
#[derive(Debug, Clone)]
pub enum LanItem {
    /// The open file.
    Here {
        /// Which.
        key: MediaKey,
        /// Its content.
        content: Arc<Blob>,
    },
    /// It was taken off, or its file is gone.
    Gone,
}

impl Engine {
    /// The item behind a token, `None` if nothing is.
    pub async fn lan_item(&self, token: &str) -> Result<Option<LanItem>, OrderError> {
        let shared = &self.0.shared;
        let Some((identifier, proof)) = naming::split_lan_token(token) else { return Ok(None) };
        let Some(item) = shared.store.by_identifier(identifier).await? else { return Ok(None) };
        let proven = naming::lan_proof(shared.identity.naming_key(), &item.key);
        if !bool::from(proven.as_bytes().ct_eq(proof.as_bytes())) {
            return Ok(None);
        }
        let taken_down = shared.identity.takedowns().contains(&naming::composed(&item.key));
        if taken_down || !item.present {
            return Ok(Some(LanItem::Gone));
        }
        let content = open(&shared.media, item.key.clone()).await?;
        Ok(Some(content.map_or(LanItem::Gone, |content| LanItem::Here { key: item.key, content })))
    }

    /// The share page as it was last made, `None` if it was not yet.
    pub async fn lan_page(&self) -> Result<Option<Arc<Blob>>, OrderError> {
        let key = MediaKey::new(PAGE).expect("a plain path");
        let folder = &self.0.shared.pages;
        // Made with the first page.
        if !folder.path().is_dir() {
            return Ok(None);
        }
        open(folder, key).await
    }
}

async fn open(folder: &MediaFolder, key: MediaKey) -> Result<Option<Arc<Blob>>, OrderError> {
    let name = key.clone();
    let opened = folder.off_task(move |folder| folder.open(&key)).await;
    match opened.map_err(|error| OrderError::Other(format!("`{name}` cannot be read: {error}")))? {
        Ok(blob) => Ok(Some(Arc::new(blob))),
        Err(OpenError::Gone | OpenError::NotPlain) => Ok(None),
        Err(OpenError::Io(error)) => Err(OrderError::Other(format!("`{name}` cannot be read: {error}"))),
    }
}
