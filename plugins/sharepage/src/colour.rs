//! Colours that the operator chose.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error};

/// An opaque colour, written `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// Black.
pub const BLACK: Colour = Colour::new(0, 0, 0);
/// White.
pub const WHITE: Colour = Colour::new(255, 255, 255);

impl Colour {
    /// From its parts, 0 to 255 each.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Black or white, whichever reads better on this colour.
    pub fn lettering(self) -> Self {
        if self.contrast(WHITE) >= self.contrast(BLACK) {
            WHITE
        } else {
            BLACK
        }
    }

    /// This colour if it reads well on a background (4.5 to 1), else as little lighter or darker as needed.
    pub fn readable_on(self, background: Self) -> Self {
        let towards = background.lettering();
        let steps = (0..=20_u16).map(|step| self.mixed(towards, step));
        steps.into_iter().find(|colour| colour.contrast(background) >= 4.5).unwrap_or(towards)
    }

    /// Between this colour (0) and another one (20).
    pub fn mixed(self, other: Self, twentieths: u16) -> Self {
        let mix = |a: u8, b: u8| {
            let sum = u16::from(a) * (20 - twentieths) + u16::from(b) * twentieths;
            u8::try_from(sum / 20).unwrap_or(u8::MAX)
        };
        Self::new(mix(self.red, other.red), mix(self.green, other.green), mix(self.blue, other.blue))
    }

    /// Contrast ratio as WCAG 2 defines it, 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

impl FromStr for Colour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let [_, red, green, blue] = number.ok_or("a colour is written #rrggbb")?.to_be_bytes();
        Ok(Self::new(red, green, blue))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().expect("a colour")
    }

    #[test]
    fn lettering_turns_dark_on_light_colours() {
        assert_eq!(colour("#ffe08a").lettering(), BLACK);
        assert_eq!(colour("#0b57d0").lettering(), WHITE);
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 0.01);
        assert!((colour("#777777").contrast(WHITE) - 4.48).abs() < 0.01);
    }

    #[test]
    fn any_colour_can_be_made_readable_on_any_background() {
        for text in ["#ffff00", "#0000ff", "#777777", "#ff0000", "#ffffff", "#000000"] {
            for background in ["#ffffff", "#121417", "#808080", "#fff8e7"] {
                let readable = colour(text).readable_on(colour(background));
                assert!(readable.contrast(colour(background)) >= 4.5, "{text} on {background}");
            }
        }
        assert_eq!(colour("#0b57d0").readable_on(WHITE), colour("#0b57d0"), "what reads well stays");
    }

    #[test]
    fn only_six_hexadecimal_digits_are_a_colour() {
        for text in ["", "red", "#fff", "#12345g", "#1234567", "#+12345", "123456", "#ü2345"] {
            assert!(text.parse::<Colour>().is_err(), "{text}");
        }
    }
}
