//! Hour of day and weekday of a second, in an office's own zone. Must never move a second: it only
//! says which slot it belongs to, and until when.

use jiff::Timestamp;
use jiff::tz::TimeZone;

const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// Which slots hold, and up to which second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Slot {
    /// 0 to 23.
    pub(super) hour: usize,
    /// Monday is 0.
    pub(super) weekday: usize,
    /// The first second of another slot, or before which the zone may change its offset.
    pub(super) ends: i64,
}

/// Civil time of one zone, asked for seconds that go forward.
pub(super) struct Civil<'a> {
    zone: &'a TimeZone,
    last: Option<Slot>,
    /// The next change of offset after the last second asked.
    turns: i64,
    offset: i64,
}

impl<'a> Civil<'a> {
    pub(super) fn new(zone: &'a TimeZone) -> Self {
        Self { zone, last: None, turns: i64::MIN, offset: 0 }
    }

    /// The slot of a second; seconds must not go back.
    pub(super) fn at(&mut self, second: i64) -> Slot {
        if let Some(slot) = self.last.filter(|slot| second < slot.ends) {
            return slot;
        }
        if second >= self.turns {
            // A second that no calendar reaches is counted as it stands, without an offset.
            let instant = Timestamp::from_second(second).ok();
            self.offset = instant.map_or(0, |at| i64::from(self.zone.to_offset(at).seconds()));
            let next = instant.and_then(|at| self.zone.following(at).next());
            self.turns = next.map_or(i64::MAX, |t| t.timestamp().as_second());
        }
        let local = second.saturating_add(self.offset);
        let within = |part: i64, n: usize| usize::try_from(part).unwrap_or(0).min(n - 1);
        let slot = Slot {
            hour: within(local.rem_euclid(DAY) / HOUR, 24),
            // 1970-01-01 was a Thursday.
            weekday: within((local.div_euclid(DAY) + 3).rem_euclid(7), 7),
            ends: second.saturating_add(HOUR - local.rem_euclid(HOUR)).min(self.turns),
        };
        self.last = Some(slot);
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_has_the_slot_that_the_calendar_says() {
        for (zone, around) in [
            ("Asia/Makassar", "2026-11-24T02:00:00Z"),
            ("Asia/Kathmandu", "2026-11-24T02:00:00Z"),
            // An hour twice, an hour skipped, and half an hour skipped.
            ("Europe/Berlin", "2026-10-25T01:00:00Z"),
            ("America/New_York", "2026-03-08T07:00:00Z"),
            ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            let middle = around.parse::<Timestamp>().unwrap().as_second();
            let mut civil = Civil::new(&zone);
            for second in (middle - 2 * DAY..middle + 2 * DAY).step_by(7) {
                let slot = civil.at(second);
                let t = Timestamp::from_second(second).unwrap().to_zoned_datetime(zone.clone());
                assert_eq!(slot.hour, usize::try_from(t.hour()).unwrap(), "{t}");
                let weekday = usize::try_from(t.weekday().to_monday_zero_offset()).unwrap();
                assert_eq!(slot.weekday, weekday, "{t}");
                assert!(slot.ends > second);
            }
        }
    }
}
