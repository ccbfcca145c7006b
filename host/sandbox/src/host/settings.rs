//! `settings`: what the operator entered.

use crate::bindings::wit::settings::Host;
use crate::guest::Common;

impl Host for Common {
    fn json(&mut self) -> wasmtime::Result<String> {
        Ok(self.settings.to_string())
    }
}
