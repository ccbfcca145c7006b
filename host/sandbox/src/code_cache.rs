//! Compiled plugins on disk, so that a start costs half a millisecond instead of a compilation.
//!
//! A file is named `<digest of the package>-<hash of compiler and settings>-<digest of its own bytes>.cwasm`.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tracing::{debug, warn};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The folder of compiled plugins; nobody but this program's user can enter it.
#[derive(Debug)]
pub(crate) struct CodeCache {
    folder: PathBuf,
    engine_hash: String,
}

impl CodeCache {
    /// Makes the folder if it is missing, closes it to others, and removes what no engine of ours can use.
    pub fn open(folder: &Path, engine: &Engine) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let meta = fs::symlink_metadata(folder)?;
        if !meta.is_dir() || meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is not a folder of this user"));
        }
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let cache = Self { folder: folder.to_owned(), engine_hash: format!("{:016x}", hasher.finish()) };
        cache.tidy()?;
        Ok(cache)
    }

    /// The compiled package, from disk or from the compiler. Blocks.
    pub fn load(&self, engine: &Engine, digest: &str, package: &[u8]) -> wasmtime::Result<Component> {
        let prefix = format!("{}-{}-", digest.trim_start_matches("sha256:"), self.engine_hash);
        if let Some(component) = self.find(engine, &prefix) {
            return Ok(component);
        }
        let component = Component::from_binary(engine, package)?;
        if let Err(error) = self.keep(&prefix, &component.serialize()?) {
            warn!(error = %error, "the compiled plugin could not be kept, the next start takes longer");
        }
        Ok(component)
    }

    /// Removes what was compiled of a package, by whatever compiler.
    pub fn forget(&self, digest: &str) -> io::Result<()> {
        let prefix = format!("{}-", digest.trim_start_matches("sha256:"));
        let mut ours = self.entries()?.into_iter().filter(|path| name_of(path).starts_with(&prefix));
        ours.try_for_each(fs::remove_file)
    }

    fn find(&self, engine: &Engine, prefix: &str) -> Option<Component> {
        let path = self.entries().ok()?.into_iter().find(|path| name_of(path).starts_with(prefix))?;
        match restore(engine, &path) {
            Ok(component) => Some(component),
            Err(error) => {
                debug!(error = %error, "a compiled plugin was damaged and is made anew");
                let _ = fs::remove_file(&path);
                None
            }
        }
    }

    fn keep(&self, prefix: &str, code: &[u8]) -> io::Result<()> {
        let path = self.folder.join(format!("{prefix}{}.cwasm", hash(code)));
        let partial = self.folder.join(format!("{}.{}.tmp", name_of(&path), std::process::id()));
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&partial)?;
        let written = file.write_all(code).and_then(|()| file.sync_all());
        match written.and_then(|()| fs::rename(&partial, &path)) {
            Ok(()) => File::open(&self.folder)?.sync_all(),
            Err(error) => {
                let _ = fs::remove_file(&partial);
                Err(error)
            }
        }
    }

    fn tidy(&self) -> io::Result<()> {
        let ours = format!("-{}-", self.engine_hash);
        for path in self.entries()? {
            let name = name_of(&path);
            if name.ends_with(".tmp") || (name.ends_with(".cwasm") && !name.contains(&ours)) {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    fn entries(&self) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(&self.folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
    }
}

fn restore(engine: &Engine, path: &Path) -> wasmtime::Result<Component> {
    let code = fs::read(path)?;
    if !name_of(path).ends_with(&format!("-{}.cwasm", hash(&code))) {
        return Err(wasmtime::Error::msg("its content is not what was written"));
    }
    drop(code);
    // SAFETY: the bytes are machine code that this program wrote itself, as `serialize` of the same
    // engine settings gave it (both are part of the name, and wasmtime checks them again). The folder
    // is entered by our own user alone, packages and plugins have no way into it, and damage would
    // have changed the digest in the name. Whoever could replace the file in between could as well
    // replace this program.
    unsafe { Component::deserialize_file(engine, path) }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn hash(code: &[u8]) -> String {
    Sha256::digest(code).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest component: nothing in it.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn code_is_compiled_once_and_made_anew_when_damaged() {
        let temp = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let cache = CodeCache::open(&temp.path().join("code"), &engine).unwrap();
        assert!(cache.find(&engine, "aa-").is_none());
        cache.load(&engine, "sha256:aa", EMPTY).unwrap();
        let [path] = cache.entries().unwrap().try_into().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(cache.find(&engine, "aa-").is_some());
        let mut code = fs::read(&path).unwrap();
        *code.last_mut().unwrap() ^= 1;
        fs::write(&path, code).unwrap();
        assert!(cache.find(&engine, "aa-").is_none());
        assert!(!path.exists());
        cache.load(&engine, "sha256:aa", EMPTY).unwrap();
        assert!(path.exists());
        cache.load(&engine, "sha256:aab", EMPTY).unwrap();
        cache.forget("sha256:aa").unwrap();
        assert!(!path.exists());
        assert!(cache.find(&engine, "aab-").is_some(), "that is another package");
    }

    #[test]
    fn nobody_else_can_enter_the_folder_and_strange_code_is_removed() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("code");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        fs::write(folder.join("aa-0000000000000000-bb.cwasm"), b"x").unwrap();
        let cache = CodeCache::open(&folder, &Engine::default()).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
        assert!(cache.entries().unwrap().is_empty());
    }
}
