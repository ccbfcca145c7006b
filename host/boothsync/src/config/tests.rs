use std::path::Path;

use insta::assert_snapshot;

use super::reference::{Default, Inner, Section};
use super::*;

const EXAMPLE: &str = r#"
data = "data"                       # relative to this file

[media]
folder = "media"
include = ["**/*.{jpg,jpeg,png,gif,webp,avif,heic,mp4,mov,webm,dng,cr2,cr3,nef,arw}"]   # any case
exclude = []
settle_ms = 750                     # only where close events are not available
poll_interval = "auto"              # for mounts without events
priority = [                        # first match wins, lower goes first
  { glob = "processed_full/**", value = 9 },
  { glob = "camera_original/**", value = 12 },
]

[sync]
enabled = true
full_sync_interval = "5m"
verify_interval = "24h"
max_delete_percent = 30
quiet_hours = ""                    # "22:00-08:00"
metered = false                     # only what visitors need

[rclone]                            # only needed when a target uses it
binary = ""                         # else found or fetched
config = ""                         # else rclone's own default
bandwidth_limit = "off"             # rclone syntax, timetable allowed
log_level = "NOTICE"
web_ui = "localhost:5572"           # or "off"

[plugin.rclone]                     # operator's limits for one plugin, all optional
memory = "64MiB"

[[page]]
name = "sharepage"
plugin = "sharepage"
settings = { title = "Our party" }

[[target]]
name = "webspace"
plugin = "rclone"
enabled = true
mode = "mirror"                     # mirror | copy (never deletes)
immediate = true                    # on every change
full = true                         # on every full sync
pages = ["sharepage"]
concurrency = "auto"                # or a number
include = []                        # narrows media.include for this target
exclude = []
naming = "plain"                    # plain | token
expire_after = "never"
settings = { remote = "ftp-server:", subdir = "photos" }

[target.share]
enabled = true
public_link = "https://photos.example.com/media/processed_full/{filename}"   # empty: asked from the plugin
use_sharepage = true
sharepage_url = "https://photos.example.com/"

[[target]]
name = "usb"
plugin = "folder"
mode = "copy"
settings = { path = "/media/usb/booth" }

[share]
enabled = true
custom_url = ""                     # extra link; {filename} {identifier} {key}
prefer = "auto"                     # online | lan | auto
lan = { enabled = false, listen = "0.0.0.0:8088", url = "http://booth.local:8088" }

[web]
listen = "127.0.0.1:8080"
hosts = []                          # further names under which the admin page is reached
origins = []                        # booth apps in a browser that may read links
"#;

const SMALLEST: &str = "[media]\nfolder = \"media\"\n";

fn parse(text: &str) -> Result<Config, ConfigError> {
    let document = Document { path: "boothsync.toml".into(), text: text.into() };
    Config::parse(document, "/nowhere/booth".into())
}

fn refused(text: &str) -> String {
    parse(text).map(|_| "accepted").expect_err("it is wrong").report(false)
}

#[test]
fn the_whole_example_is_accepted() {
    let config = parse(EXAMPLE).unwrap_or_else(|error| panic!("{}", error.report(false)));
    assert_eq!(config.file.targets.len(), 2);
    assert_eq!(config.media, Path::new("/nowhere/booth/media"));
    assert_eq!(config.file.targets[0].settings["subdir"], "photos");
}

#[test]
fn what_the_example_shows_is_what_holds_without_it() {
    let example = parse(EXAMPLE).unwrap().file;
    let smallest = parse(SMALLEST).unwrap().file;
    assert_eq!(example.media, smallest.media);
    assert_eq!(example.sync, smallest.sync);
    assert_eq!(example.rclone, smallest.rclone);
    assert_eq!(example.share, smallest.share);
    assert_eq!(example.web, smallest.web);
    assert_eq!(example.data, smallest.data);
}

#[test]
fn the_bundled_page_exists_without_being_written() {
    let pages = parse(SMALLEST).unwrap().pages();
    assert_eq!(pages.iter().map(|page| page.name.as_str()).collect::<Vec<_>>(), ["sharepage"]);
    let pages = parse(EXAMPLE).unwrap().pages();
    assert_eq!(pages[0].settings["title"], "Our party");
    assert_eq!(pages.len(), 1);
}

/// Writes every key with the default that the reference names: nothing may change, and everything
/// that is written must be known to the code.
#[test]
fn every_documented_default_is_the_default() {
    let target = "[[target]]\nname = \"t\"\nplugin = \"p\"\n";
    let page = "[[page]]\nname = \"p\"\nplugin = \"q\"\n";
    let without = parse(&format!("{SMALLEST}{page}{target}")).unwrap().file;
    let with = format!(
        "{}[media]\nfolder = \"media\"\n{}[sync]\n{}[rclone]\n{}{page}{}{target}{}[share]\n{}[web]\n{}",
        defaults(&ROOT),
        defaults(&super::media::SECTION),
        defaults(&super::sync::SECTION),
        defaults(&super::rclone::SECTION),
        defaults(&super::page::SECTION),
        defaults(&super::target::SECTION),
        defaults(&super::share::SECTION),
        defaults(&super::web::SECTION),
    );
    let with = parse(&with).unwrap_or_else(|error| panic!("{}\n{with}", error.report(false))).file;
    assert_eq!(with, without);
}

fn defaults(section: &Section) -> String {
    let mut text = String::new();
    for key in section.keys {
        // Tables of the root are written under their own headings.
        let at_root = std::ptr::eq(section, &ROOT) || section.about == ROOT.about;
        match key.default {
            Default::Value(_) if at_root && !matches!(key.inner, Inner::Value) => {}
            Default::Value(toml) => text.push_str(&format!("{} = {toml}\n", key.name)),
            Default::Required | Default::Words(_) => {}
        }
    }
    text
}

#[test]
fn the_reference_in_the_tree_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("CONFIGURATION.md");
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == reference::markdown(&ROOT),
        "CONFIGURATION.md is not current: run `cargo run -p boothsync -- config-reference > host/boothsync/CONFIGURATION.md`"
    );
}

#[test]
fn a_misspelt_key_is_pointed_at_with_the_nearest_known_one() {
    assert_snapshot!(refused("[media]\nfoldr = \"media\"\nsettle = 3\n"), @r#"
     × there is no key `foldr` here
      ╭─[boothsync.toml:2:1]
    1 │ [media]
    2 │ foldr = "media"
      · ──┬──
      ·   ╰── did you mean `folder`?
    3 │ settle = 3
      ╰────
     × there is no key `settle` here
      ╭─[boothsync.toml:3:1]
    2 │ foldr = "media"
    3 │ settle = 3
      · ───┬──
      ·    ╰── did you mean `settle_ms`?
      ╰────
    "#);
}

#[test]
fn a_key_unlike_any_other_gets_the_list_of_known_ones() {
    assert_snapshot!(refused("[media]\nfolder = \"media\"\n[web]\nxyz = 1\n"), @r"
     × there is no key `xyz` here
      ╭─[boothsync.toml:4:1]
    3 │ [web]
    4 │ xyz = 1
      · ─┬─
      ·  ╰── unknown key
      ╰────
     help: known here are `listen`, `hosts`, `origins`
    ");
}

#[test]
fn a_missing_section_is_named() {
    assert_snapshot!(refused("data = \"data\"\n"), @r#"
     × the `[media]` section is missing
      ╭─[boothsync.toml:1:1]
    1 │ data = "data"
      · ▲
      · ╰── it can stand anywhere
      ╰────
     help: write `[media]` and below it `folder = "..."`, the folder the booth app writes to
    "#);
}

#[test]
fn a_missing_key_is_named_where_it_should_be() {
    assert_snapshot!(refused("[media]\nfolder = \"media\"\n[[target]]\nname = \"usb\"\n"), @r#"
     × `plugin` is missing here
      ╭─[boothsync.toml:3:1]
    2 │ folder = "media"
    3 │ [[target]]
      · ─────┬────
      ·      ╰── needs `plugin = ...`
    4 │ name = "usb"
      ╰────
    "#);
}

#[test]
fn a_value_of_the_wrong_type_is_pointed_at() {
    assert_snapshot!(refused("[media]\nfolder = \"media\"\nsettle_ms = \"750\"\n"), @r#"
     × `settle_ms` cannot be read
      ╭─[boothsync.toml:3:13]
    2 │ folder = "media"
    3 │ settle_ms = "750"
      ·             ──┬──
      ·               ╰── expected here: milliseconds
      ╰────
    "#);
}

#[test]
fn a_value_that_cannot_be_read_is_pointed_at() {
    assert_snapshot!(refused("[media]\nfolder = \"media\"\n[sync]\nfull_sync_interval = \"5 minutes\"\n"), @r#"
     × `5 minutes` is not a duration: write it like `10s`, `5m`, `24h` or `30d`
      ╭─[boothsync.toml:4:22]
    3 │ [sync]
    4 │ full_sync_interval = "5 minutes"
      ·                      ─────┬─────
      ·                           ╰── here
      ╰────
    "#);
}

#[test]
fn an_unknown_variant_is_pointed_at() {
    let target = "[[target]]\nname = \"a\"\nplugin = \"folder\"\nmode = \"move\"\n";
    assert_snapshot!(refused(&format!("{SMALLEST}{target}")), @r#"
     × `mode` cannot be read
      ╭─[boothsync.toml:6:8]
    5 │ plugin = "folder"
    6 │ mode = "move"
      ·        ───┬──
      ·           ╰── expected here: `mirror` or `copy`
      ╰────
    "#);
}

#[test]
fn text_that_is_no_toml_is_pointed_at() {
    assert_snapshot!(refused("[media]\nfolder = media\n"), @r"
     × string values must be quoted, expected literal string
      ╭─[boothsync.toml:2:10]
    1 │ [media]
    2 │ folder = media
      ·          ──┬──
      ·            ╰── here
      ╰────
    ");
}

#[test]
fn a_name_that_cannot_be_used_is_pointed_at() {
    assert_snapshot!(refused(&format!("{SMALLEST}[[target]]\nname = \"My Web\"\nplugin = \"rclone\"\n")), @r#"
     × `My Web` is not a usable name: use 1 to 40 of a-z, 0-9, `-` and `_`, beginning with a letter
     │ or digit
      ╭─[boothsync.toml:4:8]
    3 │ [[target]]
    4 │ name = "My Web"
      ·        ────┬───
      ·            ╰── here
    5 │ plugin = "rclone"
      ╰────
    "#);
}

#[test]
fn two_targets_of_one_name_are_refused() {
    let target = "[[target]]\nname = \"usb\"\nplugin = \"rclone\"\n";
    assert_snapshot!(refused(&format!("{SMALLEST}{target}{target}")), @r#"
     × there are two targets named `usb`
      ╭─[boothsync.toml:7:8]
    6 │ [[target]]
    7 │ name = "usb"
      ·        ──┬──
      ·          ╰── give it another name
    8 │ plugin = "rclone"
      ╰────
    "#);
}

#[test]
fn a_page_that_does_not_exist_is_refused() {
    let target = "[[target]]\nname = \"usb\"\nplugin = \"rclone\"\npages = [\"share-page\"]\n";
    assert_snapshot!(refused(&format!("{SMALLEST}{target}")), @r#"
     × target `usb` lists a page `share-page` that does not exist
      ╭─[boothsync.toml:6:9]
    5 │ plugin = "rclone"
    6 │ pages = ["share-page"]
      ·         ───────┬──────
      ·                ╰── did you mean `sharepage`?
      ╰────
    "#);
}

#[test]
fn a_share_page_without_an_address_is_refused() {
    let target = "[[target]]\nname = \"web\"\nplugin = \"rclone\"\n[target.share]\nenabled = true\n";
    assert_snapshot!(refused(&format!("{SMALLEST}{target}")), @r#"
     × target `web` uses the share page, but `sharepage_url` is not given
      ╭─[boothsync.toml:6:1]
    5 │ plugin = "rclone"
    6 │ [target.share]
      · ───────┬──────
      ·        ╰── add `sharepage_url = "https://..."`, or `use_sharepage = false`
    7 │ enabled = true
      ╰────
    "#);
}

#[test]
fn an_unknown_placeholder_is_refused() {
    let share = "[target.share]\nenabled = true\nuse_sharepage = false\n\
                 public_link = \"https://x.example/{filenam}\"\n";
    let target = "[[target]]\nname = \"web\"\nplugin = \"rclone\"\n";
    assert_snapshot!(refused(&format!("{SMALLEST}{target}{share}")), @r#"
     × unknown placeholder `{filenam}` at column 19
      ╭─[boothsync.toml:9:15]
    8 │ use_sharepage = false
    9 │ public_link = "https://x.example/{filenam}"
      ·               ──────────────┬──────────────
      ·                             ╰── did you mean `{filename}`?
      ╰────
    "#);
}

#[test]
fn unguessable_names_need_the_path_in_the_pattern() {
    let share = "[target.share]\nenabled = true\nuse_sharepage = false\n\
                 public_link = \"https://x.example/media/{key}\"\n";
    let target = "[[target]]\nname = \"web\"\nplugin = \"rclone\"\nnaming = \"token\"\n";
    assert_snapshot!(refused(&format!("{SMALLEST}{target}{share}")), @r#"
     × with `naming = "token"` only `{path}` says where a picture lies
       ╭─[boothsync.toml:10:15]
     9 │ use_sharepage = false
    10 │ public_link = "https://x.example/media/{key}"
       ·               ───────────────┬───────────────
       ·                              ╰── use it instead of `{key}`
       ╰────
    "#);
}

#[test]
fn a_share_pages_address_has_no_query_of_its_own() {
    let share = "[target.share]\nenabled = true\nsharepage_url = \"https://x.example/?a=b\"\n";
    let target = "[[target]]\nname = \"web\"\nplugin = \"rclone\"\n";
    assert_snapshot!(refused(&format!("{SMALLEST}{target}{share}")), @r#"
     × `https://x.example/?a=b` cannot be a share page's address
      ╭─[boothsync.toml:8:17]
    7 │ enabled = true
    8 │ sharepage_url = "https://x.example/?a=b"
      ·                 ────────────┬───────────
      ·                             ╰── leave out placeholders and what begins at `?` or `#`
      ╰────
    "#);
}

/// The engine's word counts, here as there.
#[test]
fn a_link_that_the_engine_would_refuse_is_refused_with_its_place() {
    for (link, said) in [
        ("photos.example.com/{path}", "begin it with `https://`"),
        ("https:///{path}", "has no host"),
        ("https://{key}/", "stands in the host's name"),
        ("https://x.example/{key", "has no partner"),
        ("https://x.example/a b", "cannot stand in an address"),
    ] {
        let share =
            format!("[target.share]\nenabled = true\nuse_sharepage = false\npublic_link = \"{link}\"\n");
        let report = refused(&format!("{SMALLEST}[[target]]\nname = \"web\"\nplugin = \"rclone\"\n{share}"));
        assert!(report.contains(said) && report.contains("boothsync.toml:9:15"), "{link}: {report}");
    }
    let report = refused(&format!("{SMALLEST}[share]\ncustom_url = \"https://x.example/{{path}}\"\n"));
    assert!(report.contains("the custom link belongs to none") && report.contains("use `{key}`"), "{report}");
}

#[test]
fn a_bandwidth_limit_that_rclone_would_refuse_is_pointed_at_with_an_example() {
    assert_snapshot!(refused(&format!("{SMALLEST}[rclone]\nbandwidth_limit = \"8:00,512k 23:00,off\"\n")), @r#"
     × `8:00` is not a time: write it with four digits, like `08:00` or `Mon-08:00`
      ╭─[boothsync.toml:4:19]
    3 │ [rclone]
    4 │ bandwidth_limit = "8:00,512k 23:00,off"
      ·                   ──────────┬──────────
      ·                             ╰── here
      ╰────
    "#);
    assert!(refused(&format!("{SMALLEST}[rclone]\nbandwidth_limit = \"\"\n")).contains("`off` for none"));
    for good in [
        "10M",
        "512k",
        "off",
        "10M:100k",
        "08:00,512k 12:00,10M 13:00,512k 18:00,30M 23:00,off",
        "Mon-00:00,512 Fri-23:59,10M Sat-10:00,1M Sun-20:00,off",
    ] {
        parse(&format!("{SMALLEST}[rclone]\nbandwidth_limit = \"{good}\"\n"))
            .unwrap_or_else(|error| panic!("{}", error.report(false)));
    }
}

#[test]
fn a_target_in_the_media_folder_is_refused() {
    for settings in [
        r#"plugin = "folder"
settings = { path = "media/copy" }"#,
        r#"plugin = "folder"
settings = { path = "/nowhere" }"#,
        r#"plugin = "rclone"
settings = { remote = "/nowhere/booth", subdir = "media" }"#,
        r#"plugin = "rclone"
settings = { remote = ":local:/nowhere/booth/data" }"#,
    ] {
        let text = format!("{SMALLEST}[[target]]\nname = \"usb\"\n{settings}\n");
        assert!(refused(&text).contains("it would copy its own pictures"), "{text}");
    }
    let text = format!(
        "{SMALLEST}[[target]]\nname = \"usb\"\nplugin = \"folder\"\nsettings = {{ path = \"../booth/media\" }}\n"
    );
    assert_snapshot!(refused(&text), @r#"
     × target `usb` is, contains or lies in the media folder: it would copy its own pictures
      ╭─[boothsync.toml:6:21]
    5 │ plugin = "folder"
    6 │ settings = { path = "../booth/media" }
      ·                     ────────┬───────
      ·                             ╰── choose a folder elsewhere
      ╰────
    "#);
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let text = "[media]\nfolder = \"media\"\ninclude = [\"[a\"]\n[sync]\nmax_delete_percent = 130\n[web]\norigins = [\"*\"]\n";
    let report = refused(text);
    for part in ["`[a` is not a usable glob", "more than 100 percent", "`*` is not an origin"] {
        assert!(report.contains(part), "{part}: {report}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Config::load(Path::new("/nowhere/boothsync.toml")).expect_err("there is none");
    assert_eq!(
        error.report(false),
        "error: cannot read the configuration `/nowhere/boothsync.toml`: there is no such file\n"
    );
}
