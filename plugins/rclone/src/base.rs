//! The folder or bucket in which everything lies: what it is, and whether it is there.

use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

use crate::fault::Refusal;
use crate::host::Host;
use crate::rc::{self, Options};
use crate::remote::Remote;
use kit::Fault;

/// rclone's name for the target's base.
pub const TARGET: &str = "@target";

const MEMORY: &str = "remote";
/// A bucket that was there is looked for again after so many seconds: rclone forgets a storage that it
/// has not used for five minutes, and would then create a bucket that has been removed since.
const BUCKET_TRUSTED_FOR: u64 = 240;

const NO_BUCKET: &str =
    "The bucket does not exist: create it at the provider, or correct its name in the settings of the target";
const NO_BUCKET_NAMED: &str =
    "The settings name no bucket: write it behind the remote's colon (`s3:my-bucket`) or as the folder";

/// What was learnt about the target, kept for as long as its settings stay the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    settings: String,
    remote: Remote,
    /// When the bucket was last seen, Unix time in seconds.
    bucket_seen: Option<u64>,
}

/// What kind of storage this is: from memory where possible, else rclone is asked.
pub fn remote(host: &dyn Host) -> Result<Remote, Fault> {
    match known(host).1 {
        Some(known) => Ok(known.remote),
        None => ask(host),
    }
}

/// Asks rclone what kind of storage this is and remembers the answer.
pub fn ask(host: &dyn Host) -> Result<Remote, Fault> {
    let info = rc::call(host, "operations/fsinfo", json!({"fs": TARGET}), Options::default())
        .map_err(|refusal| refusal.missing_means(Fault::Retry))?;
    let remote = Remote::from_fsinfo(&info);
    remember(host, &remote, None);
    Ok(remote)
}

/// Makes sure that a put does not create a bucket: rclone would, silently and with default rights.
pub fn check_bucket(host: &dyn Host, remote: &Remote) -> Result<(), Fault> {
    if !remote.bucket_based || bucket_seen_lately(host) {
        return Ok(());
    }
    is_there(host, remote).map(drop)
}

/// Whether the base folder exists. It need not: the first put makes it. A bucket has to.
pub fn is_there(host: &dyn Host, remote: &Remote) -> Result<bool, Fault> {
    if remote.bucket_based && remote.at_root {
        return Err(Fault::Blocked(NO_BUCKET_NAMED.into()));
    }
    let opt = json!({"noModTime": true, "noMimeType": true, "dirsOnly": true});
    let found = rc::list(host, json!({"fs": TARGET, "remote": "", "opt": opt}), |_| Ok(()));
    match found {
        Ok(()) => {
            remember(host, remote, remote.bucket_based.then(|| host.now()));
            Ok(true)
        }
        Err(Refusal::Missing(_)) if remote.bucket_based => Err(Fault::Blocked(NO_BUCKET.into())),
        Err(Refusal::Missing(_)) => Ok(false),
        Err(Refusal::Fault(fault)) => Err(fault),
    }
}

/// Bytes free and in all, where the provider tells. Not being told is no reason to fail.
pub fn space(host: &dyn Host, remote: &Remote) -> (Option<u64>, Option<u64>) {
    if !remote.about {
        return (None, None);
    }
    let answer = rc::call(host, "operations/about", json!({"fs": TARGET}), Options::default());
    let answer = answer.unwrap_or(Value::Null);
    (answer["free"].as_u64(), answer["total"].as_u64())
}

fn bucket_seen_lately(host: &dyn Host) -> bool {
    let seen = known(host).1.and_then(|known| known.bucket_seen);
    // A clock that was set back makes the difference meaningless: look again.
    seen.and_then(|seen| host.now().checked_sub(seen)).is_some_and(|age| age < BUCKET_TRUSTED_FOR)
}

/// What is remembered, as it is and, if it is about these settings, as it is understood.
fn known(host: &dyn Host) -> (Option<Vec<u8>>, Option<Known>) {
    let memory = host.recall(MEMORY);
    let known: Option<Known> = memory.as_deref().and_then(|bytes| serde_json::from_slice(bytes).ok());
    let settings = host.settings();
    (memory, known.filter(|known| known.settings == settings))
}

fn remember(host: &dyn Host, remote: &Remote, bucket_seen: Option<u64>) {
    let (old, before) = known(host);
    let known = Known { settings: host.settings(), remote: remote.clone(), bucket_seen };
    if before.as_ref() == Some(&known) {
        return;
    }
    if let Ok(new) = serde_json::to_vec(&known) {
        host.remember(MEMORY, old, new);
    }
}
