//! Processes that a test starts, and ends on every way out.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group, set_parent_process_death_signal};

use crate::wait::wait_until;

/// How much of its end a failed test shows of a log.
const SHOWN_LINES: usize = 60;

/// A process of this test. Killed with all its children when it is dropped, and by the kernel should
/// the test be killed. Its log is shown when the test fails.
pub struct Running {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts `command` with its output appended to the file `log`.
    pub fn start(name: &str, mut command: Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file).process_group(0);
        // SAFETY: between fork and exec the closure makes one system call and touches no memory.
        unsafe { command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?)) };
        let child = command.spawn().unwrap_or_else(|error| panic!("could not start {name}: {error}"));
        Self { name: name.into(), child, log: log.into() }
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it wrote so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits until `ready`; fails at once when the process ends before.
    pub fn wait_until_ready(&mut self, limit: Duration, mut ready: impl FnMut() -> bool) {
        let what = format!("{} is ready", self.name);
        wait_until(limit, &what, || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("{} ended before it was ready ({status})", self.name);
            }
            ready()
        });
    }

    /// Asks it to end, and does not wait.
    pub fn ask_to_end(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
    }

    /// Asks it to end and returns how it did.
    pub fn terminate(&mut self, limit: Duration) -> ExitStatus {
        self.ask_to_end();
        let what = format!("{} has ended after SIGTERM", self.name);
        wait_until(limit, &what, || self.child.try_wait().unwrap().is_some());
        self.child.wait().unwrap()
    }

    /// Kills it and its children, as a power cut would.
    pub fn kill(&mut self) {
        // Fails only when all are gone already, which is what is wanted.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let shown = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
            eprintln!("---- the end of the log of {} ----\n{shown}\n----", self.name);
        }
    }
}

/// A port of the loopback interface that nobody listened on a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
