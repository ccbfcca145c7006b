//! Paths as they stand in an address.

/// The path with everything escaped that would mean something in an address. Slashes stay.
pub fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                text.push(byte.into());
            }
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        assert_eq!(encoded("media/a b.jpg"), "media/a%20b.jpg");
        assert_eq!(encoded("ü?#%.jpg"), "%C3%BC%3F%23%25.jpg");
    }
}
