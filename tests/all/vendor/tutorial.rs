//! The tutorial does what it says.

use std::fs;

use super::project::{Desk, command, root, share_results};
use booth_tests::Outcome;

/// Everything between ```` ```sh ```` and ```` ``` ````, in order.
fn commands(document: &str) -> Vec<String> {
    let blocks = document.split("\n```sh\n").skip(1);
    blocks.filter_map(|block| Some(block.split_once("\n```")?.0.to_owned())).collect()
}

#[test]
fn the_commands_of_the_tutorial_work_as_they_stand_there() {
    let document = fs::read_to_string(root().join("docs/PLUGINS.md")).unwrap();
    let commands = commands(&document);
    assert!(commands.len() >= 5, "the tutorial has lost its commands: {commands:?}");
    let desk = Desk::new();
    // The first block makes the project; then building can be made quicker, which a reader need not know.
    let (first, rest) = commands.split_first().unwrap();
    Outcome::of(&command(desk.path(), first).output().unwrap()).expect(0);
    let project = desk.path().join("my-cloud");
    share_results(&project);
    let lines = format!("set -x\n{}", rest.join("\n"));
    let outcome = Outcome::of(&command(&project, &lines).output().unwrap()).expect(0);
    assert!(outcome.stdout.contains("all is as the contract says"), "{}", outcome.stdout);
}

#[test]
fn blocks_of_commands_are_found() {
    let document = "a\n\n```sh\none\ntwo\n```\n\n```toml\nx = 1\n```\n\n```sh\nthree\n```\n";
    assert_eq!(commands(document), ["one\ntwo", "three"]);
}
