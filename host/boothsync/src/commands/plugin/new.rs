//! `plugin new`: a project that builds, and passes the conformance kit as it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::exit::{Exit, Unmet};
use crate::show::{self, Table};

/// `plugin new`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Its name: `a-z`, `0-9` and `-`, beginning with a letter
    #[arg(value_name = "NAME", value_parser = name)]
    pub name: String,
}

/// Files of the project, with `{{name}}` where its name goes.
const FILES: [(&str, &str); 11] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.in")),
    ("plugin.toml", include_str!("template/plugin.toml.in")),
    ("settings.schema.json", include_str!("template/settings.schema.json")),
    ("conformance.toml", include_str!("template/conformance.toml")),
    ("README.md", include_str!("template/README.md.in")),
    (".gitignore", include_str!("template/gitignore")),
    ("src/lib.rs", include_str!("template/src/lib.rs")),
    ("src/target.rs", include_str!("template/src/target.rs")),
    ("src/service.rs", include_str!("template/src/service.rs")),
    ("src/address.rs", include_str!("template/src/address.rs")),
    ("wit/plugin.wit", include_str!("../../../../../wit/plugin.wit")),
];

/// Longest name of a plugin.
const NAME_BYTES: usize = 40;

pub fn run(args: &Args) -> Result<Exit> {
    let folder = PathBuf::from(&args.name);
    write(&folder, &args.name)?;
    show::print(&said(&args.name))?;
    Ok(Exit::Well)
}

fn said(name: &str) -> String {
    let package = format!("{name}-0.1.0.wasm");
    let next = [
        (format!("cd {name}"), String::new()),
        ("boothsync plugin dev .".into(), "build, pack and try it at every change".into()),
        ("boothsync plugin pack .".into(), format!("make {package}")),
        (format!("boothsync plugin test {package}"), "try out all that a target has to do".into()),
    ];
    let mut table = Table::default();
    for (command, what) in &next {
        table.row().left("").left(command).left(what);
    }
    format!("made the project {name}; next:\n\n{}", table.render())
}

/// Writes all files, and none into a folder that is there already.
fn write(folder: &Path, name: &str) -> Result<()> {
    let shown = folder.display();
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(
                Unmet(format!("`{shown}` is there already: choose another name, or remove it")).into()
            );
        }
        made => made.with_context(|| format!("the folder `{shown}` cannot be made"))?,
    }
    for (path, text) in FILES {
        let path = folder.join(path);
        let text = text.replace("{{name}}", name).replace("{{crate}}", &name.replace('-', "_"));
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, text))
            .with_context(|| format!("`{}` cannot be written", path.display()))?;
    }
    Ok(())
}

fn name(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let begins_well = text.starts_with(|first: char| first.is_ascii_lowercase());
    if begins_well && text.len() <= NAME_BYTES && text.bytes().all(plain) && !text.ends_with('-') {
        return Ok(text.to_owned());
    }
    Err(format!("a name is 1 to {NAME_BYTES} of a-z, 0-9 and `-`, and begins with a letter"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_carries_its_name_and_the_contract() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("acme-cloud");
        write(&folder, "acme-cloud").unwrap();
        let project = packing::Project::read(&folder).unwrap();
        assert_eq!(project.name(), "acme-cloud");
        let build = project.build().unwrap();
        assert_eq!(build.component, Path::new("target/wasm32-wasip2/release/acme_cloud.wasm"));
        let contract = fs::read_to_string(folder.join("wit/plugin.wit")).unwrap();
        assert!(contract.contains("package boothsync:plugin@"));
        for (path, _) in FILES {
            assert!(!fs::read_to_string(folder.join(path)).unwrap().contains("{{"), "{path}");
        }
        let again = write(&folder, "acme-cloud").unwrap_err().to_string();
        assert!(again.contains("is there already"), "{again}");
    }

    #[test]
    fn a_name_is_one_that_the_host_and_cargo_take() {
        assert!(name("acme-cloud2").is_ok());
        for bad in ["", "2go", "Acme", "a b", "a/b", "..", "a-", &"a".repeat(41)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
