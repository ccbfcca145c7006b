//! `cargo xtask demo`: a booth on an embedded default, with a real server to upload to.

mod board;
mod booth;
mod follow;
mod show;
mod stage;
mod verdict;

use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::step::say;
use crate::tools::{self, Profile};
use crate::{http, places, plugins};
use board::Board;
use follow::News;
use show::Show;
use stage::Stage;

/// Options of `cargo xtask demo`.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Go on after the pictures: drop your own into the folder, look around, end with Ctrl-C
    #[arg(long)]
    keep: bool,
    /// How many pictures the booth takes
    #[arg(long, default_value_t = 12, value_name = "N")]
    pictures: usize,
}

/// How long nothing may happen before the demo gives up on the pictures that are left.
const PATIENCE: Duration = Duration::from_secs(60);

/// Plays the demo; fails when a picture did not arrive as it was.
pub fn run(options: &Options) -> Result<ExitCode> {
    plugins::build(places::root())?;
    let boothsync = tools::boothsync(Profile::Dev)?;
    let rclone = tools::rclone(&boothsync)?;
    let pictures = booth::take(booth::orders(options.pictures));
    let (tell, news) = channel();
    stop_on_signal(tell.clone())?;
    let mut stage = Stage::set(boothsync, &rclone, options.keep, follow::log(tell.clone()))?;
    follow::queue(stage.socket(), tell.clone());
    let mut play = Play { board: Board::default(), show: Show::new(), booth_works: true };
    say(&format!("a booth takes {} pictures into {}\n", options.pictures, stage.media().display()));
    drop_pictures(&stage, pictures, tell);
    if play.until_all_online(&mut stage, &news)? {
        say("stopped before every picture was online; ending the service and the servers");
        return Ok(ExitCode::FAILURE);
    }
    let good = play.close(&stage)?;
    if options.keep {
        play.keep_on(&mut stage, &news)?;
    }
    say("ending the service and the servers");
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn stop_on_signal(tell: Sender<News>) -> Result<()> {
    // Nobody listens only when the demo is ending already.
    ctrlc::set_handler(move || drop(tell.send(News::Stop))).context("Ctrl-C cannot be caught")
}

fn drop_pictures(stage: &Stage, pictures: Receiver<booth::Taken>, tell: Sender<News>) {
    let media = stage.media();
    thread::spawn(move || {
        let ended = booth::work(&media, pictures, |step| tell.send(News::Booth(step)).is_ok());
        let _ = tell.send(News::BoothEnded(ended));
    });
}

struct Play {
    board: Board,
    show: Show,
    booth_works: bool,
}

impl Play {
    /// Follows until every picture of the booth is online; `true` when somebody stopped it before.
    fn until_all_online(&mut self, stage: &mut Stage, news: &Receiver<News>) -> Result<bool> {
        let mut progress = Instant::now();
        while self.booth_works || !self.board.all_online() {
            match news.recv_timeout(Duration::from_millis(500)) {
                Ok(News::Stop) => return Ok(true),
                Ok(one) => {
                    if self.take(stage, one)? {
                        progress = Instant::now();
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => bail!("nobody tells what happens any more"),
            }
            stage.service().check()?;
            if progress.elapsed() > PATIENCE {
                self.show.print(&format!("nothing has happened for {} s", PATIENCE.as_secs()));
                break;
            }
        }
        Ok(false)
    }

    /// Takes one piece of news; `true` if it brought something forward.
    fn take(&mut self, stage: &Stage, news: News) -> Result<bool> {
        let mut forward = true;
        let online = match news {
            News::Booth(step) => self.board.booth(step).into_iter().collect(),
            News::BoothEnded(ended) => {
                ended?;
                self.booth_works = false;
                Vec::new()
            }
            News::Service(word, now) => {
                let online = self.board.service(word, now);
                forward = !online.is_empty();
                online
            }
            News::Stop => Vec::new(),
        };
        for place in online {
            let picture = &self.board.pictures()[place];
            let link = verdict::share_link(&stage.socket(), &picture.key).ok();
            self.show.online(picture, link.as_deref());
        }
        self.show.refresh(self.board.pictures());
        Ok(forward)
    }

    /// Compares and sums up; `true` if all is as it should be.
    fn close(&self, stage: &Stage) -> Result<bool> {
        let verdicts = verdict::compare(stage, self.board.pictures())?;
        let page = verdict::share_page_is_there(stage)?;
        self.show.print(&show::summary(&verdicts));
        self.show.print(&show::kinds(self.board.pictures()));
        let seen = if page { "is there" } else { "IS MISSING" };
        self.show.print(&format!("The share page {seen}: {}", stage.share_page()));
        Ok(page && !verdicts.is_empty() && verdicts.iter().all(verdict::Verdict::good))
    }

    /// Says what can be tried, and shows what comes, until Ctrl-C.
    fn keep_on(&mut self, stage: &mut Stage, news: &Receiver<News>) -> Result<()> {
        self.show.print(&invitation(stage));
        while let Ok(one) = news.recv() {
            if matches!(one, News::Stop) {
                break;
            }
            self.take(stage, one)?;
            stage.service().check()?;
        }
        Ok(())
    }
}

fn invitation(stage: &Stage) -> String {
    let login = http::over_socket(&stage.socket(), "GET", "/api/v1/rclone/ui", Some(Duration::from_secs(5)))
        .and_then(http::Answer::json)
        .ok()
        .and_then(|answer| answer["url"].as_str().map(str::to_owned))
        .unwrap_or_else(|| "not running".into());
    format!(
        "\nIt goes on. Try:\n  drop pictures into   {}\n  the share page       {}\n  rclone's web UI      {login}\n  \
         how it is            {}\n  the log              {}\nCtrl-C ends it and removes everything.\n",
        stage.media().display(),
        stage.share_page(),
        stage.command_line("status"),
        stage.log().display(),
    )
}
