//! Lifetimes as people write them: `10 minutes`, `90 days`.

use std::time::Duration;

/// Units from the longest to the shortest, with their seconds.
const UNITS: [(&str, u64); 5] = [("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)];

/// Writes a lifetime in the longest unit that it is a whole number of.
pub(crate) fn words(span: Duration) -> String {
    let seconds = span.as_secs();
    // A week says less than seven days, and a form that was filled in with days keeps them.
    let fits = |(name, length): &(&str, u64)| *name != "week" && seconds >= *length && seconds.is_multiple_of(*length);
    let (name, length) = UNITS.into_iter().find(fits).unwrap_or(("second", 1));
    let number = seconds / length;
    format!("{number} {name}{}", if number == 1 { "" } else { "s" })
}

/// Reads a lifetime: a number, and a unit or its first letter; seconds where there is none.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let text = text.trim().to_lowercase();
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let unit = unit.trim();
    let is_meant = |name: &str| unit == name || unit.strip_suffix('s') == Some(name) || name.get(..1) == Some(unit);
    let length = match unit {
        "" => 1,
        _ => UNITS.into_iter().find(|(name, _)| is_meant(name))?.1,
    };
    number.parse::<u64>().ok()?.checked_mul(length).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::{parse, words};
    use std::time::Duration;

    #[test]
    fn what_is_written_is_read() {
        for (seconds, text) in [(1, "1 second"), (90, "90 seconds"), (600, "10 minutes"), (3_600, "1 hour")] {
            assert_eq!(words(Duration::from_secs(seconds)), text);
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)));
        }
        assert_eq!(words(Duration::from_secs(604_800)), "7 days");
        assert_eq!(words(Duration::ZERO), "0 seconds");
    }

    #[test]
    fn people_write_it_in_several_ways() {
        for (text, seconds) in [
            ("600", 600),
            (" 10 Minutes ", 600),
            ("10m", 600),
            ("2w", 1_209_600),
            ("1 days", 86_400),
            ("36 h", 129_600),
        ] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "soon", "-1", "1.5 hours", "10 months", "1 s s", "18446744073709551615 days", "m"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
