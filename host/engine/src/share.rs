//! Share links: pure functions of what is known of an item, so that a link exists the moment the
//! picture does and asking for it waits for nothing.
//!
//! A link to a target must never change once given out. It does not, as long as the target's rule stays the same
//! and [`Placed::path`] and [`Placed::until`] are decided once and kept.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::names::{MediaKey, ObjectPath, TargetName};
use crate::naming::{self, NamingKey};
use crate::settings::{Prefer, TargetSettings, TargetShare};
use crate::view::{Link, LinkKind, LinkState};

mod pattern;

pub use pattern::{Pattern, PatternError, Placeholder, Values};

/// How one target's links are made, checked.
#[derive(Debug, Clone)]
pub struct LinkRule {
    /// The target.
    pub target: TargetName,
    /// What to fill in; `None`: the target's service makes the link.
    pub pattern: Option<Pattern>,
    /// The share page that is put around the link.
    pub sharepage_url: Option<String>,
}

impl LinkRule {
    /// Reads the rule of `target`; `None` if it gives no links. An error may be about either address.
    pub fn of(target: &TargetSettings) -> Result<Option<Self>, PatternError> {
        let Some(TargetShare { public_link, sharepage_url }) = &target.share else { return Ok(None) };
        let pattern = match public_link.as_str() {
            "" => None,
            text => Some(Pattern::for_target(text, target.naming)?),
        };
        sharepage_url.as_deref().map_or(Ok(()), pattern::check_page)?;
        Ok(Some(Self { target: target.name.clone(), pattern, sharepage_url: sharepage_url.clone() }))
    }
}

/// What is known of an item when its links are asked for.
#[derive(Debug, Clone)]
pub struct LinkItem<'a> {
    /// The item.
    pub key: &'a MediaKey,
    /// It was taken off everywhere and stays off: what the custom link shows.
    pub taken_down: bool,
    /// Where each target has it or will have it. A target that does not want it is not in here.
    pub placed: &'a BTreeMap<TargetName, Placed>,
}

/// One target's copy of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its path there.
    pub path: ObjectPath,
    /// Whether it is there yet, or still.
    pub state: LinkState,
    /// The link that the target's service made, once it has.
    pub public_link: Option<String>,
    /// When it will be gone by itself, if that is known.
    pub until: Option<Timestamp>,
}

/// The item's links, in the order of `targets`, then the one of `custom`, then the one to this machine
/// at `lan`. A target without a pattern has no link before its service made one.
pub fn links(
    item: &LinkItem<'_>,
    targets: &[LinkRule],
    custom: Option<&Pattern>,
    lan: Option<&LanRule>,
) -> Vec<Link> {
    let online = targets.iter().filter_map(|rule| online_link(item, rule));
    let custom = custom.map(|pattern| custom_link(item, pattern));
    online.chain(custom).chain(lan.map(|rule| lan_link(item, rule))).collect()
}

/// How links to this machine are made.
#[derive(Debug, Clone)]
pub struct LanRule {
    /// Where phones in the booth's own network reach it.
    pub url: String,
    /// What the tokens are made with.
    pub secret: NamingKey,
}

/// Marks the link to give out: one that leads somewhere, of the preferred kind, to a target that is
/// `healthy` if the choice is ours.
pub fn prefer(links: &mut [Link], prefer: Prefer, healthy: impl Fn(&str) -> bool) {
    let rank = |link: &Link| match (prefer, link.kind) {
        (Prefer::Auto, LinkKind::Online) if healthy(&link.target) => 0,
        (Prefer::Online, LinkKind::Online) | (Prefer::Lan | Prefer::Auto, LinkKind::Lan) => 1,
        (_, LinkKind::Online) => 2,
        (_, LinkKind::Custom | LinkKind::Lan) => 3,
    };
    let alive = |link: &&mut Link| matches!(link.state, LinkState::Pending | LinkState::Online);
    if let Some(chosen) = links.iter_mut().filter(alive).min_by_key(|link| rank(link)) {
        chosen.preferred = true;
    }
}

fn online_link(item: &LinkItem<'_>, rule: &LinkRule) -> Option<Link> {
    let placed = item.placed.get(&rule.target)?;
    let media_url = match &rule.pattern {
        Some(pattern) => pattern.expand(&Values { key: item.key, path: &placed.path }),
        None => placed.public_link.clone()?,
    };
    let url = match &rule.sharepage_url {
        Some(page) => sharepage_link(page, &media_url, placed.until),
        None => media_url,
    };
    Some(Link {
        target: rule.target.to_string(),
        kind: LinkKind::Online,
        url,
        state: placed.state,
        preferred: false,
    })
}

fn custom_link(item: &LinkItem<'_>, pattern: &Pattern) -> Link {
    let path = ObjectPath::of_media(item.key);
    let url = pattern.expand(&Values { key: item.key, path: &path });
    Link { target: String::new(), kind: LinkKind::Custom, url, state: here(item), preferred: false }
}

fn lan_link(item: &LinkItem<'_>, rule: &LanRule) -> Link {
    let (token, name) =
        (naming::lan_token(&rule.secret, item.key), pattern::encode_all(item.key.file_name()));
    let url = format!("{}/s/{token}/{name}", rule.url.trim_end_matches('/'));
    Link { target: String::new(), kind: LinkKind::Lan, url, state: here(item), preferred: false }
}

/// The file lies here already.
fn here(item: &LinkItem<'_>) -> LinkState {
    if item.taken_down { LinkState::Removed } else { LinkState::Online }
}

/// The address at which the share page at `sharepage_url` shows what lies at `media_url`. With
/// `until` a page on web space that runs no programs can say that the picture is gone.
pub fn sharepage_link(sharepage_url: &str, media_url: &str, until: Option<Timestamp>) -> String {
    let page = sharepage_url.trim_end_matches('/');
    let media = pattern::encode_all(media_url);
    match until {
        Some(until) => format!("{page}/#/?url={media}&until={}", until.as_second()),
        None => format!("{page}/#/?url={media}"),
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;

    use super::*;

    fn rule(target: &str, pattern: &str, sharepage_url: Option<&str>) -> LinkRule {
        LinkRule {
            target: TargetName::new(target).unwrap(),
            pattern: (!pattern.is_empty()).then(|| Pattern::parse(pattern).unwrap()),
            sharepage_url: sharepage_url.map(Into::into),
        }
    }

    fn placed(key: &MediaKey, state: LinkState) -> Placed {
        Placed { path: ObjectPath::of_media(key), state, public_link: None, until: None }
    }

    fn at(targets: &[&str], placed: &Placed) -> BTreeMap<TargetName, Placed> {
        targets.iter().map(|name| (TargetName::new(name).unwrap(), placed.clone())).collect()
    }

    fn urls(links: &[Link]) -> Vec<&str> {
        links.iter().map(|link| link.url.as_str()).collect()
    }

    #[test]
    fn links_come_in_the_order_of_the_configuration_and_the_custom_one_last() {
        let key = MediaKey::new("full/a b.jpg").unwrap();
        let placed = at(&["alpha", "web", "unlisted"], &placed(&key, LinkState::Pending));
        let rules = [rule("web", "https://w/{path}", None), rule("alpha", "https://a/{filename}", None)];
        let custom = Pattern::for_custom("http://booth/{key}").unwrap();
        let item = LinkItem { key: &key, taken_down: false, placed: &placed };
        let links = links(&item, &rules, Some(&custom), None);
        assert_eq!(
            urls(&links),
            ["https://w/media/full/a%20b.jpg", "https://a/a%20b.jpg", "http://booth/full/a%20b.jpg"]
        );
        assert_eq!(links[0].state, LinkState::Pending);
        assert_eq!((links[2].kind, links[2].target.as_str()), (LinkKind::Custom, ""));
    }

    #[test]
    fn a_target_that_does_not_want_the_item_gives_no_link() {
        let key = MediaKey::new("a.jpg").unwrap();
        let item = LinkItem { key: &key, taken_down: false, placed: &BTreeMap::new() };
        assert!(links(&item, &[rule("web", "https://w/{path}", None)], None, None).is_empty());
    }

    #[test]
    fn without_a_pattern_the_link_is_the_service_s_own_once_there_is_one() {
        let key = MediaKey::new("a.jpg").unwrap();
        let mut there = placed(&key, LinkState::Online);
        let rules = [rule("cloud", "", Some("https://p.example/"))];
        let before = at(&["cloud"], &there);
        assert!(
            links(&LinkItem { key: &key, taken_down: false, placed: &before }, &rules, None, None).is_empty()
        );
        there.public_link = Some("https://cloud.example/s/x?dl=1".into());
        let after = at(&["cloud"], &there);
        let links = links(&LinkItem { key: &key, taken_down: false, placed: &after }, &rules, None, None);
        assert_eq!(urls(&links), ["https://p.example/#/?url=https%3A%2F%2Fcloud.example%2Fs%2Fx%3Fdl%3D1"]);
    }

    #[test]
    fn what_was_taken_down_shows_as_removed_on_the_custom_link_too() {
        let key = MediaKey::new("a.jpg").unwrap();
        let placed = at(&["web"], &placed(&key, LinkState::Removed));
        let custom = Pattern::for_custom("http://booth/{key}").unwrap();
        let item = LinkItem { key: &key, taken_down: true, placed: &placed };
        let links = links(&item, &[rule("web", "https://w/{path}", None)], Some(&custom), None);
        assert_eq!(links.iter().map(|link| link.state).collect::<Vec<_>>(), [LinkState::Removed; 2]);
    }

    #[test]
    fn the_link_to_this_machine_comes_last_and_works_at_once() {
        let key = MediaKey::new("full/a b.jpg").unwrap();
        let placed = at(&["web"], &placed(&key, LinkState::Pending));
        let item = LinkItem { key: &key, taken_down: false, placed: &placed };
        let lan = LanRule { url: "http://booth.local:8088/".into(), secret: NamingKey::new([7; 32]) };
        let links = links(&item, &[rule("web", "https://w/{path}", None)], None, Some(&lan));
        assert_eq!((links[1].kind, links[1].state), (LinkKind::Lan, LinkState::Online));
        let token = naming::lan_token(&lan.secret, &key);
        assert_eq!(links[1].url, format!("http://booth.local:8088/s/{token}/a%20b.jpg"));
    }

    #[test]
    fn the_link_to_give_out_leads_somewhere_and_is_of_the_preferred_kind() {
        let link = |target: &str, kind, state| Link {
            target: target.into(),
            kind,
            url: String::new(),
            state,
            preferred: false,
        };
        let chosen = |choice, healthy: &[&str], over: bool| {
            let state = if over { LinkState::Removed } else { LinkState::Pending };
            let mut links = [
                link("a", LinkKind::Online, state),
                link("b", LinkKind::Online, LinkState::Online),
                link("", LinkKind::Custom, LinkState::Online),
                link("", LinkKind::Lan, LinkState::Online),
            ];
            prefer(&mut links, choice, |target| healthy.contains(&target));
            links.iter().position(|link| link.preferred).unwrap()
        };
        assert_eq!(chosen(Prefer::Auto, &["a", "b"], false), 0);
        assert_eq!(chosen(Prefer::Auto, &["b"], false), 1);
        assert_eq!(chosen(Prefer::Auto, &["a"], true), 3);
        assert_eq!(chosen(Prefer::Auto, &[], false), 3);
        assert_eq!(chosen(Prefer::Online, &[], false), 0);
        assert_eq!(chosen(Prefer::Lan, &["a", "b"], false), 3);
        let mut over = [link("a", LinkKind::Online, LinkState::Expired)];
        prefer(&mut over, Prefer::Auto, |_| true);
        assert!(!over[0].preferred);
    }

    #[test]
    fn an_address_that_cannot_be_a_share_page_is_refused() {
        for bad in ["https://p.example/#/", "https://p.example/?a=b", "https://p.example/{path}"] {
            assert_eq!(pattern::check_page(bad), Err(PatternError::Page(bad.into())));
        }
        assert_eq!(pattern::check_page("p.example"), Err(PatternError::Scheme("p.example".into())));
        assert!(pattern::check_page("https:///dir/").is_err());
        assert_eq!(pattern::check_page("https://p.example/dir/index.html"), Ok(()));
    }

    #[test]
    fn the_share_page_s_address_may_end_in_any_number_of_slashes() {
        for page in ["https://p.example", "https://p.example/", "https://p.example//"] {
            assert_eq!(
                sharepage_link(page, "https://m/a.jpg", None),
                "https://p.example/#/?url=https%3A%2F%2Fm%2Fa.jpg"
            );
        }
        let until = Timestamp::from_second(1_800_000_000).unwrap();
        let link = sharepage_link("https://p.example/dir/", "x", Some(until));
        assert_eq!(link, "https://p.example/dir/#/?url=x&until=1800000000");
    }

    #[test]
    fn decoding_a_share_link_twice_gives_the_name_back() {
        for name in pattern::tests::NASTY {
            let key = MediaKey::new(name).unwrap();
            let placed = at(&["web"], &placed(&key, LinkState::Online));
            let item = LinkItem { key: &key, taken_down: false, placed: &placed };
            let rules = [rule("web", "https://w.example/{path}", Some("https://w.example/"))];
            let link = links(&item, &rules, None, None).remove(0).url;
            let (_, query) = link.split_once("#/?url=").unwrap();
            let media_url = percent_decode_str(query).decode_utf8().unwrap();
            let path = media_url.strip_prefix("https://w.example/").unwrap();
            assert_eq!(percent_decode_str(path).decode_utf8().unwrap(), format!("media/{name}"));
        }
    }
}
