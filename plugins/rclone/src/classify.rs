//! Turns rclone's words into what the host should do.
//!
//! rclone's remote control answers nearly every failure with status 500 and a text. Nothing in it that
//! a machine could read separates a wrong password from a lost connection, so the text decides. The
//! order of the rules matters: a full disk, for one, hides behind half a dozen codes that mean
//! something else elsewhere. What no rule knows is tried again.

use crate::codes;
use crate::fault::Refusal;
use crate::redact::one_line;
use kit::Fault;

/// What a failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The server, the network or rclone itself is not there at the moment.
    Offline,
    /// The server is there and asks for less.
    Busy {
        /// How long to leave it alone, in milliseconds.
        pause: u64,
    },
    /// The file was written to while it was read.
    Changing,
    /// Something else arrived than was sent.
    Damaged,
    /// Somebody else has this object in use.
    Locked,
    /// A person has to mend something; says what.
    Configuration(&'static str),
    /// No space left.
    Full,
    /// This object is refused; says why as far as that is known.
    Item(&'static str),
    /// The remote cannot do this.
    Unsupported,
    /// The work was stopped on request.
    Cancelled,
    /// There is no such file or folder.
    Missing,
    /// Not known.
    Unknown,
}

use Verdict::{
    Busy, Cancelled, Changing, Configuration, Damaged, Full, Item, Locked, Missing, Offline, Unknown,
    Unsupported,
};

const SHORT: u64 = 2_000;
const LONG: u64 = 5_000;

const LOG_IN: &str =
    "The server refuses the login: check user name and password of the remote in rclone's configuration";
const NO_LOGIN: &str = "The remote has no usable password or key: set one with `rclone config`";
const KEYS: &str =
    "The storage refuses access: check the access key, the secret and the bucket's name of the remote in \
                    rclone's configuration, and what the key is allowed to do";
const NO_REMOTE: &str =
    "rclone's configuration has no such remote: check the spelling, or add it with `rclone config`";
const NO_BACKEND: &str =
    "This rclone does not know the remote's type: check the remote, or install a newer rclone";
const NO_BUCKET: &str = "The bucket does not exist: create it at the provider, or correct its name";
const CERTIFICATE: &str =
    "The server's certificate is not trusted: check the address and this machine's clock, and whether \
                           the network asks for a login page first";
const HOST_KEY: &str =
    "The server's host key is not the known one: check the address, and `known_hosts_file` of the remote";
const SIGN_IN: &str = "The provider wants a new sign-in: run `rclone config reconnect` for this remote";
const CLOCK: &str = "This machine's clock is wrong, and the storage refuses it for that: set the time";
const TOO_OLD: &str = "This rclone is too old and lacks a function: install 1.75 or newer";
const IS_A_FILE: &str =
    "Either the folder in the settings is a file on the remote, then choose another folder, or, with S3 and \
     its like, the keys are wrong: check the remote's access key and secret";
const PROTECTED: &str = "rclone refuses the call: its remote control is not set up for this service";
const ADDRESS: &str = "The remote's address is not usable: check it in rclone's configuration";

const HIDDEN: &str =
    "The server took the file and then did not show it, or refused to make its folder: check the folder's \
                      permissions, or set `no_check_upload` for the remote if the server hides new files";
const NAME_TOO_LONG: &str = "The name is too long for the target";
const DENIED: &str = "The target does not allow this file to be written";
const PERHAPS_FULL: &str = "The server refuses this file (some say so when their disk is full)";
const TOO_LARGE: &str = "The file is too large for the server";
const REFUSED: &str = "The server refuses this file";

/// The first rule of which one text occurs (in small letters) decides.
const BY_TEXT: &[(Verdict, &[&str])] = &[
    (Cancelled, &["context canceled"]),
    (Changing, &["source file is being updated"]),
    (Damaged, &["corrupted on transfer"]),
    (Item(HIDDEN), &["update getinfo: object not found"]),
    (Missing, &["501 \"no such directory"]),
    (Configuration(TOO_OLD), &["couldn't find method", "couldn't find path"]),
    (Unsupported, &["doesn't support"]),
    (Configuration(NO_REMOTE), &["didn't find section in config file", "remote name is empty"]),
    (Configuration(NO_BACKEND), &["didn't find backend called", "couldn't find backend for type"]),
    (Configuration(NO_BUCKET), &["nosuchbucket", "bucket does not exist"]),
    (Configuration(CLOCK), &["requesttimetooskewed"]),
    (Configuration(HOST_KEY), &["knownhosts:", "host key mismatch"]),
    // Some servers refuse a login for that with the code of a wrong password.
    (Busy { pause: SHORT }, &["too many connections", "too many users", "maximum number of clients"]),
    (
        Configuration(LOG_IN),
        &["unable to authenticate", "530 \"", "no supported methods remain", "logonfailure"],
    ),
    (Configuration(NO_LOGIN), &["ssh_auth_sock", "is it obscured", "failed to parse private key"]),
    (
        Configuration(SIGN_IN),
        &["invalid_grant", "empty token found", "token expired", "couldn't fetch token"],
    ),
    (Configuration(CERTIFICATE), &["x509:", "certificate signed by unknown", "certificate is not trusted"]),
    (Configuration(IS_A_FILE), &["is a file not a directory"]),
    (Configuration(ADDRESS), &["unsupported protocol scheme", "invalid port", "missing port in address"]),
    (
        Full,
        &[
            "no space left",
            "too big for remaining",
            "quotaexceeded",
            "quota exceeded",
            "insufficient storage",
        ],
    ),
    (
        Full,
        &[
            "insufficient_space",
            "quotalimitreached",
            "storagequotaexceeded",
            "disk full",
            "disk quota exceeded",
        ],
    ),
    (
        Busy { pause: LONG },
        &["slowdown", "toomanyrequests", "too many requests", "ratelimitexceeded", "too_many_requests"],
    ),
    (Item(NAME_TOO_LONG), &["file name too long", "name too long"]),
    (Item(REFUSED), &["is a directory not a file", "can't move object - incompatible remotes"]),
    (
        Offline,
        &["connection refused", "i/o timeout", "timeout awaiting", "no such host", "server misbehaving"],
    ),
    (
        Offline,
        &["broken pipe", "connection reset", "no route to host", "network is unreachable", "host is down"],
    ),
    (
        Offline,
        &["handshake timeout", "deadline exceeded", "closed network connection", "connection timed out"],
    ),
    (Offline, &["request send failed", "temporary failure in name resolution", "connection lost"]),
    (Offline, &[": eof", "* eof", "unexpected eof"]),
];

/// FTP replies; what is not listed is unknown.
const BY_FTP_CODE: &[(Verdict, &[u16])] = &[
    (Busy { pause: SHORT }, &[421, 425]),
    (Busy { pause: LONG }, &[426, 450, 451]),
    (Full, &[452, 552]),
    (Configuration(LOG_IN), &[430, 530, 532]),
    (Item(DENIED), &[550, 553]),
];

/// HTTP answers of the storage behind rclone, not of rclone itself.
const BY_HTTP_CODE: &[(Verdict, &[u16])] = &[
    (Configuration(LOG_IN), &[401, 402, 407]),
    (Offline, &[408, 511]),
    // Of an upload that broke off, perhaps, until the server has noticed. The others may go on.
    (Locked, &[423]),
    (Busy { pause: LONG }, &[429, 500, 502, 503, 504]),
    (Full, &[507]),
    (Item(PERHAPS_FULL), &[405]),
    (Item(TOO_LARGE), &[413]),
    (Item(DENIED), &[403]),
    (Item(REFUSED), &[400, 409, 412, 415, 422]),
];

/// What an answer of rclone with this status and this text is about.
pub fn classify(status: u16, text: &str) -> Verdict {
    match status {
        // rclone answers so only about its own login; the storage's 401 comes as a text of a 500.
        401 => return Offline,
        403 => return Configuration(PROTECTED),
        _ => {}
    }
    let low = text.to_lowercase();
    by_text(&low)
        .or_else(|| (status == 404 && low.ends_with("not found")).then_some(Missing))
        .or_else(|| pick(BY_FTP_CODE, codes::ftp(text)))
        .or_else(|| by_http_code(text))
        .or_else(|| low.contains("permission denied").then_some(Item(DENIED)))
        .unwrap_or(Unknown)
}

fn by_text(low: &str) -> Option<Verdict> {
    let known = BY_TEXT.iter().find(|(_, marks)| marks.iter().any(|mark| low.contains(mark)));
    known.map(|(verdict, _)| *verdict).or_else(|| (low == "eof").then_some(Offline))
}

fn by_http_code(text: &str) -> Option<Verdict> {
    let code = codes::http(text);
    // S3 says 403 for wrong keys, a wrong bucket and a missing permission alike: none concerns one file.
    if code == Some(403) && text.contains("StatusCode: ") {
        return Some(Configuration(KEYS));
    }
    pick(BY_HTTP_CODE, code)
}

fn pick(table: &[(Verdict, &[u16])], code: Option<u16>) -> Option<Verdict> {
    let code = code?;
    table.iter().find(|(_, codes)| codes.contains(&code)).map(|(verdict, _)| *verdict)
}

/// What an answer of rclone means for the call that got it, in a sentence for the operator.
pub fn refusal(status: u16, text: &str) -> Refusal {
    let said = one_line(text);
    let said = if said.is_empty() { format!("status {status}") } else { said };
    Refusal::Fault(match classify(status, text) {
        Missing => return Refusal::Missing(said),
        Offline => Fault::Retry(format!("The server cannot be reached at the moment: {said}")),
        Busy { pause } => {
            Fault::Wait { milliseconds: pause, reason: format!("The server asks for a pause: {said}") }
        }
        Changing => Fault::Retry(format!("The file changed while it was uploaded: {said}")),
        Damaged => Fault::Retry(format!(
            "Something else arrived than was sent: the connection broke off, or the file changed ({said})"
        )),
        Locked => Fault::Retry(format!("Somebody else has the file on the server in use: {said}")),
        Configuration(mend) => Fault::Blocked(format!("{mend} ({said})")),
        Full => Fault::Blocked(format!(
            "There is no space left on the target: make room or use another one ({said})"
        )),
        Item(why) => Fault::Rejected(format!("{why} ({said})")),
        Unsupported => Fault::Unsupported(said),
        Cancelled => Fault::Cancelled,
        Unknown => Fault::Retry(format!("rclone could not do it: {said}")),
    })
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
