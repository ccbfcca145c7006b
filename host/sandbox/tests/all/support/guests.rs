use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use sandbox::{Bandwidth, Names, Sandbox, SandboxSettings};
use serde_json::Value;

/// The bytes of a test component.
pub fn guest(name: &str) -> Vec<u8> {
    let folder = std::env::var_os("BOOTHSYNC_GUESTS").map(PathBuf::from);
    let folder = folder.expect(
        "BOOTHSYNC_GUESTS is not set: run these tests with `cargo xtask test`, which builds the components",
    );
    let path = folder.join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask test`", path.display()))
}

/// A package: the component and its manifest as the last section.
pub fn pack(component: &[u8], manifest: &Value) -> Arc<[u8]> {
    const NAME: &str = "boothsync:plugin";
    let json = manifest.to_string();
    let mut section = vec![NAME.len() as u8];
    section.extend(NAME.as_bytes());
    section.extend(json.as_bytes());
    let mut package = component.to_vec();
    package.push(0);
    package.extend(leb128(section.len()));
    package.extend(section);
    package.into()
}

/// A number as WebAssembly writes it.
pub fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// One sandbox for all tests, so that each component is compiled once.
pub fn sandbox() -> Sandbox {
    static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| sandbox_with(Default::default()));
    SANDBOX.clone()
}

/// One whose plugins share this bandwidth.
pub fn sandbox_with(bandwidth: Bandwidth) -> Sandbox {
    Sandbox::new(settings(bandwidth)).unwrap()
}

/// One whose plugins find hosts where `names` says.
pub fn sandbox_that_knows(names: Arc<dyn Names>) -> Sandbox {
    Sandbox::with_names(settings(Default::default()), names).unwrap()
}

fn settings(bandwidth: Bandwidth) -> SandboxSettings {
    let code_cache =
        std::env::temp_dir().join(format!("boothsync-test-code-{}", rustix::process::geteuid().as_raw()));
    SandboxSettings { code_cache, bandwidth }
}
