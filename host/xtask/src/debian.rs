//! A Rust compiler with the wasm32-wasip2 target from Debian's packages, in a folder of its own.
//!
//! apt itself fetches the packages, so that signatures and checksums are checked as always, but with
//! lists, caches and a status file of its own: no root is needed and the system stays as it is. The
//! packages are unpacked, not installed; the compiler is run through their own dynamic loader because
//! the machine's C library may be older.

use std::env::consts::ARCH;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::apt;
use crate::step;
use crate::wasm_env::TARGET;

/// Debian's stable release that these package names belong to.
const SUITE: &str = "trixie";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";
const PACKAGES: [&str; 19] = [
    "rustc",
    "libstd-rust-1.85",
    "libstd-rust-dev",
    "libstd-rust-dev-wasm32",
    "libllvm19",
    "libc6",
    "libgcc-s1",
    "libstdc++6",
    "zlib1g",
    "libzstd1",
    "libxml2",
    "libz3-4",
    "libedit2",
    "libtinfo6",
    "libbsd0",
    "libmd0",
    "libffi8",
    "liblzma5",
    "libicu76",
];

/// The unpacked compiler.
#[derive(Debug)]
pub struct Toolchain {
    /// To be given to cargo as `RUSTC`.
    pub rustc: PathBuf,
}

/// Whether this machine has what it takes.
pub fn is_possible() -> bool {
    let has = |program: &str| step::answer(Command::new(program).arg("--version")).is_some();
    ARCH == "x86_64" && has("apt-get") && has("dpkg-deb")
}

/// Whether an earlier task has fetched it.
pub fn is_fetched(tools: &Path) -> bool {
    rustc_in(&home(tools)).is_file()
}

fn home(tools: &Path) -> PathBuf {
    tools.join("wasm-rust")
}

fn rustc_in(home: &Path) -> PathBuf {
    home.join("rustc")
}

/// The toolchain below `tools`, fetched if it is not there.
pub fn ensure(tools: &Path) -> Result<Toolchain> {
    let home = home(tools);
    let toolchain = Toolchain { rustc: rustc_in(&home) };
    if toolchain.rustc.is_file() {
        return Ok(toolchain);
    }
    check_machine()?;
    fs::create_dir_all(tools).with_context(|| format!("could not create {}", tools.display()))?;
    // Two tasks at once fetch once: the second one finds the folder when it gets the lock.
    let lock = File::create(tools.join("wasm-rust.lock")).context("could not create a lock file")?;
    lock.lock().context("could not lock the tools folder")?;
    if !toolchain.rustc.is_file() {
        fetch(tools, &home)?;
    }
    Ok(toolchain)
}

fn check_machine() -> Result<()> {
    if !is_possible() {
        bail!("Debian's compiler packages need a Debian machine (x86_64) with apt-get and dpkg-deb");
    }
    if !Path::new(KEYRING).is_file() {
        bail!(
            "{KEYRING} is missing, without which packages cannot be checked: `apt install debian-archive-keyring`"
        );
    }
    Ok(())
}

/// All work is done in a folder beside, which gets its name when it is whole: what an interrupted task
/// leaves is never taken for a compiler.
fn fetch(tools: &Path, home: &Path) -> Result<()> {
    let partial = tools.join("wasm-rust.partial");
    remove(&partial)?;
    let fetched = fill(&partial).and_then(|()| {
        remove(home)?;
        fs::rename(&partial, home).with_context(|| format!("could not rename {}", partial.display()))
    });
    if fetched.is_err() {
        // What matters is why it failed.
        let _ = remove(&partial);
    }
    fetched
}

fn fill(partial: &Path) -> Result<()> {
    let (packages, root) = (partial.join("packages"), partial.join("root"));
    for folder in ["apt/lists/partial", "apt/cache/archives/partial", "packages", "root"] {
        fs::create_dir_all(partial.join(folder)).context("could not create a folder for packages")?;
    }
    let mirror = apt::mirror(Path::new("/etc/apt"));
    fs::write(
        partial.join("apt/sources.list"),
        format!("deb [signed-by={KEYRING}] {mirror} {SUITE} main\n"),
    )?;
    step::during(&format!("reading the package lists of {mirror}"), || {
        step::run_quietly(apt_get(partial).arg("update"), "apt-get update")
    })?;
    step::during("downloading Debian's Rust compiler for wasm32-wasip2 (about 200 MB, once)", || {
        step::run_quietly(
            apt_get(partial).arg("download").args(PACKAGES).current_dir(&packages),
            "apt-get download",
        )
    })?;
    step::during("unpacking it below target/tools, nothing is installed", || unpack(&packages, &root))?;
    remove(&packages)?;
    remove(&partial.join("apt"))?;
    write_wrapper(partial)?;
    try_out(partial)
}

/// apt with lists, cache and status of its own; its settings for proxies stay in force.
fn apt_get(partial: &Path) -> Command {
    let apt = partial.join("apt");
    let user = step::answer(Command::new("id").arg("-un")).unwrap_or_else(|| "root".into());
    let options = [
        format!("Dir::Etc::sourcelist={}", apt.join("sources.list").display()),
        "Dir::Etc::sourceparts=/dev/null".into(),
        "Dir::Etc::preferences=/dev/null".into(),
        "Dir::Etc::preferencesparts=/dev/null".into(),
        format!("Dir::State::Lists={}", apt.join("lists").display()),
        "Dir::State::status=/dev/null".into(),
        format!("Dir::Cache={}", apt.join("cache").display()),
        format!("APT::Sandbox::User={user}"),
        "APT::Architecture=amd64".into(),
        "APT::Update::Error-Mode=any".into(),
        "Acquire::Languages=none".into(),
    ];
    let mut command = Command::new("apt-get");
    command.arg("-qq").env("LC_ALL", "C");
    for option in options {
        command.arg("-o").arg(option);
    }
    command
}

fn unpack(packages: &Path, root: &Path) -> Result<()> {
    for entry in fs::read_dir(packages)? {
        let package = entry?.path();
        step::run_quietly(Command::new("dpkg-deb").arg("-x").arg(&package).arg(root), "dpkg-deb -x")?;
    }
    Ok(())
}

/// Finds its folder by its own name, so that the workspace may be moved.
fn write_wrapper(partial: &Path) -> Result<()> {
    let wrapper = rustc_in(partial);
    let text = format!(
        "#!/bin/sh\nroot=${{0%/*}}/root\nexec \"$root/{LIBRARIES}/ld-linux-x86-64.so.2\" --library-path \"$root/{LIBRARIES}\" \
         \"$root/usr/bin/rustc\" --sysroot \"$root/usr\" \"$@\"\n"
    );
    fs::write(&wrapper, text)?;
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))?;
    Ok(())
}

fn try_out(partial: &Path) -> Result<()> {
    let mut rustc = Command::new(rustc_in(partial));
    let folder = step::answer(rustc.args(["--print", "target-libdir", "--target", TARGET]));
    let folder = folder.context("Debian's compiler does not run on this machine")?;
    if Path::new(&folder).is_dir() {
        Ok(())
    } else {
        bail!("Debian's compiler came without the wasm32-wasip2 target")
    }
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("could not remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}
