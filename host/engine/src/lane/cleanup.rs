//! Deleting what earlier settings of a target left behind, when the operator says so.

use super::{Shared, bounded_call};
use crate::rules::Rules;
use crate::target::Target;

/// Deletes object by object with the settings it was put with; what fails stays on the list.
pub(super) async fn run(shared: &Shared, rules: &Rules, target: &dyn Target) -> Result<u64, String> {
    let left = shared.store.left_behind(rules.id).await.map_err(|error| error.to_string())?;
    let mut gone = 0;
    for one in left {
        let before = target.placed_at(&one.placement)?;
        let call = bounded_call(shared);
        before
            .delete(&call, &one.path, one.receipt.as_ref())
            .await
            .map_err(|failure| format!("{gone} deleted, then {} could not be: {failure}", one.path))?;
        shared.store.forget_left_behind(rules.id, one).await.map_err(|error| error.to_string())?;
        gone += 1;
    }
    Ok(gone)
}
