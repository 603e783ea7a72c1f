//! Numbers with units on the command line: `10s`, `250ms`, `2m`; `512MiB`, `4GiB`.

use std::time::Duration;

use hydra_types::Bytes;

/// Parses a time: a whole number of `ms`, `s`, `m` or `h`.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text)?;
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => {
            return Err(format!(
                "a time needs a unit: {number}ms, {number}s, {number}m or {number}h"
            ));
        }
    };
    // A year is long enough for anything here, and far from overflowing a clock.
    match number.checked_mul(unit_ms) {
        Some(ms) if ms <= 366 * 86_400_000 => Ok(Duration::from_millis(ms)),
        _ => Err("at most a year".to_owned()),
    }
}

/// Parses a size: a whole number of `B`, `KiB`, `MiB`, `GiB` or `TiB`.
pub(crate) fn size(text: &str) -> Result<Bytes, String> {
    let (number, unit) = split(text)?;
    let shift = match unit {
        "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        "TiB" => 40,
        _ => return Err(format!("a size needs a unit: {number}MiB or {number}GiB")),
    };
    match number.checked_mul(1 << shift) {
        Some(bytes) => Ok(Bytes(bytes)),
        None => Err("more bytes than 64 bits can count".to_owned()),
    }
}

fn split(text: &str) -> Result<(u64, &str), String> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number = number
        .parse()
        .map_err(|_| "a whole number and its unit, such as 30s or 4GiB".to_owned())?;
    Ok((number, unit.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_numbers_with_a_unit() {
        let check = |text: &str, expected_ms: Option<u64>| {
            assert_eq!(
                time(text).ok(),
                expected_ms.map(Duration::from_millis),
                "{text}"
            );
        };
        check("250ms", Some(250));
        check("10s", Some(10_000));
        check("2 m", Some(120_000));
        check("1h", Some(3_600_000));
        check("10", None);
        check("-1s", None);
        check("1.5s", None);
        check("99999999999999999999s", None);
        check("18446744073709551615h", None);
        check("", None);
    }

    #[test]
    fn sizes_are_whole_numbers_with_a_binary_unit() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(size(text).ok(), expected.map(Bytes), "{text}");
        };
        check("1B", Some(1));
        check("4GiB", Some(4 << 30));
        check("512 MiB", Some(512 << 20));
        check("4GB", None);
        check("4", None);
        check("18446744073709551615KiB", None);
    }
}
