//! `POST /api/v1/targets/{name}/confirm-deletes` with `{"set": ID}`: lets deletes happen that were
//! held back. Without a body: every set that is held now.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;

use crate::api::v1::Counted;
use crate::error::ApiError;
use crate::extract::OfTarget;
use crate::state::Shared;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    set: u64,
}

pub(crate) async fn post(
    State(state): State<Shared>,
    OfTarget(target): OfTarget,
    body: Bytes,
) -> Result<Json<Counted>, ApiError> {
    let objects = state.booth.confirm_deletes(&target, set(&body)?).await?;
    Ok(Json(Counted { objects }))
}

/// Nonsense must not count as "every set".
fn set(body: &[u8]) -> Result<Option<u64>, ApiError> {
    if body.is_empty() {
        return Ok(None);
    }
    let body: Body = serde_json::from_slice(body).map_err(|error| {
        let hint = "send `{\"set\": 7}`, or nothing for every set that is held now";
        ApiError::bad_request(format!("the body is not understood: {error}"), hint)
    })?;
    Ok(Some(body.set))
}
