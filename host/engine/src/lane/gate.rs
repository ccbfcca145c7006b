//! What holds every lane back at times: quiet hours, a metered connection, sync switched off.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, ToSpan};

use crate::filter::DEFAULT_PRIORITY;
use crate::settings::SyncSettings;

/// Says what may be transferred now.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    enabled: bool,
    metered: bool,
    /// Minutes since midnight.
    quiet: Option<(u16, u16)>,
    /// `None`: the machine's, whatever that is at the time.
    zone: Option<TimeZone>,
}

impl Gate {
    /// Takes the rules; quiet hours are in the machine's time zone.
    pub fn new(sync: &SyncSettings) -> Self {
        Self { enabled: sync.enabled, metered: sync.metered, quiet: sync.quiet_hours, zone: None }
    }

    /// Nothing is ever transferred.
    pub fn is_shut(&self) -> bool {
        !self.enabled
    }

    /// When quiet hours end, if they are on: nothing begins before.
    pub fn quiet_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.around(now).find(|(begin, end)| *begin <= now && now < *end).map(|(_, end)| end)
    }

    /// When quiet hours begin, if they are not on.
    pub fn quiet_from(&self, now: Timestamp) -> Option<Timestamp> {
        self.around(now).map(|(begin, _)| begin).find(|begin| *begin > now)
    }

    /// Why nothing begins now, for people.
    pub fn quiet_reason(&self, now: Timestamp) -> Option<String> {
        self.quiet_until(now)?;
        let (_, to) = self.quiet?;
        Some(format!("quiet hours until {:02}:{:02}", to / 60, to % 60))
    }

    /// Only what is more urgent than this may be put. Deletes move nothing, so they always may happen.
    pub fn below_priority(&self) -> Option<u8> {
        self.metered.then_some(DEFAULT_PRIORITY)
    }

    /// The quiet hours of yesterday, today and tomorrow, in this order.
    fn around(&self, now: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        let zone = self.zone.clone().unwrap_or_else(TimeZone::system);
        let today = now.to_zoned(zone.clone()).date();
        let quiet = self.quiet.filter(|(from, to)| from != to);
        quiet.into_iter().flat_map(move |(from, to)| {
            let zone = zone.clone();
            (-1..=1).filter_map(move |days| {
                let first = today.checked_add(days.days()).ok()?;
                let last = if from < to { first } else { first.tomorrow().ok()? };
                Some((instant(&zone, first, from)?, instant(&zone, last, to)?))
            })
        })
    }
}

/// When the clock on the wall shows this. A time that comes twice counts the first time; one that is
/// skipped comes in the moment in which it is.
fn instant(zone: &TimeZone, date: Date, minute: u16) -> Option<Timestamp> {
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    let local = DateTime::from_parts(date, Time::new(hour, minute, 0, 0).ok()?);
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Gap { after, .. } => {
            let before_the_skip = after.to_timestamp(local).ok()?;
            zone.following(before_the_skip).next().map(|skip| skip.timestamp())
        }
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok(),
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(quiet: (u16, u16), zone: &str) -> Gate {
        let zone = TimeZone::posix(zone).unwrap();
        Gate { enabled: true, metered: false, quiet: Some(quiet), zone: Some(zone) }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    // As rules, so that nothing depends on the time zones that are installed.
    const UTC: &str = "UTC0";
    const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";
    const LORD_HOWE: &str = "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0";
    const NIGHT: (u16, u16) = (22 * 60, 8 * 60);

    #[test]
    fn quiet_hours_may_span_midnight() {
        let gate = gate(NIGHT, UTC);
        assert_eq!(gate.quiet_until(at("2026-06-01T22:00:00Z")), Some(at("2026-06-02T08:00:00Z")));
        assert_eq!(gate.quiet_until(at("2026-06-01T23:30:00Z")), Some(at("2026-06-02T08:00:00Z")));
        assert_eq!(gate.quiet_until(at("2026-06-02T07:59:59Z")), Some(at("2026-06-02T08:00:00Z")));
        assert_eq!(gate.quiet_until(at("2026-06-02T08:00:00Z")), None);
        assert_eq!(gate.quiet_until(at("2026-06-02T21:59:59Z")), None);
        assert_eq!(gate.quiet_from(at("2026-06-02T21:59:59Z")), Some(at("2026-06-02T22:00:00Z")));
        assert_eq!(gate.quiet_reason(at("2026-06-02T01:00:00Z")).unwrap(), "quiet hours until 08:00");
        assert_eq!(gate.quiet_reason(at("2026-06-02T12:00:00Z")), None);
    }

    #[test]
    fn quiet_hours_may_lie_within_a_day() {
        let gate = gate((13 * 60, 14 * 60 + 30), UTC);
        assert_eq!(gate.quiet_until(at("2026-06-01T12:59:00Z")), None);
        assert_eq!(gate.quiet_until(at("2026-06-01T14:29:00Z")), Some(at("2026-06-01T14:30:00Z")));
        assert_eq!(gate.quiet_from(at("2026-06-01T15:00:00Z")), Some(at("2026-06-02T13:00:00Z")));
    }

    #[test]
    fn without_quiet_hours_it_is_never_quiet() {
        for quiet in [None, Some((60, 60))] {
            let gate = Gate { quiet, ..gate(NIGHT, UTC) };
            assert_eq!(gate.quiet_until(at("2026-06-01T01:00:00Z")), None);
            assert_eq!(gate.quiet_from(at("2026-06-01T01:00:00Z")), None);
        }
    }

    #[test]
    fn quiet_hours_end_by_the_clock_on_the_wall_in_the_nights_in_which_it_is_moved() {
        let gate = gate(NIGHT, BERLIN);
        // 22:00 to 08:00 are nine hours in spring, eleven in autumn and ten otherwise.
        for (begin, end) in [
            ("2026-03-28T21:00:00Z", "2026-03-29T06:00:00Z"),
            ("2026-10-24T20:00:00Z", "2026-10-25T07:00:00Z"),
            ("2026-06-01T20:00:00Z", "2026-06-02T06:00:00Z"),
        ] {
            let (begin, end) = (at(begin), at(end));
            assert_eq!(gate.quiet_until(begin - 1.second()), None);
            for minute in 0..(end.as_second() - begin.as_second()) / 60 {
                assert_eq!(
                    gate.quiet_until(begin + minute.minutes()),
                    Some(end),
                    "{minute} min after {begin}"
                );
            }
            assert_eq!(gate.quiet_until(end), None);
        }
    }

    #[test]
    fn an_end_that_the_clock_skips_comes_when_it_does() {
        // At 02:00 it becomes 03:00.
        let gate = gate((22 * 60, 2 * 60 + 30), BERLIN);
        assert_eq!(gate.quiet_until(at("2026-03-29T00:59:59Z")), Some(at("2026-03-29T01:00:00Z")));
        assert_eq!(gate.quiet_until(at("2026-03-29T01:00:00Z")), None);
    }

    #[test]
    fn an_end_that_comes_twice_counts_the_first_time() {
        // At 03:00 it becomes 02:00.
        let gate = gate((22 * 60, 2 * 60 + 30), BERLIN);
        assert_eq!(gate.quiet_until(at("2026-10-25T00:29:59Z")), Some(at("2026-10-25T00:30:00Z")));
        assert_eq!(gate.quiet_until(at("2026-10-25T00:30:00Z")), None);
        assert_eq!(gate.quiet_until(at("2026-10-25T01:10:00Z")), None);
    }

    #[test]
    fn half_hours_of_zones_far_away_count_too() {
        // The clock is moved by half an hour there.
        let gate = gate(NIGHT, LORD_HOWE);
        assert_eq!(gate.quiet_until(at("2026-10-03T12:00:00Z")), Some(at("2026-10-03T21:00:00Z")));
        assert_eq!(gate.quiet_until(at("2026-10-04T12:00:00Z")), Some(at("2026-10-04T21:00:00Z")));
    }
}
