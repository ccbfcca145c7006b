//! `POST /api/v1/retry?target=&key=`: tries again what waits or was refused.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;

use super::Counted;
use crate::error::ApiError;
use crate::extract::{Params, key, target};
use crate::state::Shared;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    target: Option<String>,
    key: Option<String>,
}

pub(crate) async fn post(
    State(state): State<Shared>,
    Params(query): Params<Query>,
) -> Result<Json<Counted>, ApiError> {
    let target = query.target.as_deref().map(target).transpose()?;
    let key = query.key.as_deref().map(key).transpose()?;
    let objects = state.booth.retry(target.as_ref(), key.as_ref()).await?;
    Ok(Json(Counted { objects }))
}
