//! `GET /api/v1/links?key=`: an item's share links.

use axum::Json;
use axum::extract::State;
use engine::view::Link;
use serde::Deserialize;

use crate::error::ApiError;
use crate::extract::{Params, key};
use crate::state::Shared;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    key: String,
}

pub(crate) async fn get(
    State(state): State<Shared>,
    Params(query): Params<Query>,
) -> Result<Json<Vec<Link>>, ApiError> {
    Ok(Json(state.booth.links(&key(&query.key)?).await?))
}
