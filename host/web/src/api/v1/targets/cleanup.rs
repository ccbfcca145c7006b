//! `POST /api/v1/targets/{name}/cleanup`: deletes what earlier settings left behind on the target.

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
    let objects = state.booth.cleanup(&target).await?;
    Ok(Json(Counted { objects }))
}
