//! One rate: `512k`, `10M:1M`, `off`.

use std::fmt;

/// Bytes per second in each direction; `None`: as fast as it goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// What leaves this machine.
    pub up: Option<u64>,
    /// What comes in.
    pub down: Option<u64>,
}

impl Rates {
    /// Reads `RATE` or `UP:DOWN`.
    pub(super) fn read(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some((up, down)) => Some(Self { up: rate(up)?, down: rate(down)? }),
            None => rate(text).map(|both| Self { up: both, down: both }),
        }
    }
}

/// As rclone reads it, in plain bytes: every version of it understands these.
impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |rate: Option<u64>| rate.map_or_else(|| "off".into(), |bytes| format!("{bytes}B"));
        match self.up == self.down {
            true => f.write_str(&word(self.up)),
            false => write!(f, "{}:{}", word(self.up), word(self.down)),
        }
    }
}

/// A number without a unit counts KiB, and nothing means no limit, as in rclone.
fn rate(text: &str) -> Option<Option<u64>> {
    if text.eq_ignore_ascii_case("off") {
        return Some(None);
    }
    let digits = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().ok()?;
    let bytes = (number * unit_bytes(unit)?) as u64;
    Some((bytes > 0).then_some(bytes))
}

fn unit_bytes(unit: &str) -> Option<f64> {
    let shift = match unit.to_ascii_lowercase().as_str() {
        "b" => 0,
        "" | "k" | "ki" | "kib" => 10,
        "m" | "mi" | "mib" => 20,
        "g" | "gi" | "gib" => 30,
        "t" | "ti" | "tib" => 40,
        _ => return None,
    };
    Some((1_u64 << shift) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(bytes: u64) -> Option<Rates> {
        Some(Rates { up: Some(bytes), down: Some(bytes) })
    }

    #[test]
    fn a_rate_counts_as_rclone_counts_it() {
        for (text, bytes) in [
            ("512", 524_288),
            ("512k", 524_288),
            ("512K", 524_288),
            ("100B", 100),
            ("100b", 100),
            ("1.5M", 1_572_864),
            (".5M", 524_288),
            ("5.M", 5_242_880),
            ("1Mi", 1_048_576),
            ("1MiB", 1_048_576),
            ("1mib", 1_048_576),
            ("1G", 1 << 30),
            ("2T", 2 << 40),
        ] {
            assert_eq!(Rates::read(text), both(bytes), "{text}");
        }
    }

    #[test]
    fn off_and_nothing_are_no_limit() {
        for text in ["off", "OFF", "Off", "0", "0k"] {
            assert_eq!(Rates::read(text), Some(Rates::default()), "{text}");
        }
    }

    #[test]
    fn up_and_down_may_differ() {
        let read = |text| Rates::read(text).map(|rates| (rates.up, rates.down));
        assert_eq!(read("10M:100k"), Some((Some(10 << 20), Some(100 << 10))));
        assert_eq!(read("off:1M"), Some((None, Some(1 << 20))));
        assert_eq!(read("10M:off"), Some((Some(10 << 20), None)));
    }

    #[test]
    fn what_is_no_rate_is_refused() {
        for text in [
            "", "fast", "1x", "M", "k", "B", "1MB", "1kB", "-1", "+1M", "1e3", "1:2:3", "1M:", ":1M", "1 M",
            "1_000", "0x10", ".", "1.2.3", "NaN", "inf", "1i", "ü", "1ü",
        ] {
            assert_eq!(Rates::read(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["512k", "10M:100k", "off", "off:1B", "7B"] {
            let rates = Rates::read(text).unwrap();
            assert_eq!(Rates::read(&rates.to_string()), Some(rates), "{text}");
        }
    }
}
