//! `log`: lines for the operator.

use crate::bindings::wit::log::{Host, Level as WitLevel};
use crate::guest::Common;
use crate::lines::Level;

impl Host for Common {
    fn write(&mut self, level: WitLevel, message: String) -> wasmtime::Result<()> {
        let level = match level {
            WitLevel::Debug => Level::Debug,
            WitLevel::Info => Level::Info,
            WitLevel::Warn => Level::Warn,
            WitLevel::Error => Level::Error,
        };
        self.log.write(level, &message);
        Ok(())
    }
}
