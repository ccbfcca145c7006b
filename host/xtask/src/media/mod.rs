//! Pictures made in code: real files that every viewer opens, the same on every machine.

mod animation;
mod canvas;
mod chance;
mod exif;
mod photo;
mod scene;
mod video;

pub use animation::animation;
pub use chance::Chance;
pub use photo::photo;
pub use video::video;

/// What a booth makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// JPEG with EXIF.
    Photo,
    /// Animated GIF.
    Animation,
    /// Motion-JPEG in a QuickTime file.
    Video,
}

impl Kind {
    /// The ending of its file name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Photo => "jpg",
            Self::Animation => "gif",
            Self::Video => "mov",
        }
    }

    /// Makes one; the same `seed` gives the same bytes.
    pub fn make(self, seed: u64) -> Vec<u8> {
        match self {
            Self::Photo => photo(seed),
            Self::Animation => animation(seed),
            Self::Video => video(seed),
        }
    }
}
