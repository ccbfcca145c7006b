//! `GET /api/v1/plugins`: all plugins, who uses them, and what waits for approval.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::error::ApiError;
use crate::state::Shared;

pub(crate) async fn get(State(state): State<Shared>) -> Result<Json<Value>, ApiError> {
    Ok(Json(state.plugins.list().await?))
}
