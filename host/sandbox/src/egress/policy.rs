//! Which hosts a plugin may reach, and which addresses these hosts may have. Pure.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// One granted origin: scheme, host and port. Written `https://api.example.com`,
/// `https://*.example.com`, `http://192.168.1.5:8080`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allow {
    scheme: String,
    host: HostRule,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum HostRule {
    Exact(String),
    /// Every host below this domain, not the domain itself.
    Under(String),
    Address(IpAddr),
}

impl Allow {
    /// Reads a grant as a vendor wrote it in the manifest.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wildcard = text.contains("://*.");
        let url = Url::parse(&text.replacen("://*.", "://", 1)).map_err(|_| not_an_origin(text))?;
        let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !plain || !url.username().is_empty() || url.password().is_some() {
            return Err(not_an_origin(text));
        }
        let mut allow = Self::of(&url).ok_or_else(|| not_an_origin(text))?;
        if wildcard {
            allow.host = match allow.host {
                HostRule::Exact(host) if host.contains('.') => HostRule::Under(host),
                _ => return Err(not_an_origin(text)),
            };
        }
        Ok(allow)
    }

    /// The origin of an address, `None` if it is not http or https with a host.
    pub fn of(url: &Url) -> Option<Self> {
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let host = match url.host()? {
            Host::Domain("") => return None,
            Host::Domain(name) => HostRule::Exact(name.to_owned()),
            Host::Ipv4(ip) => HostRule::Address(ip.into()),
            Host::Ipv6(ip) => HostRule::Address(ip.into()),
        };
        Some(Self { scheme: url.scheme().to_owned(), host, port: url.port_or_known_default()? })
    }

    fn covers(&self, wanted: &Self) -> bool {
        self.scheme == wanted.scheme && self.port == wanted.port && self.covers_host(&wanted.host)
    }

    fn covers_host(&self, wanted: &HostRule) -> bool {
        match (&self.host, wanted) {
            (HostRule::Under(domain), HostRule::Exact(name)) => is_under(name, domain),
            (ours, wanted) => ours == wanted,
        }
    }

    /// Whether a host of this grant may have this address.
    fn admits(&self, name: &str, ip: IpAddr) -> bool {
        match &self.host {
            HostRule::Exact(host) if host != name => false,
            HostRule::Exact(host) if host == "localhost" => matches!(Reach::of(ip), Reach::Loopback),
            HostRule::Exact(_) => matches!(Reach::of(ip), Reach::Public | Reach::Private),
            HostRule::Under(domain) => is_under(name, domain) && matches!(Reach::of(ip), Reach::Public),
            HostRule::Address(_) => false,
        }
    }
}

fn is_under(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|front| front.len() > 1 && front.ends_with('.'))
}

fn not_an_origin(text: &str) -> String {
    format!(
        "`{text}` is no origin; write scheme and host, and the port if it is not the usual one: `https://api.example.com`"
    )
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.scheme)?;
        match &self.host {
            HostRule::Exact(host) => f.write_str(host)?,
            HostRule::Under(domain) => write!(f, "*.{domain}")?,
            HostRule::Address(IpAddr::V4(ip)) => write!(f, "{ip}")?,
            HostRule::Address(IpAddr::V6(ip)) => write!(f, "[{ip}]")?,
        }
        match (self.scheme.as_str(), self.port) {
            ("http", 80) | ("https", 443) => Ok(()),
            (_, port) => write!(f, ":{port}"),
        }
    }
}

/// All origins that one target may reach.
#[derive(Debug, Clone, Default)]
pub(crate) struct AllowList(Vec<Allow>);

impl AllowList {
    /// Nothing else than these.
    pub fn new(allowed: Vec<Allow>) -> Self {
        Self(allowed)
    }

    /// Whether a request may go to this address. The error names what would have to be granted.
    pub fn check(&self, url: &Url) -> Result<(), String> {
        let wanted = Allow::of(url).ok_or_else(|| "this is no web address".to_owned())?;
        if self.0.iter().any(|allow| allow.covers(&wanted)) {
            return Ok(());
        }
        Err(format!(
            "`{wanted}` is not granted to this plugin; to allow it, its manifest needs `allow = [\"{wanted}\"]` in [permissions.http]"
        ))
    }

    /// Whether a connection for the host `name` may go to `ip`.
    pub fn admits(&self, name: &str, ip: IpAddr) -> bool {
        self.0.iter().any(|allow| allow.admits(name, ip))
    }
}

/// How far away an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Public,
    Private,
    Loopback,
    /// Link-local, multicast, unspecified, reserved, and every tunnel that could hide one of them.
    Never,
}

impl Reach {
    fn of(ip: IpAddr) -> Self {
        match ip.to_canonical() {
            IpAddr::V4(ip) => Self::of_v4(ip),
            IpAddr::V6(ip) => Self::of_v6(ip),
        }
    }

    fn of_v4(ip: Ipv4Addr) -> Self {
        let [a, b, c, _] = ip.octets();
        match (a, b, c) {
            (127, ..) => Self::Loopback,
            (10, ..) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _) => Self::Private,
            (0, ..) | (169, 254, _) | (192, 0, 0) | (192, 0, 2) | (198, 18..=19, _) | (198, 51, 100) => {
                Self::Never
            }
            (203, 0, 113) | (192, 88, 99) | (224..=255, ..) => Self::Never,
            _ => Self::Public,
        }
    }

    fn of_v6(ip: Ipv6Addr) -> Self {
        let s = ip.segments();
        match s {
            [0, 0, 0, 0, 0, 0, 0, 1] => Self::Loopback,
            [0, 0, 0, 0, 0, 0, ..] => Self::Never,
            // NAT64 and 6to4 carry an IPv4 address, which decides.
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Self::of_v4(embedded(high, low)),
            [0x2002, high, low, ..] => Self::of_v4(embedded(high, low)),
            [0x64, 0xff9b, ..] | [0x2001, 0, ..] | [0x2001, 0xdb8, ..] | [0x100, 0, 0, 0, ..] => Self::Never,
            [first, ..] if first & 0xfe00 == 0xfc00 => Self::of_ula(s),
            [first, ..] if first & 0xe000 == 0x2000 => Self::Public,
            _ => Self::Never,
        }
    }

    /// Local networks, but not the address at which clouds hand out credentials.
    fn of_ula(s: [u16; 8]) -> Self {
        if s == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] { Self::Never } else { Self::Private }
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from((u32::from(high) << 16) | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(allowed: &[&str]) -> AllowList {
        AllowList::new(allowed.iter().map(|text| Allow::parse(text).unwrap()).collect())
    }

    fn allows(list: &AllowList, url: &str) -> bool {
        Url::parse(url).is_ok_and(|url| list.check(&url).is_ok())
    }

    #[test]
    fn scheme_host_and_port_must_all_be_granted() {
        let list = list(&["https://api.example.com", "http://nas.lan:8080"]);
        assert!(allows(&list, "https://api.example.com/any/path?x"));
        assert!(allows(&list, "https://API.example.com:443/"));
        assert!(allows(&list, "http://nas.lan:8080/"));
        for bad in [
            "http://api.example.com/",
            "https://api.example.com:8443/",
            "https://example.com/",
            "https://api.example.com.evil.example/",
            "https://api.example.com./",
            "http://nas.lan/",
        ] {
            assert!(!allows(&list, bad), "{bad}");
        }
    }

    #[test]
    fn a_wildcard_stays_below_its_domain() {
        let list = list(&["https://*.example.com"]);
        assert!(allows(&list, "https://a.b.example.com/"));
        for bad in ["https://example.com/", "https://evilexample.com/", "https://.example.com/"] {
            assert!(!allows(&list, bad), "{bad}");
        }
    }

    #[test]
    fn every_spelling_of_an_address_is_the_same_address() {
        let loopback = list(&["http://127.0.0.1:5572"]);
        for same in
            ["http://127.1:5572/", "http://2130706433:5572/", "http://0x7f.1:5572/", "http://127.0.0.1:5572/"]
        {
            assert!(allows(&loopback, same), "{same}");
            assert!(!allows(&list(&["https://a.example"]), same), "{same}");
        }
        assert!(!allows(&loopback, "http://[::ffff:127.0.0.1]:5572/"));
    }

    #[test]
    fn a_name_never_leads_to_this_machine_or_to_cloud_credentials() {
        let list = list(&["https://nas.lan", "https://*.example.com"]);
        let admits = |name: &str, ip: &str| list.admits(name, ip.parse().unwrap());
        assert!(admits("nas.lan", "192.168.1.5"));
        assert!(admits("nas.lan", "fd12::5"));
        assert!(admits("a.example.com", "93.184.216.34"));
        assert!(!admits("a.example.com", "192.168.1.5"));
        assert!(!admits("other.lan", "192.168.1.5"));
        for bad in [
            "127.0.0.1",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "fd00:ec2::254",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a9fe:a9fe",
            "2002:7f00:1::",
            "fe80::1",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "255.255.255.255",
            "ff02::1",
        ] {
            assert!(!admits("nas.lan", bad), "{bad}");
        }
    }

    #[test]
    fn localhost_is_this_machine_and_nothing_else() {
        let list = list(&["http://localhost:8080"]);
        assert!(list.admits("localhost", "127.0.0.1".parse().unwrap()));
        assert!(!list.admits("localhost", "192.168.1.5".parse().unwrap()));
    }

    #[test]
    fn a_refusal_says_the_line_that_would_allow_it() {
        let error = list(&[]).check(&Url::parse("https://a.example:8443/x").unwrap()).unwrap_err();
        assert!(error.contains(r#"allow = ["https://a.example:8443"]"#), "{error}");
        let line = "https://a.example:8443";
        assert_eq!(Allow::parse(line).unwrap().to_string(), line);
    }

    #[test]
    fn a_grant_is_an_origin_and_nothing_more() {
        for bad in [
            "a.example",
            "ftp://a.example",
            "https://a.example/path",
            "https://u@a.example",
            "https://*.com",
            "https://*.10.0.0.1",
            "https://a.example?x",
            "",
        ] {
            assert!(Allow::parse(bad).is_err(), "{bad}");
        }
        for good in ["https://*.a.example", "http://[::1]:80", "http://10.0.0.1:8080"] {
            assert!(Allow::parse(good).is_ok(), "{good}");
        }
    }
}
