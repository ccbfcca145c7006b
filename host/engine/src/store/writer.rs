//! The thread that owns the writing connection, and commits in groups.

use std::sync::mpsc;
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction};
use tokio::sync::oneshot;

use super::StoreError;

/// At most so many writes share one transaction, which bounds how long the first of them waits.
const GROUP: usize = 256;

type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;
/// Works in a transaction; without one, all it can do is answer.
type Job = Box<dyn FnOnce(Option<&Transaction<'_>>) -> Answer + Send>;

/// Takes writes in; dropped, it finishes what it was given and closes the database.
pub struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub fn start(connection: Connection) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::channel();
        let thread =
            std::thread::Builder::new().name("store".into()).spawn(move || serve(connection, &queue))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
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
                let result = match committed {
                    Ok(()) => result,
                    Err(problem) => Err(StoreError::Commit(problem)),
                };
                // Whoever asked may be gone; the write stands.
                let _ = reply.send(result);
            })
        });
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or(StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}

impl Drop for Writer {
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

fn commit(connection: &mut Connection, jobs: Vec<Job>) -> (Vec<Answer>, Result<(), String>) {
    match connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate) {
        Ok(transaction) => {
            let answers = jobs.into_iter().map(|job| job(Some(&transaction))).collect();
            (answers, transaction.commit().map_err(|error| error.to_string()))
        }
        Err(error) => (jobs.into_iter().map(|job| job(None)).collect(), Err(error.to_string())),
    }
}
