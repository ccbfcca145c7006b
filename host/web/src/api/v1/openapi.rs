//! `GET /api/v1/openapi.json`: this API, described.

use axum::http::header;
use axum::response::IntoResponse;

pub(crate) async fn get() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], crate::OPENAPI)
}
