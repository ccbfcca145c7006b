//! The rules of one target, ready to be applied to items.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::blob::Root;
use crate::filter::{Filter, FilterError};
use crate::names::{MediaKey, ObjectPath};
use crate::naming::{self, NamingKey};
use crate::plan::{Desire, Desired};
use crate::settings::{MediaSettings, Mode, TargetSettings};
use crate::store::{DropReason, ItemRow, TargetId};

/// One target's settings with everything compiled that decides what it should hold.
pub(crate) struct Rules {
    /// The target's number in the database.
    pub id: TargetId,
    /// As configured.
    pub settings: TargetSettings,
    everywhere: Filter,
    here: Filter,
    naming_key: NamingKey,
    text: String,
}

/// What rules look at beside the item itself.
pub(crate) struct Moment<'a> {
    /// Items taken off every target, in NFC.
    pub takedowns: &'a BTreeSet<MediaKey>,
    /// Now, Unix milliseconds.
    pub now_ms: i64,
    /// Whether that can be believed: otherwise nothing is deleted because its time is over.
    pub clock_believed: bool,
}

impl Rules {
    /// Compiles the settings.
    pub fn new(
        id: TargetId,
        settings: TargetSettings,
        media: &MediaSettings,
        naming_key: NamingKey,
    ) -> Result<Self, FilterError> {
        let all = ["**".to_owned()];
        let include = if settings.include.is_empty() { &all[..] } else { &settings.include };
        let text = format!(
            "{:?}",
            (
                (&media.include, &media.exclude, &media.priority),
                (settings.mode, &settings.pages, &settings.include, &settings.exclude, settings.expire_after)
            )
        );
        Ok(Self {
            id,
            everywhere: Filter::new(&media.include, &media.exclude)?,
            here: Filter::new(include, &settings.exclude)?,
            naming_key,
            text,
            settings,
        })
    }

    /// Changes whenever the same items would be planned otherwise.
    pub fn fingerprint(&self, takedowns: &BTreeSet<MediaKey>) -> String {
        let mut hasher = Sha256::new();
        hasher.update(&self.text);
        for key in takedowns {
            hasher.update([0]);
            hasher.update(key.as_str());
        }
        hasher.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What this target should hold of an item; `None` if it has nothing to do with it.
    pub fn desire<'a>(&self, item: &'a ItemRow, moment: &Moment<'_>) -> Option<Desired<'a>> {
        let path = self.path(item)?;
        Some(Desired { path, item, desire: self.decide(item, moment) })
    }

    /// Whether the filters let a media item pass.
    pub fn takes(&self, key: &MediaKey) -> bool {
        self.everywhere.matches(key) && self.here.matches(key)
    }

    /// When an item's time on this target is over, Unix milliseconds.
    pub fn expires_ms(&self, item: &ItemRow) -> Option<i64> {
        let after = self.settings.expire_after?;
        Some(item.first_seen_ms.saturating_add(i64::try_from(after.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Where this target has or would have an item.
    pub fn path(&self, item: &ItemRow) -> Option<ObjectPath> {
        match item.root {
            Root::Media => Some(naming::object_path(self.settings.naming, &self.naming_key, &item.key)),
            Root::Pages => self.page_path(&item.key),
        }
    }

    fn page_path(&self, key: &MediaKey) -> Option<ObjectPath> {
        let (page, file) = key.as_str().split_once('/')?;
        let place = self.settings.pages.iter().position(|name| name.as_str() == page)?;
        // The first page lies at the root, where the links lead; each further one below its name.
        ObjectPath::new(if place == 0 { file } else { key.as_str() }).ok()
    }

    fn decide(&self, item: &ItemRow, moment: &Moment<'_>) -> Desire {
        if item.root == Root::Pages {
            return if item.present { Desire::Hold } else { Desire::Leave };
        }
        if moment.takedowns.contains(&naming::composed(&item.key)) {
            return Desire::Drop(DropReason::TakenDown);
        }
        if self.expires_ms(item).is_some_and(|at| at <= moment.now_ms) {
            return if moment.clock_believed { Desire::Drop(DropReason::Expired) } else { Desire::Leave };
        }
        if !item.present {
            return match self.settings.mode {
                Mode::Mirror => Desire::Drop(DropReason::Gone),
                Mode::Copy => Desire::Leave,
            };
        }
        if self.takes(&item.key) { Desire::Hold } else { Desire::Leave }
    }
}
