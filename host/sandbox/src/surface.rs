//! What lies at the outermost level of a component: imports, exports and manifests. What nested modules
//! and components carry does not count.

use wasmparser::{Encoding, Parser, Payload};

use crate::error::PackageError;
use crate::limits::MANIFEST_BYTES;
use crate::manifest::{Kind, Manifest};
use crate::text::{cut, escape};

/// The package of the contract, and the track of its version that this host speaks.
const CONTRACT: &str = "boothsync:plugin/";
const TRACK: (u64, u64) = (0, 1);

/// Sockets come with every C library; a guest that tries to make one is told no.
const WASI: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];
/// What page generators can have of the contract.
const FOR_PAGES: [&str; 3] = ["boothsync:plugin/types", "boothsync:plugin/log", "boothsync:plugin/settings"];

/// Names found at the outermost level.
#[derive(Debug, Default)]
pub(crate) struct Surface {
    manifests: Vec<Vec<u8>>,
    /// What holds a manifest that does not count.
    nested: Option<&'static str>,
    pub imports: Vec<String>,
    pub exports: Vec<String>,
}

impl Surface {
    /// Reads the sections, and nothing within those that hold code.
    pub fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        if bytes.is_empty() {
            return Err(PackageError::Empty);
        }
        if !bytes.starts_with(b"\0asm") {
            return Err(PackageError::NotWasm);
        }
        let mut surface = Self::default();
        let mut around = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(|error| unreadable(&error, bytes.len()))? {
                Payload::Version { encoding: Encoding::Module, .. } if around.is_empty() => {
                    return Err(PackageError::CoreModule);
                }
                Payload::UnknownSection { id, range, .. } => {
                    let text = format!("no component has a section {id} (at byte {})", range.start);
                    return Err(PackageError::Damaged(text));
                }
                Payload::ModuleSection { .. } => around.push("module"),
                Payload::ComponentSection { .. } => around.push("component"),
                Payload::End(_) => drop(around.pop()),
                Payload::CustomSection(section) if section.name() == packing::SECTION => {
                    surface.take_manifest(section.data(), around.last().copied());
                }
                payload if around.is_empty() => {
                    surface.take(payload).map_err(|error| unreadable(&error, bytes.len()))?;
                }
                _ => {}
            }
        }
        Ok(surface)
    }

    fn take_manifest(&mut self, data: &[u8], inside: Option<&'static str>) {
        match inside {
            None => self.manifests.push(data.to_vec()),
            inside => self.nested = inside,
        }
    }

    fn take(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::ComponentImportSection(section) => {
                for import in section {
                    self.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    self.exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The one manifest.
    pub fn manifest(&self) -> Result<Manifest, PackageError> {
        match (self.manifests.as_slice(), self.nested) {
            ([], Some(inside)) => Err(PackageError::NestedManifest(inside)),
            ([], None) => Err(PackageError::NoManifest),
            ([one], _) if one.len() > MANIFEST_BYTES => {
                Err(PackageError::Manifest("it is larger than 256 KiB".into()))
            }
            ([one], _) => Manifest::parse(one).map_err(PackageError::Manifest),
            (many, _) => Err(PackageError::ManyManifests(many.len())),
        }
    }

    /// Whether everything it names is there, in a version that this host speaks.
    pub fn check_names(&self) -> Result<(), PackageError> {
        self.imports.iter().try_for_each(|import| check_import(import))?;
        let mut ours = self.exports.iter().filter(|name| name.starts_with(CONTRACT));
        ours.try_for_each(|export| check_track(export))
    }

    /// Whether it exports what a plugin of this kind has to, and nothing of the other.
    pub fn check_exports(&self, kind: Kind) -> Result<(), PackageError> {
        let (wanted, other) = match kind {
            Kind::Target => ("boothsync:plugin/target", "boothsync:plugin/pages"),
            Kind::Page => ("boothsync:plugin/pages", "boothsync:plugin/target"),
        };
        let kind = kind.words();
        if !has(&self.exports, wanted) {
            let (major, minor) = TRACK;
            return Err(PackageError::Export { kind, wanted: format!("{wanted}@{major}.{minor}.0") });
        }
        if has(&self.exports, other) {
            return Err(PackageError::TwoKinds { kind, other });
        }
        Ok(())
    }

    /// Whether its manifest asks for what its code could use.
    pub fn check_declared(&self, manifest: &Manifest) -> Result<(), PackageError> {
        let asked = &manifest.permissions;
        if manifest.plugin.kind == Kind::Page {
            let mut ours = self.imports.iter().filter(|name| name.starts_with(CONTRACT));
            let beyond = ours.find(|name| !FOR_PAGES.contains(&base(name)));
            let instead = "a page generator has the interfaces `log` and `settings` and nothing else; build it for the world `sharepage`";
            return beyond.map_or(Ok(()), |name| Err(PackageError::Import { name: shown(name), instead }));
        }
        if has(&self.imports, "boothsync:plugin/http") && asked.http.is_none() && asked.rclone.is_none() {
            return Err(PackageError::Undeclared);
        }
        Ok(())
    }
}

fn check_import(name: &str) -> Result<(), PackageError> {
    if name.starts_with(CONTRACT) {
        return check_track(name);
    }
    if name.starts_with("wasi:") && version(name).starts_with("0.3") {
        return Err(PackageError::Wasi3(shown(name)));
    }
    if WASI.iter().any(|package| name.starts_with(package)) {
        return Ok(());
    }
    let instead = if name.starts_with("wasi:http/") {
        "they reach the network through `boothsync:plugin/http` alone; in Rust leave out what uses wasi:http, in JavaScript switch the feature off (`--disable http`)"
    } else {
        "what they can have stands in wit/plugin.wit; build it without"
    };
    Err(PackageError::Import { name: shown(name), instead })
}

fn check_track(name: &str) -> Result<(), PackageError> {
    let mut numbers = version(name).split('.').map_while(|part| part.parse::<u64>().ok());
    let track = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    match track.cmp(&TRACK) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(PackageError::Newer(shown(name))),
        std::cmp::Ordering::Less => Err(PackageError::Older(shown(name))),
    }
}

/// A name may be anything before the component was found to be sound.
fn shown(name: &str) -> String {
    escape(cut(name, 200))
}

fn version(name: &str) -> &str {
    name.rsplit_once('@').map_or("", |(_, version)| version)
}

/// Whether an interface is among these names, in whatever version.
pub(crate) fn has(names: &[String], wanted: &str) -> bool {
    names.iter().any(|name| base(name) == wanted)
}

/// The name without its version.
pub(crate) fn base(name: &str) -> &str {
    name.rsplit_once('@').map_or(name, |(base, _)| base)
}

/// What the reader stumbled over.
pub(crate) fn unreadable(error: &wasmparser::BinaryReaderError, size_bytes: usize) -> PackageError {
    let text = error.message();
    if text.contains("unexpected end") {
        PackageError::CutOff(size_bytes)
    } else if text.contains("async") {
        // The reader says so when it meets the async types of WASI 0.3.
        PackageError::Wasi3(text.to_owned())
    } else {
        PackageError::Damaged(format!("{text} (at byte {})", error.offset()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_judged_by_name_and_version() {
        for fine in ["boothsync:plugin/http@0.1.7", "wasi:cli/environment@0.2.12"] {
            assert!(check_import(fine).is_ok(), "{fine}");
        }
        let refused = |name: &str| check_import(name).unwrap_err();
        assert!(matches!(refused("boothsync:plugin/http@0.2.0"), PackageError::Newer(_)));
        assert!(matches!(refused("boothsync:plugin/http@1.0.0"), PackageError::Newer(_)));
        assert!(matches!(refused("boothsync:plugin/http@0.0.9"), PackageError::Older(_)));
        assert!(matches!(refused("boothsync:plugin/http"), PackageError::Older(_)));
        assert!(matches!(refused("wasi:cli/environment@0.3.0"), PackageError::Wasi3(_)));
        assert!(matches!(refused("wasi:http/outgoing-handler@0.2.0"), PackageError::Import { .. }));
        assert!(matches!(refused("env"), PackageError::Import { .. }));
    }
}
