//! `POST /api/v1/targets/{name}/retry`: tries again what waits for the target or was refused by it.

use axum::Json;
use axum::extract::State;

use crate::api::v1::Counted;
use crate::error::ApiError;
use crate::extract::OfTarget;
use crate::state::Shared;

pub(crate) async fn post(
    State(state): State<Shared>,
    OfTarget(target): OfTarget,
) -> Result<Json<Counted>, ApiError> {
    let objects = state.booth.retry(Some(&target), None).await?;
    Ok(Json(Counted { objects }))
}
