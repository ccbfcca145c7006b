use jiff::ToSpan;
use jiff::civil::date;

use super::*;

fn limit(text: &str) -> Bandwidth {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A Sunday is day 0.
fn at(day: i64, hour: i8, minute: i8) -> DateTime {
    let sunday = date(2026, 11, 22);
    assert_eq!(sunday.weekday(), Weekday::Sunday);
    sunday.checked_add(day.days()).unwrap().at(hour, minute, 0, 0)
}

fn up(limit: &Bandwidth, day: i64, hour: i8, minute: i8) -> Option<u64> {
    limit.at(at(day, hour, minute)).up
}

const K: u64 = 1 << 10;
const M: u64 = 1 << 20;

#[test]
fn a_single_rate_holds_all_week() {
    for day in 0..7 {
        assert_eq!(up(&limit("10M"), day, 3, 30), Some(10 * M));
    }
    assert_eq!(limit("10M:100k").at(at(2, 0, 0)), Rates { up: Some(10 * M), down: Some(100 * K) });
}

#[test]
fn a_days_timetable_holds_from_each_time_to_the_next_and_through_the_night() {
    let limit = limit("08:00,512k 12:00,10M 13:00,512k 18:00,30M 23:00,off");
    for day in 0..7 {
        for (hour, minute, rate) in [
            (0, 0, None),
            (7, 59, None),
            (8, 0, Some(512 * K)),
            (11, 59, Some(512 * K)),
            (12, 0, Some(10 * M)),
            (13, 0, Some(512 * K)),
            (18, 0, Some(30 * M)),
            (22, 59, Some(30 * M)),
            (23, 0, None),
        ] {
            assert_eq!(up(&limit, day, hour, minute), rate, "day {day}, {hour}:{minute}");
        }
    }
}

#[test]
fn a_weeks_timetable_wraps_around_from_saturday_to_sunday() {
    let limit = limit("Mon-00:00,512 Fri-23:59,10M Sat-10:00,1M Sun-20:00,off");
    assert_eq!(up(&limit, 1, 0, 0), Some(512 * K));
    assert_eq!(up(&limit, 5, 23, 58), Some(512 * K));
    assert_eq!(up(&limit, 5, 23, 59), Some(10 * M));
    assert_eq!(up(&limit, 6, 9, 59), Some(10 * M));
    assert_eq!(up(&limit, 6, 23, 0), Some(M));
    assert_eq!(up(&limit, 0, 20, 0), None);
    // Nothing of this week has begun: what stands last in the text holds, as in rclone.
    assert_eq!(up(&limit, 0, 19, 59), None);
}

#[test]
fn a_day_of_its_own_goes_between_what_holds_every_day() {
    let limit = limit("08:00,1M 20:00,off friday-12:00,5M");
    assert_eq!(up(&limit, 5, 11, 59), Some(M));
    assert_eq!(up(&limit, 5, 12, 0), Some(5 * M));
    assert_eq!(up(&limit, 5, 20, 0), None);
    assert_eq!(up(&limit, 4, 12, 0), Some(M));
}

#[test]
fn of_two_rates_for_one_time_the_later_one_counts() {
    assert_eq!(up(&limit("08:00,1M 08:00,2M"), 3, 9, 0), Some(2 * M));
    assert_eq!(up(&limit("08:00,1M mon-08:00,2M"), 1, 9, 0), Some(2 * M));
}

#[test]
fn parts_may_be_set_apart_by_semicolons_and_any_number_of_spaces() {
    assert_eq!(limit("  08:00,1M;12:00,2M ;  20:00,off "), limit("08:00,1M 12:00,2M 20:00,off"));
    assert_eq!(limit(" 1M "), limit("1M"));
}

#[test]
fn what_is_wrong_is_said_with_an_example() {
    for (text, said) in [
        ("", "the bandwidth limit is empty: write `off` for none, or a rate such as `10M`"),
        ("  ", "the bandwidth limit is empty: write `off` for none, or a rate such as `10M`"),
        ("fast", "`fast` is not a rate: write it like `512k`, `10M`, `10M:1M` (up:down) or `off`"),
        (
            "1 M",
            "`1` is not a part of a timetable: each is a time, a comma and a rate, like `08:00,512k 23:00,off`",
        ),
        ("8:00,1M", "`8:00` is not a time: write it with four digits, like `08:00` or `Mon-08:00`"),
        ("24:00,1M", "`24:00` is not a time: write it with four digits, like `08:00` or `Mon-08:00`"),
        ("08:60,1M", "`08:60` is not a time: write it with four digits, like `08:00` or `Mon-08:00`"),
        ("Mo-08:00,1M", "`Mo-08:00` is not a time: write it with four digits, like `08:00` or `Mon-08:00`"),
        ("08:00,1x", "`1x` is not a rate: write it like `512k`, `10M`, `10M:1M` (up:down) or `off`"),
        ("08:00,1M,2M", "`1M,2M` is not a rate: write it like `512k`, `10M`, `10M:1M` (up:down) or `off`"),
    ] {
        assert_eq!(text.parse::<Bandwidth>().unwrap_err().to_string(), said, "{text:?}");
    }
    for text in ["Mon-Fri-08:00,1M", "+8:00,1M", "08:00,", ",1M", ",", "-,", "08:00,1M 2M", "ü-08:00,1M"] {
        assert!(text.parse::<Bandwidth>().is_err(), "{text:?}");
    }
}

#[test]
fn what_rclone_is_told_means_the_same() {
    for text in ["10M:100k", "off", "08:00,512k 23:00,off", "Mon-00:00,512;FRIDAY-23:59,1.5M:off"] {
        let once = limit(text);
        assert_eq!(limit(&once.to_string()), once, "{text}");
    }
    assert_eq!(limit("Mon-08:00,1M;23:00,off").to_string(), "mon-08:00,1048576B 23:00,off");
    assert_eq!(Bandwidth::default().to_string(), "off");
}

#[test]
fn only_rates_that_are_all_off_are_no_limit() {
    for (text, unlimited) in [("off", true), ("08:00,off 10:00,0", true), ("off:1M", false), ("1M", false)] {
        assert_eq!(limit(text).is_unlimited(), unlimited, "{text}");
    }
    assert!(Bandwidth::default().is_unlimited());
}
