//! `POST /api/v1/targets/{name}/resume`: lets a paused lane work again.

use axum::extract::State;
use axum::http::StatusCode;

use crate::error::ApiError;
use crate::extract::OfTarget;
use crate::state::Shared;

pub(crate) async fn post(
    State(state): State<Shared>,
    OfTarget(target): OfTarget,
) -> Result<StatusCode, ApiError> {
    state.booth.resume(&target).await?;
    Ok(StatusCode::NO_CONTENT)
}
