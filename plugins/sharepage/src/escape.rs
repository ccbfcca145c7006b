//! Text that people typed, made safe for the places where it lands.

/// For HTML text and for attribute values in double quotes.
pub fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_becomes_markup() {
        assert_eq!(
            html(r#"</title><script>alert("x")&'"#),
            "&lt;/title&gt;&lt;script&gt;alert(&quot;x&quot;)&amp;&#39;"
        );
        assert_eq!(html("Anna & Ben 🎉"), "Anna &amp; Ben 🎉");
    }
}
