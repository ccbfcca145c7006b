//! `GET /api/v1/queue?target=&state=&limit=`: what is not as it should be, most urgent first.

use axum::Json;
use axum::extract::State;
use engine::view::QueueRow;
use serde::Deserialize;

use crate::error::ApiError;
use crate::extract::{Params, target};
use crate::state::Shared;

/// Rows that are looked at, and the most that are answered.
const MOST: u32 = 1_000;
/// Rows that are answered when nothing else is asked for.
const USUAL: u32 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Query {
    target: Option<String>,
    state: Option<WorkState>,
    limit: Option<u32>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WorkState {
    Pending,
    Running,
    Rejected,
    Held,
}

impl WorkState {
    fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Rejected => "rejected",
            Self::Held => "held",
        }
    }
}

pub(crate) async fn get(
    State(state): State<Shared>,
    Params(query): Params<Query>,
) -> Result<Json<Vec<QueueRow>>, ApiError> {
    let target = query.target.as_deref().map(target).transpose()?;
    let limit = query.limit.unwrap_or(USUAL).min(MOST);
    let looked_at = if query.state.is_some() { MOST } else { limit };
    let mut rows = state.booth.queue(target.as_ref(), looked_at).await?;
    if let Some(wanted) = query.state {
        rows.retain(|row| row.state == wanted.name());
    }
    rows.truncate(limit as usize);
    Ok(Json(rows))
}
