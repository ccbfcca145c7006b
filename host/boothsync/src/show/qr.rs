//! QR codes: in the terminal, as SVG, as PNG.

use std::io;
use std::path::{Path, PathBuf};

use web::qr::{Modules, QUIET_ZONE, TooLong, modules, svg};

/// Pixels of a module in a PNG.
const SCALE: usize = 10;

/// Why there is no QR code.
#[derive(Debug, thiserror::Error)]
pub enum QrError {
    #[error(transparent)]
    TooLong(#[from] TooLong),
    #[error("cannot write the QR code into `{}`: {}", .0.display(), crate::text::io_words(.1))]
    Write(PathBuf, io::Error),
    #[error("cannot draw the QR code as a PNG")]
    Png(#[from] png::EncodingError),
}

/// A code with its quiet zone.
struct Framed(Modules);

impl Framed {
    fn side(&self) -> usize {
        self.0.width() + 2 * QUIET_ZONE
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        x >= QUIET_ZONE && y >= QUIET_ZONE && self.0.is_dark(x - QUIET_ZONE, y - QUIET_ZONE)
    }
}

/// Lines for a terminal, two modules above each other in one character. With colours it is black on
/// white whatever the terminal's own are; without, the light modules are drawn, for dark terminals.
pub fn terminal(link: &str, colours: bool) -> Result<String, QrError> {
    let code = Framed(modules(link)?);
    let (begin, end) = if colours { ("\x1b[38;5;16;48;5;231m", "\x1b[0m") } else { ("", "") };
    let drawn = |x, y| y < code.side() && code.is_dark(x, y) == colours;
    let mut text = String::new();
    for y in (0..code.side()).step_by(2) {
        text.push_str(begin);
        text.extend((0..code.side()).map(|x| match (drawn(x, y), drawn(x, y + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        }));
        text.push_str(end);
        text.push('\n');
    }
    Ok(text)
}

/// Writes the code into `path`, in the format that its ending names.
pub fn write(link: &str, path: &Path) -> Result<(), QrError> {
    let is_png = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"));
    let content = if is_png { png(link)? } else { svg(link)?.into_bytes() };
    std::fs::write(path, content).map_err(|error| QrError::Write(path.into(), error))
}

fn png(link: &str) -> Result<Vec<u8>, QrError> {
    let code = Framed(modules(link)?);
    let side = code.side() * SCALE;
    let shade = |x, y| if code.is_dark(x / SCALE, y / SCALE) { 0 } else { 255 };
    let pixels: Vec<u8> =
        (0..side).flat_map(|y| (0..side).map(move |x| (x, y))).map(|(x, y)| shade(x, y)).collect();
    let mut bytes = Vec::new();
    let pixels_wide = u32::try_from(side).expect("a QR code has at most 177 modules on a side");
    let mut encoder = png::Encoder::new(&mut bytes, pixels_wide, pixels_wide);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://photos.example.com/#/?url=x";

    #[test]
    fn the_code_is_framed_by_light_modules() {
        let code = Framed(modules(LINK).unwrap());
        let last = code.side() - 1;
        for at in 0..code.side() {
            for edge in 0..QUIET_ZONE {
                assert!(!code.is_dark(at, edge) && !code.is_dark(edge, at), "{at} {edge}");
                assert!(!code.is_dark(at, last - edge) && !code.is_dark(last - edge, at), "{at} {edge}");
            }
        }
        assert!(code.is_dark(QUIET_ZONE, QUIET_ZONE), "the corner mark begins behind the quiet zone");
    }

    #[test]
    fn in_colours_dark_modules_are_drawn_and_without_the_light_ones() {
        let coloured = terminal(LINK, true).unwrap();
        let plain = terminal(LINK, false).unwrap();
        assert!(coloured.starts_with("\x1b[38;5;16;48;5;231m    "), "{coloured:?}");
        assert!(plain.starts_with("████"), "{plain:?}");
        assert_eq!(plain.lines().count(), coloured.lines().count());
    }

    #[test]
    fn a_png_has_ten_pixels_for_each_module() {
        let bytes = png(LINK).unwrap();
        let mut reader = png::Decoder::new(io::Cursor::new(bytes)).read_info().unwrap();
        let code = Framed(modules(LINK).unwrap());
        let side = code.side() * SCALE;
        let mut pixels = vec![0; side * side];
        reader.next_frame(&mut pixels).unwrap();
        for (x, y) in [(0, 0), (QUIET_ZONE, QUIET_ZONE), (QUIET_ZONE + 1, QUIET_ZONE + 1)] {
            let dark = pixels[(y * SCALE + 5) * side + x * SCALE + 5] == 0;
            assert_eq!(dark, code.is_dark(x, y), "{x} {y}");
        }
    }

    #[test]
    fn a_link_beyond_measure_is_refused() {
        assert!(matches!(terminal(&"x".repeat(3000), true), Err(QrError::TooLong(_))));
    }
}
