//! `GET /api/v1/status`: media, targets, rclone and installed plugins now.

use axum::Json;
use axum::extract::State;
use engine::view::Status;
use serde::Serialize;

use crate::error::ApiError;
use crate::state::Shared;

#[derive(Serialize)]
pub(crate) struct Document {
    version: String,
    #[serde(flatten)]
    status: Status,
    rclone: serde_json::Value,
    plugins: serde_json::Value,
}

pub(crate) async fn get(State(state): State<Shared>) -> Result<Json<Document>, ApiError> {
    let status = state.booth.status().await?;
    let (version, rclone) = (state.version.clone(), state.rclone.status());
    Ok(Json(Document { version, status, rclone, plugins: state.plugins.noted() }))
}
