//! A short Motion-JPEG video in a QuickTime file: every frame is a JPEG of its own.

use super::canvas::Canvas;
use super::{photo, scene};

const SIZE: (u16, u16) = (480, 360);
const FRAMES: u32 = 24;
const FRAMES_PER_SECOND: u32 = 12;

/// A video of two seconds, without sound.
pub fn video(seed: u64) -> Vec<u8> {
    let frames: Vec<Vec<u8>> = (0..FRAMES).map(|number| frame(seed, number)).collect();
    let head = atom(b"ftyp", &[b"qt  ", &0x2005_0300u32.to_be_bytes(), b"qt  "]);
    // The index stands before the pictures, so that a player can begin before it has all of the file.
    let first_frame = (head.len() + movie(&frames, 0).len() + 8) as u32;
    let parts: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
    [head, movie(&frames, first_frame), atom(b"mdat", &parts)].concat()
}

fn frame(seed: u64, number: u32) -> Vec<u8> {
    let mut canvas = Canvas::new(SIZE.0, SIZE.1);
    scene::paint(&mut canvas, seed, number as f32 / FRAMES as f32);
    photo::jpeg(&canvas, 80, None)
}

/// An atom: its length, its name, its content.
fn atom(name: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut bytes = (content.len() as u32 + 8).to_be_bytes().to_vec();
    bytes.extend_from_slice(name);
    bytes.extend(content);
    bytes
}

/// Numbers of four bytes, one after the other.
fn words(numbers: &[u32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// Numbers of two bytes, one after the other.
fn halves(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_be_bytes()).collect()
}

/// The matrix that neither turns nor scales: 1.0 in 16.16 and, in its last place, in 2.30.
fn no_transformation() -> Vec<u8> {
    words(&[0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000])
}

fn movie(frames: &[Vec<u8>], first_frame: u32) -> Vec<u8> {
    let full_speed = words(&[0x1_0000]);
    let full_volume = halves(&[0x0100]);
    let header = atom(
        b"mvhd",
        &[
            &words(&[0, 0, 0, FRAMES_PER_SECOND, FRAMES]),
            &full_speed,
            &full_volume,
            &[0; 10],
            &no_transformation(),
            &[0; 24],
            &words(&[2]),
        ],
    );
    atom(b"moov", &[&header, &track(frames, first_frame)])
}

fn track(frames: &[Vec<u8>], first_frame: u32) -> Vec<u8> {
    const ENABLED_IN_MOVIE_AND_PREVIEW: u32 = 0xf;
    let header = atom(
        b"tkhd",
        &[
            &words(&[ENABLED_IN_MOVIE_AND_PREVIEW, 0, 0, 1, 0, FRAMES, 0, 0]),
            &halves(&[0, 0, 0, 0]),
            &no_transformation(),
            &words(&[u32::from(SIZE.0) << 16, u32::from(SIZE.1) << 16]),
        ],
    );
    let media = [
        atom(b"mdhd", &[&words(&[0, 0, 0, FRAMES_PER_SECOND, FRAMES, 0])]),
        handler(b"mhlr", b"vide", "Video"),
        media_information(frames, first_frame),
    ];
    atom(b"trak", &[&header, &atom(b"mdia", &[&media.concat()])])
}

/// Which component of QuickTime reads what follows, with a name that it counts the letters of.
fn handler(class: &[u8; 4], kind: &[u8; 4], name: &str) -> Vec<u8> {
    atom(b"hdlr", &[&[0; 4], class, kind, &[0; 12], &[name.len() as u8], name.as_bytes()])
}

fn media_information(frames: &[Vec<u8>], first_frame: u32) -> Vec<u8> {
    const COPY_PIXELS: u16 = 0x40;
    const IN_THIS_FILE: u32 = 1;
    let video_header = atom(b"vmhd", &[&words(&[1]), &halves(&[COPY_PIXELS, 0x8000, 0x8000, 0x8000])]);
    let place = atom(b"alis", &[&words(&[IN_THIS_FILE])]);
    let places = atom(b"dinf", &[&atom(b"dref", &[&words(&[0, 1]), &place])]);
    let table = sample_table(frames, first_frame);
    atom(b"minf", &[&video_header, &handler(b"dhlr", b"alis", "Data"), &places, &table])
}

/// What the frames are, how long each is shown, how large it is, and where all of them begin.
fn sample_table(frames: &[Vec<u8>], first_frame: u32) -> Vec<u8> {
    let count = frames.len() as u32;
    let sizes: Vec<u32> = frames.iter().map(|frame| frame.len() as u32).collect();
    let tables = [
        atom(b"stsd", &[&words(&[0, 1]), &description()]),
        atom(b"stts", &[&words(&[0, 1, count, 1])]),
        atom(b"stsc", &[&words(&[0, 1, 1, count, 1])]),
        atom(b"stsz", &[&words(&[0, 0, count]), &words(&sizes)]),
        atom(b"stco", &[&words(&[0, 1, first_frame])]),
    ];
    atom(b"stbl", &[&tables.concat()])
}

fn description() -> Vec<u8> {
    const DOTS_PER_INCH: u32 = 72 << 16;
    const HIGH_QUALITY: u32 = 0x300;
    let mut name = b"\x0cPhoto - JPEG".to_vec();
    name.resize(32, 0);
    atom(
        b"jpeg",
        &[
            &[0; 6],
            &halves(&[1, 0, 0]),
            b"appl",
            &words(&[0, HIGH_QUALITY]),
            &halves(&[SIZE.0, SIZE.1]),
            &words(&[DOTS_PER_INCH, DOTS_PER_INCH, 0]),
            &halves(&[1]),
            &name,
            &halves(&[24, 0xffff]),
        ],
    )
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use zune_jpeg::JpegDecoder;

    use super::*;

    /// The content of the first atom of this name, looked for one level deep.
    fn find<'a>(mut bytes: &'a [u8], name: &[u8; 4]) -> &'a [u8] {
        while !bytes.is_empty() {
            let length = u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize;
            if &bytes[4..8] == name {
                return &bytes[8..length];
            }
            bytes = &bytes[length..];
        }
        panic!("there is no {}", String::from_utf8_lossy(name));
    }

    fn word(bytes: &[u8], at: usize) -> usize {
        u32::from_be_bytes(bytes[at * 4..at * 4 + 4].try_into().unwrap()) as usize
    }

    #[test]
    fn the_index_leads_to_every_frame() {
        let bytes = video(2);
        let media = find(find(find(&bytes, b"moov"), b"trak"), b"mdia");
        let table = find(find(media, b"minf"), b"stbl");
        let (sizes, start) = (find(table, b"stsz"), word(find(table, b"stco"), 2));
        assert_eq!(word(sizes, 2), FRAMES as usize);
        let mut at = start;
        for number in 0..FRAMES as usize {
            let length = word(sizes, 3 + number);
            let mut decoder = JpegDecoder::new(Cursor::new(&bytes[at..at + length]));
            decoder.decode().unwrap();
            assert_eq!(decoder.dimensions(), Some((SIZE.0.into(), SIZE.1.into())));
            at += length;
        }
        assert_eq!(at, bytes.len());
    }

    #[test]
    fn the_headers_have_the_lengths_that_the_format_fixes() {
        let bytes = video(2);
        let movie = find(&bytes, b"moov");
        let track = find(movie, b"trak");
        let table = find(find(find(track, b"mdia"), b"minf"), b"stbl");
        assert_eq!(find(movie, b"mvhd").len(), 100);
        assert_eq!(find(track, b"tkhd").len(), 84);
        assert_eq!(find(&find(table, b"stsd")[8..], b"jpeg").len(), 78);
    }
}
