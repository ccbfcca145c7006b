//! Answers requests.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming as Body};
use hyper::{Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;

use super::store::Incoming;
use super::trouble::{Fate, Trouble};
use super::{Kind, World, listing, locked};

type Answer = Response<Full<Bytes>>;

/// The connection is broken off here, without an answer.
#[derive(Debug, thiserror::Error)]
#[error("broken off on purpose")]
pub struct BrokenOff;

/// Counts a request while it is answered.
struct UnderWay(Arc<World>);

impl UnderWay {
    fn begin(world: &Arc<World>) -> Self {
        world.pulse.send_modify(|pulse| {
            pulse.under_way += 1;
            pulse.requests += 1;
        });
        Self(world.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.pulse.send_modify(|pulse| pulse.under_way -= 1);
    }
}

/// One request.
pub async fn answer(world: Arc<World>, request: Request<Body>) -> Result<Answer, BrokenOff> {
    let _under_way = UnderWay::begin(&world);
    let trouble = locked(&world.trouble).clone();
    let length = request.body().size_hint().lower();
    if let Some((status, header)) = trouble.refusal(length) {
        // Read to the end, so that the answer is not lost with the connection.
        let _ = request.into_body().collect().await;
        return Ok(refused(status, header));
    }
    let path = decoded(request.uri().path());
    match request.method().clone() {
        Method::PUT => put(&world, &path, request.into_body(), trouble.fate(length)).await,
        Method::GET => Ok(get(&world, &path, true)),
        Method::HEAD => Ok(get(&world, &path, false)),
        Method::DELETE => Ok(plain(if locked(&world.store).remove(&path) { 204 } else { 404 })),
        Method::OPTIONS => Ok(with(plain(200), "dav", "1")),
        method if world.kind == Kind::Webdav => Ok(dav(&world, method.as_str(), &path, &request)),
        _ => Ok(plain(405)),
    }
}

/// The path of a request as it is meant, without a slash at either end.
pub fn decoded(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    percent_decode_str(path.trim_matches('/')).decode_utf8_lossy().into_owned()
}

fn dav(world: &World, method: &str, path: &str, request: &Request<Body>) -> Answer {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let mut store = locked(&world.store);
    match method {
        "MKCOL" if store.is_folder(path) || store.file(path).is_some() => plain(405),
        "MKCOL" if !store.has_parent(path) => plain(409),
        "MKCOL" => {
            store.make_folders(path);
            plain(201)
        }
        "MOVE" => {
            let Some(to) = header("destination").and_then(path_of) else { return plain(400) };
            let is_there = store.file(&to).is_some();
            match () {
                () if store.file(path).is_none() => plain(404),
                () if !store.has_parent(&to) => plain(409),
                () if is_there && header("overwrite") == Some("F") => plain(412),
                () => {
                    store.rename(path, &to);
                    plain(if is_there { 204 } else { 201 })
                }
            }
        }
        "PROPFIND" => match listing::multistatus(&store, path, header("depth") != Some("0")) {
            Some(text) => {
                let mut answer = with(plain(207), "content-type", "application/xml; charset=utf-8");
                *answer.body_mut() = Full::new(text.into());
                answer
            }
            None => plain(404),
        },
        _ => plain(405),
    }
}

/// The path in a `Destination`, which is an address or a path alone.
fn path_of(destination: &str) -> Option<String> {
    let path = match destination.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => destination,
    };
    path.starts_with('/').then(|| decoded(path))
}

fn get(world: &World, path: &str, whole: bool) -> Answer {
    let store = locked(&world.store);
    let Some(held) = store.file(path) else {
        return plain(if store.is_folder(path) { 200 } else { 404 });
    };
    let mut answer = with(plain(200), "etag", &held.checksum.tag());
    if whole {
        *answer.body_mut() = Full::new(held.content.clone().unwrap_or_default());
        return answer;
    }
    with(answer, "content-length", &held.size_bytes.to_string())
}

/// Takes a file in. As with many a server, what has come of it so far is there for everybody to see.
async fn put(world: &World, path: &str, mut body: Body, fate: Fate) -> Result<Answer, BrokenOff> {
    let dav = world.kind == Kind::Webdav;
    if dav && (!locked(&world.store).has_parent(path) || locked(&world.store).is_folder(path)) {
        let _ = body.collect().await;
        return Ok(plain(409));
    }
    let is_new = locked(&world.store).file(path).is_none();
    let mut file = Incoming::default();
    let show = |file: &Incoming| locked(&world.store).write(path, file.held());
    let (mut fate, mut whole) = (fate, true);
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            whole = false;
            break;
        };
        let Some(bytes) = frame.data_ref() else { continue };
        file.add(bytes);
        match fate {
            Fate::CutAfter(limit) if file.size_bytes() >= limit => {
                if dav {
                    show(&file);
                }
                return Err(BrokenOff);
            }
            Fate::HeldAfter(limit) if file.size_bytes() >= limit => {
                if dav {
                    show(&file);
                }
                held_up(world).await;
                fate = Fate::Done;
            }
            _ => {}
        }
    }
    if whole || dav {
        show(&file);
    }
    if !whole {
        return Err(BrokenOff);
    }
    Ok(with(plain(if is_new { 201 } else { 204 }), "etag", &file.held().checksum.tag()))
}

/// Waits until the trouble is another.
async fn held_up(world: &World) {
    world.pulse.send_modify(|pulse| pulse.held += 1);
    let mut pulse = world.pulse.subscribe();
    while holds(world) && pulse.changed().await.is_ok() {}
    world.pulse.send_modify(|pulse| pulse.held -= 1);
}

fn holds(world: &World) -> bool {
    *locked(&world.trouble) == Trouble::Holds
}

fn refused(status: u16, header: Option<(&'static str, String)>) -> Answer {
    let mut answer = plain(status);
    *answer.body_mut() = Full::new("the service says no\n".into());
    match header {
        Some((name, value)) => with(answer, name, &value),
        None => answer,
    }
}

fn plain(status: u16) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
}

fn with(mut answer: Answer, name: &'static str, value: &str) -> Answer {
    if let Ok(value) = value.parse() {
        answer.headers_mut().insert(name, value);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_and_has_no_slash_at_its_ends() {
        assert_eq!(decoded("/dav/a%20b/%C3%BC.jpg?x=1"), "dav/a b/ü.jpg");
        assert_eq!(decoded("/dav/"), "dav");
    }

    #[test]
    fn a_destination_is_an_address_or_a_path() {
        assert_eq!(path_of("http://127.0.0.1:80/a%20b").as_deref(), Some("a b"));
        assert_eq!(path_of("/a").as_deref(), Some("a"));
        assert_eq!(path_of("a"), None);
    }
}
