//! A photo as a camera writes it: JPEG with grain and EXIF.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::canvas::Canvas;
use super::chance::Chance;
use super::exif::Exif;
use super::scene;

const CAMERAS: [(&str, &str); 3] =
    [("Boothsync", "Demo Camera 5D"), ("Boothsync", "Demo Pi Camera 3"), ("Boothsync", "Demo Webcam C920")];
const SIZES: [(u16, u16); 4] = [(1600, 1200), (1200, 1600), (1440, 1080), (1500, 1000)];

/// A photo of 100 to 500 kB; every seventh was taken with the camera lying on its side.
pub fn photo(seed: u64) -> Vec<u8> {
    let mut chance = Chance::new(!seed);
    let (width, height) = SIZES[(seed % 4) as usize];
    let mut canvas = Canvas::new(width, height);
    scene::paint(&mut canvas, seed, 0.0);
    canvas.develop(&mut chance, 9.0);
    let lying = seed % 7 == 6;
    if lying {
        canvas = canvas.turned();
    }
    let (make, model) = chance.pick(&CAMERAS);
    let exif = Exif {
        make: make.into(),
        model: model.into(),
        taken: evening(seed),
        orientation: if lying { 6 } else { 1 },
        size: (canvas.width(), canvas.height()),
    };
    jpeg(&canvas, 80 + (seed % 3) as u8 * 4, Some(&exif))
}

/// Encodes a picture at a quality of 1 to 100.
pub fn jpeg(canvas: &Canvas, quality: u8, exif: Option<&Exif>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    if let Some(exif) = exif {
        encoder.add_app_segment(1, exif.segment()).expect("the block is far below 64 kB");
    }
    encoder
        .encode(canvas.rgb(), canvas.width(), canvas.height(), ColorType::Rgb)
        .expect("memory takes every byte, and the canvas has as many as its size says");
    bytes
}

/// A time in the evening of a party that has one photo every 37 seconds.
fn evening(seed: u64) -> String {
    let second = (19 * 3600 + seed * 37) % 86_400;
    format!("2026:06:20 {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use exif::{In, Reader, Tag};
    use zune_jpeg::JpegDecoder;

    use super::*;

    #[test]
    fn a_photo_decodes_to_the_size_its_exif_names() {
        let bytes = photo(6);
        let exif = Reader::new().read_from_container(&mut Cursor::new(&bytes)).unwrap();
        let number = |tag| exif.get_field(tag, In::PRIMARY).unwrap().value.get_uint(0).unwrap() as usize;
        let mut decoder = JpegDecoder::new(Cursor::new(&bytes));
        let pixels = decoder.decode().unwrap();
        let size = (number(Tag::PixelXDimension), number(Tag::PixelYDimension));
        assert_eq!(decoder.dimensions(), Some(size));
        assert_eq!(pixels.len(), size.0 * size.1 * 3);
        assert_eq!(number(Tag::Orientation), 6);
    }

    #[test]
    fn photos_have_the_size_of_photos_and_none_equals_another() {
        let photos: Vec<_> = (0..4).map(photo).collect();
        for (seed, bytes) in photos.iter().enumerate() {
            assert!((100_000..500_000).contains(&bytes.len()), "photo {seed} has {} bytes", bytes.len());
            assert!(photos.iter().skip(seed + 1).all(|other| other != bytes));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        assert_eq!(photo(3), photo(3));
    }
}
