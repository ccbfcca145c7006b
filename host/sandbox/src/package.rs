//! Looks into a package without running anything of it.

use sha2::{Digest, Sha256};
use wasmparser::{Encoding, Parser, Payload};

use crate::error::PackageError;
use crate::limits::{MANIFEST_BYTES, PACKAGE_BYTES};
use crate::manifest::{Kind, Manifest};

/// The custom section that holds the manifest.
const SECTION: &str = "boothsync:plugin";
/// The package of the contract, and the track of its version that this host speaks.
const CONTRACT: &str = "boothsync:plugin/";
const TRACK: &str = "0.1.";

/// What a package says of itself, and what its code really imports and exports.
#[derive(Debug)]
pub(crate) struct Package {
    pub digest: String,
    pub manifest: Manifest,
}

/// Names found at the outermost level; what nested modules carry does not count.
#[derive(Debug, Default)]
struct Surface {
    manifests: Vec<Vec<u8>>,
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Package {
    /// Reads and checks a package.
    pub fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        if bytes.len() > PACKAGE_BYTES {
            return Err(PackageError::TooLarge(bytes.len()));
        }
        if wasmtime::Engine::detect_precompiled(bytes).is_some() {
            return Err(PackageError::Precompiled);
        }
        let surface = Surface::read(bytes)?;
        surface.check_imports()?;
        let manifest = surface.manifest()?;
        surface.check_exports(manifest.plugin.kind)?;
        surface.check_declared(&manifest)?;
        Ok(Self { digest: digest(bytes), manifest })
    }
}

impl Surface {
    fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        if !bytes.starts_with(b"\0asm") {
            return Err(PackageError::NotWasm);
        }
        let mut surface = Self::default();
        let mut depth = 0usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(damaged)? {
                Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                    return Err(PackageError::CoreModule);
                }
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                payload if depth == 0 => surface.take(payload)?,
                _ => {}
            }
        }
        Ok(surface)
    }

    fn take(&mut self, payload: Payload<'_>) -> Result<(), PackageError> {
        match payload {
            Payload::CustomSection(section) if section.name() == SECTION => {
                self.manifests.push(section.data().to_vec());
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    self.imports.push(import.map_err(damaged)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    self.exports.push(export.map_err(damaged)?.name.name.to_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn manifest(&self) -> Result<Manifest, PackageError> {
        match self.manifests.as_slice() {
            [] => Err(PackageError::NoManifest),
            [one] if one.len() > MANIFEST_BYTES => {
                Err(PackageError::Manifest("it is larger than 256 KiB".into()))
            }
            [one] => Manifest::parse(one).map_err(PackageError::Manifest),
            many => Err(PackageError::ManyManifests(many.len())),
        }
    }

    fn check_imports(&self) -> Result<(), PackageError> {
        self.imports.iter().try_for_each(|import| check_import(import))?;
        self.exports
            .iter()
            .filter(|name| name.starts_with(CONTRACT))
            .try_for_each(|export| check_track(export))
    }

    fn check_exports(&self, kind: Kind) -> Result<(), PackageError> {
        let (says, wanted, other) = match kind {
            Kind::Target => ("target", "boothsync:plugin/target", "boothsync:plugin/pages"),
            Kind::Page => ("page generator", "boothsync:plugin/pages", "boothsync:plugin/target"),
        };
        if !has(&self.exports, wanted) {
            return Err(PackageError::Export { kind: says, wanted: format!("{wanted}@{TRACK}0") });
        }
        if has(&self.exports, other) {
            return Err(PackageError::Contract(format!("a {says} cannot export `{other}` as well")));
        }
        Ok(())
    }

    fn check_declared(&self, manifest: &Manifest) -> Result<(), PackageError> {
        let asked = &manifest.permissions;
        if manifest.plugin.kind == Kind::Page {
            let allowed = ["types", "log", "settings"].map(|name| format!("{CONTRACT}{name}"));
            let beyond = self.imports.iter().find(|name| {
                name.starts_with(CONTRACT) && !allowed.iter().any(|allowed| base(name) == allowed)
            });
            return beyond.map_or(Ok(()), |name| Err(PackageError::Import(name.clone())));
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
    let version = name.rsplit_once('@').map_or("", |(_, version)| version);
    if name.starts_with("wasi:") && version.starts_with("0.3") {
        return Err(PackageError::Wasi3(name.to_owned()));
    }
    // Sockets come with every C library; a guest that tries to make one is told no.
    let known =
        ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];
    if known.iter().any(|package| name.starts_with(package)) {
        return Ok(());
    }
    Err(PackageError::Import(name.to_owned()))
}

fn check_track(name: &str) -> Result<(), PackageError> {
    let version = name.rsplit_once('@').map_or("", |(_, version)| version);
    if version.starts_with(TRACK) { Ok(()) } else { Err(PackageError::Version(name.to_owned())) }
}

fn has(names: &[String], wanted: &str) -> bool {
    names.iter().any(|name| base(name) == wanted)
}

fn base(name: &str) -> &str {
    name.rsplit_once('@').map_or(name, |(base, _)| base)
}

fn damaged(error: wasmparser::BinaryReaderError) -> PackageError {
    let text = error.to_string();
    // The reader says so when it meets the async types of WASI 0.3.
    if text.contains("async") { PackageError::Wasi3(text) } else { PackageError::Damaged(text) }
}

fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().fold(String::from("sha256:"), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty component followed by the given custom sections.
    fn component(sections: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        for (name, data) in sections {
            let size = 1 + name.len() + data.len();
            assert!(size < 128 * 128);
            bytes.extend([0, (size & 0x7f) as u8 | 0x80, (size >> 7) as u8, name.len() as u8]);
            bytes.extend(name.as_bytes());
            bytes.extend(*data);
        }
        bytes
    }

    const MANIFEST: &[u8] = br#"{"plugin":{"name":"a","version":"1","kind":"target"}}"#;

    #[test]
    fn what_is_no_component_is_named_for_what_it_is() {
        assert!(matches!(Package::read(b"<html>"), Err(PackageError::NotWasm)));
        assert!(matches!(Package::read(b""), Err(PackageError::NotWasm)));
        assert!(matches!(Package::read(b"\0asm\x01\0\0\0"), Err(PackageError::CoreModule)));
        assert!(matches!(Package::read(b"\0asm\x0d\0\x01\0\xff"), Err(PackageError::Damaged(_))));
    }

    #[test]
    fn there_must_be_exactly_one_manifest() {
        assert!(matches!(Package::read(&component(&[])), Err(PackageError::NoManifest)));
        let twice = component(&[(SECTION, MANIFEST), (SECTION, MANIFEST)]);
        assert!(matches!(Package::read(&twice), Err(PackageError::ManyManifests(2))));
        let broken = component(&[(SECTION, b"{}")]);
        assert!(matches!(Package::read(&broken), Err(PackageError::Manifest(_))));
    }

    #[test]
    fn a_manifest_inside_a_nested_component_does_not_count() {
        let inner = component(&[(SECTION, MANIFEST)]);
        let mut outer = component(&[]);
        outer.extend([4, inner.len() as u8]);
        outer.extend(&inner);
        assert!(matches!(Package::read(&outer), Err(PackageError::NoManifest)));
    }

    #[test]
    fn a_component_without_the_exports_of_its_kind_is_refused() {
        let error = Package::read(&component(&[(SECTION, MANIFEST)])).unwrap_err();
        assert!(error.to_string().contains("boothsync:plugin/target@0.1.0"), "{error}");
    }

    #[test]
    fn imports_are_judged_by_name_and_version() {
        assert!(check_import("boothsync:plugin/http@0.1.7").is_ok());
        assert!(check_import("wasi:cli/environment@0.2.12").is_ok());
        assert!(matches!(check_import("boothsync:plugin/http@0.2.0"), Err(PackageError::Version(_))));
        assert!(matches!(check_import("wasi:cli/environment@0.3.0"), Err(PackageError::Wasi3(_))));
        assert!(matches!(check_import("wasi:http/outgoing-handler@0.2.0"), Err(PackageError::Import(_))));
        assert!(matches!(check_import("env"), Err(PackageError::Import(_))));
    }
}
