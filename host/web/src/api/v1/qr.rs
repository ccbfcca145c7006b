//! `GET /api/v1/qr.svg?key=&target=` and `qr.png`: an item's share link as a QR code.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::MediaKey;
use engine::view::{Link, LinkState};
use serde::Deserialize;

use crate::error::ApiError;
use crate::extract::{Params, key};
use crate::qr::{self, TooLong};
use crate::state::Shared;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    key: String,
    target: Option<String>,
}

/// In which form a code is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    Svg,
    Png,
}

impl Form {
    fn draw(self, link: &str) -> Result<Response, TooLong> {
        Ok(match self {
            Self::Svg => ([(header::CONTENT_TYPE, "image/svg+xml")], qr::svg(link)?).into_response(),
            Self::Png => ([(header::CONTENT_TYPE, "image/png")], qr::png(link)?).into_response(),
        })
    }
}

pub(crate) async fn get(
    State(state): State<Shared>,
    Params(query): Params<Query>,
    form: Form,
) -> Result<Response, ApiError> {
    answer(&state, &key(&query.key)?, query.target.as_deref(), form).await
}

/// The QR code of the link to `target`, or of the preferred one.
pub(crate) async fn answer(
    state: &Shared,
    key: &MediaKey,
    target: Option<&str>,
    form: Form,
) -> Result<Response, ApiError> {
    let links = state.booth.links(key).await?;
    let link = choose(&links, target).ok_or_else(|| no_link(key, target))?;
    if is_over(link) {
        let error = format!("`{key}` is not shared any more");
        return Err(ApiError::new(StatusCode::GONE, error, "a code for it would lead nowhere"));
    }
    form.draw(&link.url).map_err(|too_long| {
        ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            too_long.to_string(),
            "shorten the names of the folders",
        )
    })
}

/// The link to `target`; without one, the preferred one, else the first.
fn choose<'a>(links: &'a [Link], target: Option<&str>) -> Option<&'a Link> {
    match target {
        Some(target) => links.iter().find(|link| link.target == target),
        None => links.iter().find(|link| link.preferred).or(links.first()),
    }
}

/// Nothing is behind the link any more, though another target's may still work.
fn is_over(link: &Link) -> bool {
    matches!(link.state, LinkState::Expired | LinkState::Removed)
}

fn no_link(key: &MediaKey, target: Option<&str>) -> ApiError {
    match target {
        Some(target) => ApiError::not_found(
            format!("`{key}` has no share link on target `{target}`"),
            "`/api/v1/links` lists the links that there are; `[target.share]` with `enabled = true` makes one",
        ),
        None => ApiError::not_found(
            format!("`{key}` has no share link"),
            "give a target a `[target.share]` section with `enabled = true`",
        ),
    }
}
