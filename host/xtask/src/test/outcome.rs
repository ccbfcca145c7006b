//! Runs the tests of one workspace and counts how they ended: with nextest where it is installed,
//! else with cargo's own runner.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::{places, tools};

/// How tests ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How many tests passed. One that skipped itself is among them.
    pub passed: u64,
    /// Names of the tests that failed.
    pub failed: Vec<String>,
    /// The runner was content. It is not when something does not even compile.
    pub succeeded: bool,
}

impl std::ops::AddAssign for Outcome {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed.extend(other.failed);
        self.succeeded &= other.succeeded;
    }
}

/// Runs the tests of the workspace of this manifest.
pub fn of(manifest: &Path, filter: Option<&str>, prepare: impl Fn(&mut Command)) -> Result<Outcome> {
    if tools::on_path("cargo-nextest").is_some() {
        with_nextest(manifest, filter, prepare)
    } else {
        with_cargo(manifest, filter, prepare)
    }
}

fn with_nextest(manifest: &Path, filter: Option<&str>, prepare: impl Fn(&mut Command)) -> Result<Outcome> {
    let report = places::tools("tests")?.join("tests.xml");
    let config = config(&report)?;
    // A report of an earlier run must not be taken for this one's.
    let _ = std::fs::remove_file(&report);
    let mut nextest = tools::cargo();
    nextest.args([
        "nextest",
        "run",
        "--workspace",
        "--no-fail-fast",
        "--no-tests",
        "pass",
        "--manifest-path",
    ]);
    nextest.arg(manifest).arg("--tool-config-file").arg(format!("xtask:{}", config.display())).args(filter);
    prepare(&mut nextest);
    let succeeded = nextest.status().context("could not start cargo nextest")?.success();
    let (passed, failed) = counts(&std::fs::read_to_string(&report).unwrap_or_default());
    Ok(Outcome { passed, failed, succeeded })
}

/// What nextest is told beside the workspace's own settings: to write down how each test ended.
fn config(report: &Path) -> Result<std::path::PathBuf> {
    let file = report.with_extension("toml");
    let path = serde_json::to_string(report).context("the folder of results is not UTF-8")?;
    std::fs::write(&file, format!("[profile.default.junit]\npath = {path}\n"))?;
    Ok(file)
}

/// How many tests of a JUnit report passed, and which failed.
fn counts(report: &str) -> (u64, Vec<String>) {
    let tests: Vec<&str> = report.split("<testcase ").skip(1).collect();
    let failed = |test: &&&str| test.contains("<failure") || test.contains("<error");
    let failed: Vec<String> = tests.iter().filter(failed).filter_map(|test| name(test)).collect();
    ((tests.len() - failed.len()) as u64, failed)
}

/// `crate::binary module::test`, from the attributes of a test's element.
fn name(test: &str) -> Option<String> {
    let attribute = |name: &str| Some(test.split_once(&format!("{name}=\""))?.1.split_once('"')?.0);
    Some(format!("{} {}", attribute("classname")?, test.strip_prefix("name=\"")?.split_once('"')?.0))
}

fn with_cargo(manifest: &Path, filter: Option<&str>, prepare: impl Fn(&mut Command)) -> Result<Outcome> {
    let mut cargo = tools::cargo();
    cargo.args(["test", "--workspace", "--no-fail-fast", "--manifest-path"]).arg(manifest).args(filter);
    prepare(&mut cargo);
    let mut child = cargo.stdout(Stdio::piped()).spawn().context("could not start cargo test")?;
    let (mut passed, mut failed) = (0, Vec::new());
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines) {
        let line = line?;
        println!("{line}");
        match line.strip_prefix("test ").and_then(|test| test.split_once(" ... ")) {
            Some((_, end)) if end.starts_with("ok") => passed += 1,
            Some((name, "FAILED")) => failed.push(name.to_owned()),
            _ => {}
        }
    }
    Ok(Outcome { passed, failed, succeeded: child.wait()?.success() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_which_tests_failed() {
        let report = r#"<testsuites name="nextest-run" tests="3" failures="1">
<testcase name="a::b" classname="engine" time="0.1"/>
<testcase name="c::d" classname="tests::all" time="0.1"><failure type="test failure">boom</failure></testcase>
<testcase name="e" classname="engine" time="0.1"></testcase>"#;
        assert_eq!(counts(report), (2, vec!["tests::all c::d".to_owned()]));
        assert_eq!(counts(""), (0, Vec::new()));
    }
}
