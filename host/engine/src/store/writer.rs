//! Who writes: a thread that owns the writing connection, and commits in groups.

use std::sync::mpsc;
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;

use super::StoreError;

/// At most so many writes share one transaction, which bounds how long the first of them waits.
const GROUP: usize = 256;

/// What the writes of a group are told when one of them ended their transaction.
pub const UNDONE: &str = "another write of the same moment failed, and all of them were undone";

/// Tells whoever asked, once it is known whether the commit succeeded.
pub type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;
/// Works in a transaction; without one, all it can do is answer.
pub type Job = Box<dyn FnOnce(Option<&Transaction<'_>>) -> Answer + Send>;

/// Who carries out the writes.
pub trait Scribe: Send + Sync {
    /// Takes a write in, to be carried out and answered in the order in which they came. Gives it
    /// back if no more can be written.
    fn take_in(&self, job: Job) -> Result<(), Job>;
}

/// Takes writes in.
pub struct Writer {
    scribe: Box<dyn Scribe>,
}

/// The thread; dropped, it finishes what it was given and closes the database.
struct Thread {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub fn start(connection: Connection) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let thread =
            std::thread::Builder::new().name("store".into()).spawn(move || serve(connection, &queue))?;
        Ok(Self::with(Thread { jobs: Some(jobs), thread: Some(thread) }))
    }

    /// Has somebody else carry them out.
    pub fn with(scribe: impl Scribe + 'static) -> Self {
        Self { scribe: Box::new(scribe) }
    }

    /// Carries out `work` in the next transaction and resolves after its commit.
    pub async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |transaction| {
            let result = transaction
                .map_or(Err(StoreError::Closed), |transaction| within_savepoint(transaction, work));
            Box::new(move |committed| {
                let result = match (committed, result) {
                    (Ok(()), result) => result,
                    (Err(_), Err(StoreError::Sqlite(own))) => Err(StoreError::Sqlite(own)),
                    (Err(problem), _) => Err(StoreError::Commit(problem)),
                };
                // Whoever asked may be gone; the write stands.
                let _ = reply.send(result);
            })
        });
        self.scribe.take_in(job).map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Scribe for Thread {
    fn take_in(&self, job: Job) -> Result<(), Job> {
        match &self.jobs {
            Some(jobs) => jobs.send(job).map_err(|unsent| unsent.0),
            None => Err(job),
        }
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed by the panic hook.
            let _ = thread.join();
        }
    }
}

/// One failing write must not undo the others of its group.
fn within_savepoint<T, F>(transaction: &Transaction<'_>, work: F) -> Result<T, StoreError>
where
    F: FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
{
    transaction.execute_batch("SAVEPOINT one")?;
    let result = work(transaction);
    if transaction.is_autocommit() {
        // All of it is undone already: see `commit`.
        return result;
    }
    let end = if result.is_ok() { "RELEASE one" } else { "ROLLBACK TO one; RELEASE one" };
    transaction.execute_batch(end)?;
    result
}

fn serve(mut connection: Connection, queue: &mpsc::Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let jobs = std::iter::once(first).chain(queue.try_iter().take(GROUP - 1)).collect::<Vec<_>>();
        let (answers, committed) = commit(&mut connection, jobs);
        for answer in answers {
            answer(committed.clone());
        }
    }
    // A small file is quick to open at the next start; failing to shrink it harms nobody.
    let _ = connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)");
}

/// Carries the jobs out in one transaction. Returns how to answer them, and with what.
pub fn commit(connection: &mut Connection, jobs: Vec<Job>) -> (Vec<Answer>, Result<(), String>) {
    match connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate) {
        Ok(transaction) => {
            // A full disk ends the transaction in the middle of a write. What came after it would be
            // written at once, each by itself, while whoever asked is told that nothing was.
            let whole = |transaction: &Transaction<'_>| !transaction.is_autocommit();
            let answers =
                jobs.into_iter().map(|job| job(whole(&transaction).then_some(&transaction))).collect();
            if !whole(&transaction) {
                return (answers, Err(UNDONE.into()));
            }
            (answers, transaction.commit().map_err(|error| error.to_string()))
        }
        Err(error) => (jobs.into_iter().map(|job| job(None)).collect(), Err(error.to_string())),
    }
}
