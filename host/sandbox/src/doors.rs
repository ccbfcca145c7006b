//! What the sandbox needs of the rest of the program, as traits that others implement.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use async_trait::async_trait;
use engine::Failure;

/// The durable values of one target. Bounding their sum (1 MiB) is the store's business.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// The present value, `None` if there is none. The error text is for people.
    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, String>;

    /// Writes `value` only if the present one is `expected`; `false` means that it was not.
    /// A `value` of `None` removes.
    async fn swap(
        &self,
        name: &str,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> Result<bool, Failure>;
}

/// Where the names of hosts are looked up.
#[async_trait]
pub trait Names: Send + Sync {
    /// All addresses of a name, in the order in which they are to be tried.
    async fn look_up(&self, name: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// The way to the supervised rclone.
pub trait RcDoor: Send + Sync {
    /// Where its rc API listens, `None` while it is down.
    fn endpoint(&self) -> Option<RcEndpoint>;
}

/// Where rclone's rc API listens and how to log in.
#[derive(Clone, PartialEq, Eq)]
pub struct RcEndpoint {
    /// Address on this machine.
    pub addr: SocketAddr,
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl fmt::Debug for RcEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RcEndpoint").field("addr", &self.addr).finish_non_exhaustive()
    }
}

/// The folders that objects come from, absolute. rclone is told them under `@media` and `@pages`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// The media folder.
    pub media: PathBuf,
    /// The host's folder of rendered pages.
    pub pages: PathBuf,
}
