//! The only place that runs guest code: a fresh store for each call, watched over from outside.

use std::future::Future;
use std::sync::Arc;

use engine::Failure;
use futures_util::future::BoxFuture;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use wasmtime::component::{Instance, InstancePre};
use wasmtime::{Result, Store};

use crate::bindings::wit::types::Failure as WitFailure;
use crate::guest::GuestData;
use crate::limits::{CANCEL_GRACE, HANDLES, HOSTCALL_BYTES, LETTING_GO};
use crate::lines::LineLog;
use crate::meter::Meter;
use crate::threads::{Fate, Threads};
use crate::ticker::Ticker;
use crate::verdict::{self, Autopsy};

/// What a call answers: a trap, the guest's failure, or a value.
pub(crate) type Answer<T> = Result<Result<T, WitFailure>>;

/// What is called in a fresh instance.
pub(crate) type Op<G, T> =
    Box<dyn for<'a> FnOnce(&'a mut Store<G>, &'a Instance) -> BoxFuture<'a, Answer<T>> + Send>;

/// One call to be made.
pub(crate) struct Run<G: 'static> {
    pub code: InstancePre<G>,
    pub ticker: Arc<Ticker>,
    pub meter: Arc<Meter>,
    pub cancel: CancellationToken,
    pub log: Arc<LineLog>,
    /// The folder's threads, if the guest has a folder.
    pub threads: Option<Threads>,
}

/// How a guest came to its end.
pub(crate) enum End<T> {
    Answered(std::result::Result<T, WitFailure>),
    /// It was not even started.
    Refused(Failure),
    Broken(Box<Autopsy>),
    /// It was dropped before it was over.
    Dropped,
}

/// A call under way.
struct Task<T> {
    end: BoxFuture<'static, std::result::Result<End<T>, String>>,
    fate: Option<Arc<Fate>>,
}

impl<G: GuestData> Run<G> {
    /// Makes the call. `data` is made where the guest will run. Dropping the returned future drops the call.
    pub async fn call<T, D>(self, data: D, op: Op<G, T>) -> std::result::Result<T, Failure>
    where
        T: Send + 'static,
        D: Future<Output = std::result::Result<G, Failure>> + Send + 'static,
    {
        let _ticking = self.ticker.running();
        let drop = CancellationToken::new();
        let _guard = drop.clone().drop_guard();
        let guest = guest(self.code, self.meter.clone(), data, op);
        let dropped = drop.clone();
        let guest = async move {
            tokio::select! {
                biased;
                () = dropped.cancelled() => End::Dropped,
                end = guest => end,
            }
        };
        let task = start(self.threads.as_ref(), &self.meter, Box::pin(guest)).await?;
        let watched = watch(task, &self.meter, &self.cancel, &drop).await;
        verdict::of(watched, &self.meter, &self.log)
    }
}

/// Runs the guest as a task, or on a thread of its folder: a panic of the host ends this call alone.
async fn start<T: Send + 'static>(
    threads: Option<&Threads>,
    meter: &Meter,
    guest: BoxFuture<'static, End<T>>,
) -> std::result::Result<Task<T>, Failure> {
    let Some(threads) = threads else {
        let task = tokio::spawn(guest);
        return Ok(Task {
            end: Box::pin(async { task.await.map_err(|error| error.to_string()) }),
            fate: None,
        });
    };
    let seat = tokio::time::timeout_at(meter.deadline(), threads.seat()).await;
    let seat = seat.map_err(|_| Failure::Retry("all threads of the folder are busy".into()))??;
    let fate = Some(seat.fate());
    let end =
        seat.run(guest).map_err(|error| Failure::Retry(format!("no thread could be started: {error}")))?;
    Ok(Task {
        end: Box::pin(async { end.await.map_err(|_| "the thread of the call panicked".into()) }),
        fate,
    })
}

/// The whole life of one store.
async fn guest<G, T, D>(code: InstancePre<G>, meter: Arc<Meter>, data: D, op: Op<G, T>) -> End<T>
where
    G: GuestData,
    D: Future<Output = std::result::Result<G, Failure>> + Send + 'static,
{
    let data = match data.await {
        Ok(data) => data,
        Err(failure) => return End::Refused(failure),
    };
    let mut store = store(&code, data, meter);
    let answer = async {
        let instance = code.instantiate_async(&mut store).await?;
        op(&mut store, &instance).await
    };
    let answer = answer.await;
    let common = store.data_mut().common();
    common.stdout.finish();
    common.stderr.finish();
    match answer {
        Ok(answer) => End::Answered(answer),
        Err(error) => End::Broken(Box::new(Autopsy::of(error, common))),
    }
}

/// A store with every limit set.
fn store<G: GuestData>(code: &InstancePre<G>, data: G, meter: Arc<Meter>) -> Store<G> {
    let mut store = Store::new(code.engine(), data);
    store.limiter(|data| &mut data.common().bounds);
    store.set_hostcall_fuel(HOSTCALL_BYTES);
    store.set_max_component_handles(HANDLES);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| Ok(meter.tick()));
    store
}

/// Waits for the end, and brings it about when the call is over its time or told to stop.
async fn watch<T>(
    mut task: Task<T>,
    meter: &Meter,
    cancel: &CancellationToken,
    drop: &CancellationToken,
) -> verdict::Watched<T> {
    let mut grace: Option<Instant> = None;
    loop {
        let late = meter.deadline();
        let until = grace.map_or(late, |grace| grace.min(late));
        tokio::select! {
            biased;
            end = &mut task.end => return verdict::Watched::Ended(end),
            () = cancel.cancelled(), if grace.is_none() => grace = Some(Instant::now() + CANCEL_GRACE),
            () = sleep_until(until) => {
                let cancelled = grace.is_some_and(|grace| grace <= Instant::now());
                // It may have given a sign of life in the meantime.
                if cancelled || meter.deadline() <= Instant::now() {
                    meter.abandon();
                    drop.cancel();
                    return let_go(task, cancelled).await;
                }
            }
        }
    }
}

async fn let_go<T>(task: Task<T>, cancelled: bool) -> verdict::Watched<T> {
    let hangs = timeout(LETTING_GO, task.end).await.is_err();
    if let Some(fate) = task.fate.filter(|_| hangs) {
        fate.give_up();
    }
    if cancelled { verdict::Watched::Cancelled } else { verdict::Watched::Late }
}
