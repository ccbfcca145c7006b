use super::*;

/// Reads an SVG code with a decoder that shares nothing with the encoder.
pub(crate) fn scan(svg: &str) -> String {
    let side = attribute(svg, "viewBox").rsplit(' ').next().unwrap().parse::<usize>().unwrap();
    let path = svg.rsplit(" d=\"").next().unwrap().split('"').next().unwrap();
    let mut dark = vec![false; side * side];
    for rectangle in path.split_terminator('z') {
        let numbers: Vec<usize> =
            rectangle.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
        let [x, y, length, height, back] = numbers[..] else { panic!("{rectangle}") };
        assert_eq!((height, back), (1, length), "{rectangle}");
        dark[y * side + x..][..length].fill(true);
    }
    read(side, |x, y| dark[y * side + x])
}

fn attribute<'a>(svg: &'a str, name: &str) -> &'a str {
    svg.split(&format!(" {name}=\"")).nth(1).unwrap().split('"').next().unwrap()
}

/// Reads a picture that shows the modules a few pixels wide.
fn read(side: usize, dark: impl Fn(usize, usize) -> bool) -> String {
    const PIXELS: usize = 4;
    let shade = |x: usize, y: usize| if dark(x / PIXELS, y / PIXELS) { 0 } else { 255 };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side * PIXELS, side * PIXELS, shade);
    let found = image.detect_grids();
    assert_eq!(found.len(), 1);
    let (meta, text) = found[0].decode().unwrap();
    assert_eq!(meta.ecc_level, 0, "it is not level M");
    text
}

#[test]
fn a_scanner_reads_the_link_as_it_was() {
    let long =
        format!("https://photos.example.com/#/?url={}", "https%3A%2F%2Fphotos.example.com%2F".repeat(12));
    for link in [
        "http://b/",
        "HTTPS://EXAMPLE.COM/1234567890",
        "https://b\u{fc}cher.example/\u{1f389}\u{1f38a}?a=b&c=%20",
        &long,
    ] {
        assert_eq!(scan(&svg(link).unwrap()), link);
    }
}

#[test]
fn the_quiet_zone_is_four_modules_of_white() {
    let modules = modules("https://photos.example.com/").unwrap();
    let side = modules.width() + 8;
    let svg = svg("https://photos.example.com/").unwrap();
    assert_eq!(attribute(&svg, "viewBox"), format!("0 0 {side} {side}"));
    assert!(svg.contains(&format!("<path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/>")));
    assert!(svg.contains(" d=\"M4 4h7v1h-7z"), "the finder's edge begins elsewhere: {svg}");
}

/// Reads a PNG as a camera that sees it filling its picture.
pub(crate) fn scan_png(bytes: &[u8]) -> String {
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let side = info.width as usize;
    assert_eq!((info.height as usize, info.line_size), (side, side));
    let shade = |x: usize, y: usize| pixels[y * side + x];
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, shade);
    let found = image.detect_grids();
    assert_eq!(found.len(), 1);
    found[0].decode().unwrap().1
}

#[test]
fn a_scanner_reads_a_png_too() {
    for link in ["https://photos.example.com/#/?url=x", "https://b\u{fc}cher.example/", &"a".repeat(900)] {
        assert_eq!(scan_png(&png(link).unwrap()), link);
    }
    assert_eq!(png(&"a".repeat(2_332)), Err(TooLong(2_332)));
}

#[test]
fn the_frame_is_light_and_as_wide_as_readers_need() {
    let code = Framed(modules("https://photos.example.com/").unwrap());
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
fn the_modules_alone_can_be_read_too() {
    let modules = modules("https://photos.example.com/").unwrap();
    let dark = |x: usize, y: usize| x >= 4 && y >= 4 && modules.is_dark(x - 4, y - 4);
    assert_eq!(read(modules.width() + 8, dark), "https://photos.example.com/");
    assert!(!modules.is_dark(modules.width(), 0) && !modules.is_dark(0, modules.width()));
}

#[test]
fn a_link_that_does_not_fit_is_an_error() {
    assert!(svg(&"a".repeat(2_331)).is_ok());
    assert_eq!(svg(&"a".repeat(2_332)), Err(TooLong(2_332)));
    assert_eq!(svg(&"\u{fc}".repeat(1_166)), Err(TooLong(2_332)));
}

/// The optimiser would save a tenth here, with a code that readers take for Japanese.
#[test]
fn what_is_not_ascii_goes_in_as_bytes() {
    let party = "\u{1f389}".repeat(60);
    assert_eq!(modules(&party).unwrap().width(), modules(&"a".repeat(240)).unwrap().width());
}
