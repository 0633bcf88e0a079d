//! Dates: their parts, what setting one leaves, and the beginning and the end of a unit of time, in UTC.
//!
//! Sources: ECMAScript, "Date Objects" (MakeTime, MakeDay, MakeDate); Moment.js and date-fns documentation.
//! Input: an operator and values. Output: the value, or none where it is not known. Must not know: symbolic values.

use super::bson::Value;

const DAY: i64 = 86_400_000;
/// Year, month from 0, day from 1, hour, minute, second and millisecond.
type Parts = [i64; 7];

/// What an operator makes of a date; none where it is none of a date, or its operands are not known.
pub fn apply(operator: &str, operands: &[Option<Value>]) -> Option<Value> {
    let (Some(Value::Date(time)), rest) = operands.split_first()? else { return None };
    if let Some(part) = part_of(operator, "get") {
        if !rest.is_empty() {
            return None;
        }
        let number = match part {
            "Day" => (time.div_euclid(DAY) + 4).rem_euclid(7),
            _ => *parts(*time).get(place(part)?)?,
        };
        return Some(Value::Number(number as f64));
    }
    if let Some(part) = part_of(operator, "set") {
        return set(*time, part, &numbers(rest)?).map(Value::Date);
    }
    let time = match (operator, rest) {
        ("startOf", [Some(Value::Text(unit))]) => start(*time, unit)?,
        ("endOf", [Some(Value::Text(unit))]) => moved(start(*time, unit)?, 1, unit)? - 1,
        ("add", [Some(Value::Number(count)), Some(Value::Text(unit))]) => moved(*time, *count as i64, unit)?,
        ("subtract", [Some(Value::Number(count)), Some(Value::Text(unit))]) => moved(*time, -(*count as i64), unit)?,
        _ => return None,
    };
    Some(Value::Date(time))
}

/// The part of a date that a method gets or sets: `Hours` of `getHours` and `getUTCHours`.
fn part_of<'a>(operator: &'a str, prefix: &str) -> Option<&'a str> {
    let part = operator.strip_prefix(prefix)?;
    Some(part.strip_prefix("UTC").unwrap_or(part))
}

/// Whether an operator is one of dates.
pub fn has(operator: &str) -> bool {
    let is_part =
        |prefix| part_of(operator, prefix).is_some_and(|part| matches!(part, "Day" | "Time") || place(part).is_some());
    matches!(operator, "startOf" | "endOf" | "add" | "subtract") || is_part("get") || is_part("set")
}

/// Whether an operator gives a part of a date, which is a number and no time.
pub fn is_part(operator: &str) -> bool {
    has(operator) && operator.starts_with("get") && operator != "getTime"
}

/// `new Date(year, month, day, …)`, `new Date(number)`
pub fn made(operands: &[Option<Value>]) -> Option<Value> {
    let given = numbers(operands)?;
    let [year, month, rest @ ..] = given.as_slice() else { return given.first().map(|time| Value::Date(*time)) };
    let mut parts: Parts = [*year, *month, 1, 0, 0, 0, 0];
    parts.iter_mut().skip(2).zip(rest).for_each(|(part, given)| *part = *given);
    Some(Value::Date(time_of(parts)))
}

fn numbers(operands: &[Option<Value>]) -> Option<Vec<i64>> {
    let number = |operand: &Option<Value>| match operand {
        Some(Value::Number(number)) if number.is_finite() => Some(*number as i64),
        Some(Value::Date(time)) => Some(*time),
        _ => None,
    };
    operands.iter().map(number).collect()
}

/// The place of what a method gets or sets first.
fn place(part: &str) -> Option<usize> {
    ["FullYear", "Month", "Date", "Hours", "Minutes", "Seconds", "Milliseconds"].iter().position(|known| *known == part)
}

fn set(time: i64, part: &str, given: &[i64]) -> Option<i64> {
    if part == "Time" {
        return given.first().copied();
    }
    let mut parts = parts(time);
    parts.iter_mut().skip(place(part)?).zip(given).for_each(|(part, given)| *part = *given);
    Some(time_of(parts))
}

fn start(time: i64, unit: &str) -> Option<i64> {
    let mut parts = parts(time);
    let kept = match unit.trim_end_matches('s') {
        "year" => 1,
        "month" => 2,
        "week" => {
            if let Some(day) = parts.get_mut(2) {
                *day -= (time.div_euclid(DAY) + 4).rem_euclid(7);
            }
            3
        }
        "day" | "date" | "today" => 3,
        "hour" => 4,
        "minute" => 5,
        "second" => 6,
        _ => return None,
    };
    parts.iter_mut().enumerate().skip(kept).for_each(|(at, part)| *part = i64::from(at == 2));
    Some(time_of(parts))
}

fn moved(time: i64, count: i64, unit: &str) -> Option<i64> {
    let mut parts = parts(time);
    let (place, each) = match unit.trim_end_matches('s') {
        "year" => (0, 1),
        "month" => (1, 1),
        "week" => (2, 7),
        "day" | "date" | "d" | "today" => (2, 1),
        "hour" | "h" => (3, 1),
        "minute" | "m" => (4, 1),
        "second" => (5, 1),
        "millisecond" => (6, 1),
        _ => return None,
    };
    *parts.get_mut(place)? += count.checked_mul(each)?;
    Some(time_of(parts))
}

/// The parts of a time; of the calendar by eras of 400 years that begin in March.
fn parts(time: i64) -> Parts {
    let (days, rest) = (time.div_euclid(DAY), time.rem_euclid(DAY));
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = (shifted_month + 2) % 12;
    let year = year_of_era + era * 400 + i64::from(month < 2);
    [year, month, day, rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60, rest % 1_000]
}

/// The time of parts, of which each may be more than there are.
fn time_of([year, month, day, hour, minute, second, millisecond]: Parts) -> i64 {
    // What is no time of a program's is cut, not calculated with.
    let bounded = |part: i64| part.clamp(-100_000_000_000_000, 100_000_000_000_000);
    let (year, month) =
        (year.clamp(-200_000, 200_000) + month.clamp(-100_000, 100_000).div_euclid(12), month.rem_euclid(12));
    let year = year - i64::from(month < 2);
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 10) % 12) + 2) / 5;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let days = days + day.clamp(-100_000_000, 100_000_000) - 1;
    days * DAY
        + bounded(hour.clamp(-1_000_000_000, 1_000_000_000) * 3_600_000)
        + bounded(minute.clamp(-1_000_000_000, 1_000_000_000) * 60_000)
        + bounded(second.clamp(-100_000_000_000, 100_000_000_000) * 1_000)
        + bounded(millisecond)
}

#[cfg(test)]
mod tests {
    use super::{Value, apply, made, parts, time_of};

    /// 2023-11-14T22:13:20.000Z
    const NOW: i64 = 1_700_000_000_000;

    fn number(value: i64) -> Option<Value> {
        Some(Value::Number(value as f64))
    }

    fn of(operator: &str, rest: &[Option<Value>]) -> Option<Value> {
        let operands: Vec<Option<Value>> =
            std::iter::once(Some(Value::Date(NOW))).chain(rest.iter().cloned()).collect();
        apply(operator, &operands)
    }

    #[test]
    fn a_time_is_its_parts() {
        assert_eq!(parts(NOW), [2023, 10, 14, 22, 13, 20, 0]);
        for time in [NOW, 0, -1, 951_782_400_000, 4_102_444_800_000] {
            assert_eq!(time_of(parts(time)), time);
        }
        assert_eq!(of("getDay", &[]), number(2));
        assert_eq!(of("getUTCMonth", &[]), number(10));
    }

    #[test]
    fn a_part_that_is_set_may_be_more_than_there_are() {
        let day = Some(Value::Date(1_699_920_000_000));
        assert_eq!(of("setHours", &[number(0), number(0), number(0), number(0)]), day);
        assert_eq!(of("startOf", &[Some(Value::text("day"))]), day);
        assert_eq!(made(&[number(2023), number(10), number(14)]), day);
        assert_eq!(of("setDate", &[number(15)]), of("add", &[number(1), Some(Value::text("day"))]));
        // The last day of October, and January of the next year.
        assert_eq!(of("setDate", &[number(0)]), Some(Value::Date(NOW - 14 * 86_400_000)));
        assert_eq!(of("setMonth", &[number(12), number(1)]), Some(Value::Date(NOW + 48 * 86_400_000)));
        assert_eq!(of("endOf", &[Some(Value::text("day"))]), Some(Value::Date(1_699_920_000_000 + 86_399_999)));
    }
}
