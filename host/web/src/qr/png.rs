//! A QR code as a PNG.

use super::{Framed, TooLong, modules};

/// Pixels of a module's side: sharp on a screen, and a hand's width in print.
const MODULE_PIXELS: usize = 10;
/// Grey of a light pixel where a byte is a pixel.
const LIGHT: u8 = 255;

/// Draws `text` as a PNG with quiet zone, dark on white.
pub fn png(text: &str) -> Result<Vec<u8>, TooLong> {
    let code = Framed(modules(text)?);
    let side = code.side() * MODULE_PIXELS;
    let shade = |x, y| if code.is_dark(x / MODULE_PIXELS, y / MODULE_PIXELS) { 0 } else { LIGHT };
    let pixels: Vec<u8> =
        (0..side).flat_map(|y| (0..side).map(move |x| (x, y))).map(|(x, y)| shade(x, y)).collect();
    Ok(encode(&pixels, side).expect("grey pixels of a square are written into memory"))
}

fn encode(pixels: &[u8], side: usize) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let wide = u32::try_from(side).expect("a QR code has at most 177 modules on a side");
    let mut encoder = png::Encoder::new(&mut bytes, wide, wide);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(bytes)
}
