//! `GET /api/v1/rclone/ui`: the address that opens rclone's web UI logged in.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::error::ApiError;
use crate::state::Shared;

#[derive(Serialize)]
pub(crate) struct Login {
    url: String,
}

pub(crate) async fn get(State(state): State<Shared>) -> Result<Json<Login>, ApiError> {
    let url = state.rclone.ui_login().ok_or_else(|| {
        ApiError::not_found(
            "rclone's web UI is not running",
            "it needs rclone 1.75 or newer, a target that uses rclone, `rclone.web_ui` not `off`, and its port free",
        )
    })?;
    Ok(Json(Login { url }))
}
