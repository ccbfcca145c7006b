//! What phones in the booth's own network are served: the share page, and items for who knows their
//! token. Read only, and nothing else is reachable here.
//!
//! A link leads to `/s/TOKEN/NAME` and from there to the page, which is told where the picture lies under
//! the name by which the phone reached us: whatever finds the booth's page finds its pictures.

mod item;
mod pace;
mod page;

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::booth::Booth;
use crate::guard;
use pace::Pace;

/// What the phones' port serves. Requests must come through [`crate::serve_lan`], which tells where from.
pub fn lan_router(booth: Arc<dyn Booth>) -> Router {
    Router::new()
        .route("/", get(page::get))
        .route("/index.html", get(page::get))
        .route("/s/{token}/{name}", get(page::to))
        .route("/p/{token}/{name}", get(item::get))
        .fallback(async || nothing_here())
        .method_not_allowed_fallback(async || {
            plain(StatusCode::METHOD_NOT_ALLOWED, "nothing can be changed here")
        })
        .layer(from_fn_with_state(Arc::new(Pace::default()), pace::keep))
        .layer(from_fn(guard::headers))
        .with_state(booth)
}

fn nothing_here() -> Response {
    plain(StatusCode::NOT_FOUND, "there is nothing here")
}

/// An answer without a page. It names nothing that was asked for: tokens are secrets.
fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
