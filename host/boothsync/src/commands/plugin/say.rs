//! How packages and what they ask for are shown.

use std::path::Path;

use anyhow::{Context as _, Result};
use sandbox::Package;
use serde_json::Value;

use crate::exit::Unmet;
use crate::show::{Style, bytes};
use crate::text::io_words;
use crate::wishes::{Wish, abilities, wishes};

/// Reads a package's file, at most as much as a package may have.
pub fn read(file: &Path) -> Result<Vec<u8>> {
    let shown = file.display();
    let unreadable = |error: std::io::Error| Unmet(format!("`{shown}` cannot be read: {}", io_words(&error)));
    let meta = std::fs::metadata(file).map_err(unreadable)?;
    if meta.is_dir() {
        let help = "`boothsync plugin pack` makes a package of a plugin's folder";
        return Err(Unmet(format!("`{shown}` is a folder, not a package; {help}")).into());
    }
    if meta.len() > Package::MAX_BYTES {
        let error = sandbox::PackageError::TooLarge(meta.len());
        return Err(error).with_context(|| format!("`{shown}` is refused"));
    }
    Ok(std::fs::read(file).map_err(unreadable)?)
}

/// Looks at a package without running anything of it.
pub fn examine(file: &Path, bytes: &[u8]) -> Result<Package> {
    Package::examine(bytes).with_context(|| format!("`{}` is refused", file.display()))
}

/// What a package says of itself.
pub fn about(package: &Package, style: Style) -> String {
    let about = &package.manifest().plugin;
    let mut text = format!("{} {}", style.bold(&about.name), about.version);
    if !about.title.is_empty() {
        text.push_str(&format!(", {}", about.title));
    }
    text.push('\n');
    for line in about.description.lines().map(str::trim).filter(|line| !line.is_empty()) {
        text.push_str(&format!("{line}\n"));
    }
    let by = Some(about.authors.join(", ")).filter(|authors| !authors.is_empty());
    let by = by.map(|authors| format!(" by {authors}")).unwrap_or_default();
    let license = Some(&about.license).filter(|license| !license.is_empty());
    let license = license.map(|license| format!(", licence {license}")).unwrap_or_default();
    let (kind, size) = (about.kind.words(), bytes(package.size_bytes()));
    text.push_str(&format!("a {kind}{by}{license}; {size}, {}\n", package.digest()));
    text
}

/// What it asks for, each with its reason.
pub fn wish_list(heading: &str, wishes: &[Wish]) -> String {
    if wishes.is_empty() {
        return format!("{heading}: nothing\n");
    }
    let one = |wish: &Wish| match wish.reason.as_str() {
        "" => format!("  - {}\n", wish.what),
        reason => format!("  - {}\n    it says: {}\n", wish.what, reason.replace('\n', "\n             ")),
    };
    format!("{heading}:\n{}", wishes.iter().map(one).collect::<String>())
}

/// Everything that can be known of a package from outside.
pub fn whole(package: &Package, style: Style) -> String {
    let manifest = package.manifest();
    let can: String = abilities(package).iter().map(|line| format!("  - {line}\n")).collect();
    let mut text = about(package, style);
    text.push_str(&format!("\n{}", wish_list("It asks to", &wishes(manifest))));
    text.push_str(&format!("\nWith that its code\n{can}"));
    let settings = settings(&manifest.settings);
    if !settings.is_empty() {
        text.push_str(&format!("\nIts settings:\n{settings}"));
    }
    text
}

fn settings(schema: &Value) -> String {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let one = |(name, property): (&String, &Value)| {
        let title = property.get("title").and_then(Value::as_str).unwrap_or_default();
        let needed = if required.contains(&name.as_str()) { " (required)" } else { "" };
        let place = property.get("x-place").and_then(Value::as_bool) == Some(true);
        let place = if place { "; decides where pictures lie" } else { "" };
        let title = Some(title).filter(|title| !title.is_empty()).map(|title| format!(": {title}"));
        plain(&format!("  - {name}{needed}{}{place}", title.unwrap_or_default())) + "\n"
    };
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flatten().map(one).collect()
}

/// A schema's texts may be anything; a terminal must not be steered by them.
fn plain(text: &str) -> String {
    sandbox::visible(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundled;

    #[test]
    fn a_package_is_told_in_plain_words() {
        let package = Package::examine(bundled::find("folder").unwrap().package).unwrap();
        let text = whole(&package, Style::plain());
        let text = text.replace(package.digest(), "sha256:…").replace(&bytes(package.size_bytes()), "… kB");
        insta::assert_snapshot!(text, @r"
        folder 0.1.0, Folder on this machine
        A USB drive, a mounted NAS, or any other folder that this machine can write to.
        a target; … kB, sha256:…

        It asks to:
          - read and write the folder typed in settings.path, and nothing outside of it
            it says: The pictures are written into this folder, and nothing outside of it can be reached.

        With that its code
          - gets the pictures that it is to store, one at a time
          - cannot use the network
          - may reach the folder typed in settings.path, and no other
          - cannot read any secret
          - keeps nothing

        Its settings:
          - path (required): Folder; decides where pictures lie
        ");
    }

    #[test]
    fn a_schema_does_not_steer_the_terminal() {
        let schema = serde_json::json!({"properties": {"a": {"title": "x\u{1b}[2J\ny"}}});
        assert_eq!(settings(&schema), "  - a: x\\u{1b}[2J\\ny\n");
    }

    #[test]
    fn what_is_no_file_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let said = |path: &Path| read(path).unwrap_err().to_string();
        assert!(said(dir.path()).contains("is a folder, not a package"));
        assert!(said(&dir.path().join("none")).contains("there is no such file"));
    }
}
