//! `POST /api/v1/media/{identifier}/offline`: takes one item off every target, and keeps it off.

use axum::extract::State;
use axum::http::StatusCode;

use crate::error::ApiError;
use crate::extract::Identifier;
use crate::state::Shared;

pub(crate) async fn post(
    State(state): State<Shared>,
    Identifier(identifier): Identifier,
) -> Result<StatusCode, ApiError> {
    let key = state.booth.key_of(identifier).await?;
    state.booth.offline(&key).await?;
    Ok(StatusCode::NO_CONTENT)
}
