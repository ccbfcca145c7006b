//! Parts of a request, with errors in our words.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use engine::{MediaKey, TargetName};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::error::ApiError;

/// The query, whose unknown and doubled fields are refused.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = Query::try_from_uri(&parts.uri).map_err(|rejection| {
            let reason = std::error::Error::source(&rejection)
                .map_or_else(|| rejection.to_string(), ToString::to_string);
            let error = format!("the query is not understood: {reason}");
            ApiError::bad_request(error, "`/api/v1/openapi.json` says what each route takes")
        })?;
        Ok(Self(query.0))
    }
}

/// `{identifier}` in the path.
pub(crate) struct Identifier(pub(crate) Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Identifier {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let text = path_part(parts, state).await?;
        Uuid::try_parse(&text).map(Self).map_err(|_| {
            let hint = "an identifier looks like `c2afb321-f57c-49c1-8b95-03611e5a1816`; keys go to `?key=`";
            ApiError::bad_request(format!("`{text}` is not an identifier"), hint)
        })
    }
}

/// `{name}` of a target in the path.
pub(crate) struct OfTarget(pub(crate) TargetName);

impl<S: Send + Sync> FromRequestParts<S> for OfTarget {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        target(&path_part(parts, state).await?).map(Self)
    }
}

/// `{name}` of a plugin in the path.
pub(crate) struct OfPlugin(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for OfPlugin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path_part(parts, state).await.map(Self)
    }
}

async fn path_part<S: Send + Sync>(parts: &mut Parts, state: &S) -> Result<String, ApiError> {
    let part = Path::<String>::from_request_parts(parts, state).await;
    let unreadable = |_| ApiError::bad_request("the path is not readable text", "percent-encode it as UTF-8");
    part.map(|Path(text)| text).map_err(unreadable)
}

/// A media item's key from a query.
pub(crate) fn key(text: &str) -> Result<MediaKey, ApiError> {
    let hint = "a key is the path below the media folder, such as `full/a.jpg`";
    MediaKey::new(text).map_err(|error| ApiError::bad_request(error.to_string(), hint))
}

/// A target's name from a path or query. A name that no target can have is one that none has.
pub(crate) fn target(text: &str) -> Result<TargetName, ApiError> {
    TargetName::new(text).map_err(|_| engine::OrderError::NoSuchTarget(text.into()).into())
}
