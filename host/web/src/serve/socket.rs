//! The control socket, which only its owner can open from the first moment on.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tokio::net::{UnixListener, UnixStream};

use super::ServeError;

/// Longest path of a socket, in bytes, without the closing zero.
const LONGEST_PATH: usize = 107;

/// A listening control socket. Its file goes when it is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
    listener: UnixListener,
}

impl ControlSocket {
    pub(super) fn listener(&self) -> &UnixListener {
        &self.listener
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Listens on a Unix socket of mode 0600 at `path`. One that a crashed service left is replaced; one
/// that somebody answers on is not.
pub async fn bind_unix(path: &Path) -> Result<ControlSocket, ServeError> {
    if UnixStream::connect(path).await.is_ok() {
        return Err(ServeError::Answered(path.into()));
    }
    let nursery = nursery(path);
    let socket = nursery.join("s");
    if socket.as_os_str().len().max(path.as_os_str().len()) > LONGEST_PATH {
        return Err(ServeError::PathTooLong(path.into()));
    }
    let listener = bind_hidden(&nursery, &socket, path);
    let _ = fs::remove_dir_all(&nursery);
    let listener = listener.map_err(|source| ServeError::Socket { path: path.into(), source })?;
    Ok(ControlSocket { path: path.into(), listener })
}

/// A folder beside the socket that nobody else may enter.
fn nursery(path: &Path) -> PathBuf {
    path.with_file_name(format!(".control-{}", std::process::id()))
}

/// Binding makes the file with the rights of the moment, so it happens where nobody can reach it.
fn bind_hidden(nursery: &Path, socket: &Path, path: &Path) -> io::Result<UnixListener> {
    match fs::remove_dir_all(nursery) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    DirBuilder::new().mode(0o700).create(nursery)?;
    let listener = UnixListener::bind(socket)?;
    fs::set_permissions(socket, Permissions::from_mode(0o600))?;
    fs::rename(socket, path)?;
    Ok(listener)
}
