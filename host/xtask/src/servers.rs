//! Processes that a task starts, and ends on every way out.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal};

/// How long a process may take to end by itself when it is asked to.
const GRACE: Duration = Duration::from_secs(15);

/// How long what a process said last may take to arrive.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A process of ours. It is ended when this is dropped, and by the kernel should this process be killed.
pub struct Running {
    name: String,
    child: Child,
    log: PathBuf,
    reader: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts `command`; what it says goes into the file `log`, unless the command sends it elsewhere.
    pub fn start(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("could not write {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        Self::spawn(name, command, log)
    }

    /// Starts `command`, keeps what it says on standard error in the file `log`, and gives each line of
    /// it to `hear` at once, with the moment it came.
    pub fn start_heard(
        name: &str,
        command: &mut Command,
        log: &Path,
        hear: impl FnMut(&str, Instant) + Send + 'static,
    ) -> Result<Self> {
        let file = File::create(log).with_context(|| format!("could not write {}", log.display()))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut running = Self::spawn(name, command, log)?;
        let said = running.child.stderr.take().context("its standard error is a pipe")?;
        running.reader = Some(thread::spawn(move || listen(said, file, hear)));
        Ok(running)
    }

    fn spawn(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let child = on_a_short_leash(command).spawn().with_context(|| {
            format!("could not start {name} ({})", Path::new(command.get_program()).display())
        })?;
        Ok(Self { name: name.to_owned(), child, log: log.to_owned(), reader: None })
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// An error with the end of its log if it is not running any more.
    pub fn check(&mut self) -> Result<()> {
        let Some(status) = self.child.try_wait()? else { return Ok(()) };
        let ended = Instant::now();
        while self.reader.as_ref().is_some_and(|reader| !reader.is_finished()) && ended.elapsed() < LAST_WORDS
        {
            pause(Duration::from_millis(5));
        }
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        let last: Vec<&str> = said.lines().rev().take(12).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        bail!("{} ended by itself ({status}). It said last:\n{}", self.name, last.join("\n"))
    }

    /// Waits until `ready`, or the process ends, or `patience` does.
    pub fn wait_until(&mut self, patience: Duration, mut ready: impl FnMut() -> bool) -> Result<()> {
        let begin = Instant::now();
        while !ready() {
            self.check()?;
            if begin.elapsed() > patience {
                bail!(
                    "{} is not ready after {} s, see {}",
                    self.name,
                    patience.as_secs(),
                    self.log.display()
                );
            }
            pause(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Asks the process to end, waits, and kills it when it does not.
    pub fn stop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        let begin = Instant::now();
        if rustix::process::kill_process(Pid::from_child(&self.child), Signal::TERM).is_ok() {
            while begin.elapsed() < GRACE && matches!(self.child.try_wait(), Ok(None)) {
                pause(Duration::from_millis(5));
            }
        }
        // Both fail only when it is gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

fn listen(said: impl Read, mut kept: File, mut hear: impl FnMut(&str, Instant)) {
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        hear(&line, Instant::now());
        // A process must never wait for its log to be read, whatever becomes of the copy.
        let _ = writeln!(kept, "{line}");
    }
}

/// Waits. Only for pacing and between two looks at a state, never instead of a look.
#[expect(clippy::disallowed_methods, reason = "pacing is the point")]
pub fn pause(time: Duration) {
    std::thread::sleep(time);
}

/// A group of its own keeps Ctrl-C of the terminal from it, so that the task decides when it ends.
fn on_a_short_leash(command: &mut Command) -> &mut Command {
    command.process_group(0);
    // SAFETY: between fork and exec the closure makes one system call and touches no memory.
    unsafe {
        command.pre_exec(|| {
            rustix::process::set_parent_process_death_signal(Some(Signal::TERM)).map_err(std::io::Error::from)
        })
    }
}

/// An address on this machine that nobody listened at a moment ago.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("this machine has no free port")?;
    Ok(listener.local_addr()?)
}

/// How long a server may take to answer.
const READY: Duration = Duration::from_secs(10);

/// A name and password for a server.
pub struct Login {
    /// The name.
    pub user: &'static str,
    /// The password.
    pub password: &'static str,
}

/// Whether an FTP server says hello. That something can be connected to says less: a connection to a port
/// at which nobody listens yet can meet itself.
fn greets(address: SocketAddr) -> bool {
    let greeting = || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        let mut code = [0; 3];
        stream.read_exact(&mut code)?;
        std::io::Result::Ok(code == *b"220")
    };
    greeting().unwrap_or(false)
}

/// rclone's own FTP server for `folder`, ready when this returns. What others put into the folder it sees
/// only after minutes: telling it to look each time makes uploads take seconds.
pub fn ftp(rclone: &Path, folder: &Path, login: &Login, log: &Path) -> Result<(Running, SocketAddr)> {
    let address = free_address()?;
    let mut command = Command::new(rclone);
    command.args(["serve", "ftp"]).arg(folder).args(["--addr", &address.to_string()]);
    command.args(["--user", login.user, "--pass", login.password, "--config", "/dev/null"]);
    let mut server = Running::start("the FTP server", &mut command, log)?;
    server.wait_until(READY, || greets(address))?;
    Ok((server, address))
}

/// Python's web server for `folder`, ready when this returns: files as they are, `index.html` for a
/// folder, nothing else, as on the cheapest web space.
pub fn web(folder: &Path, log: &Path) -> Result<(Running, SocketAddr)> {
    let address = free_address()?;
    let mut command = Command::new("python3");
    command.args(["-m", "http.server", "--bind", "127.0.0.1", "--directory"]).arg(folder);
    command.arg(address.port().to_string());
    let mut server = Running::start("the web server", &mut command, log)?;
    server.wait_until(READY, || crate::http::get(&format!("http://{address}/")).is_ok())?;
    Ok((server, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropping_ends_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let sleeper =
            Running::start("sleep", Command::new("sleep").arg("60"), &folder.path().join("log")).unwrap();
        let process = PathBuf::from(format!("/proc/{}", sleeper.id()));
        assert!(process.exists());
        drop(sleeper);
        assert!(!process.exists());
    }

    #[test]
    fn a_process_that_ends_too_early_is_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", "echo the port is taken >&2; exit 3"]);
        let mut server = Running::start("the server", &mut command, &folder.path().join("log")).unwrap();
        let error = server.wait_until(Duration::from_secs(10), || false).unwrap_err().to_string();
        assert!(error.contains("the port is taken") && error.contains("exit status: 3"), "{error}");
    }

    #[test]
    fn every_line_is_heard_and_kept() {
        let log = tempfile::NamedTempFile::new().unwrap();
        let (tell, heard) = std::sync::mpsc::channel();
        let mut command = Command::new("sh");
        command.args(["-c", "echo one >&2; echo two >&2; exit 2"]);
        let hear = move |line: &str, _| tell.send(line.to_owned()).unwrap();
        let mut running = Running::start_heard("sh", &mut command, log.path(), hear).unwrap();
        let error = running.wait_until(Duration::from_secs(10), || false).unwrap_err().to_string();
        assert!(error.ends_with("one\ntwo"), "{error}");
        assert_eq!(heard.iter().collect::<Vec<_>>(), ["one", "two"]);
    }

    #[test]
    fn the_web_server_serves_the_index_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.html"), "hello").unwrap();
        let log = tempfile::NamedTempFile::new().unwrap();
        let (_server, address) = web(folder.path(), log.path()).unwrap();
        let answer = crate::http::get(&format!("http://{address}/")).unwrap();
        assert_eq!((answer.status, answer.bytes().unwrap()), (200, b"hello".to_vec()));
    }
}
