//! QR codes: as modules for who draws them otherwise, as SVG, and as PNG.

use std::fmt::Write;

use qrcode::bits::Bits;
use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode, Version};

mod png;

pub use png::png;

/// Width of the empty border that readers need, in modules.
pub const QUIET_ZONE: usize = 4;

/// Pixels of a module's side when the SVG is shown at its own size.
const MODULE_PIXELS: usize = 8;

/// A text that is too long for the largest QR code: about 2,300 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a link of {0} bytes does not fit into a QR code")]
pub struct TooLong(pub usize);

/// A square of dark and light modules, without the quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    width: usize,
    dark: Vec<bool>,
}

impl Modules {
    /// Modules on a side.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether the module in this column and row is dark, counted from the top left. Everything
    /// outside is light.
    pub fn is_dark(&self, column: usize, row: usize) -> bool {
        column < self.width && row < self.width && self.dark[row * self.width + column]
    }
}

/// A code with its quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framed(pub Modules);

impl Framed {
    /// Modules on a side, those of the quiet zone among them.
    pub fn side(&self) -> usize {
        self.0.width() + 2 * QUIET_ZONE
    }

    /// As [`Modules::is_dark`], with the quiet zone around it.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x >= QUIET_ZONE && y >= QUIET_ZONE && self.0.is_dark(x - QUIET_ZONE, y - QUIET_ZONE)
    }
}

/// Encodes `text` with error correction level M.
pub fn modules(text: &str) -> Result<Modules, TooLong> {
    let code = encode(text).map_err(|_| TooLong(text.len()))?;
    let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
    Ok(Modules { width: code.width(), dark })
}

/// Draws `text` as an SVG document with quiet zone, dark on white, sharp at any size.
pub fn svg(text: &str) -> Result<String, TooLong> {
    Ok(draw(&modules(text)?))
}

/// Anything but ASCII goes in as plain bytes: the optimiser would take some UTF-8 for Shift JIS.
fn encode(text: &str) -> Result<QrCode, QrError> {
    if text.is_ascii() {
        return QrCode::with_error_correction_level(text, EcLevel::M);
    }
    let fitting = (1..=40).find_map(|version| bytes(text, Version::Normal(version)));
    QrCode::with_bits(fitting.ok_or(QrError::DataTooLong)?, EcLevel::M)
}

fn bytes(text: &str, version: Version) -> Option<Bits> {
    let mut bits = Bits::new(version);
    bits.push_byte_data(text.as_bytes()).ok()?;
    bits.push_terminator(EcLevel::M).ok()?;
    Some(bits)
}

fn draw(modules: &Modules) -> String {
    let side = modules.width + 2 * QUIET_ZONE;
    let pixels = side * MODULE_PIXELS;
    let path = dark_runs(modules);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{pixels}\" height=\"{pixels}\" \
         viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\" role=\"img\" aria-label=\"QR code\">\
         <path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path fill=\"#000\" d=\"{path}\"/></svg>\n"
    )
}

/// One rectangle for each run of dark modules in a row: no hairlines, a third of the text.
fn dark_runs(modules: &Modules) -> String {
    let mut path = String::new();
    for row in 0..modules.width {
        let mut column = 0;
        while column < modules.width {
            let length = (column..modules.width).take_while(|at| modules.is_dark(*at, row)).count();
            if length > 0 {
                let (x, y) = (column + QUIET_ZONE, row + QUIET_ZONE);
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            column += length + 1;
        }
    }
    path
}

#[cfg(test)]
#[path = "tests/qr.rs"]
pub(crate) mod tests;
