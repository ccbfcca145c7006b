//! The kinds of values that TOML has no type for: durations, sizes, times of day, addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use sandbox::{Bandwidth, BandwidthError};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A span of time, written `500ms`, `10s`, `5m`, `24h` or `30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

/// A span of time, or `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrNever(pub Option<Duration>);

/// A span of time, or `auto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrAuto(pub Option<Duration>);

/// A number of bytes, written `4096`, `512KiB`, `64MiB` or `2GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size(pub u64);

/// A part of the day in local time, written `22:00-08:00`, or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours(pub Option<(u16, u16)>);

/// How fast transfers may be, in rclone's syntax.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BandwidthLimit(pub Bandwidth);

/// An IP address (or `localhost`) and a port to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen(pub SocketAddr);

impl FromStr for Span {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        duration(text).map(Self)
    }
}

impl FromStr for OrNever {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" {
            return Ok(Self(None));
        }
        duration(text).map(|some| Self(Some(some))).map_err(|e| format!("{e}, or `never`"))
    }
}

impl FromStr for OrAuto {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self(None));
        }
        duration(text).map(|some| Self(Some(some))).map_err(|e| format!("{e}, or `auto`"))
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a duration: write it like `10s`, `5m`, `24h` or `30d`");
    let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
    let unit_ms: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    let ms = number.checked_mul(unit_ms).ok_or_else(wrong)?;
    // Beyond a thousand years, sums with the time of day would overflow.
    if ms > 1_000 * 366 * 86_400_000 { Err(wrong()) } else { Ok(Duration::from_millis(ms)) }
}

impl FromStr for Size {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a size: write it like `512KiB`, `64MiB` or `2GiB`");
        let (number, unit) = number_and_unit(text).ok_or_else(wrong)?;
        let shift = match unit {
            "" | "B" => 0,
            "KiB" => 10,
            "MiB" => 20,
            "GiB" => 30,
            _ => return Err(wrong()),
        };
        number.checked_mul(1 << shift).map(Self).ok_or_else(wrong)
    }
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().ok()?;
    Some((number, text[digits..].trim_start()))
}

impl FromStr for QuietHours {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self(None));
        }
        let wrong = || format!("`{text}` is not a part of the day: write it like `22:00-08:00`");
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let (from, to) = (minute_of_day(from).ok_or_else(wrong)?, minute_of_day(to).ok_or_else(wrong)?);
        if from == to {
            return Err(format!("`{text}` begins and ends at the same minute"));
        }
        Ok(Self(Some((from, to))))
    }
}

fn minute_of_day(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

impl FromStr for BandwidthLimit {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.parse().map(Self).map_err(|error: BandwidthError| error.to_string())
    }
}

impl FromStr for Listen {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an address to listen on: write it like `127.0.0.1:8080`");
        if let Ok(address) = text.parse() {
            return Ok(Self(address));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse().map_err(|_| wrong())?;
        match host {
            "localhost" => Ok(Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))),
            _ => Err(wrong()),
        }
    }
}

macro_rules! from_text {
    ($($name:ident),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(D::Error::custom)
            }
        }
    )*};
}
from_text!(Span, OrNever, OrAuto, QuietHours, BandwidthLimit, Listen);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct SizeVisitor;
        impl serde::de::Visitor<'_> for SizeVisitor {
            type Value = Size;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size like `64MiB`")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Size, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_i64<E: serde::de::Error>(self, bytes: i64) -> Result<Size, E> {
                u64::try_from(bytes).map(Size).map_err(|_| E::custom("a size cannot be negative"))
            }
        }
        from.deserialize_any(SizeVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_carry_their_unit() {
        assert_eq!("10s".parse(), Ok(Span(Duration::from_secs(10))));
        assert_eq!("5m".parse(), Ok(Span(Duration::from_secs(300))));
        assert_eq!("24h".parse(), Ok(Span(Duration::from_secs(86_400))));
        assert_eq!("30d".parse(), Ok(Span(Duration::from_secs(30 * 86_400))));
        assert_eq!("never".parse(), Ok(OrNever(None)));
        for bad in ["", "5", "m", "5 minutes", "-5s", "5.5m", "99999999999d", "never"] {
            assert!(bad.parse::<Span>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn sizes_are_binary() {
        assert_eq!("64MiB".parse(), Ok(Size(64 << 20)));
        assert_eq!("2 GiB".parse(), Ok(Size(2 << 30)));
        for bad in ["", "64MB", "MiB", "99999999999GiB"] {
            assert!(bad.parse::<Size>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn quiet_hours_may_pass_midnight() {
        assert_eq!("22:00-08:30".parse(), Ok(QuietHours(Some((1320, 510)))));
        assert_eq!("".parse(), Ok(QuietHours(None)));
        for bad in ["22-08", "25:00-08:00", "22:00", "22:60-08:00", "08:00-08:00"] {
            assert!(bad.parse::<QuietHours>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_address_to_listen_on_needs_a_port() {
        assert_eq!("localhost:80".parse(), Ok(Listen(([127, 0, 0, 1], 80).into())));
        assert!("[::1]:8080".parse::<Listen>().is_ok());
        for bad in ["127.0.0.1", "booth.local:80", ":8080", "8080"] {
            assert!(bad.parse::<Listen>().is_err(), "{bad:?}");
        }
    }
}
