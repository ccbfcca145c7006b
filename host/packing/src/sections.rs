//! The sections of a component, as WebAssembly writes them: id, size, content.

use crate::error::PackError;

const PREAMBLE: &[u8] = b"\0asm";
/// Version 13, layer 1: a component.
const COMPONENT: &[u8] = &[0x0d, 0, 1, 0];
/// Version 1, layer 0: a core module.
const MODULE: &[u8] = &[1, 0, 0, 0];
const CUSTOM: u8 = 0;

/// A custom section.
pub fn custom(name: &str, content: &[u8]) -> Vec<u8> {
    let mut body = leb128(name.len());
    body.extend(name.as_bytes());
    body.extend(content);
    [vec![CUSTOM], leb128(body.len()), body].concat()
}

/// The component without its outermost custom sections of these names. What lies deeper is not touched.
pub fn without(component: &[u8], names: &[&str]) -> Result<Vec<u8>, PackError> {
    check(component)?;
    let (head, mut rest) = component.split_at(8);
    let mut kept = head.to_vec();
    while !rest.is_empty() {
        let (section, content, behind) = section(rest).ok_or(CUT_OFF)?;
        let named = |content| name(content).is_some_and(|name| names.iter().any(|n| n.as_bytes() == name));
        if section[0] != CUSTOM || !named(content) {
            kept.extend(section);
        }
        rest = behind;
    }
    Ok(kept)
}

const CUT_OFF: PackError =
    PackError::NoComponent("cut off: a section is longer than the file; build it again");

fn check(component: &[u8]) -> Result<(), PackError> {
    match component.get(4..8) {
        _ if !component.starts_with(PREAMBLE) => Err(PackError::NoComponent(
            "no WebAssembly; let `component` in `[build]` name the built `.wasm` file",
        )),
        Some(COMPONENT) => Ok(()),
        Some(MODULE) => Err(PackError::NoComponent(
            "a core module, not a component; build it for the target wasm32-wasip2",
        )),
        _ => Err(PackError::NoComponent("no component of a kind that is known here")),
    }
}

/// The first section whole, its content, and what comes behind it.
fn section(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (size, width) = read_leb128(bytes.get(1..)?)?;
    let begin = 1 + width;
    let end = begin.checked_add(size)?;
    Some((bytes.get(..end)?, bytes.get(begin..end)?, &bytes[end..]))
}

/// The name of a custom section.
fn name(content: &[u8]) -> Option<&[u8]> {
    let (size, width) = read_leb128(content)?;
    content.get(width..width.checked_add(size)?)
}

/// A number in sevens, the lowest first.
pub fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(number & 0x7f).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// The number and how many bytes it takes.
fn read_leb128(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut number = 0usize;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        number |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((number, index + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn numbers_are_written_in_sevens_and_read_again() {
        assert_eq!(leb128(0), [0]);
        assert_eq!(leb128(127), [0x7f]);
        assert_eq!(leb128(624_485), [0xe5, 0x8e, 0x26]);
        for number in [0, 1, 127, 128, 624_485, 64 << 20] {
            assert_eq!(read_leb128(&leb128(number)), Some((number, leb128(number).len())));
        }
        assert_eq!(read_leb128(&[0x80]), None);
    }

    #[test]
    fn only_custom_sections_of_the_given_names_go() {
        let other = [vec![11u8, 2], b"\x01a".to_vec()].concat();
        let parts = [EMPTY.to_vec(), custom("a", b"1"), other.clone(), custom("b", b"2")];
        let left = without(&parts.concat(), &["a"]).unwrap();
        assert_eq!(left, [EMPTY.to_vec(), other, custom("b", b"2")].concat());
        assert_eq!(without(&left, &["a"]).unwrap(), left);
    }

    #[test]
    fn what_is_no_component_is_named_for_what_it_is() {
        let said = |bytes: &[u8]| without(bytes, &[]).unwrap_err().to_string();
        assert!(said(b"\0asm\x01\0\0\0").contains("core module"));
        assert!(said(b"<html>").contains("no WebAssembly"));
        assert!(said(b"").contains("no WebAssembly"));
        assert!(said(b"\0asm\x0d\0\x01\0\x00\x09ab").contains("cut off"));
    }
}
