//! `GET /api/v1/status`: media, targets and rclone now.

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
}

pub(crate) async fn get(State(state): State<Shared>) -> Result<Json<Document>, ApiError> {
    let status = state.booth.status().await?;
    Ok(Json(Document { version: state.version.clone(), status, rclone: state.rclone.status() }))
}
