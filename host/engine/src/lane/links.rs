//! Asking a target's service for a visitor's link, ahead of time: never on a visitor's path.

use tracing::warn;

use super::{Shared, bounded_call};
use crate::names::ObjectPath;
use crate::rules::Rules;
use crate::target::Target;

/// Fetches and keeps the link of what the target now holds, if its links come from the service.
/// Without one the share page's link is missing, and the upload counts all the same.
pub(super) async fn fetch(shared: &Shared, rules: &Rules, target: &dyn Target, path: &ObjectPath) {
    let wanted = rules.settings.share.as_ref().is_some_and(|share| share.public_link.is_empty());
    if !wanted || !target.abilities().links || !path.as_str().starts_with("media/") {
        return;
    }
    let call = bounded_call(shared);
    match target.public_link(&call, path, None).await {
        Ok(None) => {}
        Ok(Some(link)) => {
            if let Err(problem) = shared.store.keep_public_link(rules.id, path.clone(), link).await {
                warn!(object.path = %path, "the link of {path} is not written down: {problem}");
            }
        }
        Err(failure) => warn!(
            target.name = %rules.settings.name, object.path = %path,
            "`{}` gave no link for {path}: {failure}", rules.settings.name
        ),
    }
}
