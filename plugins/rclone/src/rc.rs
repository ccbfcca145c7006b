//! Calls of rclone's remote control.

use serde_json::{json, Map, Value};

use crate::classify::refusal;
use crate::fault::Refusal;
use crate::host::{Host, Reply};
use crate::listing::{Item, Splitter};
use kit::Fault;

/// Answers other than listings are small; a longer one is not from rclone.
const LONGEST_ANSWER: usize = 1 << 20;
const LONGEST_ERROR: usize = 64 * 1024;

const SECOND_IN_NANOS: u64 = 1_000_000_000;
const CONNECT_TIMEOUT: u64 = 15 * SECOND_IN_NANOS;
/// Without a byte for so long a connection counts as lost. Not a limit on the whole transfer.
const IDLE_TIMEOUT: u64 = 60 * SECOND_IN_NANOS;

/// Options of one call, on top of those that every call gets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Transfer even if size and time are equal: only content counts, and the host knows it changed.
    pub ignore_times: bool,
    /// Do not look at the destination first, which saves a round trip or two.
    pub no_check_dest: bool,
}

/// Calls a method and gives its answer, a JSON object.
pub fn call(host: &dyn Host, method: &str, input: Value, options: Options) -> Result<Value, Refusal> {
    let mut reply = post(host, method, input, options)?;
    let body = read_all(reply.as_mut(), LONGEST_ANSWER)?;
    serde_json::from_slice(&body).map_err(|error| unreadable(error.to_string()).into())
}

/// Calls `operations/list` and hands over the entries as they arrive.
pub fn list(
    host: &dyn Host,
    input: Value,
    mut take: impl FnMut(Vec<Item>) -> Result<(), Fault>,
) -> Result<(), Refusal> {
    let mut reply = post(host, "operations/list", input, Options::default())?;
    let mut splitter = Splitter::default();
    loop {
        let part = reply.read()?;
        if part.is_empty() {
            return splitter.finish().map_err(|error| unreadable(error.0).into());
        }
        take(splitter.push(&part).map_err(|error| unreadable(error.0))?)?;
    }
}

fn post(host: &dyn Host, method: &str, input: Value, options: Options) -> Result<Box<dyn Reply>, Refusal> {
    let mut reply = host.post(method, body(&host.job(), input, options))?;
    match reply.status() {
        200 => Ok(reply),
        status => Err(refusal(status, &error_text(&read_all(reply.as_mut(), LONGEST_ERROR)?))),
    }
}

fn body(job: &str, mut input: Value, options: Options) -> Vec<u8> {
    if let Value::Object(input) = &mut input {
        input.insert("_group".into(), job.into());
        input.insert("_config".into(), Value::Object(config(options)));
    }
    input.to_string().into_bytes()
}

/// One low-level try: with rclone's ten, a server that is away would hold a call for minutes, and
/// trying again is the host's business.
fn config(options: Options) -> Map<String, Value> {
    let mut config = Map::new();
    config.insert("LowLevelRetries".into(), json!(1));
    config.insert("ConnectTimeout".into(), json!(CONNECT_TIMEOUT));
    config.insert("Timeout".into(), json!(IDLE_TIMEOUT));
    if options.ignore_times {
        config.insert("IgnoreTimes".into(), json!(true));
    }
    if options.no_check_dest {
        config.insert("NoCheckDest".into(), json!(true));
    }
    config
}

/// The text of `{"error": …}`, or the whole answer where it is plain text.
fn error_text(body: &[u8]) -> String {
    let parsed: Option<Value> = serde_json::from_slice(body).ok();
    let text = parsed.as_ref().and_then(|answer| answer["error"].as_str());
    text.map_or_else(|| String::from_utf8_lossy(body).into_owned(), str::to_owned)
}

fn read_all(reply: &mut dyn Reply, limit: usize) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    loop {
        let part = reply.read()?;
        if part.is_empty() {
            return Ok(body);
        }
        body.extend_from_slice(&part);
        if body.len() > limit {
            return Err(unreadable("it is longer than expected".into()));
        }
    }
}

fn unreadable(why: String) -> Fault {
    Fault::Retry(format!("rclone's answer could not be read: {why}"))
}
