//! Makes sure that the bundled plugins are there to be embedded.

use std::path::Path;
use std::process::ExitCode;

const BUNDLED: [&str; 3] = ["rclone", "folder", "sharepage"];

fn main() -> ExitCode {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/dist");
    let mut code = ExitCode::SUCCESS;
    for name in BUNDLED {
        let file = dist.join(format!("{name}.wasm"));
        println!("cargo::rerun-if-changed={}", file.display());
        if !file.is_file() {
            println!(
                "cargo::error=the bundled plugin `{name}` is not built yet: run `cargo xtask plugins` once, then build again"
            );
            // A success would be remembered, and with it the complaint.
            code = ExitCode::FAILURE;
        }
    }
    code
}
