//! Where the child's rc API listens, and the credentials to it.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use rand::RngExt;
use rand::distr::Alphanumeric;

/// Letters and digits in a user name and in a password: 256 random bits in the password.
const CREDENTIAL_CHARS: usize = 43;

/// The rc API of one running child. Void after its end: the next child gets a new one.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Always on the loopback interface.
    pub addr: SocketAddr,
    /// User name for basic authentication, letters and digits only.
    pub user: String,
    /// Password for basic authentication, letters and digits only.
    pub password: String,
}

impl Endpoint {
    /// Fresh credentials for `port`.
    pub(crate) fn fresh(port: u16) -> Self {
        Self { addr: (Ipv4Addr::LOCALHOST, port).into(), user: random_text(), password: random_text() }
    }
}

fn random_text() -> String {
    rand::rng().sample_iter(Alphanumeric).take(CREDENTIAL_CHARS).map(char::from).collect()
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("addr", &self.addr).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_long_and_differ() {
        let (one, two) = (Endpoint::fresh(1), Endpoint::fresh(1));
        assert_eq!(one.password.len(), CREDENTIAL_CHARS);
        assert!(one.password.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert!(one.password != two.password && one.user != two.user && one.user != one.password);
    }

    #[test]
    fn debug_output_holds_no_credentials() {
        let endpoint = Endpoint::fresh(5572);
        let shown = format!("{endpoint:?}");
        assert!(shown.contains("127.0.0.1:5572"));
        assert!(!shown.contains(&endpoint.password) && !shown.contains(&endpoint.user));
    }
}
