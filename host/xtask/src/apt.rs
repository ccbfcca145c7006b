//! Reads the machine's own apt sources, to fetch from the mirror that it fetches from.

use std::fs;
use std::path::Path;

const FALLBACK: &str = "http://deb.debian.org/debian";

/// The Debian mirror that this machine's apt uses, without a trailing slash.
pub fn mirror(etc_apt: &Path) -> String {
    let texts = source_files(etc_apt);
    let addresses =
        texts.iter().flat_map(|(is_deb822, text)| if *is_deb822 { deb822(text) } else { one_line(text) });
    addresses.into_iter().find(|address| is_debian(address)).unwrap_or_else(|| FALLBACK.into())
}

/// `sources.list`, then what lies in `sources.list.d` in apt's order, each with whether it is deb822.
fn source_files(etc_apt: &Path) -> Vec<(bool, String)> {
    let listed = fs::read_dir(etc_apt.join("sources.list.d")).into_iter().flatten().flatten();
    let mut paths: Vec<_> = listed.map(|entry| entry.path()).collect();
    paths.sort();
    paths.insert(0, etc_apt.join("sources.list"));
    let known = paths.iter().filter_map(|path| match path.extension()?.to_str()? {
        "sources" => Some((true, path)),
        "list" => Some((false, path)),
        _ => None,
    });
    known.filter_map(|(is_deb822, path)| Some((is_deb822, fs::read_to_string(path).ok()?))).collect()
}

/// Security updates and other vendors' archives have other paths.
fn is_debian(address: &str) -> bool {
    let has_host = ["http://", "https://"].iter().any(|scheme| address.starts_with(scheme));
    has_host && address.ends_with("/debian")
}

/// `deb [options] address suite component…`
fn one_line(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("deb "));
    lines.filter_map(|line| address_in(without_options(line.trim_start()))).collect()
}

fn without_options(line: &str) -> &str {
    match line.strip_prefix('[') {
        Some(options) => options.split_once(']').map_or("", |(_, rest)| rest),
        None => line,
    }
}

fn address_in(line: &str) -> Option<String> {
    line.split_whitespace().next().map(|address| address.trim_end_matches('/').to_owned())
}

/// Paragraphs of `Key: value`, values going on in indented lines.
fn deb822(text: &str) -> Vec<String> {
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let paragraphs = text.split(|line| line.trim().is_empty());
    let wanted = paragraphs.filter(|lines| {
        field(lines, "Enabled").is_none_or(|enabled| enabled != "no")
            && field(lines, "Types").is_some_and(is_binary)
    });
    let addresses = wanted.filter_map(|lines| field(lines, "URIs"));
    addresses.flat_map(|all| all.split_whitespace().filter_map(address_in).collect::<Vec<_>>()).collect()
}

fn is_binary(types: String) -> bool {
    types.split_whitespace().any(|kind| kind == "deb")
}

fn field(lines: &[&str], name: &str) -> Option<String> {
    let key = |line: &str| {
        line.split_once(':').map(|(key, value)| (key.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let at =
        lines.iter().position(|line| key(line).is_some_and(|(key, _)| key == name.to_ascii_lowercase()))?;
    let first = key(lines[at])?.1;
    let more = lines[at + 1..]
        .iter()
        .take_while(|line| line.starts_with([' ', '\t']))
        .map(|line| line.trim().to_owned());
    Some(std::iter::once(first).chain(more).collect::<Vec<_>>().join(" ").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEB822: &str = "\
Types: deb
# URIs: http://snapshot.example.org/debian
URIs: http://mirror.example.org/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://mirror.example.org/debian-security
Suites: bookworm-security
";

    fn mirror_of(files: &[(&str, &str)]) -> String {
        let folder = std::env::temp_dir().join(format!(
            "xtask-apt-{}-{}",
            std::process::id(),
            files.as_ptr() as usize
        ));
        fs::create_dir_all(folder.join("sources.list.d")).expect("writable");
        for (name, text) in files {
            fs::write(folder.join(name), text).expect("writable");
        }
        let found = mirror(&folder);
        fs::remove_dir_all(&folder).expect("removable");
        found
    }

    #[test]
    fn deb822_sources_are_read() {
        assert_eq!(
            mirror_of(&[("sources.list.d/debian.sources", DEB822)]),
            "http://mirror.example.org/debian"
        );
    }

    #[test]
    fn one_line_sources_are_read() {
        let text = "# deb http://old.example.org/debian bookworm main\n\
                    deb-src http://src.example.org/debian bookworm main\n\
                    deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] https://a.example.org/debian/ bookworm main\n";
        assert_eq!(mirror_of(&[("sources.list", text)]), "https://a.example.org/debian");
    }

    #[test]
    fn other_vendors_archives_are_passed_over() {
        let vendor = "deb https://packages.example.com/apt cloud main\n";
        let files = [("sources.list.d/aaa.list", vendor), ("sources.list.d/debian.sources", DEB822)];
        assert_eq!(mirror_of(&files), "http://mirror.example.org/debian");
    }

    #[test]
    fn several_addresses_and_continued_lines_are_read() {
        let text = "Types: deb deb-src\nURIs:\n https://cdn.example.com/other\n\thttps://b.example.org/debian/\nSuites: sid\n";
        assert_eq!(mirror_of(&[("sources.list.d/x.sources", text)]), "https://b.example.org/debian");
    }

    #[test]
    fn what_is_switched_off_does_not_count() {
        let off = format!("Enabled: no\n{DEB822}").replace("mirror", "off");
        let files = [
            ("sources.list.d/a.sources", off.as_str()),
            ("sources.list.d/b.list.disabled", "deb http://c/debian x main"),
        ];
        assert_eq!(mirror_of(&files), FALLBACK);
    }
}
