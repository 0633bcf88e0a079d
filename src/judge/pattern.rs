//! Regular expressions as the server reads them: texts, classes, groups, repetitions and anchors. Its dialect is PCRE; what else
//! there is of that is not modelled.
//!
//! Input: a pattern, its options, a value. Output: whether it matches. Must not know: filters.

use super::bson::Value;
use super::failure::Failure;
use crate::limits;

/// Whether a value is a text that matches.
pub fn matches(pattern: &Value, options: Option<&Value>, value: Option<&Value>) -> Result<bool, Failure> {
    let text = match value {
        Some(Value::Text(text)) => text,
        Some(Value::Symbol(_)) => return Failure::not_modelled("$regex on an unknown value"),
        _ => return Ok(false),
    };
    let Value::Text(pattern) = pattern else { return Failure::not_modelled("$regex that is not known") };
    let ignores_case = match options {
        None => false,
        Some(Value::Text(options)) if options.is_empty() => false,
        Some(Value::Text(options)) if &**options == "i" => true,
        Some(_) => return Failure::not_modelled("the options of $regex"),
    };
    let folded = |text: &str| if ignores_case { text.to_ascii_lowercase() } else { text.to_owned() };
    let Some(parsed) = Parser::parse(&folded(pattern)) else {
        return Failure::not_modelled("$regex of such a kind");
    };
    // `$` also matches before a final newline, and letters beyond ASCII have more than two cases.
    if text.contains('\n') || ignores_case && !(text.is_ascii() && pattern.is_ascii()) {
        return Failure::not_modelled("$regex on such a text");
    }
    let text: Vec<char> = folded(text).chars().collect();
    let mut search = Search { text: &text, steps: limits::PATTERN_STEPS };
    let is_found = (0..=text.len()).any(|at| search.any(&parsed, at, &mut |_, _| true));
    match search.steps {
        0 => Failure::not_modelled("$regex that takes too long"),
        _ => Ok(is_found),
    }
}

enum Item {
    Char(char),
    Any,
    /// Ranges of letters, and whether it is any other letter.
    Class(Vec<(char, char)>, bool),
    Group(Vec<Branch>),
    Start,
    End,
}

struct Part {
    item: Item,
    least: u32,
    most: u32,
}

type Branch = Vec<Part>;

struct Parser<'a> {
    letters: std::iter::Peekable<std::str::Chars<'a>>,
    depth: u32,
}

impl Parser<'_> {
    fn parse(pattern: &str) -> Option<Vec<Branch>> {
        let mut parser = Parser { letters: pattern.chars().peekable(), depth: 0 };
        let branches = parser.branches()?;
        parser.letters.next().is_none().then_some(branches)
    }

    fn branches(&mut self) -> Option<Vec<Branch>> {
        let mut branches = vec![Branch::new()];
        while let Some(letter) = self.letters.next_if(|letter| *letter != ')') {
            if letter == '|' {
                branches.push(Branch::new());
                continue;
            }
            let item = self.item(letter)?;
            let (least, most) = self.repetition()?;
            if matches!(item, Item::Start | Item::End) && (least, most) != (1, 1) {
                return None;
            }
            branches.last_mut()?.push(Part { item, least, most });
        }
        Some(branches)
    }

    fn item(&mut self, letter: char) -> Option<Item> {
        Some(match letter {
            '^' => Item::Start,
            '$' => Item::End,
            '.' => Item::Any,
            '[' => self.class()?,
            '(' => self.group()?,
            '\\' => match self.letters.next()? {
                'd' => Item::Class(vec![('0', '9')], false),
                escaped if escaped.is_ascii_punctuation() => Item::Char(escaped),
                _ => return None,
            },
            '*' | '+' | '?' | '{' | '}' | ']' => return None,
            plain => Item::Char(plain),
        })
    }

    fn group(&mut self) -> Option<Item> {
        self.depth += 1;
        if self.depth > limits::PATTERN_DEPTH {
            return None;
        }
        if self.letters.next_if_eq(&'?').is_some() {
            self.letters.next_if_eq(&':')?;
        }
        let branches = self.branches()?;
        self.depth -= 1;
        self.letters.next_if_eq(&')').map(|_| Item::Group(branches))
    }

    fn class(&mut self) -> Option<Item> {
        let is_other = self.letters.next_if_eq(&'^').is_some();
        let mut ranges = Vec::new();
        loop {
            let first = match self.letters.next()? {
                ']' if !ranges.is_empty() => return Some(Item::Class(ranges, is_other)),
                ']' | '[' => return None,
                '\\' => match self.letters.next()? {
                    'd' => {
                        ranges.push(('0', '9'));
                        continue;
                    }
                    escaped if escaped.is_ascii_punctuation() => escaped,
                    _ => return None,
                },
                plain => plain,
            };
            let mut ahead = self.letters.clone();
            let is_range =
                ahead.next() == Some('-') && ahead.next().is_some_and(|last| !matches!(last, ']' | '\\' | '['));
            if !is_range {
                ranges.push((first, first));
                continue;
            }
            self.letters.next();
            let last = self.letters.next()?;
            ranges.push((first, last));
        }
    }

    /// How often what stands before it is repeated.
    fn repetition(&mut self) -> Option<(u32, u32)> {
        let (least, most) = match self.letters.peek() {
            Some('*') => (0, u32::MAX),
            Some('+') => (1, u32::MAX),
            Some('?') => (0, 1),
            Some('{') => return None,
            _ => return Some((1, 1)),
        };
        self.letters.next();
        // Whether the shortest or the longest is tried first does not decide whether there is one.
        self.letters.next_if_eq(&'?');
        match self.letters.peek() {
            Some('*' | '+' | '?' | '{') => None,
            _ => Some((least, most)),
        }
    }
}

/// What is to match after a part.
type Rest<'r> = &'r mut dyn FnMut(&mut Search<'_>, usize) -> bool;

struct Search<'a> {
    text: &'a [char],
    /// Counted work that is left.
    steps: u32,
}

impl Search<'_> {
    fn any(&mut self, branches: &[Branch], at: usize, rest: Rest<'_>) -> bool {
        branches.iter().any(|branch| self.parts(branch, at, rest))
    }

    fn parts(&mut self, parts: &[Part], at: usize, rest: Rest<'_>) -> bool {
        match parts.split_first() {
            None => rest(self, at),
            Some((part, others)) => self.part(part, 0, at, &mut |search, at| search.parts(others, at, rest)),
        }
    }

    /// A part that was found `count` times before.
    fn part(&mut self, part: &Part, count: u32, at: usize, rest: Rest<'_>) -> bool {
        self.steps = self.steps.saturating_sub(1);
        if self.steps == 0 {
            return false;
        }
        let goes_on = count < part.most
            && self.item(&part.item, at, &mut |search, next| {
                // What is empty again and again leads nowhere.
                (next > at || count < part.least) && search.part(part, count + 1, next, rest)
            });
        goes_on || count >= part.least && rest(self, at)
    }

    fn item(&mut self, item: &Item, at: usize, rest: Rest<'_>) -> bool {
        let letter = self.text.get(at).copied();
        let is_found = match item {
            Item::Group(branches) => return self.any(branches, at, rest),
            Item::Start => return at == 0 && rest(self, at),
            Item::End => return letter.is_none() && rest(self, at),
            Item::Char(wanted) => letter == Some(*wanted),
            Item::Any => letter.is_some(),
            Item::Class(ranges, is_other) => letter.is_some_and(|letter| {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&letter)) != *is_other
            }),
        };
        is_found && rest(self, at + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_escapes_classes_groups_and_repetitions() {
        let is_match = |pattern: &str, text: &str| matches(&Value::text(pattern), None, Some(&Value::text(text))).ok();
        for (pattern, text, expected) in [
            ("b", "abc", Some(true)),
            ("^b", "abc", Some(false)),
            ("^a", "abc", Some(true)),
            ("c$", "abc", Some(true)),
            ("^ab$", "abc", Some(false)),
            ("a\\.c", "a.c", Some(true)),
            ("a\\.c", "abc", Some(false)),
            ("a.c", "abc", Some(true)),
            ("a.c", "ac", Some(false)),
            ("\\d", "1", Some(true)),
            ("\\w", "1", None),
            ("a|b", "b", Some(true)),
            ("^(a|bc)+$", "abca", Some(true)),
            ("^(a|bc)+$", "abcb", Some(false)),
            ("^page(-[0-9]*)?$", "page", Some(true)),
            ("^page(-[0-9]*)?$", "page-12", Some(true)),
            ("^page(-[0-9]*)?$", "page-x", Some(false)),
            ("^page((-[0-9]*$)?)$", "page-2", Some(true)),
            ("^(?:a*)*$", "aab", Some(false)),
            ("[^a-c]", "abc", Some(false)),
            ("[a-c-]x", "-x", Some(true)),
            ("a{2}", "aa", None),
            ("(?=a)", "a", None),
            ("(a", "a", None),
            ("a)", "a", None),
            ("c$", "c\n", None),
        ] {
            assert_eq!(is_match(pattern, text), expected, "{pattern} {text}");
        }
        let ignoring = |text: &str| matches(&Value::text("AB"), Some(&Value::text("i")), Some(&Value::text(text))).ok();
        assert_eq!((ignoring("xab"), ignoring("é"), ignoring("x")), (Some(true), None, Some(false)));
    }

    #[test]
    fn the_steps_of_a_pattern() {
        let text = Value::text(&"a".repeat(40));
        let is_match = |pattern: &str| matches(&Value::text(pattern), None, Some(&text)).ok();
        assert_eq!(is_match("^(a|a|a)*b"), None);
        assert_eq!(is_match("^a*b"), Some(false));
        let deep = |count: usize| format!("{}a{}", "(".repeat(count), ")".repeat(count));
        let depth = limits::PATTERN_DEPTH as usize;
        assert_eq!((is_match(&deep(depth)), is_match(&deep(depth + 1))), (Some(true), None));
    }
}
