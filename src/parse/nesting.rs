//! How deep the syntax tree of a text can be at most, counted before it is parsed.
//!
//! Parsing, walking and dropping a tree recurse once for each level of it, and nothing in the parser stops that. So the
//! count may be too high but never too low: what it cannot tell counts as one level more.
//!
//! Input: a text. Output: a bound on the levels. Must not know: the parser, stacks.

use super::chars::is_operator;
use super::frame::Frame;
use super::reading::Reading;
use super::retries::Costs;
use super::scan::{Elements, Scan, Token, Unsure};
use super::words::{self, Word};
use crate::limits;

/// The levels of a text, or where there are more than [`limits::LEVELS`], or more to read again than can be paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nesting {
    Levels(u32),
    TooDeep { at: u32 },
}

/// Counts the tokens of `text`.
pub(super) fn nesting(text: &str, reading: Reading) -> Nesting {
    Count::new(text, reading).run()
}

/// The token before, as far as it decides what the next one opens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An operator, an opening bracket, a comma, a dot.
    Nothing,
    /// A word behind which nothing nests without another token: `const`.
    Declares,
    Word,
    /// A word that may be a label: not behind a comma.
    Label,
    /// A word or a literal behind a comma, which may be the key of an object.
    Item,
    Literal,
    Block,
    Close,
}

struct Count<'t> {
    text: &'t str,
    reading: Reading,
    scan: Scan<'t>,
    frames: Vec<Frame>,
    /// The levels that are open: the frames and what they count.
    open: u32,
    /// The most levels so far.
    most: u32,
    /// What is open of what the parser reads again, and the most of it.
    now: Costs,
    worst: Costs,
    before: Before,
    after_comma: bool,
    after_dot: bool,
    after_semicolon: bool,
    /// The token before is a word behind which a type may stand.
    leads: bool,
}

impl<'t> Count<'t> {
    fn new(text: &'t str, reading: Reading) -> Self {
        let elements = match reading {
            Reading::Script => Elements::Always,
            Reading::Typed { elements: true } | Reading::Flow => Elements::Perhaps,
            Reading::Typed { elements: false } => Elements::Never,
        };
        Self {
            text,
            reading,
            scan: Scan::new(text, elements),
            frames: vec![Frame::default()],
            open: 1,
            most: 1,
            now: Costs::default(),
            worst: Costs::default(),
            before: Before::Nothing,
            after_comma: false,
            after_dot: false,
            after_semicolon: false,
            leads: false,
        }
    }

    fn run(mut self) -> Nesting {
        loop {
            let at = self.scan.at;
            match self.scan.next() {
                Ok(None) => return Nesting::Levels(self.most),
                Ok(Some(token)) => {
                    if self.token(token).is_err() {
                        return self.count_all(at);
                    }
                }
                Err(Unsure) => return self.count_all(at),
            }
            if self.most > limits::LEVELS || !self.worst.are_affordable(self.reading) {
                return Nesting::TooDeep { at: at as u32 };
            }
        }
    }

    /// Changes what the innermost bracket counts.
    fn change(&mut self, change: impl FnOnce(&mut Frame)) {
        let Some(frame) = self.frames.last_mut() else { return };
        let rest = self.now.combine(frame.costs(), u32::wrapping_sub);
        self.open -= frame.own();
        change(frame);
        self.open += frame.own();
        self.most = self.most.max(self.open + frame.tallest);
        self.now = rest.combine(frame.costs(), u32::wrapping_add);
        self.worst = self.worst.combine(self.now, u32::max);
    }

    fn token(&mut self, token: Token) -> Result<(), Unsure> {
        let goes_on = matches!(token, Token::Word(Word::Continues | Word::While));
        if std::mem::take(&mut self.after_semicolon) && !goes_on {
            self.change(Frame::end_statement);
        }
        if self.starts_statement(token) {
            self.change(Frame::end_statement);
            self.before = Before::Nothing;
        }
        let before = std::mem::replace(&mut self.before, Before::Nothing);
        let after_comma = std::mem::take(&mut self.after_comma);
        let after_dot = std::mem::take(&mut self.after_dot);
        let before_leads = std::mem::take(&mut self.leads);
        let is_typed = matches!(self.reading, Reading::Typed { .. });
        match token {
            Token::Word(word) => {
                // `async function`, `export const`: a name before such a word nests nothing.
                let is_modifier = before == Before::Label && word == Word::Declares && !self.scan.newline;
                if !is_modifier {
                    self.adjacent(before);
                }
                self.before = match word {
                    Word::Declares => Before::Declares,
                    _ if after_comma => Before::Item,
                    Word::Name if !after_dot => Before::Label,
                    _ => Before::Word,
                };
                self.leads = self.text.get(self.scan.start..self.scan.at).is_some_and(words::is_of_types);
                if word == Word::List {
                    self.change(|frame| frame.keeps_commas = true);
                }
            }
            Token::Literal => {
                self.adjacent(before);
                self.before = if after_comma { Before::Item } else { Before::Literal };
            }
            Token::Open(byte) => self.open(byte, before, before_leads),
            Token::Close(byte) => self.close(byte)?,
            Token::Comma => {
                self.after_comma = true;
                self.change(|frame| {
                    if frame.keeps_commas {
                        frame.end_argument();
                    } else {
                        frame.end_expression();
                    }
                });
            }
            Token::Semicolon => {
                self.after_semicolon = true;
                self.change(Frame::end_body);
            }
            Token::Dot => {
                self.after_dot = true;
                self.change(|frame| frame.links += 1);
            }
            Token::Colon => self.change(|frame| {
                if before == Before::Item && is_typed && frame.questions == 0 && frame.casts == 0 {
                    // The comma before it ended the value before it: no list of types has a key.
                    frame.end_expression();
                    (frame.angles, frame.keeps_commas) = (0, false);
                }
                if frame.questions == 0 && before == Before::Label {
                    frame.heads += 1;
                    frame.labels += 1;
                } else {
                    frame.questions = frame.questions.saturating_sub(1);
                    frame.operators += 1;
                }
            }),
            Token::Question => {
                // `a is ?T`
                let is_type = !self.scan.after_operand || before_leads;
                let is_group = self.is_next("(");
                self.change(|frame| {
                    frame.choices += u32::from(is_group);
                    frame.questions += 1;
                    frame.operators += 1;
                    frame.optional += u32::from(is_type);
                });
            }
            // It compares, and the list that it stands in goes on.
            Token::Less(count) if self.reading == Reading::Script => self.change(|frame| frame.operators += count),
            Token::Less(count) => {
                let is_cast = !self.scan.after_operand;
                let is_const = self.is_next("const");
                self.change(|frame| {
                    frame.operators += count;
                    frame.keeps_commas = true;
                    frame.angles += count;
                    frame.casts += if is_cast { count } else { 0 };
                    frame.twice += if is_const || is_cast && frame.operators > 1 { count } else { 0 };
                });
            }
            Token::Greater(count) => self.change(|frame| {
                frame.operators += count;
                frame.angles = frame.angles.saturating_sub(count);
            }),
            Token::Operator => {
                let decorates = self.text.as_bytes().get(self.scan.start) == Some(&b'@');
                let is_arrow = self.text.get(self.scan.start..).is_some_and(|rest| rest.starts_with("=>"));
                self.change(|frame| {
                    frame.arrows += u32::from(is_arrow);
                    frame.operators += 1;
                    frame.decorates |= decorates;
                });
            }
        }
        Ok(())
    }

    /// Whether a text stands next, behind white space.
    fn is_next(&self, text: &str) -> bool {
        self.text.get(self.scan.at..).is_some_and(|rest| rest.trim_start().starts_with(text))
    }

    /// Whether the statement before, or the member, has ended although no semicolon says so. Source: ECMA-262 section 12.10,
    /// "Automatic Semicolon Insertion": what no grammar lets follow on another line starts anew.
    fn starts_statement(&self, token: Token) -> bool {
        let scan = &self.scan;
        let byte = |offset: usize| self.text.as_bytes().get(scan.start + offset).copied().unwrap_or(0);
        let starts = match token {
            Token::Word(Word::Case) => return true,
            Token::Word(_) => !scan.goes_on,
            // The parts of a template go on with the expression that tags them.
            Token::Literal => byte(0) != b'`',
            Token::Operator => match byte(0) {
                b'!' => scan.newline && byte(1) != b'=',
                b'+' | b'-' => scan.newline && byte(1) == byte(0),
                b'~' | b'@' => true,
                _ => false,
            },
            _ => false,
        };
        // What a decorator decorates may stand on the next line.
        let decorates = self.frames.last().is_some_and(|frame| frame.decorates);
        let ends = self.before == Before::Block || (scan.newline && scan.after_end);
        starts && ends && !decorates
    }

    /// A word or a literal right behind `before`.
    fn adjacent(&mut self, before: Before) {
        let (newline, after_operand) = (self.scan.newline, self.scan.after_operand);
        self.change(|frame| {
            if newline && after_operand {
                frame.labels = 0;
                frame.end_casts();
            }
            // Where an operand follows an operand, on a line of its own or behind a block, a statement starts.
            let starts = before == Before::Block || (newline && before != Before::Nothing);
            if starts && !frame.keeps_commas {
                frame.end_chain();
            }
            match before {
                Before::Word | Before::Label | Before::Literal | Before::Close => frame.heads += 1,
                // `get a() {}`: the next comma ends it.
                Before::Item => frame.operators += 1,
                Before::Nothing | Before::Declares | Before::Block => {}
            }
            frame.decorates &= before == Before::Nothing;
        });
    }

    fn open(&mut self, byte: u8, before: Before, before_type: bool) {
        match (before, byte) {
            // The brace counts for the statement before it.
            (Before::Nothing | Before::Declares, _) | (Before::Close | Before::Block, b'{') | (_, b'<') => {}
            (Before::Word | Before::Label | Before::Item | Before::Literal, b'{') => {
                self.change(|frame| frame.heads += 1)
            }
            _ => self.change(|frame| frame.links += 1),
        }
        self.frames.push(Frame::default());
        self.open += 1;
        let is_group = byte == b'(' && (before == Before::Nothing || before_type);
        let is_twice = byte == b'<' && self.is_next("const") || byte == b'(' && self.is_next("infer");
        self.change(|frame| (frame.is_group, frame.twice) = (is_group, u32::from(is_twice)));
    }

    fn close(&mut self, byte: u8) -> Result<(), Unsure> {
        self.change(Frame::end_statement);
        self.change(|frame| (frame.is_group, frame.twice) = (false, 0));
        let closed = self.frames.pop().filter(|_| !self.frames.is_empty()).ok_or(Unsure)?;
        self.open -= 1;
        self.change(|frame| frame.tallest = frame.tallest.max(closed.height + 1));
        self.before = if byte == b'{' { Before::Block } else { Before::Close };
        if byte == b'`' {
            match self.scan.resume_template()? {
                Token::Open(byte) => self.open(byte, Before::Nothing, false),
                _ => self.before = Before::Literal,
            }
        }
        Ok(())
    }

    /// Counts all that could open a level from `at` on, whether or not it is code, and takes nothing to end.
    fn count_all(&self, at: usize) -> Nesting {
        let tallest = self.frames.iter().map(|frame| frame.tallest.max(frame.height)).max().unwrap_or(0);
        let mut levels = self.most.max(self.open + tallest);
        let mut costs = self.now;
        let mut worst = self.worst;
        let mut groups: Vec<bool> = self.frames.iter().map(|frame| frame.is_group).collect();
        // `?` before types, for each bracket that is open.
        let mut optional: Vec<u32> = self.frames.iter().map(|frame| frame.optional).collect();
        let (mut in_word, mut operand, mut word, mut leads) = (false, true, at, false);
        for (offset, byte) in self.text.bytes().enumerate().skip(at) {
            let is_word =
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#' | b'\\') || !byte.is_ascii();
            match byte {
                b'(' | b'[' | b'{' => optional.push(0),
                b')' | b']' | b'}' => costs.groups -= optional.pop().unwrap_or(0),
                b',' | b';' => costs.groups -= optional.last_mut().map_or(0, std::mem::take),
                b'?' if !operand || leads => {
                    costs.groups += 1;
                    optional.last_mut().into_iter().for_each(|count| *count += 1);
                }
                _ => {}
            }
            match byte {
                b'(' => {
                    groups.push(!operand);
                    costs.groups += u32::from(!operand);
                }
                b')' => costs.groups -= u32::from(groups.pop().unwrap_or(false)),
                b'<' => {
                    costs.angles += 1;
                    // In JSX this opens an element, which is read once unless it may be the parameters of types.
                    let is_const = self.text.get(offset + 1..).is_some_and(|rest| rest.starts_with("const"));
                    costs.doubled += u32::from(is_const || !operand && self.scan.elements == Elements::Never);
                }
                b'>' => costs.angles = costs.angles.saturating_sub(1),
                _ => {}
            }
            worst = worst.combine(costs, u32::max);
            if is_word {
                word = if in_word { word } else { offset };
                leads = self.text.get(word..=offset).is_some_and(words::is_of_types);
                levels += u32::from(!in_word && operand);
                operand = true;
            } else if is_operator(byte) || matches!(byte, b'(' | b'[' | b'{' | b'`' | b'<' | b'>' | b'/' | b'.' | b':')
            {
                levels += 1;
                operand = byte == b'`';
            } else if !byte.is_ascii_whitespace() {
                operand = !matches!(byte, b',' | b';');
            }
            leads &= is_word || byte.is_ascii_whitespace();
            in_word = is_word;
            if levels > limits::LEVELS || !worst.are_affordable(self.reading) {
                return Nesting::TooDeep { at: offset as u32 };
            }
        }
        Nesting::Levels(levels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(text: &str) -> Option<u32> {
        match nesting(text, Reading::Script) {
            Nesting::Levels(levels) => Some(levels),
            Nesting::TooDeep { .. } => None,
        }
    }

    #[test]
    fn what_cannot_nest_does_not_count() {
        let many = |text: &str| levels(&text.repeat(50_000)).is_some_and(|levels| levels < 30);
        for text in [
            "f('((((', `[[[[`, /[(]{/, 1); // ((((\n/* (((( */\n",
            "if (a) /[)(]/.test(b); x = (a) / 2 / c;\n",
            "function f(a, b) { return a.b(c, { d: b }); }",
            "a.b.c(`${f({ a: `${b}` })}`);\n",
            "//\u{2028}x = [];\n",
            "async function f(a) { await a(); }\nexport function g() {}\n",
        ] {
            assert!(many(text), "{text:?}: {:?}", levels(&text.repeat(50_000)));
        }
        let list = |item: &str| levels(&format!("x = [{}];", item.repeat(50_000))).is_some_and(|levels| levels < 30);
        for item in ["{ a: 1, 'b': -2 }, ", "a ? b : !c, ", "'a' + b.c(), ", "x => y, "] {
            assert!(list(item), "{item:?}");
        }
    }

    #[test]
    fn what_has_two_readings_counts_whole() {
        for start in ["}\n", "y = <a>don't</a>;", "x = {} /`/;", "yield /'/;", "a = '\n"] {
            let text = format!("function f() {{{start} x = {}", "[][] ".repeat(20_000));
            assert_eq!(levels(&text), None, "{start:?}");
        }
    }
}
