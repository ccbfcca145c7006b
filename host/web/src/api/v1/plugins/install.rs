//! `POST /api/v1/plugins` with a package as the body: takes a plugin in, or a newer version of one.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde_json::Value;

use crate::error::ApiError;
use crate::state::Shared;

pub(crate) async fn post(State(state): State<Shared>, package: Bytes) -> Result<Json<Value>, ApiError> {
    Ok(Json(state.plugins.install(package.to_vec()).await?))
}
