//! Name lookup that hands out checked addresses only: what was checked is what is connected to.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::policy::AllowList;

/// Looks names up with the system's resolver and leaves out what the grants do not cover.
pub(super) struct CheckedResolver(pub Arc<AllowList>);

/// A name led to addresses that its grant does not cover.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` leads to {address}, which a plugin reaches only if the address itself is granted")]
pub(super) struct ForbiddenAddress {
    name: String,
    address: std::net::IpAddr,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow = self.0.clone();
        Box::pin(async move {
            let name = name.as_str();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name, 0)).await?.collect();
            Ok(admitted(&allow, name, found)?)
        })
    }
}

fn admitted(allow: &AllowList, name: &str, found: Vec<SocketAddr>) -> Result<Addrs, ForbiddenAddress> {
    let (good, bad): (Vec<_>, Vec<_>) = found.into_iter().partition(|addr| allow.admits(name, addr.ip()));
    match (good.is_empty(), bad.first()) {
        (true, Some(addr)) => Err(ForbiddenAddress { name: name.into(), address: addr.ip() }),
        _ => Ok(Box::new(good.into_iter())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::Allow;

    #[test]
    fn a_name_that_is_bent_to_a_forbidden_address_is_not_connected_to() {
        let allow = AllowList::new(vec![Allow::parse("https://a.example").unwrap()]);
        let at = |ip: &str| SocketAddr::new(ip.parse().unwrap(), 0);
        let error = admitted(&allow, "a.example", vec![at("169.254.169.254")]).err().unwrap();
        assert!(error.to_string().contains("169.254.169.254"), "{error}");
        let mixed = admitted(&allow, "a.example", vec![at("127.0.0.1"), at("93.184.216.34")]).ok().unwrap();
        assert_eq!(mixed.collect::<Vec<_>>(), [at("93.184.216.34")]);
    }
}
