//! Rates by the hour of the week: `08:00,512k 12:00,10M`, `Mon-00:00,512 Fri-23:59,10M`.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{DateTime, Weekday};

use super::rate::Rates;

const DAYS: [(&str, &str, Weekday); 7] = [
    ("sun", "sunday", Weekday::Sunday),
    ("mon", "monday", Weekday::Monday),
    ("tue", "tuesday", Weekday::Tuesday),
    ("wed", "wednesday", Weekday::Wednesday),
    ("thu", "thursday", Weekday::Thursday),
    ("fri", "friday", Weekday::Friday),
    ("sat", "saturday", Weekday::Saturday),
];
const DAY_MINUTES: u16 = 24 * 60;

/// How much bandwidth may be used, and when. Reads what rclone's `--bwlimit` reads, and means the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bandwidth(Vec<Slot>);

/// A rate and when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slot {
    /// `None`: the limit has no timetable.
    from: Option<From>,
    rates: Rates,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct From {
    /// `None`: on each of them.
    day: Option<Weekday>,
    /// Since midnight.
    minute: u16,
}

/// What is wrong with a bandwidth limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BandwidthError {
    /// Nothing there.
    #[error("the bandwidth limit is empty: write `off` for none, or a rate such as `10M`")]
    Empty,
    /// Not a rate.
    #[error("`{0}` is not a rate: write it like `512k`, `10M`, `10M:1M` (up:down) or `off`")]
    Rate(String),
    /// Not a time.
    #[error("`{0}` is not a time: write it with four digits, like `08:00` or `Mon-08:00`")]
    Time(String),
    /// A part of a timetable that is not `TIME,RATE`.
    #[error(
        "`{0}` is not a part of a timetable: each is a time, a comma and a rate, like `08:00,512k 23:00,off`"
    )]
    Slot(String),
}

impl Bandwidth {
    /// The limits at a local time.
    pub fn at(&self, local: DateTime) -> Rates {
        let now = minute_of_week(local.date().weekday(), minute_of_day(local));
        let mut best: Option<(u16, Rates)> = None;
        for (begins, rates) in self.slots() {
            let Some(age) = now.checked_sub(begins) else { continue };
            if best.is_none_or(|(youngest, _)| age <= youngest) {
                best = Some((age, rates));
            }
        }
        // Before the week's first one, the one that was written last still holds.
        best.map(|(_, rates)| rates).or(self.0.last().map(|slot| slot.rates)).unwrap_or_default()
    }

    /// Whether there is never a limit.
    pub fn is_unlimited(&self) -> bool {
        self.0.iter().all(|slot| slot.rates == Rates::default())
    }

    /// Every beginning in a week, as a minute of it.
    fn slots(&self) -> impl Iterator<Item = (u16, Rates)> {
        self.0.iter().flat_map(|slot| {
            let Some(from) = slot.from else { return vec![(0, slot.rates)] };
            let days = DAYS.iter().map(|(_, _, day)| *day);
            let days = days.filter(|day| from.day.is_none_or(|only| only == *day));
            days.map(|day| (minute_of_week(day, from.minute), slot.rates)).collect()
        })
    }
}

impl FromStr for Bandwidth {
    type Err = BandwidthError;

    fn from_str(text: &str) -> Result<Self, BandwidthError> {
        let parts: Vec<&str> = text.split([' ', ';']).filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            [] => Err(BandwidthError::Empty),
            [one] if !one.contains(',') => {
                let rates = Rates::read(one).ok_or_else(|| BandwidthError::Rate((*one).into()))?;
                let limited = (rates != Rates::default()).then_some(Slot { from: None, rates });
                Ok(Self(limited.into_iter().collect()))
            }
            several => several.iter().map(|part| slot(part)).collect::<Result<_, _>>().map(Self),
        }
    }
}

fn slot(part: &str) -> Result<Slot, BandwidthError> {
    let (time, rate) = part.split_once(',').ok_or_else(|| BandwidthError::Slot(part.into()))?;
    let from = from(time).ok_or_else(|| BandwidthError::Time(time.into()))?;
    let rates = Rates::read(rate).ok_or_else(|| BandwidthError::Rate(rate.into()))?;
    Ok(Slot { from: Some(from), rates })
}

fn from(time: &str) -> Option<From> {
    let Some((day, clock)) = time.split_once('-') else {
        return Some(From { day: None, minute: minute(time)? });
    };
    let day = day.to_ascii_lowercase();
    let (_, _, day) = DAYS.iter().find(|(short, long, _)| day == *short || day == *long)?;
    Some(From { day: Some(*day), minute: minute(clock)? })
}

/// `hh:mm`, both with two digits.
fn minute(clock: &str) -> Option<u16> {
    let two = |text: &str| (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(());
    let (hour, minute) = clock.split_once(':')?;
    two(hour).and(two(minute))?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

fn minute_of_day(local: DateTime) -> u16 {
    u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs())
}

fn minute_of_week(day: Weekday, minute: u16) -> u16 {
    u16::from(day.to_sunday_zero_offset().unsigned_abs()) * DAY_MINUTES + minute
}

/// As rclone reads it.
impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("off");
        }
        for (index, slot) in self.0.iter().enumerate() {
            let gap = if index > 0 { " " } else { "" };
            match slot.from {
                Some(from) => write!(f, "{gap}{from},{}", slot.rates)?,
                None => write!(f, "{gap}{}", slot.rates)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = DAYS.iter().find(|(_, _, day)| Some(*day) == self.day);
        if let Some((short, _, _)) = day {
            write!(f, "{short}-")?;
        }
        write!(f, "{:02}:{:02}", self.minute / 60, self.minute % 60)
    }
}

#[cfg(test)]
mod tests;
