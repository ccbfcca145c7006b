//! `POST /api/v1/targets/{name}/sync`: starts a full sync of the target and does not wait for it.

use axum::extract::State;
use axum::http::StatusCode;

use crate::error::ApiError;
use crate::extract::OfTarget;
use crate::state::Shared;

pub(crate) async fn post(
    State(state): State<Shared>,
    OfTarget(target): OfTarget,
) -> Result<StatusCode, ApiError> {
    state.booth.sync(Some(&target)).await?;
    Ok(StatusCode::ACCEPTED)
}
