//! `POST /api/v1/targets/{name}/probe`: asks the target whether it is usable.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use engine::{Failure, Report};
use serde::Serialize;

use crate::error::ApiError;
use crate::extract::OfTarget;
use crate::state::Shared;

#[derive(Serialize)]
pub(crate) struct Probed {
    usable: bool,
    /// The kind of failure, [`Failure::kind`].
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<&'static str>,
    /// What the target says of itself, or why it is not usable.
    summary: String,
    facts: BTreeMap<String, String>,
}

pub(crate) async fn post(
    State(state): State<Shared>,
    OfTarget(target): OfTarget,
) -> Result<Json<Probed>, ApiError> {
    Ok(Json(state.booth.probe(&target).await?.into()))
}

impl From<Result<Report, Failure>> for Probed {
    fn from(answer: Result<Report, Failure>) -> Self {
        match answer {
            Ok(Report { summary, facts }) => {
                Self { usable: true, failure: None, summary, facts: facts.into_iter().collect() }
            }
            Err(failure) => Self {
                usable: false,
                failure: Some(failure.kind()),
                summary: failure.to_string(),
                facts: BTreeMap::new(),
            },
        }
    }
}
