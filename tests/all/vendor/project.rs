//! Projects of vendors, and the commands that they run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use booth_tests::Outcome;
use tempfile::TempDir;

/// The root of this repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the repository")
}

/// A folder for a vendor's work, laid out as the repository so that examples find the contract.
pub struct Desk {
    folder: TempDir,
}

impl Desk {
    /// An empty one.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&root().join("wit"), &folder.path().join("wit"));
        Self { folder }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A copy of one of the examples.
    pub fn example(&self, name: &str) -> PathBuf {
        let copied = self.path().join("plugins/examples").join(name);
        copy(&root().join("plugins/examples").join(name), &copied);
        share_results(&copied);
        copied
    }

    /// A new project.
    pub fn project(&self, name: &str) -> PathBuf {
        boothsync(self.path(), &["plugin", "new", name]).expect(0);
        let project = self.path().join(name);
        share_results(&project);
        project
    }
}

/// Lets a project build into the folder of the bundled plugins, which were built from the same crates.
pub fn share_results(project: &Path) {
    let shared = root().join("plugins/target");
    fs::create_dir_all(&shared).unwrap();
    std::os::unix::fs::symlink(shared, project.join("target")).unwrap();
}

/// Runs the program in `folder`, with all that a vendor's machine has.
pub fn boothsync(folder: &Path, args: &[&str]) -> Outcome {
    let mut words = vec!["boothsync".to_owned()];
    words.extend(args.iter().map(|arg| format!("'{arg}'")));
    shell(folder, &words.join(" "))
}

/// Runs lines of a POSIX shell to the end, and stops at the first that fails.
pub fn shell(folder: &Path, lines: &str) -> Outcome {
    let output: Output = command(folder, lines).output().unwrap();
    Outcome::of(&output)
}

/// A shell in which `boothsync` is the program under test and cargo can build components. Compiled code is
/// kept in `folder`.
pub fn command(folder: &Path, lines: &str) -> Command {
    let program =
        PathBuf::from(std::env::var_os("BOOTHSYNC_BIN").expect("run these tests with `cargo xtask test`"));
    let setup = std::env::var("BOOTHSYNC_WASM_ENV").expect("run these tests with `cargo xtask test`");
    let path = std::env::var("PATH").unwrap_or_default();
    let beside = program.parent().expect("a program lies somewhere").display();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-eu", "-c", &format!("{setup}\n{lines}")]).current_dir(folder);
    shell.env("PATH", format!("{beside}:{path}")).env("NO_COLOR", "1");
    shell.env("XDG_CACHE_HOME", folder.join(".cache"));
    // What is set for the tests themselves means nothing to a project elsewhere.
    for name in [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_TARGET_DIR",
        "CARGO_MANIFEST_DIR",
    ] {
        shell.env_remove(name);
    }
    shell
}

/// Copies a folder without what was built in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let built =
            ["target", "node_modules", "dist", ".venv"].contains(&name.as_str()) || name.ends_with(".wasm");
        match entry.file_type().unwrap() {
            _ if built => {}
            kind if kind.is_dir() => copy(&entry.path(), &to.join(&name)),
            _ => {
                fs::copy(entry.path(), to.join(&name)).unwrap();
            }
        }
    }
}
