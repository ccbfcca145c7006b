//! A plugin that renders pages: settings and a share in, files out, nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use engine::{Call, Failure, ObjectPath, PageFile, PageGenerator, PageName, Share};
use tokio_util::sync::CancellationToken;

use crate::bindings::page::exports::boothsync::plugin::pages as wit;
use crate::call::{Op, Run};
use crate::guest::{Common, PageGuest};
use crate::limits::{LimitSettings, Limits, PAGE_BYTES, PAGE_FILES};
use crate::lines::LineLog;
use crate::meter::{Meter, Pace};
use crate::package::Package;
use crate::plugin::PageCode;
use crate::runtime::Shared;
use crate::text::{Redactor, cut, escape};

const INDEX: &str = "index.html";

/// What a page is made of, beside its plugin.
pub struct PageSetup {
    /// Its name, for logs.
    pub name: PageName,
    /// Its settings; they are checked against the plugin's schema.
    pub settings: serde_json::Value,
    /// The operator's limits for the plugin.
    pub limits: LimitSettings,
}

/// A plugin that renders one configured page. Each call gets an instance of its own.
pub struct PluginPage {
    shared: Arc<Shared>,
    code: Arc<PageCode>,
    log: Arc<LineLog>,
    settings: Arc<str>,
    limits: Limits,
    fingerprint: String,
}

impl PluginPage {
    pub(crate) fn new(shared: Arc<Shared>, package: &Package, code: Arc<PageCode>, setup: PageSetup) -> Self {
        let settings: Arc<str> = setup.settings.to_string().into();
        Self {
            shared,
            code,
            log: Arc::new(LineLog::new(
                &package.manifest.plugin.name,
                setup.name.as_str(),
                Redactor::default(),
            )),
            fingerprint: format!("{} {settings}", package.digest),
            settings,
            limits: Limits::of(&setup.limits, &package.manifest.limits),
        }
    }

    async fn call<T: Send + 'static>(&self, call: &Call, op: Op<PageGuest, T>) -> Result<T, Failure> {
        let meter = Meter::new(Pace::Lookup, self.limits.clone(), call.progress.clone(), 0);
        let run = Run {
            code: self.code.pre.clone(),
            ticker: self.shared.ticker.clone(),
            meter: Arc::new(meter),
            cancel: call.cancel.clone(),
            log: self.log.clone(),
            threads: None,
        };
        let common = Common::new(self.log.clone(), self.settings.clone(), &self.limits);
        run.call(async { Ok(PageGuest { common }) }, op).await
    }
}

/// Starts an instance and looks at its exports, which only an instance shows in full.
pub(crate) async fn rehearse(
    shared: &Arc<Shared>,
    package: &Package,
    code: &Arc<PageCode>,
) -> Result<(), String> {
    let name = PageName::new("rehearsal").map_err(|error| error.to_string())?;
    let setup = PageSetup { name, settings: serde_json::json!({}), limits: LimitSettings::default() };
    let mut page = PluginPage::new(shared.clone(), package, code.clone(), setup);
    page.limits = Limits::of_rehearsal(&package.manifest.limits);
    let code = code.clone();
    let op: Op<PageGuest, ()> = Box::new(move |store, instance| {
        Box::pin(async move { code.pages.load(&mut *store, instance).map(|_| Ok(())) })
    });
    page.call(&Call::new(CancellationToken::new()), op).await.map_err(|failure| failure.to_string())
}

#[async_trait]
impl PageGenerator for PluginPage {
    fn fingerprint(&self) -> String {
        self.fingerprint.clone()
    }

    async fn render(&self, call: &Call, share: &Share) -> Result<Vec<PageFile>, Failure> {
        let (code, share) = (self.code.clone(), wit_share(share));
        let op: Op<PageGuest, _> = Box::new(move |store, instance| {
            Box::pin(async move { code.pages.load(&mut *store, instance)?.call_render(store, &share).await })
        });
        check(self.call(call, op).await?).map_err(Failure::Faulted)
    }
}

fn wit_share(share: &Share) -> wit::Share {
    let picture = |picture: &engine::Picture| wit::Picture {
        path: picture.path.to_string(),
        media_type: picture.media_type.clone(),
        url: picture.url.clone(),
        thumbnail_url: picture.thumbnail_url.clone(),
        attributes: picture.attributes.clone(),
    };
    wit::Share {
        id: share.id.clone(),
        title: share.title.clone(),
        locale: share.locale.clone(),
        pictures: share.pictures.iter().map(picture).collect(),
        attributes: share.attributes.clone(),
    }
}

/// The files, if they are a site that can be put on a target.
fn check(files: Vec<wit::File>) -> Result<Vec<PageFile>, String> {
    let bytes: usize = files.iter().map(|file| file.content.len()).sum();
    if files.len() > PAGE_FILES || bytes > PAGE_BYTES {
        return Err(format!("the page has more than {PAGE_FILES} files or 8 MiB"));
    }
    let mut seen = BTreeSet::new();
    let mut checked = Vec::with_capacity(files.len());
    for file in files {
        let shown = escape(cut(&file.path, 200));
        let path = ObjectPath::new(&file.path)
            .map_err(|_| format!("the page has a file `{shown}`, which is no path"))?;
        if !seen.insert(path.clone()) {
            return Err(format!("the page has two files `{shown}`"));
        }
        checked.push(PageFile {
            path,
            media_type: escape(cut(&file.media_type, 200)),
            content: file.content,
        });
    }
    if !checked.iter().any(|file| file.path.as_str() == INDEX) {
        return Err(format!("the page has no `{INDEX}`"));
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, bytes: usize) -> wit::File {
        wit::File { path: path.into(), media_type: "text/html".into(), content: vec![b'x'; bytes] }
    }

    #[test]
    fn a_page_that_could_not_be_put_anywhere_is_the_plugins_fault() {
        assert_eq!(check(vec![file("index.html", 1), file("css/a.css", 1)]).unwrap().len(), 2);
        for bad in [
            vec![],
            vec![file("a.html", 1)],
            vec![file("index.html", 1), file("index.html", 1)],
            vec![file("index.html", 1), file("../x", 1)],
            vec![file("index.html", PAGE_BYTES + 1)],
            (0..=PAGE_FILES).map(|n| file(&format!("{n}"), 0)).chain([file("index.html", 1)]).collect(),
        ] {
            assert!(check(bad).is_err());
        }
    }
}
