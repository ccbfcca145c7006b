//! Rendered pages: made by the generators, kept as files of ours, and synced like pictures.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::blob::Root;
use crate::call::Call;
use crate::names::{MediaKey, PageName};
use crate::page::{PageFile, PageGenerator, Share};
use crate::store::{ItemChange, ItemRow, Store, StoreError};
use crate::version::Version;

/// Pages go before pictures: a visitor's link leads to them.
const PRIORITY: u8 = 5;
/// Folder of the rendered pages in the data folder.
pub const FOLDER: &str = "pages";

/// The configured pages.
pub(crate) struct Pages {
    folder: PathBuf,
    generators: Vec<(PageName, Arc<dyn PageGenerator>)>,
}

impl Pages {
    /// Keeps its files below `data`.
    pub fn new(data: &Path, generators: Vec<(PageName, Arc<dyn PageGenerator>)>) -> Self {
        Self { folder: data.join(FOLDER), generators }
    }

    /// Renders what is not rendered yet, or was with other settings or another generator. A page that
    /// fails stays as it last was. Returns what changed.
    pub async fn render(
        &self,
        store: &Store,
        now_ms: i64,
        stop: &CancellationToken,
    ) -> Result<Vec<ItemChange>, StoreError> {
        let known = store.items(Root::Pages).await?;
        let mut changes = Vec::new();
        for (name, generator) in &self.generators {
            let remembered = format!("page:{name}");
            let fingerprint = generator.fingerprint();
            let current = store.meta(&remembered).await?.as_deref() == Some(&fingerprint);
            if current && self.is_whole(name, &known) {
                continue;
            }
            match self.render_one(name, &**generator, stop).await {
                Ok(files) => {
                    info!(page.name = %name, files = files.len(), "page `{name}` was made anew");
                    changes.extend(differences(name, &files, &known, now_ms));
                    store.set_meta(&remembered, fingerprint).await?;
                }
                Err(problem) => warn!(page.name = %name, "page `{name}` stays as it was: {problem}"),
            }
        }
        Ok(changes)
    }

    fn is_whole(&self, name: &PageName, known: &[ItemRow]) -> bool {
        let mut files = of_page(name, known).peekable();
        files.peek().is_some() && files.all(|item| self.folder.join(item.key.as_str()).is_file())
    }

    async fn render_one(
        &self,
        name: &PageName,
        generator: &dyn PageGenerator,
        stop: &CancellationToken,
    ) -> Result<Vec<PageFile>, String> {
        let call = Call::new(stop.child_token());
        let share = Share { id: name.to_string(), ..Share::default() };
        let files = generator.render(&call, &share).await.map_err(|failure| failure.to_string())?;
        if !files.iter().any(|file| file.path.as_str() == "index.html") {
            return Err("the generator made no index.html".into());
        }
        for file in &files {
            write(&self.folder.join(name.as_str()), file)
                .map_err(|error| format!("{} cannot be kept: {error}", file.path))?;
        }
        Ok(files)
    }
}

fn write(folder: &Path, file: &PageFile) -> std::io::Result<()> {
    let path = folder.join(file.path.as_str());
    let parent = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent)?;
    let beside = path.with_extension("new");
    std::fs::write(&beside, &file.content)?;
    std::fs::rename(beside, path)
}

fn of_page<'a>(name: &'a PageName, known: &'a [ItemRow]) -> impl Iterator<Item = &'a ItemRow> {
    let below = format!("{name}/");
    known.iter().filter(move |item| item.present && item.key.as_str().starts_with(&below))
}

fn differences(name: &PageName, files: &[PageFile], known: &[ItemRow], now_ms: i64) -> Vec<ItemChange> {
    let made: Vec<(MediaKey, &PageFile)> = files
        .iter()
        .filter_map(|file| MediaKey::new(&format!("{name}/{}", file.path)).ok().map(|key| (key, file)))
        .collect();
    let gone = of_page(name, known).filter(|item| !made.iter().any(|(key, _)| *key == item.key));
    let gone: Vec<_> = gone.map(|item| ItemChange::Gone(item.id)).collect();
    let seen = made.into_iter().filter_map(|(key, file)| {
        let version = Version(digest(&file.content));
        let same = known.iter().any(|item| item.key == key && item.present && item.version == version);
        (!same).then_some(ItemChange::Seen {
            root: Root::Pages,
            key,
            version,
            size_bytes: file.content.len() as u64,
            modified_ms: now_ms,
            priority: PRIORITY,
        })
    });
    seen.chain(gone).collect()
}

fn digest(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}
