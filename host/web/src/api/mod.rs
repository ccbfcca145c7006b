//! All routes, by who may use them.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::http::{StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};

use crate::error::ApiError;
use crate::guard;
use crate::plugins::PACKAGE_BYTES;
use crate::state::{Shared, WebState};

mod healthz;
mod v1;

use v1::qr::Form;

/// Longest request body, in bytes.
const BODY_LIMIT_BYTES: usize = 64 << 10;

/// What a TCP port serves. Requests must come through [`crate::serve_tcp`], which tells where from.
pub fn public_router(state: WebState) -> Router {
    let state: Shared = Arc::new(state);
    let with = |routes: Routes| routes.router;
    let readable = with(readable())
        .layer(from_fn_with_state(state.clone(), guard::local_or_token))
        .layer(from_fn_with_state(state.clone(), guard::cors));
    let private = with(private()).layer(from_fn_with_state(state.clone(), guard::token));
    let all = with(open()).merge(readable).merge(private);
    finish(all)
        .layer(from_fn_with_state(state.clone(), guard::host))
        .layer(from_fn(guard::headers))
        .with_state(state)
}

/// What the control socket serves: who can open it is the operator.
pub fn control_router(state: WebState) -> Router {
    let all = [open(), readable(), private(), orders()].into_iter();
    let all = all.fold(Router::new(), |all, routes| all.merge(routes.router));
    finish(all).layer(from_fn(guard::headers)).with_state(Arc::new(state))
}

fn finish(router: Router<Shared>) -> Router<Shared> {
    router
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(Extension(v1::events::Streams::default()))
}

async fn no_such_route(uri: Uri) -> ApiError {
    ApiError::not_found(format!("there is nothing at `{}`", uri.path()), SEE_DOCUMENT)
}

async fn wrong_method(request: Request) -> impl IntoResponse {
    let error = format!("`{}` does not answer {}", request.uri().path(), request.method());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, error, SEE_DOCUMENT)
}

const SEE_DOCUMENT: &str = "`/api/v1/openapi.json` lists the routes";

/// For everybody.
pub(crate) fn open() -> Routes {
    Routes::default().get("/healthz", healthz::get).get("/api/v1/openapi.json", v1::openapi::get)
}

/// For this machine, for pages of `web.origins` in its browser, and for holders of a token.
pub(crate) fn readable() -> Routes {
    Routes::default()
        .get_by_pages("/api/v1/links", v1::links::get)
        .get_by_pages("/api/v1/qr.svg", |state, query| v1::qr::get(state, query, Form::Svg))
        .get_by_pages("/api/v1/qr.png", |state, query| v1::qr::get(state, query, Form::Png))
        .get_by_pages("/api/v1/media/{identifier}/links", v1::media::links::get)
        .get_by_pages("/api/v1/media/{identifier}/qr.svg", |state, id, query| {
            v1::media::qr::get(state, id, query, Form::Svg)
        })
        .get_by_pages("/api/v1/media/{identifier}/qr.png", |state, id, query| {
            v1::media::qr::get(state, id, query, Form::Png)
        })
}

/// For holders of a token.
pub(crate) fn private() -> Routes {
    Routes::default()
        .get("/api/v1/status", v1::status::get)
        .get("/api/v1/events", v1::events::get)
        .get("/api/v1/plugins", v1::plugins::list::get)
}

/// For the control socket alone.
pub(crate) fn orders() -> Routes {
    Routes::default()
        .get("/api/v1/queue", v1::queue::get)
        .get("/api/v1/rclone/ui", v1::rclone::ui::get)
        .post_file("/api/v1/plugins", PACKAGE_BYTES, v1::plugins::install::post)
        .post("/api/v1/plugins/{name}/approve", v1::plugins::approve::post)
        .post("/api/v1/plugins/{name}/remove", v1::plugins::remove::post)
        .post("/api/v1/sync", v1::sync::post)
        .post("/api/v1/offline", v1::offline::post)
        .post("/api/v1/retry", v1::retry::post)
        .post("/api/v1/media/{identifier}/offline", v1::media::offline::post)
        .post("/api/v1/media/{identifier}/retry", v1::media::retry::post)
        .post("/api/v1/targets/{name}/probe", v1::targets::probe::post)
        .post("/api/v1/targets/{name}/retry", v1::targets::retry::post)
        .post("/api/v1/targets/{name}/pause", v1::targets::pause::post)
        .post("/api/v1/targets/{name}/resume", v1::targets::resume::post)
        .post("/api/v1/targets/{name}/sync", v1::targets::sync::post)
        .post("/api/v1/targets/{name}/confirm-deletes", v1::targets::confirm_deletes::post)
        .post("/api/v1/targets/{name}/cleanup", v1::targets::cleanup::post)
}

/// A router that can say what is in it, to be compared with the OpenAPI document.
#[derive(Default)]
pub(crate) struct Routes {
    router: Router<Shared>,
    #[cfg(test)]
    pub(crate) listed: Vec<(&'static str, &'static str)>,
}

impl Routes {
    fn get<T: 'static>(self, path: &'static str, handler: impl Handler<T, Shared>) -> Self {
        self.add("get", path, get(handler))
    }

    /// A route about which browsers ask beforehand; [`guard::cors`] answers where the page may.
    fn get_by_pages<T: 'static>(self, path: &'static str, handler: impl Handler<T, Shared>) -> Self {
        self.add("get", path, get(handler).options(wrong_method))
    }

    fn post<T: 'static>(self, path: &'static str, handler: impl Handler<T, Shared>) -> Self {
        self.add("post", path, post(handler))
    }

    /// A route whose body may be longer than [`BODY_LIMIT_BYTES`].
    fn post_file<T: 'static>(
        self,
        path: &'static str,
        limit_bytes: usize,
        handler: impl Handler<T, Shared>,
    ) -> Self {
        self.add("post", path, post(handler).layer(DefaultBodyLimit::max(limit_bytes)))
    }

    #[cfg_attr(not(test), expect(unused_variables, reason = "only tests read the list"))]
    fn add(
        mut self,
        method: &'static str,
        path: &'static str,
        handler: MethodRouter<Shared, Infallible>,
    ) -> Self {
        self.router = self.router.route(path, handler);
        #[cfg(test)]
        self.listed.push((method, path));
        self
    }
}
