//! Phones that are some years old.

use std::process::Command;

use booth_tests::{Browser, Film, Need, Visitor, needs, npm_tool};

use super::{Party, is_shown, visitor};

/// What browsers have learnt since, and some of what they learnt shortly before.
const FORGETFUL: &str = "
    window.forbidden = [];
    for (const name of ['structuredClone', 'reportError', 'createImageBitmap', 'IntersectionObserver']) delete window[name];
    for (const name of ['at', 'findLast', 'toSorted', 'flat', 'flatMap']) delete Array.prototype[name];
    for (const name of ['at', 'replaceAll', 'isWellFormed', 'matchAll', 'trimStart']) delete String.prototype[name];
    for (const name of ['groupBy', 'fromEntries']) delete Object[name];
    for (const name of ['timeout', 'any']) delete AbortSignal[name];
    for (const name of ['any', 'allSettled', 'withResolvers']) delete Promise[name];
    delete Promise.prototype.finally;
    delete Element.prototype.replaceChildren;
    for (const name of ['clipboard', 'share', 'canShare', 'userActivation', 'userAgentData']) {
        Object.defineProperty(Navigator.prototype, name, { value: undefined });
    }
";

#[test]
fn a_browser_that_has_learnt_nothing_since_2018_shows_the_picture() {
    needs!(Need::Browser, Need::WebServer, Need::Ffmpeg);
    let party = Party::begin("");
    let browser = Browser::start(&Visitor { before: FORGETFUL, ..visitor() });
    let link = party.take_and_send(Film::Jpeg, "one.jpg");
    browser.open(&link);
    is_shown(&browser);
    browser.evaluate(
        "document.addEventListener('copy', () => { window.copied = document.activeElement.value })",
    );
    browser.tap(".card button");
    browser.wait_for_text("The link has been copied.");
    assert_eq!(browser.evaluate("return window.copied"), link.as_str());
}

#[test]
fn the_script_is_written_as_browsers_of_2017_read_it() {
    needs!(Need::Npm, Need::WebServer);
    let party = Party::begin("");
    let page = std::fs::read_to_string(party.web.ftp.place().join("photos/index.html")).unwrap();
    let (_, script) = page.split_once("\n<script>").unwrap();
    let (script, _) = script.split_once("</script>").unwrap();
    let file = party.booth.path_of("script.js");
    std::fs::write(&file, script).unwrap();
    let acorn = npm_tool("acorn", "8.19.0").join("bin/acorn");
    let parse = |text: &str| {
        let file = file.with_extension("part.js");
        std::fs::write(&file, text).unwrap();
        let mut parse = Command::new("node");
        parse.arg(&acorn).args(["--ecma2017", "--silent"]).arg(&file).output().unwrap()
    };
    let read = parse(script);
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    assert!(!parse("a?.b").status.success(), "what is newer would be noticed");
}
