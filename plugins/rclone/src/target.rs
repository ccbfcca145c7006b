//! The abilities of the target, each a few calls of rclone.

use serde_json::{json, Value};

use crate::base::{self, TARGET};
use crate::fault::Refusal;
use crate::host::Host;
use crate::listing::Item;
use crate::names;
use crate::rc::{self, Options};
use crate::remote::Remote;
use crate::signed;
use kit::{aside, Fault};

/// What `probe` found.
#[derive(Debug, PartialEq, Eq)]
pub struct Report {
    /// One line for the operator.
    pub summary: String,
    /// Names and values as the contract's attributes.
    pub facts: Vec<(String, String)>,
}

/// One object of the target.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// Path below the target's base.
    pub path: String,
    /// Size in bytes where the storage tells.
    pub size: Option<u64>,
    /// Hashes by name, and [`UNFINISHED`].
    pub facts: Vec<(String, String)>,
}

/// The fact that something is no object but what an upload of this object left behind.
pub const UNFINISHED: &str = "unfinished";

/// A link and, in Unix seconds, when it stops working.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    /// The provider's address of the object.
    pub url: String,
    /// Unix time in seconds; nothing if it does not expire.
    pub expires_at: Option<u64>,
}

/// Where the host keeps what is to be uploaded.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// `media` or `pages`.
    pub root: &'a str,
    /// Path below that root.
    pub path: &'a str,
}

/// Checks settings and login without changing anything.
pub fn probe(host: &dyn Host) -> Result<Report, Fault> {
    let remote = base::ask(host).map_err(for_all)?;
    let is_there = base::is_there(host, &remote).map_err(for_all)?;
    let (free, total) = base::space(host, &remote);
    Ok(report(&remote, is_there, free, total))
}

/// What is refused during a probe is refused for every object.
fn for_all(fault: Fault) -> Fault {
    match fault {
        Fault::Rejected(text) => Fault::Blocked(text),
        other => other,
    }
}

fn report(remote: &Remote, is_there: bool, free: Option<u64>, total: Option<u64>) -> Report {
    let mut summary = remote.description.clone();
    if !is_there {
        summary.push_str(", the folder will be made by the first upload");
    }
    if let Some(free) = free {
        summary.push_str(&format!(", {} free", human_bytes(free)));
    }
    let numbers = [("free-bytes", free), ("total-bytes", total)];
    let facts = numbers.iter().filter_map(|(name, value)| Some(((*name).to_owned(), (*value)?.to_string())));
    Report { summary, facts: facts.collect() }
}

fn human_bytes(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    let unit = UNITS.iter().find(|(_, size)| bytes >= *size);
    unit.map_or(format!("{bytes} B"), |(name, size)| {
        let tenths = bytes / (size / 10);
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    })
}

/// Makes the target hold an object of `size` bytes and gives its receipt.
pub fn put(host: &dyn Host, path: &str, size: u64, source: Source) -> Result<String, Fault> {
    let remote = base::remote(host)?;
    base::check_bucket(host, &remote)?;
    if remote.is_written_in_place() {
        let aside = aside::beside(path);
        copy(host, &remote, source, &aside)?;
        rename(host, &aside, path)?;
    } else {
        copy(host, &remote, source, path)?;
    }
    Ok(json!({"v": 1, "size": size}).to_string())
}

fn copy(host: &dyn Host, remote: &Remote, source: Source, to: &str) -> Result<(), Fault> {
    let input = json!({
        "srcFs": format!("@{}", source.root), "srcRemote": source.path, "dstFs": TARGET, "dstRemote": to,
    });
    let options = Options { ignore_times: true, no_check_dest: remote.replaces_by_name() };
    done(rc::call(host, "operations/copyfile", input, options))
}

/// rclone asks servers not to overwrite when it moves, so it has to look for the old object and remove
/// it first: for a moment there is none, but never half of one.
fn rename(host: &dyn Host, from: &str, to: &str) -> Result<(), Fault> {
    let input = json!({"srcFs": TARGET, "srcRemote": from, "dstFs": TARGET, "dstRemote": to});
    let options = Options { ignore_times: true, no_check_dest: false };
    done(rc::call(host, "operations/movefile", input, options))
}

fn done(result: Result<Value, Refusal>) -> Result<(), Fault> {
    result.map(drop).map_err(|refusal| {
        refusal
            .missing_means(|said| Fault::Retry(format!("The file was gone before it was uploaded: {said}")))
    })
}

/// Makes the target not hold an object.
pub fn delete(host: &dyn Host, path: &str) -> Result<(), Fault> {
    let remote = base::remote(host)?;
    remove(host, path)?;
    if remote.is_written_in_place() {
        remove(host, &aside::beside(path))?;
    }
    Ok(())
}

fn remove(host: &dyn Host, path: &str) -> Result<(), Fault> {
    let input = json!({"fs": TARGET, "remote": path});
    match rc::call(host, "operations/deletefile", input, Options::default()) {
        Ok(_) | Err(Refusal::Missing(_)) => Ok(()),
        Err(Refusal::Fault(fault)) => Err(fault),
    }
}

/// Looks at one object.
pub fn stat(host: &dyn Host, path: &str) -> Result<Option<Found>, Fault> {
    let remote = base::remote(host)?;
    // Without `filesOnly` rclone lists the whole folder when there is no such file.
    let opt = with_hashes(json!({"filesOnly": true, "noMimeType": true, "noModTime": true}), &remote);
    let answer = rc::call(
        host,
        "operations/stat",
        json!({"fs": TARGET, "remote": path, "opt": opt}),
        Options::default(),
    );
    match answer {
        Ok(answer) => one(&answer["item"]),
        Err(Refusal::Missing(_)) => Ok(None),
        Err(Refusal::Fault(fault)) => Err(fault),
    }
}

fn one(item: &Value) -> Result<Option<Found>, Fault> {
    let item: Option<Item> = serde_json::from_value(item.clone())
        .map_err(|error| Fault::Retry(format!("rclone's answer could not be read: {error}")))?;
    Ok(item.filter(|item| !item.is_dir).map(found))
}

/// Lists everything below the base. Uploads that have not ended are told as such or, where the next put
/// or delete of their object sees to them, left out.
pub fn scan(host: &dyn Host, mut add: impl FnMut(Vec<Found>) -> Result<(), Fault>) -> Result<(), Fault> {
    let remote = base::remote(host)?;
    let opt = json!({"recurse": true, "filesOnly": true, "noMimeType": true, "noModTime": true});
    let input = json!({"fs": TARGET, "remote": "", "opt": with_hashes(opt, &remote)});
    let listed = rc::list(host, input, |items| {
        let found: Vec<Found> = items.into_iter().filter(is_object).map(found).collect();
        if found.is_empty() {
            Ok(())
        } else {
            add(found)
        }
    });
    match listed {
        Err(Refusal::Missing(_)) if remote.bucket_based => base::is_there(host, &remote).map(drop),
        Ok(()) | Err(Refusal::Missing(_)) => Ok(()),
        Err(Refusal::Fault(fault)) => Err(fault),
    }
}

fn is_object(item: &Item) -> bool {
    !item.is_dir && !aside::is_beside(&item.path)
}

fn found(item: Item) -> Found {
    let mut facts: Vec<_> = item.hashes.into_iter().filter(|(_, hash)| !hash.is_empty()).collect();
    facts.extend(names::unfinished(&item.path).map(|object| (UNFINISHED.to_owned(), object.to_owned())));
    Found { path: item.path, size: u64::try_from(item.size).ok(), facts }
}

fn with_hashes(mut opt: Value, remote: &Remote) -> Value {
    if !remote.hashes.is_empty() {
        opt["showHash"] = json!(true);
        opt["hashTypes"] = json!(remote.hashes);
    }
    opt
}

/// The provider's own link to an object that is there.
pub fn public_link(host: &dyn Host, path: &str) -> Result<Link, Fault> {
    let remote = base::remote(host)?;
    if !remote.public_link {
        return Err(Fault::Unsupported(format!(
            "{} gives out no links: set `public_link` of the target",
            remote.description
        )));
    }
    let answer =
        rc::call(host, "operations/publiclink", json!({"fs": TARGET, "remote": path}), Options::default());
    let answer = answer
        .map_err(|refusal| refusal.missing_means(|_| Fault::Retry("the object is not there yet".into())))?;
    let url = answer["url"].as_str().filter(|url| !url.is_empty());
    let url = url.ok_or_else(|| Fault::Retry("the provider gave an empty link".into()))?;
    Ok(Link { url: url.to_owned(), expires_at: signed::expires_at(url) })
}

#[cfg(test)]
#[path = "target_tests.rs"]
mod tests;
