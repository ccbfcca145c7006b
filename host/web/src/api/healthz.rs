//! `GET /healthz`: whether the service works. Tells nothing else.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::error::ApiError;
use crate::state::Shared;

/// How long the engine may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
    version: String,
}

pub(crate) async fn get(State(state): State<Shared>) -> Result<Json<Health>, ApiError> {
    let ill = |error: &str| {
        let hint = "the service's log says more; restarting it loses nothing";
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, error, hint)
    };
    match tokio::time::timeout(PATIENCE, state.booth.status()).await {
        Ok(Ok(_)) => Ok(Json(Health { status: "ok", version: state.version.clone() })),
        Ok(Err(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the service is not healthy: {error}");
            Err(ill("the service cannot read its state"))
        }
        Err(_) => Err(ill("the service does not answer in time")),
    }
}
