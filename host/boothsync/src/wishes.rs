//! What a plugin asks for and what its code can do, in plain words.

use sandbox::{Approval, Kind, Manifest, Package, RcloneWish};
use serde::{Deserialize, Serialize};

/// One thing that a plugin asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// What it could do: `talk to https://api.example.com`.
    pub what: String,
    /// Why, in its own words.
    pub reason: String,
}

/// Everything that a manifest asks for.
pub fn wishes(manifest: &Manifest) -> Vec<Wish> {
    let asked = &manifest.permissions;
    let wish = |what: String, reason: &str| Wish { what, reason: reason.trim().into() };
    let mut wishes = Vec::new();
    if let Some(http) = &asked.http
        && let Some(hosts) = hosts(&http.allow, &http.settings)
    {
        wishes.push(wish(format!("talk to {hosts}"), &http.reason));
    }
    if let Some(rclone) = &asked.rclone {
        wishes.push(wish(through_rclone(rclone), &rclone.reason));
    }
    if let Some(folder) = &asked.folder {
        let folder_name = setting(&folder.path);
        let what = format!("read and write the folder typed in {folder_name}, and nothing outside of it");
        wishes.push(wish(what, &folder.reason));
    }
    for (name, secret) in &manifest.secrets {
        wishes.push(wish(format!("read the secret `{name}` of its own target"), &secret.title));
    }
    if let Some(bytes) = Approval::of(manifest).limits.memory_bytes {
        wishes.push(wish(format!("use {} MiB of memory in each call", bytes.div_ceil(1 << 20)), ""));
    }
    wishes
}

/// What its code can and cannot do with everything granted.
pub fn abilities(package: &Package) -> Vec<String> {
    let manifest = package.manifest();
    if manifest.plugin.kind == Kind::Page {
        return vec![
            "gets the links of pictures and makes pages of them, not the pictures themselves".into(),
            "cannot use the network, reach any folder, read secrets or keep anything".into(),
        ];
    }
    let secrets = !manifest.secrets.is_empty() && package.imports("secrets");
    vec![
        "gets the pictures that it is to store, one at a time".into(),
        network(package),
        match &manifest.permissions.folder {
            Some(wish) => format!("may reach the folder typed in {}, and no other", setting(&wish.path)),
            None => "cannot reach any folder".into(),
        },
        if secrets { "may read its own secrets" } else { "cannot read any secret" }.into(),
        if package.imports("state") {
            "may keep up to 1 MiB of notes for each target"
        } else {
            "keeps nothing"
        }
        .into(),
    ]
}

fn network(package: &Package) -> String {
    let asked = &package.manifest().permissions;
    let http = asked.http.as_ref().and_then(|wish| hosts(&wish.allow, &wish.settings));
    match (package.imports("http"), http, asked.rclone.is_some()) {
        (false, None, false) => "cannot use the network".into(),
        (false, _, _) => "asks for the network, but its code cannot use it".into(),
        (true, Some(hosts), false) => format!("may talk to {hosts}, and to nothing else"),
        (true, Some(hosts), true) => format!("may talk to {hosts} and to rclone, and to nothing else"),
        (true, None, true) => "may talk to rclone, and to nothing else on the network".into(),
        (true, None, false) => "cannot use the network, since it names no host".into(),
    }
}

fn hosts(allow: &[String], settings: &[String]) -> Option<String> {
    let typed = settings.iter().map(|pointer| format!("the host typed in {}", setting(pointer)));
    let all: Vec<String> = allow.iter().cloned().chain(typed).collect();
    match all.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        [front @ .., last] => Some(format!("{}, and {last}", front.join(", "))),
    }
}

fn through_rclone(wish: &RcloneWish) -> String {
    let within = wish.subdir.as_ref().map(|at| format!(", in the folder of {}", setting(at)));
    let (remote, within) = (setting(&wish.remote), within.unwrap_or_default());
    let methods = wish.methods.join(", ");
    format!("use rclone on the remote typed in {remote}{within}, and on no other: {methods}")
}

/// `/server/url` as the configuration has it.
fn setting(pointer: &str) -> String {
    format!("settings.{}", pointer.trim_start_matches('/').replace('/', "."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundled;

    fn said(name: &str) -> String {
        let package = Package::examine(bundled::find(name).unwrap().package).unwrap();
        let wishes = wishes(package.manifest()).into_iter().map(|wish| wish.what);
        wishes.chain(abilities(&package)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_a_plugin_may_do_is_said_in_plain_words() {
        insta::assert_snapshot!(said("rclone"), @r"
        use rclone on the remote typed in settings.remote, in the folder of settings.subdir, and on no other: operations/about, operations/copyfile, operations/deletefile, operations/fsinfo, operations/list, operations/movefile, operations/publiclink, operations/stat
        gets the pictures that it is to store, one at a time
        may talk to rclone, and to nothing else on the network
        cannot reach any folder
        cannot read any secret
        may keep up to 1 MiB of notes for each target
        ");
        insta::assert_snapshot!(said("folder"), @r"
        read and write the folder typed in settings.path, and nothing outside of it
        gets the pictures that it is to store, one at a time
        cannot use the network
        may reach the folder typed in settings.path, and no other
        cannot read any secret
        keeps nothing
        ");
        insta::assert_snapshot!(said("sharepage"), @r"
        gets the links of pictures and makes pages of them, not the pictures themselves
        cannot use the network, reach any folder, read secrets or keep anything
        ");
    }

    #[test]
    fn hosts_are_listed_as_they_were_asked_for() {
        let list = |allow: &[&str], settings: &[&str]| {
            let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
            hosts(&own(allow), &own(settings))
        };
        assert_eq!(list(&[], &[]), None);
        assert_eq!(list(&["https://a.example"], &[]).unwrap(), "https://a.example");
        assert_eq!(
            list(&["https://a.example"], &["/server/url"]).unwrap(),
            "https://a.example, and the host typed in settings.server.url"
        );
    }
}
