//! The tokens of a text, as far as they can be told without a parser.
//!
//! Input: a text. Output: [`Token`]s, in order, until the end or until a place that has two readings: a slash that may
//! divide or open a regular expression, a `<` that may open an element. Must not know: what nests, the parser.

use super::chars::{is_line_end, is_operator, is_word, line_end, regular_expression};
use super::words::{self, Word};

/// What the count of nesting has to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or a keyword.
    Word(Word),
    /// A number, a string, a regular expression, or a template without a substitution.
    Literal,
    /// `(`, `[`, `{`, the backtick of a template with a substitution, or the `<` of an element.
    Open(u8),
    /// Of what [`Token::Open`] names.
    Close(u8),
    Comma,
    Semicolon,
    Dot,
    Colon,
    /// `?`, of a condition or of something optional.
    Question,
    /// `<`, twice for `<<`.
    Less(u32),
    Greater(u32),
    Operator,
}

/// What the token before says about a slash or a `<`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// The end of an operand: it divides or compares.
    Operand,
    /// An operand must follow.
    Operator,
    Either,
}

/// What a `<` opens where an operand is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Elements {
    /// Types.
    Never,
    /// An element, or types that parentheses follow.
    Perhaps,
    /// An element.
    Always,
}

/// Where the scan is in an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Between its name and its `>`.
    Tag,
    Children,
}

/// Reads tokens from the start of a text.
pub(super) struct Scan<'t> {
    pub(super) text: &'t str,
    pub at: usize,
    /// Where the token that was read last starts.
    pub start: usize,
    /// What `<` opens where an operand is due.
    pub elements: Elements,
    pub(super) before: Before,
    /// Whether the token that was read last stands behind a complete operand.
    pub after_operand: bool,
    /// The same, where no operand or statement can follow that operand as a part of it.
    pub after_end: bool,
    /// Whether the token before is a dot, after which every word is a name.
    after_dot: bool,
    /// Whether a line ended before the token that was read last.
    pub newline: bool,
    /// For each open bracket its byte, and what its end is to what follows.
    pub(super) open: Vec<(u8, Before)>,
    /// The token before, when it is a word.
    word: Option<Word>,
    /// Whether that word may stand before an operand, or a statement, on the next line.
    leads: bool,
    /// Whether the word that was read last may go on with what stands on the line before.
    pub goes_on: bool,
    /// Whether the token before closes the parentheses of `if`, `while` and the like.
    after_head: bool,
}

/// The text cannot be read further with certainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unsure;

impl<'t> Scan<'t> {
    pub fn new(text: &'t str, elements: Elements) -> Self {
        let at = if text.starts_with("#!") { line_end(text, 0) } else { 0 };
        let (open, word, after_head) = (Vec::new(), None, false);
        Self {
            text,
            at,
            start: at,
            elements,
            before: Before::Operator,
            after_operand: false,
            after_end: false,
            after_dot: false,
            newline: true,
            open,
            word,
            leads: false,
            goes_on: false,
            after_head,
        }
    }

    pub(super) fn byte(&self, offset: usize) -> u8 {
        self.text.as_bytes().get(self.at + offset).copied().unwrap_or(0)
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next token; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Token>, Unsure> {
        if let Some(part) = self.part() {
            return self.element(part);
        }
        self.skip_blanks()?;
        self.start = self.at;
        if self.at >= self.text.len() {
            return Ok(None);
        }
        self.after_operand = self.before == Before::Operand;
        let leads = std::mem::take(&mut self.leads);
        self.after_end = self.after_operand && !leads;
        self.goes_on = false;
        let after_dot = std::mem::replace(&mut self.after_dot, false);
        let word = self.word.take();
        let after_head = std::mem::take(&mut self.after_head);
        let token = match self.byte(0) {
            b'"' | b'\'' => self.string()?,
            b'`' => {
                self.at += 1;
                self.template()?
            }
            b'0'..=b'9' => self.number(),
            b'.' if self.byte(1).is_ascii_digit() => self.number(),
            b'(' | b'[' | b'{' => self.open(word, after_head),
            b')' | b']' | b'}' => self.close()?,
            b'/' => self.slash()?,
            b',' => self.punctuation(1, Token::Comma),
            b';' => self.punctuation(1, Token::Semicolon),
            b':' => self.punctuation(1, Token::Colon),
            b'.' => {
                let length = if self.rest().starts_with("...") { 3 } else { 1 };
                self.after_dot = length == 1;
                self.punctuation(length, if length == 1 { Token::Dot } else { Token::Operator })
            }
            b'<' | b'>' => self.angle(word)?,
            byte if is_operator(byte) => self.operator(),
            _ => self.name(after_dot),
        };
        Ok(Some(token))
    }

    /// Blanks and comments.
    pub(super) fn skip_blanks(&mut self) -> Result<(), Unsure> {
        self.newline = self.at == 0;
        loop {
            let Some(next) = self.rest().chars().next() else { return Ok(()) };
            if is_line_end(next) {
                self.newline = true;
            }
            if next.is_whitespace() || next == '\u{feff}' {
                self.at += next.len_utf8();
            } else if next == '/' && self.byte(1) == b'/' {
                self.at = line_end(self.text, self.at);
            } else if next == '/' && self.byte(1) == b'*' {
                let inner = self.text.get(self.at + 2..).unwrap_or_default();
                let length = inner.find("*/").ok_or(Unsure)?;
                self.newline |= inner.get(..length).is_some_and(|comment| comment.contains(is_line_end));
                self.at += length + 4;
            } else if (next == '-' && self.newline && self.rest().starts_with("-->")) || self.rest().starts_with("<!--")
            {
                // A comment in a script, operators in a module.
                return Err(Unsure);
            } else {
                return Ok(());
            }
        }
    }

    fn punctuation(&mut self, length: usize, token: Token) -> Token {
        self.at += length;
        self.before = Before::Operator;
        token
    }

    fn literal(&mut self) -> Token {
        self.before = Before::Operand;
        Token::Literal
    }

    fn string(&mut self) -> Result<Token, Unsure> {
        let quote = self.byte(0);
        self.at += 1;
        loop {
            match self.byte(0) {
                b'\\' if self.rest().starts_with("\\\r\n") => self.at += 3,
                b'\\' => self.at += 2,
                b'\n' | b'\r' => return Err(Unsure),
                byte if byte == quote => break,
                _ if self.at >= self.text.len() => return Err(Unsure),
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Ok(self.literal())
    }

    /// From behind the backtick, or the brace that ends a substitution, to the next substitution or the end.
    fn template(&mut self) -> Result<Token, Unsure> {
        loop {
            match self.byte(0) {
                b'\\' => self.at += 2,
                b'`' => break,
                b'$' if self.byte(1) == b'{' => {
                    self.at += 2;
                    self.open.push((b'`', Before::Operand));
                    self.before = Before::Operator;
                    return Ok(Token::Open(b'`'));
                }
                _ if self.at >= self.text.len() => return Err(Unsure),
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Ok(self.literal())
    }

    fn number(&mut self) -> Token {
        while self.byte(0).is_ascii_alphanumeric() || matches!(self.byte(0), b'.' | b'_') {
            self.at += 1;
        }
        self.literal()
    }

    fn open(&mut self, word: Option<Word>, after_head: bool) -> Token {
        let byte = self.byte(0);
        let end = match (byte, word) {
            (b'(', Some(Word::Head | Word::While)) => Before::Operator,
            (b'{', _) if after_head => Before::Operator,
            (b'(', Some(Word::Ambiguous)) | (b'{', _) => Before::Either,
            _ => Before::Operand,
        };
        self.open.push((byte, end));
        self.punctuation(1, Token::Open(byte))
    }

    fn close(&mut self) -> Result<Token, Unsure> {
        let (open, end) = self.open.pop().ok_or(Unsure)?;
        let wanted = match open {
            b'(' => b')',
            b'[' => b']',
            _ => b'}',
        };
        if self.byte(0) != wanted {
            return Err(Unsure);
        }
        self.at += 1;
        self.before = end;
        self.after_head = open == b'(' && end == Before::Operator;
        Ok(Token::Close(open))
    }

    /// What follows a substitution: the rest of the template.
    pub fn resume_template(&mut self) -> Result<Token, Unsure> {
        self.template()
    }

    fn slash(&mut self) -> Result<Token, Unsure> {
        let end = regular_expression(self.rest());
        match (self.before, end) {
            (Before::Operand, _) | (Before::Either, None) => {
                Ok(self.punctuation(if self.byte(1) == b'=' { 2 } else { 1 }, Token::Operator))
            }
            (Before::Operator, Some(length)) => {
                self.at += length;
                Ok(self.literal())
            }
            (Before::Operator, None) | (Before::Either, Some(_)) => Err(Unsure),
        }
    }

    fn angle(&mut self, word: Option<Word>) -> Result<Token, Unsure> {
        let byte = self.byte(0);
        let declares = word == Some(Word::Declares);
        if byte == b'<' && self.elements != Elements::Never && self.before != Before::Operand && !declares {
            // Behind `}` or `yield` it may compare.
            return if self.before == Before::Operator { self.open_element() } else { Err(Unsure) };
        }
        let run = self.rest().bytes().take(3).take_while(|next| *next == byte).count();
        let equals = usize::from(self.byte(run) == b'=');
        self.at += run + equals;
        self.before = if byte == b'<' || equals > 0 { Before::Operator } else { Before::Either };
        Ok(if byte == b'<' { Token::Less(run as u32) } else { Token::Greater(run as u32) })
    }

    /// One operator; several that stand together are several.
    fn operator(&mut self) -> Token {
        const LONG: [&str; 24] = [
            "===", "!==", "**=", "&&=", "||=", "??=", "=>", "==", "!=", "++", "--", "+=", "-=", "*=", "%=", "&=", "|=",
            "^=", "&&", "||", "??", "?.", "**", "|>",
        ];
        let rest = self.rest();
        let long = LONG.iter().find(|operator| rest.starts_with(**operator)).copied();
        let is_number = long == Some("?.") && self.byte(2).is_ascii_digit();
        let long = long.filter(|_| !is_number);
        let before = self.before;
        self.at += long.map_or(1, str::len);
        self.before = match (long, before) {
            // Behind an operand and on its line it is that operand's end.
            (Some("++" | "--"), Before::Operand) if !self.newline => Before::Operand,
            (Some("++" | "--"), Before::Either) => Before::Either,
            // `a!` of TypeScript.
            (None, Before::Operand | Before::Either) if rest.starts_with('!') => Before::Either,
            _ => Before::Operator,
        };
        self.after_dot = long == Some("?.");
        if long.is_none() && rest.starts_with('?') { Token::Question } else { Token::Operator }
    }

    fn name(&mut self, after_dot: bool) -> Token {
        let start = self.at;
        let mut escaped = false;
        while let Some(next) = self.rest().chars().next().filter(|next| is_word(*next)) {
            escaped |= next == '\\';
            self.at += next.len_utf8();
        }
        if self.at == start {
            // What no token starts with; the parser stops here.
            self.at += self.rest().chars().next().map_or(1, char::len_utf8);
        }
        let name = self.text.get(start..self.at).unwrap_or_default();
        let word = match name {
            // Perhaps a keyword.
            _ if escaped => Word::Ambiguous,
            _ if after_dot => Word::Name,
            _ => Word::of(name),
        };
        self.leads = !after_dot && words::leads(name);
        self.goes_on = escaped || (!after_dot && words::goes_on(name));
        self.before = match word {
            _ if matches!(name, "let" | "implements" | "mixins") => Before::Either,
            Word::Name => Before::Operand,
            Word::Ambiguous => Before::Either,
            _ => Before::Operator,
        };
        self.word = Some(word);
        Token::Word(word)
    }
}
