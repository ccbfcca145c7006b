//! What must hold for any address: the grants and the connection see the same host in it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;
use proptest::prelude::*;
use proptest::sample::select;

use super::{Allow, AllowList, check_url};

const GRANTS: &[&str] = &[
    "https://a.example",
    "https://*.b.example",
    "http://nas.lan:8080",
    "http://10.0.0.5",
    "http://[fd00::5]:81",
    "http://localhost:5000",
];

fn list() -> AllowList {
    AllowList::new(GRANTS.iter().map(|grant| Allow::parse(grant).unwrap()).collect())
}

/// The same grants, written down once more without any of the code that is tested.
fn is_granted(scheme: &str, host: &str, port: u16) -> bool {
    let under_b = host.strip_suffix(".b.example").is_some_and(|front| !front.is_empty());
    match (scheme, port) {
        ("https", 443) => host == "a.example" || under_b,
        ("http", 8080) => host == "nas.lan",
        ("http", 80) => host == "10.0.0.5",
        ("http", 81) => host.parse() == Ok(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 5)),
        ("http", 5000) => host == "localhost",
        _ => false,
    }
}

/// Takes an address apart as the client does that connects.
fn dialled(address: &str) -> Option<(String, String, u16)> {
    let uri: Uri = address.parse().ok()?;
    let scheme = uri.scheme_str()?.to_owned();
    let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
    Some((scheme, host, port))
}

fn agrees(text: &str) -> Result<(), TestCaseError> {
    let Ok(url) = check_url(text) else { return Ok(()) };
    if list().check(&url).is_err() {
        return Ok(());
    }
    // The client refuses what it cannot read.
    let Some((scheme, host, port)) = dialled(url.as_str()) else { return Ok(()) };
    prop_assert!(is_granted(&scheme, &host, port), "{text:?} leads to {scheme}://{host}:{port}");
    Ok(())
}

/// Addresses made of what has fooled others.
fn address() -> impl Strategy<Value = String> {
    let scheme = select(vec![
        "http:",
        "https:",
        "http:",
        "https:",
        "HTTPS:",
        "ftp:",
        "",
        " https:",
        "ht\ttps:",
        "http:http:",
    ]);
    let slashes = select(vec!["//", "//", "//", "/", "", "\\\\", "///", "/\\"]);
    let user =
        select(vec!["", "", "", "a.example@", "a.example:443@", "@", "%40", "a.example#@", "a.example\\@"]);
    let host = select(vec![
        "a.example",
        "A.EXAMPLE",
        "a.example.",
        "x.b.example",
        ".b.example",
        "b.example",
        "evilb.example",
        "nas.lan",
        "10.0.0.5",
        "10.5",
        "0x0a000005",
        "167772165",
        "[fd00::5]",
        "[fd00:0::5]",
        "[::ffff:10.0.0.5]",
        "localhost",
        "localhost.",
        "127.0.0.1",
        "127.1",
        "[::1]",
        "\u{430}.example",
        "a\u{3002}example",
        "a.e\u{ad}xample",
        "%61.example",
        "\u{2460}0.0.0.5",
        "a.example%00.evil.example",
        "169.254.169.254",
        "evil.example",
        "a.example\t",
        "a.example\n",
        "",
    ]);
    let port =
        select(vec!["", ":", ":80", ":443", ":8080", ":81", ":5000", ":0080", ":65616", ":-1", ":80:443"]);
    let rest = select(vec![
        "",
        "/",
        "/x?y#z",
        "?@evil.example",
        "#@evil.example",
        "\\@evil.example",
        "/../..",
        "@evil.example",
    ]);
    (scheme, slashes, user, host, port, rest).prop_map(|(scheme, slashes, user, host, port, rest)| {
        [scheme, slashes, user, host, port, rest].concat()
    })
}

/// Addresses near all those that are not to be reached, and any others.
fn ip() -> impl Strategy<Value = IpAddr> {
    let special: Vec<Ipv4Addr> = [
        "127.0.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "10.0.0.5",
        "192.168.1.5",
        "172.16.0.1",
        "100.64.0.1",
        "8.8.8.8",
        "192.0.0.1",
        "198.18.0.1",
        "240.0.0.1",
    ]
    .iter()
    .map(|text| text.parse().unwrap())
    .collect();
    let v4 = prop_oneof![select(special), any::<u32>().prop_map(Ipv4Addr::from)];
    let tunnel = (v4.clone(), 0..5u8).prop_map(|(ip, kind)| {
        let bits = u128::from(u32::from(ip));
        Ipv6Addr::from(match kind {
            0 => (0xffff << 32) | bits,
            1 => bits,
            2 => (0x0064_ff9b << 96) | bits,
            3 => (0x2002 << 112) | (bits << 80),
            _ => (0x0064_ff9b_0001 << 80) | bits,
        })
    });
    prop_oneof![
        v4.prop_map(IpAddr::from),
        tunnel.prop_map(IpAddr::from),
        any::<u128>().prop_map(|bits| Ipv6Addr::from(bits).into()),
        (any::<u128>(), select(vec![0xfe80, 0xfc00, 0xff02, 0x2001, 0]))
            .prop_map(|(bits, first): (u128, u128)| { Ipv6Addr::from((bits >> 16) | (first << 112)).into() }),
    ]
}

/// The IPv4 address that an address is, or carries in it for somebody who takes it out again.
fn carried(ip: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = ip else { return Some(ip.to_string().parse().unwrap()) };
    let (bits, s) = (v6.to_bits(), v6.segments());
    match s {
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(Ipv4Addr::from(bits as u32)),
        [0x2002, ..] => Some(Ipv4Addr::from((bits >> 80) as u32)),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16_384, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_granted_is_what_is_dialled(text in address()) {
        agrees(&text)?;
    }

    #[test]
    fn whatever_is_granted_is_what_is_dialled(text in "(https?://)?.{0,40}") {
        agrees(&text)?;
    }

    #[test]
    fn a_name_leads_to_no_address_that_only_an_address_may(ip in ip()) {
        for name in ["a.example", "x.b.example", "nas.lan"] {
            if !list().admits(name, ip) {
                continue;
            }
            prop_assert!(!ip.is_loopback() && !ip.is_multicast() && !ip.is_unspecified(), "{ip}");
            if let Some(v4) = carried(ip) {
                prop_assert!(!v4.is_loopback() && !v4.is_link_local() && !v4.is_multicast(), "{ip}");
                prop_assert!(!v4.is_unspecified() && !v4.is_broadcast(), "{ip}");
                prop_assert!(name != "x.b.example" || !v4.is_private(), "a wildcard leads to {ip}");
            }
            if let IpAddr::V6(v6) = ip {
                prop_assert!(!v6.is_unicast_link_local(), "{ip}");
            }
        }
    }

    #[test]
    fn the_line_that_a_refusal_names_would_allow_it(text in address()) {
        let Ok(url) = check_url(&text) else { return Ok(()) };
        let Err(refusal) = AllowList::default().check(&url) else { return Ok(()) };
        let line = refusal.split('"').nth(1).unwrap_or_default();
        // A host that begins with a dot can be asked for and not be granted.
        if let Ok(allow) = Allow::parse(line) {
            prop_assert!(AllowList::new(vec![allow]).check(&url).is_ok(), "{refusal}");
        }
    }
}
