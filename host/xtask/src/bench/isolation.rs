//! Whether a server that never answers delays other targets: two booths side by side, one of which has
//! such a server, and a picture in each in turn.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use fault_proxy::{Fault, FaultProxy};

use super::booth::{Booth, Service};
use super::figure::{Figure, Wanted, ms, percentile};
use super::{PICTURE_BYTES, noise};
use crate::servers::{self, Login, Running};
use crate::step;

const LOGIN: Login = Login { user: "bench", password: "bench-password" };
/// Pictures that are measured, after some that warm everything up and fill every slot of the silent server.
const PICTURES: usize = 100;
const WARM_UP: usize = 40;
/// The targets that should notice nothing: another server, and a folder.
const OTHERS: [&str; 2] = ["near", "usb"];
/// Shorter times than this are noise on any machine, in ms.
const FLOOR: f64 = 20.0;
/// How much longer the 95th percentile may be beside a server that hangs.
const AT_MOST: f64 = 1.5;

/// A booth with three targets: a server at the end of a line, a near one, and a folder.
struct Side {
    booth: Booth,
    line: FaultProxy,
    _servers: [Running; 2],
    _space: tempfile::TempDir,
}

/// Measures the times of the other targets with and without the fault.
pub fn measure(boothsync: &Path, rclone: &Path) -> Result<Vec<Figure>> {
    let (good, bad) = (Side::new(boothsync, rclone)?, Side::new(boothsync, rclone)?);
    let (mut without, mut with) = (good.booth.start()?, bad.booth.start()?);
    for (side, service) in [(&good, &mut without), (&bad, &mut with)] {
        side.time(service, "first.jpg", &["far", "near", "usb"])?;
    }
    bad.line.set(Fault::Silence { after_bytes: 0 });
    let mut times: [[Vec<f64>; 2]; 2] = Default::default();
    for number in 0..WARM_UP + PICTURES {
        let name = format!("{number:04}.jpg");
        let sides = [good.time(&mut without, &name, &OTHERS)?, bad.time(&mut with, &name, &OTHERS)?];
        if number >= WARM_UP {
            for (kept, took) in times.iter_mut().zip(sides) {
                kept.iter_mut().zip(took).for_each(|(kept, took)| kept.push(took));
            }
        }
    }
    let [without, with] = times;
    let figures = OTHERS.iter().zip(with.iter().zip(&without));
    Ok(figures.map(|(name, (with, without))| figure(name, with, without)).collect())
}

fn figure(name: &str, with: &[f64], without: &[f64]) -> Figure {
    let usual = percentile(without, 95.0).max(FLOOR);
    Figure::new(
        format!("`{name}` beside a server that hangs, 95th percentile"),
        (percentile(with, 95.0).max(FLOOR), "ms"),
        (usual, format!("the same beside one that does not, {} pictures in turn", without.len())),
        Wanted::RatioAtMost(AT_MOST),
    )
}

impl Side {
    fn new(boothsync: &Path, rclone: &Path) -> Result<Self> {
        let space = tempfile::Builder::new().prefix("boothsync-bench-two-").tempdir()?;
        let server = |name: &str| -> Result<(Running, SocketAddr)> {
            std::fs::create_dir(space.path().join(name))?;
            servers::ftp(rclone, &space.path().join(name), &LOGIN, &space.path().join(format!("{name}.log")))
        };
        let ((far, far_address), (near, near_address)) = (server("far")?, server("near")?);
        let line = FaultProxy::ftp(far_address);
        let booth = booth(boothsync, rclone)?;
        std::fs::create_dir(booth.path("usb"))?;
        for (name, address) in [("far", line.address()), ("near", near_address)] {
            remote(rclone, &booth, name, address)?;
        }
        Ok(Self { booth, line, _servers: [far, near], _space: space })
    }

    /// Takes a picture; how long each of these targets took to have it, in ms.
    fn time(&self, service: &mut Service, name: &str, targets: &[&str]) -> Result<Vec<f64>> {
        let closed = self.booth.take_picture(name, &noise(name.len() as u64, PICTURE_BYTES))?;
        let there = service.wait_for_all(&format!("media/{name}"), targets)?;
        Ok(there.into_iter().map(|there| ms(there - closed)).collect())
    }
}

fn booth(boothsync: &Path, rclone: &Path) -> Result<Booth> {
    let binary = serde_json::to_string(rclone)?;
    let servers: String = ["far", "near"]
        .map(|name| {
            format!(
                "[[target]]\nname = \"{name}\"\nplugin = \"rclone\"\n\
                 settings = {{ remote = \"{name}:\", subdir = \"booth\" }}\n"
            )
        })
        .concat();
    let folder = "[[target]]\nname = \"usb\"\nplugin = \"folder\"\nsettings = { path = \"{folder}/usb\" }\n";
    let rclone = format!("[rclone]\nbinary = {binary}\nconfig = \"rclone.conf\"\nweb_ui = \"off\"\n");
    Booth::new(boothsync, &(rclone + &servers + folder))
}

fn remote(rclone: &Path, booth: &Booth, name: &str, address: SocketAddr) -> Result<()> {
    let mut create = Command::new(rclone);
    create.arg("--config").arg(booth.path("rclone.conf")).args(["config", "create", name, "ftp"]);
    create.arg(format!("host={}", address.ip())).arg(format!("port={}", address.port()));
    create.arg(format!("user={}", LOGIN.user)).arg(format!("pass={}", LOGIN.password));
    step::run_quietly(create.args(["--obscure", "--non-interactive"]), "configuring the remote")
}
