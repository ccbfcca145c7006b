//! When a presigned link stops working, read from the link itself.

const SECONDS_OF_A_DAY: i64 = 86_400;

/// Unix time in seconds at which an S3 presigned link expires; nothing for links without that mark.
pub fn expires_at(url: &str) -> Option<u64> {
    let signed = unix_time(parameter(url, "X-Amz-Date")?)?;
    let lifetime: u64 = parameter(url, "X-Amz-Expires")?.parse().ok()?;
    signed.checked_add(lifetime)
}

fn parameter<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let query = url.split_once('?')?.1;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// `20261122T103818Z`.
fn unix_time(stamp: &str) -> Option<u64> {
    if stamp.len() != 16 || !stamp.is_ascii() || &stamp[8..9] != "T" || !stamp.ends_with('Z') {
        return None;
    }
    let number = |from: usize, to: usize| stamp[from..to].parse::<i64>().ok();
    let day = days_since_1970(number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let seconds = number(9, 11)? * 3600 + number(11, 13)? * 60 + number(13, 15)?;
    u64::try_from(day * SECONDS_OF_A_DAY + seconds).ok()
}

/// Days of the proleptic Gregorian calendar, counted in years that begin in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_presigned_link_says_when_it_expires() {
        let url = "http://127.0.0.1:52415/bkt/d/f0.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261122T103818Z\
                   &X-Amz-Expires=86400&X-Amz-SignedHeaders=host";
        assert_eq!(expires_at(url), Some(1_795_430_298));
    }

    #[test]
    fn leap_days_and_new_years_are_counted() {
        assert_eq!(unix_time("19700101T000000Z"), Some(0));
        assert_eq!(unix_time("20000301T000000Z"), Some(951_868_800));
        assert_eq!(unix_time("20240229T120000Z"), Some(1_709_208_000));
    }

    #[test]
    fn other_links_do_not_expire() {
        assert_eq!(expires_at("https://example.com/a.jpg"), None);
        assert_eq!(expires_at("https://example.com/a.jpg?X-Amz-Date=today&X-Amz-Expires=1"), None);
    }
}
