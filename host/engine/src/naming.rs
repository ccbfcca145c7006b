//! How a media item is named where others see it: its identifier, its objects' paths, its media type.
//!
//! All of these are functions of the key's NFC form, so that two spellings of one name are one item.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use unicode_normalization::{UnicodeNormalization, is_nfc};
use uuid::Uuid;

use crate::names::{MediaKey, ObjectPath};
use crate::settings::Naming;

/// The namespace of all identifiers. Changing it would change every link that names one.
const IDENTIFIERS: Uuid = Uuid::from_u128(0x6d8c_20f5_7a41_4e0b_9c53_2f6b_e1d4_87a9);

/// 32 signs, so that each carries five bits. All lower case: some services fold case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Length of a token; 24 signs of five bits are the first 15 bytes of the digest.
const TOKEN_LETTERS: usize = 24;

/// The secret from which a booth computes unguessable paths. Never leaves the machine.
#[derive(Clone, PartialEq, Eq)]
pub struct NamingKey([u8; 32]);

impl NamingKey {
    /// Takes 32 bytes that nobody else knows.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, to be kept where only this booth can read them.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for NamingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NamingKey(..)")
    }
}

/// The key in Unicode normal form C, in which keys are compared.
pub fn composed(key: &MediaKey) -> MediaKey {
    if is_nfc(key.as_str()) {
        return key.clone();
    }
    let text: String = key.as_str().nfc().collect();
    MediaKey::new(&text).expect("composing letters makes neither a slash nor a dot segment")
}

/// The stable identifier of a key: the same in every booth, after every restart.
pub fn identifier(key: &MediaKey) -> Uuid {
    Uuid::new_v5(&IDENTIFIERS, composed(key).as_str().as_bytes())
}

/// Where a target holds `key`. With [`Naming::Token`] only who has `secret` can compute it.
pub fn object_path(naming: Naming, secret: &NamingKey, key: &MediaKey) -> ObjectPath {
    match naming {
        Naming::Plain => ObjectPath::of_media(key),
        Naming::Token => token_path(secret, key),
    }
}

fn token_path(secret: &NamingKey, key: &MediaKey) -> ObjectPath {
    let token = token(secret, &composed(key));
    let extension: String = key.extension().nfc().collect();
    let dot = if extension.is_empty() { "" } else { "." };
    let path = format!("media/{}/{token}{dot}{extension}", &token[..2]);
    ObjectPath::new(&path).expect("the token is plain ASCII, the extension composed and without a slash")
}

fn token(secret: &NamingKey, key: &MediaKey) -> String {
    letters(&mac(secret, &[key.as_str().as_bytes()]))
}

fn mac(secret: &NamingKey, parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.bytes()).expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// What opens an item to phones in the booth's own network: which item, and the proof that this booth
/// gave its link out.
pub(crate) fn lan_token(secret: &NamingKey, key: &MediaKey) -> String {
    format!("{}{}", identifier(key).simple(), lan_proof(secret, key))
}

/// The second part of a [`lan_token`]. Another one than in the item's name on targets.
pub(crate) fn lan_proof(secret: &NamingKey, key: &MediaKey) -> String {
    letters(&mac(secret, &[b"lan/", composed(key).as_str().as_bytes()]))
}

/// The item and the proof in a text that may be a [`lan_token`].
pub(crate) fn split_lan_token(text: &str) -> Option<(Uuid, &str)> {
    let (identifier, proof) = text.split_at_checked(uuid::fmt::Simple::LENGTH)?;
    Some((Uuid::try_parse(identifier).ok()?, proof))
}

/// The first [`TOKEN_LETTERS`] groups of five bits, as signs of [`ALPHABET`].
fn letters(digest: &[u8]) -> String {
    (0..TOKEN_LETTERS)
        .map(|letter| {
            let (byte, bit) = (letter * 5 / 8, letter * 5 % 8);
            let pair = u16::from(digest[byte]) << 8 | u16::from(digest[byte + 1]);
            char::from(ALPHABET[usize::from(pair >> (11 - bit) & 31)])
        })
        .collect()
}

/// MIME type by extension; `application/octet-stream` for anything unknown.
pub fn media_type(key: &MediaKey) -> &'static str {
    match key.extension().as_str() {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "heic" => "image/heic",
        "svg" => "image/svg+xml",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "dng" => "image/x-adobe-dng",
        "cr2" => "image/x-canon-cr2",
        "cr3" => "image/x-canon-cr3",
        "nef" => "image/x-nikon-nef",
        "arw" => "image/x-sony-arw",
        "html" => "text/html",
        "css" => "text/css",
        "js" => "text/javascript",
        "json" => "application/json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn key(text: &str) -> MediaKey {
        MediaKey::new(text).unwrap()
    }

    fn secret(byte: u8) -> NamingKey {
        NamingKey::new([byte; 32])
    }

    fn token_of(secret: &NamingKey, text: &str) -> String {
        object_path(Naming::Token, secret, &key(text)).to_string()
    }

    #[test]
    fn an_identifier_never_changes_and_does_not_depend_on_the_spelling() {
        assert_eq!(identifier(&key("full/\u{fc}.jpg")), identifier(&key("full/u\u{308}.jpg")));
        assert_ne!(identifier(&key("full/a.jpg")), identifier(&key("full/b.jpg")));
        let known = "fae70215-157e-5773-949b-96ab8727df14";
        assert_eq!(identifier(&key("processed_full/a.jpg")).to_string(), known);
    }

    #[test]
    fn plain_names_are_kept() {
        let path = object_path(Naming::Plain, &secret(1), &key("a b/c#.jpg"));
        assert_eq!(path.as_str(), "media/a b/c#.jpg");
    }

    /// Computed with another implementation: base32 of HMAC-SHA256, lower case.
    #[test]
    fn a_token_is_the_hmac_of_the_key_in_base_32() {
        assert_eq!(token_of(&secret(7), "processed_full/a.JPG"), "media/3p/3pqvvnwizplg5n2nwwh2tvza.jpg");
    }

    #[test]
    fn a_token_tells_nothing_and_differs_with_every_key_and_booth() {
        let mut seen = BTreeSet::new();
        for n in 0..500 {
            for booth in 0..2 {
                let path = token_of(&secret(booth), &format!("processed_full/{n}.jpg"));
                assert!(!path.contains("processed"), "{path}");
                assert!(seen.insert(path));
            }
        }
    }

    #[test]
    fn a_token_does_not_depend_on_the_spelling_of_the_name() {
        assert_eq!(token_of(&secret(1), "\u{fc}.jpg"), token_of(&secret(1), "u\u{308}.jpg"));
    }

    #[test]
    fn odd_extensions_still_give_a_usable_path() {
        for odd in ["a", ".hidden", "a.", "a.u\u{308}", "a.\u{130}\u{301}", "x/a.tar gz"] {
            let path = token_of(&secret(1), odd);
            assert!(path.starts_with("media/"), "{odd:?} became {path:?}");
        }
        assert!(!token_of(&secret(1), "a.").ends_with('.'));
    }

    #[test]
    fn a_naming_key_is_not_printed() {
        assert_eq!(format!("{:?}", secret(9)), "NamingKey(..)");
    }

    #[test]
    fn media_types_go_by_extension_in_any_case() {
        assert_eq!(media_type(&key("a.JPEG")), "image/jpeg");
        assert_eq!(media_type(&key("a.MOV")), "video/quicktime");
        assert_eq!(media_type(&key("index.html")), "text/html");
        assert_eq!(media_type(&key("jpg")), "application/octet-stream");
    }

    #[test]
    fn everything_that_is_synced_by_default_has_a_media_type() {
        let all = "jpg,jpeg,png,gif,webp,avif,heic,mp4,mov,webm,dng,cr2,cr3,nef,arw";
        for extension in all.split(',') {
            let kind = media_type(&key(&format!("a.{extension}")));
            assert!(kind.starts_with("image/") || kind.starts_with("video/"), "{extension}: {kind}");
        }
    }
}
