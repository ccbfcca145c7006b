//! `secrets`: this target's credentials, by the names that the plugin declared.

use crate::bindings::wit::secrets::Host;
use crate::guest::Guest;

impl Host for Guest {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.context.secrets.get(&name).map(|secret| secret.expose().to_owned()))
    }
}
