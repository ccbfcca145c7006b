//! A stranger's plugin in the real program: installed, approved, entrusted with a secret, and up to no
//! good. What becomes of each single attack is asserted beside the sandbox; here it is everybody else who
//! counts.

use std::fs;
use std::path::{Path, PathBuf};

use booth_tests::{Booth, PATIENCE, Target, Tree, picture, wait_until};

const SECRET: &str = "hunter2-of-the-stranger";

/// What each target's plugin does, and what the operator reads of it.
const ATTACKS: &[(&str, &str)] = &[
    ("spins_for_ever", "processor time"),
    ("sleeps_for_an_hour", "no answer within"),
    ("allocates_without_end", "more than 16 MiB of memory"),
    ("recurses_without_end", "the plugin"),
    ("panics_with_a_megabyte", "panicked"),
    ("ends_its_process", "ended itself"),
    ("fails_with_its_secret", "could not log in as ***"),
    ("asks_for_cloud_credentials", "http://169.254.169.254"),
    ("floods_the_log", ""),
    ("floods_standard_error", ""),
    ("writes_escape_sequences", ""),
    ("prints_its_secret", ""),
];

const LIMITS: &str = "[plugin.hostile]\nmemory = \"16MiB\"\ncpu = \"1s\"\ncall = \"2s\"\nstall = \"2s\"\n";
/// More than a day's log of a well-behaved booth.
const LOG_BYTES: usize = 8 << 20;
/// More than the program and all of its guests may have.
const MEMORY_BYTES: u64 = 700 << 20;

/// The package, as a vendor hands it out.
fn package(folder: &Path) -> PathBuf {
    let guests = std::env::var_os("BOOTHSYNC_GUESTS").expect("set by `cargo xtask test`");
    let component = fs::read(Path::new(&guests).join("hostile.wasm")).unwrap();
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("guests/hostile");
    let packed = packing::Project::read(&project).unwrap().pack(&component).unwrap();
    let file = folder.join("hostile.wasm");
    fs::write(&file, packed).unwrap();
    file
}

fn name(verb: &str) -> String {
    verb.replace('_', "-")
}

/// A booth with one target for each attack, and a folder that everything is to arrive in.
fn besieged() -> (Booth, PathBuf) {
    let mut booth = Booth::new();
    for (verb, _) in ATTACKS {
        let settings = format!("verb = {verb:?}");
        booth.target(Target { name: name(verb), plugin: "hostile".into(), settings, lines: String::new() });
    }
    let usb = booth.path_of("usb");
    fs::create_dir(&usb).unwrap();
    let settings = format!("path = {:?}", usb.to_str().unwrap());
    booth.target(Target { name: "usb".into(), plugin: "folder".into(), settings, lines: String::new() });
    booth.write_config_text(&(booth.config() + LIMITS));
    (booth, usb)
}

fn install(booth: &Booth) {
    let package = package(&booth.path_of(""));
    booth.run(&["plugin", "install", package.to_str().unwrap()]).expect(0);
    booth.run(&["plugin", "approve", "hostile", "--yes"]).expect(0);
    let secret = booth.path_of("secret");
    fs::write(&secret, SECRET).unwrap();
    for (verb, _) in ATTACKS {
        let file = fs::File::open(&secret).unwrap();
        booth
            .run_with(&["secret", "set", &name(verb), "token"], |command| {
                command.stdin(file);
            })
            .expect(0);
    }
    fs::remove_file(secret).unwrap();
}

/// The most memory that the service ever had.
fn peak(booth: &mut Booth) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", booth.service().id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() << 10
}

#[test]
fn while_a_strangers_plugin_does_its_worst_every_picture_arrives_elsewhere() {
    let (mut booth, usb) = besieged();
    install(&booth);
    picture(&booth.media().join("before.jpg"), 1, 20_000);
    booth.start_as_configured();
    for (verb, says) in ATTACKS.iter().filter(|(_, says)| !says.is_empty()) {
        let mut last = serde_json::Value::Null;
        wait_until(PATIENCE, &format!("the operator reads `{says}` of {verb}"), || {
            last = booth.target_status(&name(verb));
            last["reason"].as_str().is_some_and(|reason| reason.contains(says))
        });
        assert_ne!(last["state"], "up", "{last}");
    }
    for number in 0..20 {
        picture(&booth.media().join(format!("during {number:02}.jpg")), number, 20_000);
    }
    let wanted = Tree::of(&booth.media());
    wait_until(PATIENCE, "the folder has every picture", || Tree::of(&usb.join("media")) == wanted);
    booth.wait_for_state("usb", "up");

    let memory = peak(&mut booth);
    assert!(memory < MEMORY_BYTES, "{} MiB", memory >> 20);
    let status = booth.status().to_string();
    assert_eq!(booth.stop(), 0);
    let log = booth.log();
    for text in [&log, &status] {
        assert!(!text.contains(SECRET), "the secret is seen");
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(steers), "a terminal would be steered by it");
    }
    assert!(log.contains("my secret is ***") && log.len() < LOG_BYTES, "{} bytes", log.len());
}
