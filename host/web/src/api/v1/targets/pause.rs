//! `POST /api/v1/targets/{name}/pause`: stops the target's lane, over restarts too.

use axum::extract::State;
use axum::http::StatusCode;

use crate::error::ApiError;
use crate::extract::OfTarget;
use crate::state::Shared;

pub(crate) async fn post(
    State(state): State<Shared>,
    OfTarget(target): OfTarget,
) -> Result<StatusCode, ApiError> {
    state.booth.pause(&target).await?;
    Ok(StatusCode::NO_CONTENT)
}
