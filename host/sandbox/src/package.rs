//! A package as it lies in its file: what it says of itself, and what its code could use. Reading it
//! runs nothing of it.

use sha2::{Digest, Sha256};

use crate::error::PackageError;
use crate::limits::PACKAGE_BYTES;
use crate::manifest::Manifest;
use crate::schema::Schema;
use crate::surface::{self, Surface};
use crate::whole;

/// A package that was read: one `.wasm` file with its manifest inside.
#[derive(Debug, Clone)]
pub struct Package {
    pub(crate) digest: String,
    pub(crate) manifest: Manifest,
    size_bytes: u64,
    imports: Vec<String>,
    exports: Vec<String>,
}

impl Package {
    /// Largest package that is taken, in bytes.
    pub const MAX_BYTES: u64 = PACKAGE_BYTES as u64;

    /// Reads a package and checks everything that can be known without compiling it. For whoever is
    /// about to take it in: it may come from anybody.
    pub fn examine(bytes: &[u8]) -> Result<Self, PackageError> {
        let package = Self::read(bytes)?;
        package.manifest.check_for_operator().map_err(PackageError::Manifest)?;
        Schema::compile(&package.manifest.settings).map_err(PackageError::Schema)?;
        whole::check(bytes, &package.exports)?;
        Ok(package)
    }

    /// Reads a package that was examined when it was taken in, or that is part of the program.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, PackageError> {
        if bytes.len() > PACKAGE_BYTES {
            return Err(PackageError::TooLarge(bytes.len() as u64));
        }
        if wasmtime::Engine::detect_precompiled(bytes).is_some() {
            return Err(PackageError::Precompiled);
        }
        let surface = Surface::read(bytes)?;
        surface.check_names()?;
        let manifest = surface.manifest()?;
        surface.check_exports(manifest.plugin.kind)?;
        surface.check_declared(&manifest)?;
        let (digest, size_bytes) = (Self::digest_of(bytes), bytes.len() as u64);
        Ok(Self { digest, manifest, size_bytes, imports: surface.imports, exports: surface.exports })
    }

    /// The same with another manifest than the one in the file.
    pub(crate) fn with(self, manifest: Manifest) -> Self {
        Self { manifest, ..self }
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// `sha256:` and the hash of the whole file in lowercase hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Size of the file.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Whether its code can call an interface of the contract, such as `http`. What it cannot call it
    /// cannot use, whatever it was granted.
    pub fn imports(&self, interface: &str) -> bool {
        surface::has(&self.imports, &format!("boothsync:plugin/{interface}"))
    }

    /// Whether it offers an interface of the contract, such as `links`.
    pub fn exports(&self, interface: &str) -> bool {
        surface::has(&self.exports, &format!("boothsync:plugin/{interface}"))
    }

    /// The digest of a file.
    pub fn digest_of(bytes: &[u8]) -> String {
        let hash = Sha256::digest(bytes);
        hash.iter().fold(String::from("sha256:"), |text, byte| format!("{text}{byte:02x}"))
    }
}
