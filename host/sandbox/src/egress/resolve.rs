//! Name lookup that hands out checked addresses only: what was checked is what is connected to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::policy::AllowList;
use crate::doors::Names;

/// The system's resolver.
pub(crate) struct SystemNames;

#[async_trait]
impl Names for SystemNames {
    async fn look_up(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|found| found.ip()).collect())
    }
}

/// Looks names up and leaves out what the grants do not cover.
pub(super) struct CheckedResolver {
    pub allow: Arc<AllowList>,
    pub names: Arc<dyn Names>,
}

/// A name led to addresses that its grant does not cover.
#[derive(Debug, thiserror::Error)]
#[error("`{name}` leads to {address}, which a plugin reaches only if the address itself is granted")]
pub(super) struct ForbiddenAddress {
    name: String,
    pub address: IpAddr,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (allow, names) = (self.allow.clone(), self.names.clone());
        Box::pin(async move {
            let name = name.as_str();
            let found = names.look_up(name).await?;
            Ok(admitted(&allow, name, found)?)
        })
    }
}

fn admitted(allow: &AllowList, name: &str, found: Vec<IpAddr>) -> Result<Addrs, ForbiddenAddress> {
    let (good, bad): (Vec<_>, Vec<_>) = found.into_iter().partition(|ip| allow.admits(name, *ip));
    match (good.is_empty(), bad.first()) {
        (true, Some(ip)) => Err(ForbiddenAddress { name: name.into(), address: *ip }),
        // The port is the connector's business.
        _ => Ok(Box::new(good.into_iter().map(|ip| SocketAddr::new(ip, 0)))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::Allow;

    #[test]
    fn a_name_that_is_bent_to_a_forbidden_address_is_not_connected_to() {
        let allow = AllowList::new(vec![Allow::parse("https://a.example").unwrap()]);
        let at = |ip: &str| ip.parse::<IpAddr>().unwrap();
        let error = admitted(&allow, "a.example", vec![at("169.254.169.254")]).err().unwrap();
        assert!(error.to_string().contains("169.254.169.254"), "{error}");
        let mixed = admitted(&allow, "a.example", vec![at("127.0.0.1"), at("93.184.216.34")]).ok().unwrap();
        assert_eq!(mixed.map(|found| found.ip()).collect::<Vec<_>>(), [at("93.184.216.34")]);
    }
}
