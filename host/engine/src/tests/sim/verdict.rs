//! What must hold: at every moment, and at the end.

use std::collections::BTreeSet;

use super::life::Sim;
use super::target::SimTarget;
use crate::names::ObjectPath;
use crate::settings::Mode;
use crate::version::Version;

/// A replica as the database has it.
struct Row {
    target: String,
    path: ObjectPath,
    wanted: Option<String>,
    held: Option<String>,
    uncertain: bool,
    parked: bool,
    hold: bool,
    confirmed: bool,
}

impl Sim {
    /// What must hold at every moment.
    pub fn inspect(&mut self) {
        let rows = self.rows();
        for row in &rows {
            let target = self.target_named(&row.target);
            if let Some(held) = row.held.as_ref().filter(|held| !row.uncertain && !held.ends_with('?')) {
                self.must_hold(target, &row.path, &Version(held.clone()));
            }
        }
        let freed = |row: &&Row| !row.hold && row.wanted.is_none() && !row.confirmed;
        for row in rows.iter().filter(freed) {
            let (name, path) = (row.target.clone(), row.path.clone());
            if self.held_back.contains(&(name.clone(), path.clone())) && !self.world.is_taken_down(&path) {
                self.world.fate.complain(format!("`{name}`: the delete of {path} is not held back any more"));
            }
        }
        let held = rows.into_iter().filter(|row| row.hold);
        self.held_back = held.map(|row| (row.target, row.path)).collect::<BTreeSet<_>>();
    }

    /// What the database is certain of is so.
    fn must_hold(&self, target: &SimTarget, path: &ObjectPath, version: &Version) {
        let state = target.state();
        if state.tampered.contains(path) {
            return;
        }
        let folder = self.world.folder();
        let there = state.objects.get(path).map(|stored| &*stored.content);
        let meant = folder.content_of(path, version);
        if there.is_none() || there != meant {
            let (there, meant) = (there.map(text), meant.map(text));
            drop(state);
            target.complain(format!("{path} is {there:?}, but is believed to be {meant:?} ({version})"));
        }
    }

    /// What is not as it should be now that nothing fails any more, of the paths that `count`.
    pub fn disagreement(&self, count: &dyn Fn(&ObjectPath) -> bool) -> Option<String> {
        let objects = self.targets.iter().find_map(|target| self.objects_differ(target, count));
        objects.or_else(|| self.rows_differ(count))
    }

    fn objects_differ(&self, target: &SimTarget, count: &dyn Fn(&ObjectPath) -> bool) -> Option<String> {
        let (state, folder) = (target.state(), self.world.folder());
        let wanted = folder.wanted();
        for (path, (key, content)) in wanted.iter().filter(|(path, _)| count(path)) {
            let there = state.objects.get(path);
            if !self.world.is_taken_down(path) && there.is_none_or(|there| there.content != *content) {
                let there = there.map(|there| text(&there.content));
                return Some(format!(
                    "`{}`: {key} is {there:?} there, {:?} here",
                    target.name,
                    text(content)
                ));
            }
        }
        let ours = state.objects.iter().filter(|(path, stored)| stored.ours && count(path));
        let mut surplus = ours.map(|(path, _)| path).filter(|path| {
            self.world.is_taken_down(path) || (state.mode == Mode::Mirror && !wanted.contains_key(*path))
        });
        surplus.next().map(|path| format!("`{}`: {path} should not be there", target.name))
    }

    fn rows_differ(&self, count: &dyn Fn(&ObjectPath) -> bool) -> Option<String> {
        let rows: Vec<Row> = self.rows().into_iter().filter(|row| count(&row.path)).collect();
        let unfinished = rows.iter().find(|row| {
            row.uncertain || row.parked || row.hold || row.wanted.is_none() || row.wanted != row.held
        });
        if let Some(row) = unfinished {
            let Row { target, path, wanted, held, uncertain, parked, hold, .. } = row;
            return Some(format!(
                "`{target}`: the row of {path} wants {wanted:?}, holds {held:?}; \
                 uncertain {uncertain}, parked {parked}, held back {hold}"
            ));
        }
        let folder = self.world.folder();
        let wanted: Vec<ObjectPath> = folder.wanted().into_keys().filter(|path| count(path)).collect();
        drop(folder);
        for target in &self.targets {
            let known: BTreeSet<&ObjectPath> =
                rows.iter().filter(|row| row.target == target.name.as_str()).map(|row| &row.path).collect();
            let forgotten =
                wanted.iter().find(|path| !known.contains(path) && !self.world.is_taken_down(path));
            if let Some(path) = forgotten {
                return Some(format!("`{}`: no row for {path}", target.name));
            }
        }
        None
    }

    /// Nothing that somebody else put there was changed, and nothing was put more often than needed.
    pub fn settle_accounts(&self) {
        for target in &self.targets {
            let state = target.state();
            for (path, foreign) in &self.foreign {
                let elsewhere = path.as_str().starts_with("theirs/");
                if elsewhere
                    && foreign.0 == target.name.as_str()
                    && state.objects.get(path) != Some(&foreign.1)
                {
                    self.world.fate.complain(format!("`{}`: {path} was not left alone", target.name));
                }
            }
            for (path, puts) in &state.puts {
                let changes = self.world.folder().changes(path);
                let allowed = state.allowed.get(path).copied().unwrap_or(0) + self.world.refused_writes();
                if *puts > changes + allowed {
                    self.world.fate.complain(format!(
                        "`{}`: {path} was put {puts} times for {changes} changes and {allowed} mishaps",
                        target.name
                    ));
                }
            }
        }
    }

    /// After a power failure, what was uncertain may have to be put again.
    pub fn allow_for_power_failure(&self) {
        for row in self.rows().into_iter().filter(|row| row.uncertain) {
            let mut state = self.target_named(&row.target).state();
            // Nobody can tell whether the call had begun: from now on what lies there may be ours.
            state.puts.entry(row.path.clone()).or_default();
            *state.allowed.entry(row.path).or_default() += 1;
        }
    }

    /// Calls for objects that were made so far.
    pub fn calls(&self) -> u32 {
        let of = |target: &SimTarget| {
            let state = target.state();
            state.deletes + state.puts.values().sum::<u32>()
        };
        self.targets.iter().map(|target| of(target)).sum()
    }

    fn rows(&self) -> Vec<Row> {
        let memory = self.world.memory.lock().unwrap();
        let mut query = memory
            .prepare_cached(
                "SELECT t.name, path, wanted, held, uncertain_ms IS NOT NULL, parked_ms IS NOT NULL,
                        hold IS NOT NULL, confirmed
                 FROM replica r JOIN target t ON t.id = r.target",
            )
            .unwrap();
        let rows = query.query_map([], |row| {
            Ok(Row {
                target: row.get(0)?,
                path: ObjectPath::new(&row.get::<_, String>(1)?).unwrap(),
                wanted: row.get(2)?,
                held: row.get(3)?,
                uncertain: row.get(4)?,
                parked: row.get(5)?,
                hold: row.get(6)?,
                confirmed: row.get(7)?,
            })
        });
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn target_named(&self, name: &str) -> &SimTarget {
        self.targets.iter().find(|target| target.name.as_str() == name).unwrap()
    }
}

fn text(content: &[u8]) -> String {
    String::from_utf8_lossy(content).into_owned()
}
