//! The EXIF block that a camera writes into a JPEG.

/// What the camera says about a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exif {
    /// Maker of the camera.
    pub make: String,
    /// Name of the camera.
    pub model: String,
    /// Local time, `2026:06:20 21:04:59`.
    pub taken: String,
    /// How to turn the picture to see it upright: 1 for not at all, 6 for a quarter clockwise.
    pub orientation: u16,
    /// Stored width and height in pixels.
    pub size: (u16, u16),
}

const ASCII: u16 = 2;
const SHORT: u16 = 3;
const LONG: u16 = 4;

const TIFF_HEADER: &[u8] = b"II\x2a\x00\x08\x00\x00\x00";

impl Exif {
    /// The content of the APP1 segment: an identifier, then a little-endian TIFF of two directories.
    pub fn segment(&self) -> Vec<u8> {
        let camera = Directory::new(vec![
            ascii(0x010f, &self.make),
            ascii(0x0110, &self.model),
            short(0x0112, self.orientation),
            ascii(0x0132, &self.taken),
            // Its value, where the second directory begins, is known once the first is laid out.
            long(0x8769, 0),
        ]);
        let exposure = Directory::new(vec![
            ascii(0x9003, &self.taken),
            long(0xa002, self.size.0.into()),
            long(0xa003, self.size.1.into()),
        ]);
        let first = TIFF_HEADER.len() as u32;
        let second = first + camera.length();
        let mut segment = b"Exif\0\0".to_vec();
        segment.extend_from_slice(TIFF_HEADER);
        segment.extend(camera.pointing_to(second).at(first));
        segment.extend(exposure.at(second));
        segment
    }
}

struct Field {
    tag: u16,
    kind: u16,
    count: u32,
    value: Vec<u8>,
}

fn ascii(tag: u16, text: &str) -> Field {
    let mut value = text.as_bytes().to_vec();
    value.push(0);
    Field { tag, kind: ASCII, count: value.len() as u32, value }
}

fn short(tag: u16, number: u16) -> Field {
    Field { tag, kind: SHORT, count: 1, value: number.to_le_bytes().to_vec() }
}

fn long(tag: u16, number: u32) -> Field {
    Field { tag, kind: LONG, count: 1, value: number.to_le_bytes().to_vec() }
}

/// A TIFF directory, its fields in ascending order of tags as the format demands.
struct Directory(Vec<Field>);

impl Directory {
    fn new(fields: Vec<Field>) -> Self {
        Self(fields)
    }

    /// Bytes of the table itself: count, 12 for each field, offset of the next directory.
    fn table_length(&self) -> u32 {
        2 + 12 * self.0.len() as u32 + 4
    }

    fn length(&self) -> u32 {
        self.table_length() + self.0.iter().map(|field| outside(&field.value).len() as u32).sum::<u32>()
    }

    fn pointing_to(mut self, offset: u32) -> Self {
        for field in self.0.iter_mut().filter(|field| field.tag == 0x8769) {
            field.value = offset.to_le_bytes().to_vec();
        }
        self
    }

    /// The directory as it lies `offset` bytes behind the start of the TIFF header.
    fn at(&self, offset: u32) -> Vec<u8> {
        let mut table = (self.0.len() as u16).to_le_bytes().to_vec();
        let mut values = Vec::new();
        for field in &self.0 {
            table.extend(field.tag.to_le_bytes());
            table.extend(field.kind.to_le_bytes());
            table.extend(field.count.to_le_bytes());
            let outside = outside(&field.value);
            if outside.is_empty() {
                let mut inline = field.value.clone();
                inline.resize(4, 0);
                table.extend(inline);
            } else {
                table.extend((offset + self.table_length() + values.len() as u32).to_le_bytes());
                values.extend(outside);
            }
        }
        table.extend([0; 4]);
        table.extend(values);
        table
    }
}

/// What of a value lies behind the table: nothing of up to four bytes, else all, padded to an even length.
fn outside(value: &[u8]) -> Vec<u8> {
    if value.len() <= 4 {
        return Vec::new();
    }
    let mut padded = value.to_vec();
    padded.resize(value.len().next_multiple_of(2), 0);
    padded
}

#[cfg(test)]
mod tests {
    use exif::{In, Reader, Tag};

    use super::*;

    #[test]
    fn another_reader_finds_every_field() {
        let written = Exif {
            make: "Boothsync".into(),
            model: "Demo Booth II".into(),
            taken: "2026:06:20 21:04:59".into(),
            orientation: 6,
            size: (1200, 1600),
        };
        let tiff = written.segment().split_off(6);
        let read = Reader::new().read_raw(tiff).unwrap();
        let text = |tag| read.get_field(tag, In::PRIMARY).unwrap().display_value().to_string();
        assert_eq!(text(Tag::Make), "\"Boothsync\"");
        assert_eq!(text(Tag::Model), "\"Demo Booth II\"");
        assert_eq!(text(Tag::DateTime), "2026-06-20 21:04:59");
        assert_eq!(text(Tag::DateTimeOriginal), "2026-06-20 21:04:59");
        let number = |tag| read.get_field(tag, In::PRIMARY).unwrap().value.get_uint(0);
        assert_eq!(number(Tag::Orientation), Some(6));
        assert_eq!((number(Tag::PixelXDimension), number(Tag::PixelYDimension)), (Some(1200), Some(1600)));
    }
}
