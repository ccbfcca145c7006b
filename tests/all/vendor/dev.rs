//! `plugin dev`.

use std::fs;

use booth_tests::{Running, wait_until};

use super::project::{Desk, command};
use crate::vendor::BUILD_LIMIT;

#[test]
fn every_change_is_built_and_tried_and_mistakes_do_not_end_it() {
    let desk = Desk::new();
    let project = desk.project("watched");
    let log = desk.path().join("dev.log");
    let mut dev = Running::start("plugin dev", command(&project, "exec boothsync plugin dev ."), &log);
    let mut rounds = 0;
    let mut next = |dev: &mut Running, what: &str| {
        rounds += 1;
        wait_until(BUILD_LIMIT, what, || {
            assert!(dev.ended().is_none(), "it ended: {}", dev.log());
            dev.log().matches("waiting for changes").count() >= rounds
        });
        let log = dev.log();
        let said = log.split("waiting for changes; Ctrl-C ends\n").nth(rounds - 1).unwrap_or_default();
        said.to_owned()
    };
    let first = next(&mut dev, "it was built for the first time");
    assert!(first.contains("ok     watched-0.1.0.wasm: http://127.0.0.1:"), "{first}");
    assert!(project.join("watched-0.1.0.wasm").is_file());

    let service = project.join("src/target.rs");
    let good = fs::read_to_string(&service).unwrap();
    fs::write(&service, good.replace("answers\"", "does answer\"")).unwrap();
    let second = next(&mut dev, "the change was built");
    assert!(second.contains("/pictures does answer (built in "), "{second}");

    fs::write(&service, "this is not Rust").unwrap();
    let broken = next(&mut dev, "the mistake was found");
    assert!(broken.contains("WRONG") && broken.contains("stands above"), "{broken}");
    assert!(broken.contains("src/target.rs"), "what the compiler says is shown: {broken}");

    fs::write(&service, &good).unwrap();
    let mended = next(&mut dev, "it was mended");
    assert!(mended.contains("/pictures answers"), "{mended}");
    let later: f32 = mended
        .split_once("shown ")
        .and_then(|(_, rest)| rest.split_once(" s later"))
        .and_then(|(seconds, _)| seconds.parse().ok())
        .unwrap_or_else(|| panic!("no time in {mended}"));
    println!("shown {later} s after the build");
}
