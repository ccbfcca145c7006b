//! `POST /api/v1/plugins/{name}/remove`: takes a plugin away, and with it what it was granted.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::error::ApiError;
use crate::extract::OfPlugin;
use crate::state::Shared;

pub(crate) async fn post(
    State(state): State<Shared>,
    OfPlugin(name): OfPlugin,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(state.plugins.remove(&name).await?))
}
