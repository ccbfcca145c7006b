//! What a simulated target checks of every call that is made to it.

use rusqlite::{OptionalExtension, params};

use super::mishap::Effect;
use super::target::SimTarget;
use crate::names::ObjectPath;
use crate::settings::Mode;

/// What the database says of an object.
struct Row {
    uncertain: bool,
    making: Option<String>,
    hold: Option<i64>,
}

impl SimTarget {
    /// Called as a call begins.
    pub fn watch_over(&self, path: &ObjectPath, effect: &Effect) {
        if self.state().under_way.contains_key(path) {
            self.complain(format!("a {} of {path} began during another call for it", effect.name()));
        }
        if !self.kind.inventory && matches!(effect, Effect::Look) {
            self.complain(format!("{path} was looked at on a target that cannot say what it holds"));
        }
        self.must_be_uncertain(path, effect, "as it begins");
        if matches!(effect, Effect::Delete) {
            self.must_have_a_reason(path);
        }
    }

    /// From before a call until after it, the database says that nobody knows.
    pub fn must_be_uncertain(&self, path: &ObjectPath, effect: &Effect, when: &str) {
        let Some(row) = self.row(path) else {
            return self.complain(format!("a {} of {path} is nowhere written down {when}", effect.name()));
        };
        if !row.uncertain {
            self.complain(format!("a {} of {path} is not written down as uncertain {when}", effect.name()));
        }
        if matches!(effect, Effect::Delete) && (row.hold.is_some() || row.making.is_some()) {
            self.complain(format!("a delete of {path}, hold {:?}, making {:?}", row.hold, row.making));
        }
    }

    fn must_have_a_reason(&self, path: &ObjectPath) {
        if self.world.is_taken_down(path) {
            return;
        }
        if self.state().mode == Mode::Copy {
            self.complain(format!("{path} is deleted although the target only copies"));
        }
        if self.world.folder().has(path) {
            self.complain(format!("{path} is deleted although its file is there"));
        }
        if self.world.folder().is_emptied(path) {
            self.complain(format!("{path} is deleted because everything is gone at once"));
        }
        let state = self.state();
        let tried = state.puts.contains_key(path);
        let foreign = state.objects.get(path).filter(|stored| !stored.ours && !tried).cloned();
        drop(state);
        // What was just like the file may have been taken over.
        if foreign.is_some_and(|foreign| !self.world.folder().ever_had(path, &foreign.content)) {
            self.complain(format!("{path} is deleted although somebody else put it there"));
        }
    }

    fn row(&self, path: &ObjectPath) -> Option<Row> {
        let memory = self.world.memory.lock().unwrap();
        let mut query = memory
            .prepare_cached(
                "SELECT uncertain_ms IS NOT NULL, uncertain_version, hold FROM replica
                 WHERE target = (SELECT id FROM target WHERE name = ?1) AND path = ?2",
            )
            .unwrap();
        query
            .query_row(params![self.name.as_str(), path.as_str()], |row| {
                Ok(Row { uncertain: row.get(0)?, making: row.get(1)?, hold: row.get(2)? })
            })
            .optional()
            .unwrap()
    }

    pub fn complain(&self, what: String) {
        self.world.fate.complain(format!("`{}`: {what}", self.name));
    }
}
