//! An address with gaps: `https://photos.example.com/{path}`.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::names::{MediaKey, ObjectPath};
use crate::naming::{composed, identifier};
use crate::settings::Naming;

/// Everything but the characters that never mean anything in a URL.
const TEXT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// As [`TEXT`], for paths.
const PATH: &AsciiSet = &TEXT.remove(b'/');

/// What stands for a part of an item's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// The last part of the key.
    Filename,
    /// The path below the media folder.
    Key,
    /// The object's path on the target.
    Path,
    /// [`identifier`] of the key.
    Identifier,
}

impl Placeholder {
    /// All there are.
    pub const ALL: [Self; 4] = [Self::Filename, Self::Key, Self::Path, Self::Identifier];

    /// How it is written between the braces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filename => "filename",
            Self::Key => "key",
            Self::Path => "path",
            Self::Identifier => "identifier",
        }
    }
}

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}}}", self.name())
    }
}

/// What is filled in.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// The item.
    pub key: &'a MediaKey,
    /// The object's path on the target.
    pub path: &'a ObjectPath,
}

/// A checked address with placeholders. Braces have no other use in it: a brace that is meant
/// literally is written `%7B` or `%7D`, as everywhere in a URL, so there is no doubling of braces.
/// All other text is taken as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Gap(Placeholder),
}

/// Why a text is not a usable pattern. Columns count bytes from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing there.
    #[error("the pattern is empty: write an address such as `https://photos.example.com/{{path}}`")]
    Empty,
    /// Phones open web addresses only.
    #[error("`{0}` is not a web address: begin it with `https://` or `http://`")]
    Scheme(String),
    /// Nothing between `//` and the first `/`.
    #[error("the address has no host at column {column}: write one, as in `https://photos.example.com/`")]
    Host {
        /// Where it should stand.
        column: usize,
    },
    /// The host is the same for all pictures.
    #[error(
        "the placeholder at column {column} stands in the host's name: use placeholders behind the first `/` only"
    )]
    PlaceholderInHost {
        /// Where it begins.
        column: usize,
    },
    /// A name that is not known.
    #[error("unknown placeholder `{{{name}}}` at column {column}: use {}", known())]
    Unknown {
        /// What stands between the braces.
        name: String,
        /// Where it begins.
        column: usize,
    },
    /// A brace without its partner.
    #[error(
        "the `{brace}` at column {column} has no partner: close the placeholder, or write a plain brace as `%7B` or `%7D`"
    )]
    Brace {
        /// `{` or `}`.
        brace: char,
        /// Where.
        column: usize,
    },
    /// A character that ends an address wherever it is copied.
    #[error("{character:?} at column {column} cannot stand in an address: write a space as `%20`")]
    Character {
        /// Which.
        character: char,
        /// Where.
        column: usize,
    },
    /// The objects have other names than the files.
    #[error("with `naming = \"token\"` only `{{path}}` says where a picture lies: use it instead of `{0}`")]
    NotWithTokens(Placeholder),
    /// As above, and it uses no placeholder at all.
    #[error(
        "with `naming = \"token\"` the pattern must contain `{{path}}`, the only thing that says where a picture lies"
    )]
    TokensNeedPath,
    /// The share page gets its own `#` and query.
    #[error("`{0}` cannot be a share page's address: leave out placeholders and what begins at `?` or `#`")]
    Page(String),
    /// The custom link belongs to no target.
    #[error("`{{path}}` is a path on one target, and the custom link belongs to none: use `{{key}}`")]
    NoPathHere,
}

fn known() -> String {
    Placeholder::ALL.map(|placeholder| format!("`{placeholder}`")).join(", ")
}

impl Pattern {
    /// Reads a pattern wherever it is meant to be used.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let host = check_address(text)?;
        let pieces = pieces(text)?;
        check_host(text, host)?;
        Ok(Self(pieces))
    }

    /// Reads the pattern of a target whose objects are named by `naming`.
    pub fn for_target(text: &str, naming: Naming) -> Result<Self, PatternError> {
        let pattern = Self::parse(text)?;
        let by_name = [Placeholder::Filename, Placeholder::Key].into_iter().find(|name| pattern.uses(*name));
        match (naming, by_name) {
            (Naming::Token, Some(name)) => Err(PatternError::NotWithTokens(name)),
            (Naming::Token, None) if !pattern.uses(Placeholder::Path) => Err(PatternError::TokensNeedPath),
            _ => Ok(pattern),
        }
    }

    /// Reads the pattern of the link that belongs to no target.
    pub fn for_custom(text: &str) -> Result<Self, PatternError> {
        let pattern = Self::parse(text)?;
        if pattern.uses(Placeholder::Path) { Err(PatternError::NoPathHere) } else { Ok(pattern) }
    }

    /// Whether the placeholder occurs.
    pub fn uses(&self, placeholder: Placeholder) -> bool {
        self.0.contains(&Piece::Gap(placeholder))
    }

    /// Fills in the values, percent-encoded as UTF-8 in NFC. Only letters, digits and `-._~` stay as
    /// they are, and `/` in `{key}` and `{path}`.
    pub fn expand(&self, values: &Values<'_>) -> String {
        self.0.iter().fold(String::new(), |mut url, piece| {
            match piece {
                Piece::Text(text) => url.push_str(text),
                Piece::Gap(placeholder) => url.push_str(&value(*placeholder, values)),
            }
            url
        })
    }
}

fn value(placeholder: Placeholder, values: &Values<'_>) -> String {
    match placeholder {
        Placeholder::Filename => encode_all(composed(values.key).file_name()),
        Placeholder::Key => encode_path(composed(values.key).as_str()),
        Placeholder::Path => encode_path(values.path.as_str()),
        Placeholder::Identifier => identifier(values.key).to_string(),
    }
}

/// Percent-encodes everything but letters, digits and `-._~`.
pub(super) fn encode_all(text: &str) -> String {
    utf8_percent_encode(text, TEXT).to_string()
}

fn encode_path(text: &str) -> String {
    utf8_percent_encode(text, PATH).to_string()
}

/// Checks the address of a share page: a web address to whose end `/#/?url=` can be added.
pub(super) fn check_page(url: &str) -> Result<(), PatternError> {
    let host = check_address(url)?;
    if url.contains(['{', '}', '?', '#']) {
        return Err(PatternError::Page(url.into()));
    }
    check_host(url, host)
}

/// Checks what does not depend on placeholders; returns where the host begins, as a byte offset.
fn check_address(text: &str) -> Result<usize, PatternError> {
    if text.is_empty() {
        return Err(PatternError::Empty);
    }
    if let Some((at, character)) = text.char_indices().find(|(_, c)| c.is_whitespace() || c.is_control()) {
        return Err(PatternError::Character { character, column: at + 1 });
    }
    let starts =
        |scheme: &str| text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    let scheme = ["https://", "http://"].into_iter().find(|scheme| starts(scheme));
    scheme.map(str::len).ok_or_else(|| PatternError::Scheme(text.into()))
}

fn check_host(text: &str, begin: usize) -> Result<(), PatternError> {
    let rest = &text[begin..];
    let host = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    match host.find('{') {
        Some(at) => Err(PatternError::PlaceholderInHost { column: begin + at + 1 }),
        None if host.is_empty() => Err(PatternError::Host { column: begin + 1 }),
        None => Ok(()),
    }
}

fn pieces(text: &str) -> Result<Vec<Piece>, PatternError> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(brace) = text[at..].find(['{', '}']).map(|offset| at + offset) {
        if brace > at {
            pieces.push(Piece::Text(text[at..brace].into()));
        }
        let (placeholder, end) = placeholder(text, brace)?;
        pieces.push(Piece::Gap(placeholder));
        at = end;
    }
    if at < text.len() {
        pieces.push(Piece::Text(text[at..].into()));
    }
    Ok(pieces)
}

/// The placeholder that begins at `begin`, and where the text goes on behind it.
fn placeholder(text: &str, begin: usize) -> Result<(Placeholder, usize), PatternError> {
    let column = begin + 1;
    let Some(rest) = text[begin..].strip_prefix('{') else {
        return Err(PatternError::Brace { brace: '}', column });
    };
    let Some(length) = rest.find(['{', '}']).filter(|length| rest[*length..].starts_with('}')) else {
        return Err(PatternError::Brace { brace: '{', column });
    };
    let name = &rest[..length];
    let found = Placeholder::ALL.into_iter().find(|placeholder| placeholder.name() == name);
    let placeholder = found.ok_or_else(|| PatternError::Unknown { name: name.into(), column })?;
    Ok((placeholder, begin + length + 2))
}

#[cfg(test)]
pub(super) mod tests;
