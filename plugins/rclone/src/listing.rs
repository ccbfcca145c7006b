//! Reads rclone's listings piece by piece.
//!
//! A listing of 50,000 files is an answer of some 10 MB. It is cut into its entries as it arrives, so
//! that only one entry is ever held as text.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One entry's text may be this long: a path of 4 KiB in which every character is escaped, and hashes.
const LONGEST_ENTRY: usize = 64 * 1024;

/// One file as rclone lists it.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub struct Item {
    /// Path below the file system that was listed.
    pub path: String,
    /// Size in bytes; -1 where the storage does not tell.
    pub size: i64,
    /// Whether it is a folder.
    #[serde(default)]
    pub is_dir: bool,
    /// Hashes by rclone's names for them, lowercase hex; empty unless asked for.
    #[serde(default)]
    pub hashes: BTreeMap<String, String>,
}

/// Why a listing could not be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Unreadable(pub String);

/// Cuts `{"list":[{…},{…}]}` into its entries, whatever the parts it arrives in.
#[derive(Debug, Default)]
pub struct Splitter {
    entry: Vec<u8>,
    depth: u32,
    in_string: bool,
    escaped: bool,
    ended: bool,
}

/// Depth at which an entry begins: inside the document's object and the list's brackets.
const ENTRY_DEPTH: u32 = 3;

impl Splitter {
    /// Takes the next part of the answer and gives the entries that are complete with it.
    pub fn push(&mut self, part: &[u8]) -> Result<Vec<Item>, Unreadable> {
        let mut items = Vec::new();
        for &byte in part {
            if self.step(byte)? {
                items.push(parse(&self.entry)?);
                self.entry.clear();
            }
        }
        Ok(items)
    }

    /// Whether the document was whole. An answer that was cut off must not pass for a short listing.
    pub fn finish(self) -> Result<(), Unreadable> {
        if self.ended {
            Ok(())
        } else {
            Err(Unreadable("the listing ended in the middle".into()))
        }
    }

    /// Takes one byte and says whether an entry ended with it.
    fn step(&mut self, byte: u8) -> Result<bool, Unreadable> {
        let inside = self.depth >= ENTRY_DEPTH;
        if self.in_string {
            self.step_in_string(byte);
        } else {
            self.step_outside(byte)?;
        }
        if inside || self.depth >= ENTRY_DEPTH {
            self.keep(byte)?;
        }
        Ok(inside && self.depth < ENTRY_DEPTH)
    }

    fn step_in_string(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.in_string = false,
            _ => {}
        }
    }

    fn step_outside(&mut self, byte: u8) -> Result<(), Unreadable> {
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth =
                    self.depth.checked_sub(1).ok_or_else(|| Unreadable("a bracket too many".into()))?;
                self.ended = self.depth == 0;
            }
            _ => {}
        }
        Ok(())
    }

    fn keep(&mut self, byte: u8) -> Result<(), Unreadable> {
        if self.entry.len() >= LONGEST_ENTRY {
            return Err(Unreadable("one entry is longer than 64 KiB".into()));
        }
        self.entry.push(byte);
        Ok(())
    }
}

fn parse(entry: &[u8]) -> Result<Item, Unreadable> {
    serde_json::from_slice(entry).map_err(|error| Unreadable(format!("an entry is not as expected: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = r#"{
	"list": [
		{"Path": "media/a \"b\" {c] \\.jpg", "Name": "x", "Size": 200000, "ModTime": "", "IsDir": false},
		{"Path": "media/ü😀\u00e9.jpg", "Name": "y", "Size": -1, "ModTime": "", "IsDir": false,
		 "Hashes": {"md5": "8444afea5500a2f666747988a4a9bd03", "sha1": ""}}
	]
}
"#;

    fn read(text: &str, part: usize) -> Result<Vec<Item>, Unreadable> {
        let mut splitter = Splitter::default();
        let mut items = Vec::new();
        for part in text.as_bytes().chunks(part) {
            items.extend(splitter.push(part)?);
        }
        splitter.finish().map(|()| items)
    }

    #[test]
    fn entries_come_out_whole_whatever_the_parts() {
        let whole = read(LISTING, usize::MAX).expect("readable");
        assert_eq!(whole.len(), 2);
        assert_eq!(whole[0].path, r#"media/a "b" {c] \.jpg"#);
        assert_eq!(whole[1].path, "media/ü😀é.jpg");
        assert_eq!(whole[1].size, -1);
        assert_eq!(whole[1].hashes["md5"], "8444afea5500a2f666747988a4a9bd03");
        for part in 1..64 {
            assert_eq!(read(LISTING, part), Ok(whole.clone()), "in parts of {part}");
        }
    }

    #[test]
    fn an_empty_listing_has_no_entries() {
        assert_eq!(read(r#"{"list": []}"#, 3), Ok(vec![]));
        assert_eq!(read(r#"{"list": null}"#, 3), Ok(vec![]));
    }

    #[test]
    fn a_listing_that_was_cut_off_is_refused() {
        for end in [0, 10, LISTING.len() / 2, LISTING.len() - 3] {
            assert!(read(&LISTING[..end], 7).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn an_endless_entry_is_refused() {
        let text = format!(r#"{{"list": [{{"Path": "{}"#, "a".repeat(LONGEST_ENTRY + 10));
        assert_eq!(read(&text, 4096), Err(Unreadable("one entry is longer than 64 KiB".into())));
    }

    #[test]
    fn fifty_thousand_entries_are_read() {
        let entry =
            r#"{"Path":"media/processed_full/20261122-103818-000000.jpg","Name":"n","Size":1,"IsDir":false}"#;
        let text = format!(r#"{{"list":[{}]}}"#, vec![entry; 50_000].join(","));
        assert_eq!(read(&text, 1 << 18).expect("readable").len(), 50_000);
    }
}
