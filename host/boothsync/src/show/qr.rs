//! QR codes: in the terminal, as SVG, as PNG.

use std::io;
use std::path::{Path, PathBuf};

use web::qr::{Framed, TooLong, modules, png, svg};

/// Why there is no QR code.
#[derive(Debug, thiserror::Error)]
pub enum QrError {
    #[error(transparent)]
    TooLong(#[from] TooLong),
    #[error("cannot write the QR code into `{}`: {}", .0.display(), crate::text::io_words(.1))]
    Write(PathBuf, io::Error),
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

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str = "https://photos.example.com/#/?url=x";

    #[test]
    fn in_colours_dark_modules_are_drawn_and_without_the_light_ones() {
        let coloured = terminal(LINK, true).unwrap();
        let plain = terminal(LINK, false).unwrap();
        assert!(coloured.starts_with("\x1b[38;5;16;48;5;231m    "), "{coloured:?}");
        assert!(plain.starts_with("████"), "{plain:?}");
        assert_eq!(plain.lines().count(), coloured.lines().count());
    }

    #[test]
    fn a_link_beyond_measure_is_refused() {
        assert!(matches!(terminal(&"x".repeat(3000), true), Err(QrError::TooLong(_))));
    }
}
