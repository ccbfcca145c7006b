//! `POST /api/v1/offline?key=`: takes one item off every target, and keeps it off.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;

use crate::error::ApiError;
use crate::extract::{Params, key};
use crate::state::Shared;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    key: String,
}

pub(crate) async fn post(
    State(state): State<Shared>,
    Params(query): Params<Query>,
) -> Result<StatusCode, ApiError> {
    state.booth.offline(&key(&query.key)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
