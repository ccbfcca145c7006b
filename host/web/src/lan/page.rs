//! The share page, and the way to it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use super::{nothing_here, plain};
use crate::booth::Booth;

pub(super) async fn get(State(booth): State<Arc<dyn Booth>>) -> Response {
    let page = match booth.lan_page().await {
        Ok(Some(page)) => page,
        Ok(None) => {
            return plain(StatusCode::SERVICE_UNAVAILABLE, "the page is not made yet; try again in a moment");
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the share page cannot be served: {error}"
            );
            return plain(StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be read");
        }
    };
    let size = usize::try_from(page.size_bytes()).unwrap_or(usize::MAX);
    let read = tokio::task::spawn_blocking(move || page.read_at(0, size)).await;
    let Ok(Ok(bytes)) = read else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be read");
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
        // The page brings its own policy, which is stricter.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'self' 'unsafe-inline' data: blob:; frame-ancestors 'none'",
        ),
    ];
    (headers, bytes).into_response()
}

/// Sends a phone to the page that shows the item.
pub(super) async fn to(Path((token, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let Some(address) = host.and_then(|host| item_address(host, &token, &name)) else {
        return nothing_here();
    };
    let page = engine::share::sharepage_link("", &address, None);
    (StatusCode::FOUND, [(header::LOCATION, page)]).into_response()
}

/// Where the item lies for who reached us as `host`; `None` if that is no name of a machine.
fn item_address(host: &str, token: &str, name: &str) -> Option<String> {
    let mut address = Url::parse(&format!("http://{host}/")).ok()?;
    let plain = address.username().is_empty() && address.password().is_none() && address.path() == "/";
    if !plain || address.query().is_some() || address.fragment().is_some() {
        return None;
    }
    address.path_segments_mut().ok()?.clear().extend(["p", token, name]);
    Some(address.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_lies_where_the_phone_found_the_page() {
        let address = |host| item_address(host, "tok", "Grüße 1.jpg");
        let booth = address("booth.local:8088").unwrap();
        assert_eq!(booth, "http://booth.local:8088/p/tok/Gr%C3%BC%C3%9Fe%201.jpg");
        assert_eq!(address("[fe80::1]:8088").unwrap(), "http://[fe80::1]:8088/p/tok/Gr%C3%BC%C3%9Fe%201.jpg");
        for odd in ["", "a b", "user@booth", "booth/x", "booth?x", "booth#x"] {
            assert_eq!(address(odd), None, "{odd}");
        }
    }
}
