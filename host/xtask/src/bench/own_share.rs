//! What the program adds to rclone's own time: from the close of a picture to rclone's answer.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::booth::Booth;
use super::figure::{Figure, Wanted, ms, percentile};
use super::{PICTURE_BYTES, noise};
use crate::http;
use crate::servers::Running;

/// Pictures that are measured, after some that warm everything up.
const PICTURES: usize = 120;
const WARM_UP: usize = 10;

/// Measures over a folder of this machine as rclone's remote, where rclone's own time is short and even.
/// Each picture travels twice, through the program and by a call to an idle rclone of our own, in turn.
pub fn measure(boothsync: &Path, rclone: &Path) -> Result<Vec<Figure>> {
    let rclone_text = serde_json::to_string(rclone)?;
    let booth = Booth::new(
        boothsync,
        &format!(
            "[rclone]\nbinary = {rclone_text}\nconfig = \"rclone.conf\"\nweb_ui = \"off\"\n[[target]]\nname = \"far\"\n\
             plugin = \"rclone\"\nsettings = {{ remote = \"{{folder}}/far\" }}\n"
        ),
    )?;
    for name in ["far", "near"] {
        std::fs::create_dir(booth.path(name))?;
    }
    std::fs::write(booth.path("rclone.conf"), "")?;
    let native = Native::start(rclone, &booth)?;
    let mut service = booth.start()?;
    let (mut whole, mut alone) = (Vec::new(), Vec::new());
    for number in 0..WARM_UP + PICTURES {
        let name = format!("{number:04}.jpg");
        let closed = booth.take_picture(&name, &noise(number as u64, PICTURE_BYTES))?;
        let online = service.wait_for(&format!("media/{name}"))?;
        let by_rclone = native.copy(&name)?;
        if number >= WARM_UP {
            whole.push(ms(online - closed));
            alone.push(ms(by_rclone));
        }
    }
    Ok(figures(&whole, &alone))
}

/// rclone's median is taken off each picture's whole time: what is left is the program's, together with
/// what rclone's own times vary.
fn figures(whole: &[f64], alone: &[f64]) -> Vec<Figure> {
    let usual = percentile(alone, 50.0);
    let own: Vec<f64> = whole.iter().map(|time| time - usual).collect();
    let against = || (usual, format!("rclone's own copyfile call, median of {}", alone.len()));
    vec![
        Figure::new(
            "own share of a 200 kB picture, median",
            (percentile(&own, 50.0), "ms"),
            against(),
            Wanted::ValueAtMost(15.0),
        ),
        Figure::new(
            "own share of a 200 kB picture, 95th percentile",
            (percentile(&own, 95.0), "ms"),
            against(),
            Wanted::ValueAtMost(40.0),
        ),
    ]
}

/// An rclone of our own, started as the program starts its, behind a socket that only we can open.
struct Native {
    _rclone: Running,
    socket: std::path::PathBuf,
    media: String,
    near: String,
}

impl Native {
    fn start(rclone: &Path, booth: &Booth) -> Result<Self> {
        let socket = booth.path("near.sock");
        let mut command = Command::new(rclone);
        command.args(["rcd", "--rc-no-auth", "--rc-addr"]).arg(format!("unix://{}", socket.display()));
        command.arg("--config").arg(booth.path("rclone.conf")).env("RCLONE_BUFFER_SIZE", "0");
        let mut rclone = Running::start("rclone rcd", &mut command, &booth.path("near.log"))?;
        rclone.wait_until(Duration::from_secs(10), || ask(&socket, "rc/noop", "{}").is_ok())?;
        let text = |name: &str| booth.path(name).to_string_lossy().into_owned();
        Ok(Self { _rclone: rclone, socket, media: text("media"), near: text("near") })
    }

    fn copy(&self, name: &str) -> Result<Duration> {
        let input = serde_json::json!({
            "srcFs": self.media, "srcRemote": name, "dstFs": self.near, "dstRemote": format!("media/{name}"),
            "_group": "bench", "_config": {"IgnoreTimes": true, "LowLevelRetries": 1},
        });
        let begun = Instant::now();
        ask(&self.socket, "operations/copyfile", &input.to_string())?;
        Ok(begun.elapsed())
    }
}

fn ask(socket: &Path, method: &str, input: &str) -> Result<serde_json::Value> {
    http::send_over_socket(socket, "POST", &format!("/{method}"), input, Some(Duration::from_secs(30)))?
        .json()
}
