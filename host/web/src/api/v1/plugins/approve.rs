//! `POST /api/v1/plugins/{name}/approve` with `{"digest": DIGEST}`: grants that very file what it asks
//! for.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use serde_json::Value;

use crate::error::ApiError;
use crate::extract::OfPlugin;
use crate::state::Shared;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    digest: String,
}

pub(crate) async fn post(
    State(state): State<Shared>,
    OfPlugin(name): OfPlugin,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let body: Body = serde_json::from_slice(&body).map_err(|error| {
        let hint = "send `{\"digest\": \"sha256:...\"}`, the digest of the file whose wishes were read";
        ApiError::bad_request(format!("the body is not understood: {error}"), hint)
    })?;
    Ok(Json(state.plugins.approve(&name, &body.digest).await?))
}
