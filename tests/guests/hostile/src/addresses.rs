//! Goes where it was not allowed to go.

use crate::boothsync::plugin::http;
use crate::protocol::{ask, get};
use crate::{Answer, Order};

pub fn asks_for_cloud_credentials(_: &Order) -> Answer {
    ask("http://169.254.169.254/latest/meta-data/iam/security-credentials/")
}

pub fn asks_a_mapped_address(order: &Order) -> Answer {
    at_port("http://[::ffff:127.0.0.1]", order)
}

pub fn asks_an_abbreviated_address(order: &Order) -> Answer {
    at_port("http://127.1", order)
}

pub fn asks_an_address_in_one_number(order: &Order) -> Answer {
    at_port("http://2130706433", order)
}

pub fn asks_localhost_with_a_dot(order: &Order) -> Answer {
    at_port("http://localhost.", order)
}

pub fn hides_a_host_behind_a_user_name(order: &Order) -> Answer {
    at_port("http://ok.example.com@127.0.0.1", order)
}

/// The first letter is Cyrillic.
pub fn asks_a_lookalike(_: &Order) -> Answer {
    ask("https://\u{430}pi.example.com/")
}

pub fn asks_another_port(order: &Order) -> Answer {
    at_port("http://127.0.0.1", order)
}

/// As a client would that follows redirects.
pub fn asks_where_it_is_redirected(order: &Order) -> Answer {
    let response = http::send(&get(order.text("url")))?;
    let location = response.headers().into_iter().find(|(name, _)| name == "location");
    let (_, location) = location.unwrap_or_default();
    ask(&location).map(|answer| format!("{} -> {location} {answer}", response.status()))
}

/// Once, and then once more over a connection of its own.
pub fn asks_a_name_that_moves(order: &Order) -> Answer {
    let first = ask(order.text("url"))?;
    ask(order.text("url")).map(|second| format!("{first}, {second}"))
}

fn at_port(origin: &str, order: &Order) -> Answer {
    ask(&format!("{origin}:{}/", order.number("port")))
}
