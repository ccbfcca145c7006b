//! How often one phone may ask, so that none keeps the others waiting and nobody tries tokens.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::plain;
use crate::guard::Peer;

/// Requests in a second, for long.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(20).expect("not zero");
/// Requests at once: a page, a video that is sought in, and a few friends behind one address.
const BURST: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
/// With so many phones known, those that were quiet for long are forgotten.
const PHONES: usize = 1_000;

/// What each phone may still ask for.
pub(super) struct Pace(RateLimiter<IpAddr, HashMapStateStore<IpAddr>, DefaultClock>);

impl Default for Pace {
    fn default() -> Self {
        Self(RateLimiter::hashmap(Quota::per_second(PER_SECOND).allow_burst(BURST)))
    }
}

impl Pace {
    fn allows(&self, phone: IpAddr) -> bool {
        if self.0.len() >= PHONES {
            self.0.retain_recent();
        }
        self.0.check_key(&one_phone(phone)).is_ok()
    }
}

/// Who has an IPv6 address has the whole network behind its first half.
fn one_phone(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

pub(super) async fn keep(State(pace): State<Arc<Pace>>, request: Request, next: Next) -> Response {
    let phone = request.extensions().get::<Peer>().and_then(|peer| peer.address);
    if phone.is_some_and(|phone| pace.allows(phone)) {
        return next.run(request).await;
    }
    let soon = [(header::RETRY_AFTER, "1")];
    (soon, plain(StatusCode::TOO_MANY_REQUESTS, "too many requests; try again in a moment")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_that_asks_without_end_is_slowed_down_alone() {
        let pace = Pace::default();
        let (greedy, other) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let allowed = (0..1_000).filter(|_| pace.allows(greedy)).count();
        assert!((100..300).contains(&allowed), "{allowed}");
        assert!(pace.allows(other));
    }

    #[test]
    fn a_phone_cannot_pass_for_many() {
        let pace = Pace::default();
        let allowed =
            (0..1_000u16).filter(|n| pace.allows(Ipv6Addr::new(0xfd00, 0, 0, 1, 0, 0, 0, *n).into()));
        assert!(allowed.count() < 300);
    }
}
