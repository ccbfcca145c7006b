//! `POST /api/v1/media/{identifier}/retry`: tries one item again on every target.

use axum::Json;
use axum::extract::State;

use crate::api::v1::Counted;
use crate::error::ApiError;
use crate::extract::Identifier;
use crate::state::Shared;

pub(crate) async fn post(
    State(state): State<Shared>,
    Identifier(identifier): Identifier,
) -> Result<Json<Counted>, ApiError> {
    let key = state.booth.key_of(identifier).await?;
    let objects = state.booth.retry(None, Some(&key)).await?;
    Ok(Json(Counted { objects }))
}
