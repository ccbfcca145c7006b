//! Finds the number that an FTP or HTTP server answered with in rclone's text about it.

/// An FTP reply code: three digits before the quoted reply, as in `530 "Login incorrect."`.
pub fn ftp(text: &str) -> Option<u16> {
    text.match_indices(" \"").find_map(|(quote, _)| number_before(text, quote))
}

/// An HTTP status: `StatusCode: 503` of S3, `: 403 Forbidden` of WebDAV, or `Error 403` of the Google
/// libraries. Zero, which S3 says when there was no answer, is none.
pub fn http(text: &str) -> Option<u16> {
    after(text, "StatusCode: ")
        .or_else(|| after(text, "googleapi: Error "))
        .or_else(|| after(text, "HTTP error "))
        .or_else(|| status_line(text))
        .filter(|code| (100..600).contains(code))
}

fn number_before(text: &str, end: usize) -> Option<u16> {
    let head = text.get(..end)?;
    let digits = head.get(head.len().checked_sub(3)?..)?;
    let free = head.len() == 3 || !head.as_bytes()[head.len() - 4].is_ascii_alphanumeric();
    let code: u16 = digits.parse().ok()?;
    (free && (100..600).contains(&code)).then_some(code)
}

fn after(text: &str, mark: &str) -> Option<u16> {
    let start = text.find(mark)? + mark.len();
    text[start..].chars().take_while(char::is_ascii_digit).collect::<String>().parse().ok()
}

/// The last part of the text if it is a status line: `… failed: 423 Locked`.
fn status_line(text: &str) -> Option<u16> {
    let (code, reason) = text.rsplit(": ").next()?.split_once(' ')?;
    let is_reason = reason.starts_with(|c: char| c.is_ascii_uppercase());
    (code.len() == 3 && is_reason).then(|| code.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ftp_codes_stand_before_the_quoted_reply() {
        assert_eq!(
            ftp(r#"NewFs: failed to make FTP connection to "h:21": 530 "Login incorrect.""#),
            Some(530)
        );
        assert_eq!(ftp("update stor: 1 error occurred:\n\t* 552 \"Quota exceeded\"\n\n"), Some(552));
        assert_eq!(ftp(r#"Put "http://h/a": EOF"#), None);
        assert_eq!(ftp(r#"object a1530 "x""#), None);
    }

    #[test]
    fn http_codes_are_found_where_backends_put_them() {
        assert_eq!(
            http("operation error S3: PutObject, https response error StatusCode: 503, RequestID: "),
            Some(503)
        );
        assert_eq!(http("https response error StatusCode: 0, RequestID: , HostID: "), None);
        assert_eq!(http("unchunked simple update failed: denied: 401 Unauthorized"), Some(401));
        assert_eq!(http("googleapi: Error 403: Rate Limit Exceeded, rateLimitExceeded"), Some(403));
        assert_eq!(http("upload of photo: 404 pictures left"), None);
    }
}
