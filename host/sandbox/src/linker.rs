//! What guests can import, each kind from a linker of its own.

use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

use crate::bindings::wit;
use crate::guest::{Common, Guest, GuestData, PageGuest};

/// For targets: the whole contract.
pub(crate) fn for_targets(engine: &Engine) -> wasmtime::Result<Linker<Guest>> {
    let mut linker = base(engine)?;
    wit::secrets::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::state::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::job::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::media::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::http::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    wit::catalog::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
    Ok(linker)
}

/// For page generators: their settings and a log. A network, a secret or a file cannot be had,
/// because there is no function for it.
pub(crate) fn for_pages(engine: &Engine) -> wasmtime::Result<Linker<PageGuest>> {
    base(engine)
}

fn base<T: GuestData>(engine: &Engine) -> wasmtime::Result<Linker<T>> {
    let mut linker = Linker::new(engine);
    // Standard libraries import the whole of it whether they use it or not. What a guest gets out of it
    // is decided by its `WasiCtx`: clocks, random numbers and a console; no sockets, no environment.
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wit::types::add_to_linker::<_, HasSelf<Common>>(&mut linker, |guest: &mut T| guest.common())?;
    wit::log::add_to_linker::<_, HasSelf<Common>>(&mut linker, |guest: &mut T| guest.common())?;
    wit::settings::add_to_linker::<_, HasSelf<Common>>(&mut linker, |guest: &mut T| guest.common())?;
    Ok(linker)
}
