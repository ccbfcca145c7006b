//! Many pictures at once over a long line: the program against rclone's own `copy`.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use fault_proxy::FaultProxy;

use super::booth::{Booth, Service};
use super::figure::{Figure, Wanted};
use super::{PICTURE_BYTES, noise};
use crate::servers::{self, Login};
use crate::step;

const LOGIN: Login = Login { user: "bench", password: "bench-password" };
const ONE_WAY: Duration = Duration::from_millis(15);
const TRANSFERS: [u32; 4] = [4, 8, 16, 32];

/// Measures `count` pictures of 200 kB to an FTP server 30 ms away.
pub fn measure(boothsync: &Path, rclone: &Path, count: usize) -> Result<Vec<Figure>> {
    let space = tempfile::Builder::new().prefix("boothsync-bench-ftp-").tempdir()?;
    let log = space.path().with_extension("log");
    let (_server, near) = servers::ftp(rclone, space.path(), &LOGIN, &log)?;
    let line = FaultProxy::long_ftp(near, ONE_WAY);
    let far = line.address();
    let booth = booth(boothsync, rclone, far)?;
    for number in 0..count {
        booth.take_picture(&format!("{number:04}.jpg"), &noise(number as u64, PICTURE_BYTES))?;
    }
    let mut best: Option<(u32, Duration)> = None;
    for transfers in TRANSFERS {
        let took = native(rclone, &booth, transfers)?;
        step::say(&format!("rclone copy --transfers {transfers}: {:.1} s", took.as_secs_f64()));
        check(&space.path().join(format!("native-{transfers}")), count)?;
        if best.is_none_or(|(_, shortest)| took < shortest) {
            best = Some((transfers, took));
        }
    }
    let (from_start, into_running) = service(&booth, count)?;
    step::say(&format!("boothsync run, from its start on: {:.1} s", from_start.as_secs_f64()));
    step::say(&format!("boothsync running already: {:.1} s", into_running.as_secs_f64()));
    check(&space.path().join("booth/media"), count)?;
    check(&space.path().join("booth/media/card"), count)?;
    let _ = std::fs::remove_file(&log);
    let (transfers, shortest) = best.unwrap_or((0, Duration::ZERO));
    let figure = |how: &str, took: Duration| {
        Figure::new(
            format!("{count} pictures of 200 kB to FTP, 30 ms away, {how}"),
            (took.as_secs_f64(), "s"),
            (
                shortest.as_secs_f64(),
                format!("rclone copy --transfers {transfers}, the best of {TRANSFERS:?}"),
            ),
            Wanted::RatioAtMost(1.1),
        )
    };
    Ok(vec![figure("from its start", from_start), figure("a card imported", into_running)])
}

fn booth(boothsync: &Path, rclone: &Path, far: SocketAddr) -> Result<Booth> {
    let binary = serde_json::to_string(rclone)?;
    let booth = Booth::new(
        boothsync,
        &format!(
            "[rclone]\nbinary = {binary}\nconfig = \"rclone.conf\"\nweb_ui = \"off\"\n[[target]]\nname = \"far\"\n\
             plugin = \"rclone\"\nsettings = {{ remote = \"far:\", subdir = \"booth\" }}\n"
        ),
    )?;
    let mut create = Command::new(rclone);
    create.arg("--config").arg(booth.path("rclone.conf")).args(["config", "create", "far", "ftp"]);
    create.arg(format!("host={}", far.ip())).arg(format!("port={}", far.port()));
    create.arg(format!("user={}", LOGIN.user)).arg(format!("pass={}", LOGIN.password));
    step::run_quietly(create.args(["--obscure", "--non-interactive"]), "configuring the remote")?;
    Ok(booth)
}

fn native(rclone: &Path, booth: &Booth, transfers: u32) -> Result<Duration> {
    let mut copy = Command::new(rclone);
    copy.arg("--config").arg(booth.path("rclone.conf")).arg("copy").arg(booth.path("media"));
    copy.arg(format!("far:native-{transfers}")).args(["--transfers", &transfers.to_string(), "--quiet"]);
    let begun = Instant::now();
    step::run_quietly(&mut copy, "rclone copy")?;
    Ok(begun.elapsed())
}

/// How long it takes until the last picture is on the target: from the start of the process, with
/// `rclone`'s start and the first look at the target; and as many more from the moment in which a folder
/// of them, such as that of a camera's card, comes into the running booth.
fn service(booth: &Booth, count: usize) -> Result<(Duration, Duration)> {
    let begun = Instant::now();
    let mut service = booth.start()?;
    let from_start = arrival(&mut service, count)? - begun;
    let card = booth.path("card");
    std::fs::create_dir(&card)?;
    for number in 0..count {
        std::fs::write(card.join(format!("{number:04}.jpg")), noise((count + number) as u64, PICTURE_BYTES))?;
    }
    let begun = Instant::now();
    std::fs::rename(&card, booth.path("media/card"))?;
    Ok((from_start, arrival(&mut service, count)? - begun))
}

fn arrival(service: &mut Service, count: usize) -> Result<Instant> {
    let mut last = Instant::now();
    for _ in 0..count {
        last = service.next_picture()?;
    }
    Ok(last)
}

/// A figure over pictures that did not arrive would be worth nothing.
fn check(folder: &Path, count: usize) -> Result<()> {
    let whole =
        |entry: &std::fs::DirEntry| entry.metadata().is_ok_and(|meta| meta.len() == PICTURE_BYTES as u64);
    let arrived = std::fs::read_dir(folder)?.flatten().filter(whole).count();
    ensure!(arrived == count, "{arrived} of {count} pictures arrived in {}", folder.display());
    Ok(())
}
