//! What went wrong, as the API answers it: `{"error": ..., "hint": ...}`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::OrderError;
use serde::Serialize;

use crate::plugins::Refusal;

/// An answer other than the one that was hoped for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) body: ErrorBody,
}

/// Both are sentences for people and hold no secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ErrorBody {
    /// What is wrong.
    pub(crate) error: String,
    /// How to mend it.
    pub(crate) hint: String,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status, body: ErrorBody { error: error.into(), hint: hint.into() } }
    }

    pub(crate) fn bad_request(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, hint)
    }

    pub(crate) fn not_found(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error, hint)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "this needs an API token",
            "send `Authorization: Bearer TOKEN`; the token is in `identity.toml` in the data folder",
        )
    }
}

impl From<OrderError> for ApiError {
    fn from(order: OrderError) -> Self {
        let error = order.to_string();
        let (status, hint) = match &order {
            OrderError::NoSuchTarget(_) => (StatusCode::NOT_FOUND, "`boothsync status` lists the targets"),
            OrderError::NoSuchItem(_) => {
                (StatusCode::NOT_FOUND, "a key is the path below the media folder, such as `full/a.jpg`")
            }
            OrderError::NothingHeld(_) => {
                (StatusCode::CONFLICT, "`boothsync status` shows what is held back")
            }
            OrderError::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "ask again once it runs"),
            OrderError::Other(_) => (StatusCode::CONFLICT, "the service's log says more"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "the service's log says more"),
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = &order as &dyn std::error::Error, "a request failed: {order}");
        }
        Self::new(status, error, hint)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        // The sentences say themselves how to mend it.
        match refusal {
            Refusal::NoSuchPlugin(error) => Self::not_found(error, ""),
            Refusal::Refused(error) => Self::new(StatusCode::CONFLICT, error, ""),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer realm=\"boothsync\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
