//! What WebDAV says of files and folders.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::store::{Held, Store};

/// What stays as it is in a path.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// The answer to a PROPFIND of `path`, with what lies in it if `deep`; `None` if there is no such thing.
pub fn multistatus(store: &Store, path: &str, deep: bool) -> Option<String> {
    let mut text =
        String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:multistatus xmlns:D=\"DAV:\">\n");
    match store.file(path) {
        Some(held) => file(&mut text, path, held),
        None if !store.is_folder(path) => return None,
        None => {
            folder(&mut text, path);
            let (folders, files) = if deep { store.list(path) } else { (vec![], vec![]) };
            folders.into_iter().for_each(|path| folder(&mut text, path));
            files.into_iter().for_each(|(path, held)| file(&mut text, path, held));
        }
    }
    text.push_str("</D:multistatus>\n");
    Some(text)
}

fn folder(text: &mut String, path: &str) {
    let slash = if path.is_empty() { "" } else { "/" };
    response(text, &format!("{}{slash}", href(path)), "<D:resourcetype><D:collection/></D:resourcetype>");
}

fn file(text: &mut String, path: &str, held: &Held) {
    let properties = format!(
        "<D:resourcetype/><D:getcontentlength>{}</D:getcontentlength><D:getetag>{}</D:getetag>",
        held.size_bytes,
        held.checksum.tag().replace('"', "&quot;")
    );
    response(text, &href(path), &properties);
}

fn response(text: &mut String, href: &str, properties: &str) {
    writeln!(
        text,
        "<D:response><D:href>{href}</D:href><D:propstat><D:prop>{properties}</D:prop>\
         <D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )
    .expect("a String takes everything");
}

fn href(path: &str) -> String {
    format!("/{}", utf8_percent_encode(path, PATH))
}

#[cfg(test)]
mod tests {
    use super::super::store::Incoming;
    use super::*;

    #[test]
    fn a_folder_says_what_is_in_it_only_when_asked() {
        let mut store = Store::default();
        store.make_folders("dav/ü");
        store.write("dav/a b.jpg", Incoming::default().held());
        let deep = multistatus(&store, "dav", true).unwrap();
        for href in ["/dav/</D:href>", "/dav/%C3%BC/</D:href>", "/dav/a%20b.jpg</D:href>"] {
            assert!(deep.contains(href), "{deep}");
        }
        assert_eq!(multistatus(&store, "dav", false).unwrap().matches("<D:response>").count(), 1);
        assert_eq!(multistatus(&store, "else", true), None);
    }
}
