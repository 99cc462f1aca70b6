//! Durations as people write them: `15s`, `5m`, `8h`, `14d`.

/// Milliseconds; none where the text is no duration.
pub(super) fn read(text: &str) -> Option<i64> {
    let text = text.trim();
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(split);
    let number: i64 = number.parse().ok()?;
    let unit = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// The same the other way, in the largest unit that fits.
pub(super) fn show(ms: i64) -> String {
    for (unit, name) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")] {
        if ms > 0 && ms % unit == 0 {
            return format!("{}{name}", ms / unit);
        }
    }
    format!("{ms}ms")
}

#[cfg(test)]
mod tests {
    use super::{read, show};

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(read("15s"), Some(15_000));
        assert_eq!(read("5m"), Some(300_000));
        assert_eq!(read("8h"), Some(28_800_000));
        assert_eq!(read("14d"), Some(1_209_600_000));
        assert_eq!(read("250ms"), Some(250));
        for bad in ["", "15", "s", "-5s", "1.5h", "5 weeks", "99999999999999999d"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn they_are_shown_as_they_are_written() {
        for text in ["15s", "5m", "8h", "14d", "250ms", "90s"] {
            assert_eq!(show(read(text).unwrap()), text);
        }
    }
}
