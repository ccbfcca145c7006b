//! `GET /api/v1/media/{identifier}/qr.svg?target=` and `qr.png`: an item's share link as a QR code.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::api::v1::qr::{self, Form};
use crate::error::ApiError;
use crate::extract::{Identifier, Params};
use crate::state::Shared;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    target: Option<String>,
}

pub(crate) async fn get(
    State(state): State<Shared>,
    Identifier(identifier): Identifier,
    Params(query): Params<Query>,
    form: Form,
) -> Result<Response, ApiError> {
    let key = state.booth.key_of(identifier).await?;
    qr::answer(&state, &key, query.target.as_deref(), form).await
}
