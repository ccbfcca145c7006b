//! Addresses with placeholders. What is right is the engine's word; here it is put beside its place in
//! the file.

use engine::settings::TargetSettings;
use engine::share::{LinkRule, Pattern, PatternError, Placeholder};

use super::checks::Checks;
use super::reference::nearest;

/// Checks a target's `public_link` and `sharepage_url`.
pub fn check_target(target: &TargetSettings, mut checks: Checks<'_>) {
    let Some(share) = &target.share else { return };
    if !share.public_link.is_empty()
        && let Err(error) = Pattern::for_target(&share.public_link, target.naming)
    {
        wrong(&mut checks, "public_link", &error);
    }
    let mut only_the_page = target.clone();
    if let Some(share) = &mut only_the_page.share {
        share.public_link.clear();
    }
    if let Err(error) = LinkRule::of(&only_the_page) {
        wrong(&mut checks, "sharepage_url", &error);
    }
}

/// Checks an address that belongs to no target.
pub fn check_custom(text: &str, key: &str, checks: &mut Checks<'_>) {
    if let Err(error) = Pattern::for_custom(text) {
        wrong(checks, key, &error);
    }
}

fn wrong(checks: &mut Checks<'_>, key: &str, error: &PatternError) {
    let text = error.to_string();
    // What is wrong, a colon, how to mend it. A colon in an address has no space behind it.
    let (message, cure) = text.split_once(": ").unwrap_or((&text, "write another address"));
    checks.wrong(key, message, did_you_mean(error).unwrap_or_else(|| cure.into()));
}

fn did_you_mean(error: &PatternError) -> Option<String> {
    let PatternError::Unknown { name, .. } = error else { return None };
    let near = nearest(name, Placeholder::ALL.iter().map(|placeholder| placeholder.name()))?;
    Some(format!("did you mean `{{{near}}}`?"))
}
