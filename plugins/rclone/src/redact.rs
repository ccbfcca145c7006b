//! Error texts for people and logs: one line, not too long, without credentials.

const LONGEST: usize = 300;

/// One line of at most 300 characters, without query strings (presigned links carry their signature
/// there) and without user names and passwords in addresses.
pub fn one_line(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(without_secrets).collect();
    cut(words.join(" "))
}

fn without_secrets(word: &str) -> String {
    let Some(scheme) = word.find("://") else { return word.to_owned() };
    let start = scheme + "://".len();
    let rest = &word[start..];
    let authority = rest.find(['/', '?', '"']).unwrap_or(rest.len());
    let host = rest[..authority].rfind('@').map_or(0, |at| at + 1);
    format!("{}{}", &word[..start], without_query(&rest[host..]))
}

fn without_query(address: &str) -> String {
    let Some(query) = address.find('?') else { return address.to_owned() };
    let end = address[query..].find('"').map_or(address.len(), |quote| query + quote);
    format!("{}?…{}", &address[..query], &address[end..])
}

fn cut(line: String) -> String {
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined() {
        assert_eq!(
            one_line("update stor: 1 error occurred:\n\t* EOF\n\n"),
            "update stor: 1 error occurred: * EOF"
        );
    }

    #[test]
    fn signatures_and_passwords_are_left_out() {
        assert_eq!(
            one_line(r#"Put "https://h/b/a.jpg?X-Amz-Signature=abc": dial tcp: connect: connection refused"#),
            r#"Put "https://h/b/a.jpg?…": dial tcp: connect: connection refused"#
        );
        assert_eq!(one_line("ftp://user:secret@host:21/x"), "ftp://host:21/x");
        assert_eq!(one_line("see https://host/a@b"), "see https://host/a@b");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let line = one_line(&"ü".repeat(1000));
        assert_eq!(line.chars().count(), LONGEST + 1);
    }
}
