//! What `status` shows.

use engine::view::{LaneState, Status, TargetStatus};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Style, Table, bytes, count};
use crate::desk::Listed;

/// The status document, as the service answers it and `--json` prints it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusDocument {
    /// The program's version.
    pub version: String,
    /// Media and targets.
    #[serde(flatten)]
    pub status: Status,
    /// What rclone does.
    pub rclone: Value,
    /// The installed plugins.
    #[serde(default)]
    pub plugins: Vec<Listed>,
}

impl StatusDocument {
    /// Whether nobody has to act.
    pub fn is_well(&self) -> bool {
        let targets = self.status.targets.iter().all(|target| {
            target.state != LaneState::Blocked && target.rejected == 0 && target.held_deletes == 0
        });
        targets && self.status.database.problem.is_none()
    }

    /// For people. `service` says whether a service answered.
    pub fn text(&self, service: bool, style: Style) -> String {
        let media = &self.status.media;
        let mut text = format!(
            "Boothsync {}, {}\n{} in the media folder, {}\n",
            self.version,
            if service { style.good("running") } else { style.warn("not running: as it was left") },
            count(media.items, "file", "files"),
            bytes(media.bytes),
        );
        if let Some(rclone) = rclone_line(&self.rclone, style) {
            text.push_str(&rclone);
        }
        if let Some(problem) = &self.status.database.problem {
            text.push_str(&format!("{}: {problem}\n", style.bad("database")));
        }
        if let Some(note) = &self.status.database.note {
            text.push_str(&format!("{}: {note}\n", style.warn("database")));
        }
        text.push('\n');
        if self.status.targets.is_empty() {
            text.push_str("There is no target yet: add a [[target]] to the configuration.\n");
        } else {
            text.push_str(&targets(&self.status.targets, service, style));
        }
        for plugin in &self.plugins {
            if let Some(waiting) = plugin.waiting() {
                text.push_str(&format!("plugin {}: {waiting}\n", style.bold(&plugin.name)));
            }
        }
        text
    }
}

fn rclone_line(rclone: &Value, style: Style) -> Option<String> {
    let part = |name| rclone.get(name).and_then(Value::as_str);
    let state = part("state").filter(|state| *state != "off")?;
    let version = part("version").map(|version| format!(" {version}")).unwrap_or_default();
    let shown = match state {
        "up" => style.good(state),
        "looking" => style.warn("is being looked for"),
        state => style.warn(state),
    };
    let note = part("note").map(|note| format!(": {note}")).unwrap_or_default();
    Some(format!("rclone{version} {shown}{note}\n"))
}

fn targets(targets: &[TargetStatus], service: bool, style: Style) -> String {
    let mut table = Table::default();
    let row = table.row().left("target").left("state");
    row.left("there").right("to do").right("running");
    for target in targets {
        let state = state_name(target.state);
        table
            .row()
            .painted(target.name.as_str(), |text| style.bold(text))
            .painted(state, |text| painted(target.state, text, style))
            .left(&format!("{} of {}", target.held, target.wanted))
            .right(&target.pending.to_string())
            .right(&target.running.to_string());
    }
    let mut text = table.render();
    for target in targets {
        text.push_str(&remarks(target, service, style));
    }
    text
}

/// What the operator should know or do about one target.
fn remarks(target: &TargetStatus, service: bool, style: Style) -> String {
    let name = &target.name;
    let mut lines = Vec::new();
    // Without a service every lane is off for one and the same reason, which stands above.
    if !target.reason.is_empty() && (service || target.state != LaneState::Off) {
        lines.push(target.reason.clone());
    }
    if target.rejected > 0 {
        let objects = count(target.rejected, "object was", "objects were");
        lines.push(format!("{objects} refused; `boothsync retry --target {name}` tries again"));
    }
    if target.held_deletes > 0 {
        let deletes = count(target.held_deletes, "delete is", "deletes are");
        lines.push(format!(
            "{deletes} held back: bring the files back into the media folder, or let it happen with \
             `boothsync confirm-deletes --target {name}`"
        ));
    }
    if target.left_behind > 0 {
        let objects = count(target.left_behind, "object lies", "objects lie");
        lines.push(format!(
            "{objects} where earlier settings put them; `boothsync cleanup --target {name}` deletes them"
        ));
    }
    lines.iter().map(|line| format!("{}: {line}\n", style.bold(name.as_str()))).collect()
}

fn state_name(state: LaneState) -> &'static str {
    match state {
        LaneState::Up => "up",
        LaneState::Waiting => "waiting",
        LaneState::Blocked => "blocked",
        LaneState::Paused => "paused",
        LaneState::Off => "off",
    }
}

fn painted(state: LaneState, text: &str, style: Style) -> String {
    match state {
        LaneState::Up => style.good(text),
        LaneState::Waiting | LaneState::Paused => style.warn(text),
        LaneState::Blocked => style.bad(text),
        LaneState::Off => style.dim(text),
    }
}

#[cfg(test)]
mod tests {
    use engine::TargetName;
    use engine::view::{DatabaseStatus, MediaStatus};
    use serde_json::json;

    use super::*;

    fn target(name: &str, state: LaneState) -> TargetStatus {
        TargetStatus {
            name: TargetName::new(name).unwrap(),
            state,
            reason: String::new(),
            wanted: 1204,
            held: 1200,
            pending: 4,
            running: 2,
            rejected: 0,
            held_deletes: 0,
            left_behind: 0,
        }
    }

    fn document(targets: Vec<TargetStatus>) -> StatusDocument {
        let media = MediaStatus { items: 1203, bytes: 3_400_000_000 };
        let rclone = serde_json::json!({"state": "up", "version": "1.75.2"});
        StatusDocument {
            version: "0.1.0".into(),
            status: Status { media, database: DatabaseStatus::default(), targets },
            rclone,
            plugins: Vec::new(),
        }
    }

    #[test]
    fn everything_that_somebody_must_act_on_is_said() {
        let blocked = TargetStatus {
            reason: "the server refused the password".into(),
            rejected: 1,
            held_deletes: 30,
            left_behind: 2,
            ..target("webspace", LaneState::Blocked)
        };
        let document = document(vec![blocked, target("usb", LaneState::Up)]);
        assert!(!document.is_well());
        insta::assert_snapshot!(document.text(true, Style::plain()), @r"
    Boothsync 0.1.0, running
    1203 files in the media folder, 3.4 GB
    rclone 1.75.2 up

    target    state    there         to do  running
    webspace  blocked  1200 of 1204      4        2
    usb       up       1200 of 1204      4        2
    webspace: the server refused the password
    webspace: 1 object was refused; `boothsync retry --target webspace` tries again
    webspace: 30 deletes are held back: bring the files back into the media folder, or let it happen with `boothsync confirm-deletes --target webspace`
    webspace: 2 objects lie where earlier settings put them; `boothsync cleanup --target webspace` deletes them
    ");
    }

    #[test]
    fn a_database_that_cannot_be_written_is_not_well_and_one_that_was_mended_is() {
        let mut document = document(Vec::new());
        document.status.database.note = Some("the database was damaged".into());
        assert!(document.is_well());
        document.status.database.problem = Some("the disk is full".into());
        assert!(!document.is_well());
        let text = document.text(true, Style::plain());
        assert!(text.contains("database: the disk is full\ndatabase: the database was damaged\n"), "{text}");
    }

    #[test]
    fn a_version_that_waits_is_said_and_all_is_well() {
        let pending = json!({"version": "2.0.0", "digest": "sha256:bb"});
        let acme = json!({"name": "acme", "version": "1.0.0", "kind": "target", "state": "approved",
            "digest": "sha256:aa", "pending": pending, "used_by": []});
        let plugins = vec![serde_json::from_value(acme).unwrap()];
        let document = StatusDocument { plugins, ..document(vec![target("usb", LaneState::Up)]) };
        assert!(document.is_well());
        let text = document.text(true, Style::plain());
        assert!(text.ends_with("plugin acme: version 2.0.0 asks for more and waits: `boothsync plugin approve acme` shows what it asks for\n"), "{text}");
    }

    #[test]
    fn a_target_that_still_has_work_is_well() {
        assert!(document(vec![target("usb", LaneState::Up), target("nas", LaneState::Waiting)]).is_well());
    }

    #[test]
    fn the_document_has_the_shape_of_the_api() {
        let json = serde_json::to_value(document(vec![target("usb", LaneState::Up)])).unwrap();
        assert_eq!(json["media"]["items"], 1203);
        assert_eq!(json["targets"][0]["state"], "up");
        assert_eq!(json["rclone"]["state"], "up");
        assert_eq!(json["version"], "0.1.0");
    }
}
