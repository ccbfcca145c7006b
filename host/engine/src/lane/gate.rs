//! What holds every lane back at times: quiet hours, a metered connection, sync switched off.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::filter::DEFAULT_PRIORITY;
use crate::settings::SyncSettings;

/// Says what may be transferred now.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    enabled: bool,
    metered: bool,
    quiet: Option<(u16, u16)>,
    zone: TimeZone,
}

impl Gate {
    /// Takes the rules; quiet hours are in the machine's time zone.
    pub fn new(sync: &SyncSettings) -> Self {
        Self {
            enabled: sync.enabled,
            metered: sync.metered,
            quiet: sync.quiet_hours,
            zone: TimeZone::system(),
        }
    }

    /// Nothing is ever transferred.
    pub fn is_shut(&self) -> bool {
        !self.enabled
    }

    /// When quiet hours end, if they are on.
    pub fn quiet_until(&self, now: Timestamp) -> Option<Timestamp> {
        let (from, to) = self.quiet?;
        let local = now.to_zoned(self.zone.clone());
        let minute = u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let length = (to + 1440 - from) % 1440;
        let since = (minute + 1440 - from) % 1440;
        let rest = length.checked_sub(since).filter(|rest| *rest > 0)?;
        // Whole minutes from now on; a few seconds late does no harm.
        now.checked_add(jiff::SignedDuration::from_mins(i64::from(rest))).ok()
    }

    /// Only what is more urgent than this may go.
    pub fn below_priority(&self) -> Option<u8> {
        self.metered.then_some(DEFAULT_PRIORITY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(quiet: Option<(u16, u16)>) -> Gate {
        Gate { enabled: true, metered: false, quiet, zone: TimeZone::UTC }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn quiet_hours_may_span_midnight() {
        let gate = gate(Some((22 * 60, 8 * 60)));
        assert_eq!(gate.quiet_until(at("2026-06-01T23:30:00Z")), Some(at("2026-06-02T08:00:00Z")));
        assert_eq!(gate.quiet_until(at("2026-06-02T07:59:00Z")), Some(at("2026-06-02T08:00:00Z")));
        assert_eq!(gate.quiet_until(at("2026-06-02T08:00:00Z")), None);
        assert_eq!(gate.quiet_until(at("2026-06-02T21:59:00Z")), None);
    }

    #[test]
    fn without_quiet_hours_it_is_never_quiet() {
        assert_eq!(gate(None).quiet_until(at("2026-06-01T23:30:00Z")), None);
        assert_eq!(gate(Some((60, 60))).quiet_until(at("2026-06-01T01:00:00Z")), None);
    }
}
