//! Starts children from one thread that lives as long as they do.
//!
//! Linux ends a child with `PR_SET_PDEATHSIG` when the *thread* that forked it ends, and a runtime's
//! threads come and go. So this thread does nothing but fork, and ends with the supervising task.

use std::io;
use std::sync::mpsc;

use tokio::process::{Child, Command};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

type Order = (Command, oneshot::Sender<io::Result<Child>>);

/// The thread that children are started from. Dropping it ends the children that are left.
pub(crate) struct Nursery {
    orders: mpsc::Sender<Order>,
}

impl Nursery {
    /// Starts the thread. Needs to be called on the runtime that is to watch the children.
    pub(crate) fn open() -> io::Result<Self> {
        let (orders, inbox) = mpsc::channel::<Order>();
        let runtime = Handle::current();
        std::thread::Builder::new().name("rclone-nursery".into()).spawn(move || {
            let _runtime = runtime.enter();
            while let Ok((mut command, reply)) = inbox.recv() {
                // Nobody waits any more: the child is dropped, which ends it.
                let _ = reply.send(tie_to_this_thread(&mut command).spawn());
            }
        })?;
        Ok(Self { orders })
    }

    /// Starts `command`.
    pub(crate) async fn spawn(&self, command: Command) -> io::Result<Child> {
        let gone = || io::Error::other("the thread that starts processes is gone");
        let (reply, child) = oneshot::channel();
        self.orders.send((command, reply)).map_err(|_| gone())?;
        child.await.map_err(|_| gone())?
    }
}

/// Makes the kernel kill the child when the calling thread ends, however it ends. Not a polite
/// signal: an old rclone that still cleans up would remove what its successor is just writing.
#[cfg(target_os = "linux")]
fn tie_to_this_thread(command: &mut Command) -> &mut Command {
    use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};
    let host = getpid();
    let tie = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The host may have ended before the kernel was told.
        if getppid() == Some(host) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
    };
    // SAFETY: between fork and exec the closure makes two system calls and neither allocates nor locks.
    unsafe { command.pre_exec(tie) }
}

#[cfg(not(target_os = "linux"))]
fn tie_to_this_thread(command: &mut Command) -> &mut Command {
    command
}
