//! `GET /api/v1/media/{identifier}/links`: an item's share links.

use axum::Json;
use axum::extract::State;
use engine::view::Link;

use crate::error::ApiError;
use crate::extract::Identifier;
use crate::state::Shared;

pub(crate) async fn get(
    State(state): State<Shared>,
    Identifier(identifier): Identifier,
) -> Result<Json<Vec<Link>>, ApiError> {
    let key = state.booth.key_of(identifier).await?;
    Ok(Json(state.booth.links(&key).await?))
}
