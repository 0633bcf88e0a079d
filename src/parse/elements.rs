//! The tokens of elements, as far as they can be told without a parser.
//!
//! An element is a bracket whose children and attribute values are brackets in it; its text and its names are no tokens.
//! Input: the scan at a `<` where an operand is due, or inside an element. Output: its next token. Must not know: what nests,
//! the parser.

use super::chars::is_word;
use super::scan::{Before, Elements, Part, Scan, Token, Unsure};

const TAG: u8 = b'<';
const CHILDREN: u8 = b'>';

impl<'t> Scan<'t> {
    /// The part of an element in which the next token stands.
    pub(super) fn part(&self) -> Option<Part> {
        match self.open.last()?.0 {
            TAG => Some(Part::Tag),
            CHILDREN => Some(Part::Children),
            _ => None,
        }
    }

    /// From the `<` to behind its name.
    pub(super) fn open_element(&mut self) -> Result<Token, Unsure> {
        self.at += 1;
        self.skip_blanks()?;
        self.open.push((TAG, Before::Operand));
        if self.byte(0) == b'>' {
            // A fragment.
            self.at += 1;
            self.start_children();
            return Ok(Token::Open(TAG));
        }
        let name = self.name_in_tag()?;
        // The modifiers of what may be a parameter of a type.
        if self.elements == Elements::Perhaps && matches!(name, "const" | "in" | "out") {
            return Err(Unsure);
        }
        Ok(Token::Open(TAG))
    }

    pub(super) fn element(&mut self, part: Part) -> Result<Option<Token>, Unsure> {
        match part {
            Part::Tag => self.tag(),
            Part::Children => self.child(),
        }
    }

    fn tag(&mut self) -> Result<Option<Token>, Unsure> {
        loop {
            self.skip_blanks()?;
            self.start = self.at;
            match self.byte(0) {
                b'>' => {
                    self.at += 1;
                    self.behind_tag()?;
                    self.start_children();
                    return self.child();
                }
                b'/' => {
                    self.at += 1;
                    return self.close_element().map(Some);
                }
                b'.' => {
                    self.at += 1;
                    self.skip_blanks()?;
                    self.name_in_tag()?;
                    return Ok(Some(Token::Dot));
                }
                b':' => {
                    self.at += 1;
                    self.skip_blanks()?;
                    self.name_in_tag()?;
                }
                b'{' => return Ok(Some(self.container())),
                b'=' => {
                    self.at += 1;
                    if let Some(token) = self.value()? {
                        return Ok(Some(token));
                    }
                }
                _ => {
                    let name = self.name_in_tag()?;
                    if self.elements == Elements::Perhaps && name == "extends" {
                        return Err(Unsure);
                    }
                }
            }
        }
    }

    /// The value of an attribute, from behind its `=`; none for a string.
    fn value(&mut self) -> Result<Option<Token>, Unsure> {
        let start = self.at;
        self.skip_blanks()?;
        match self.byte(0) {
            b'{' => Ok(Some(self.container())),
            b'<' => self.open_element().map(Some),
            quote @ (b'"' | b'\'') => {
                let inner = self.rest().get(1..).unwrap_or_default();
                let length = inner.find(char::from(quote)).ok_or(Unsure)?;
                // Behind a blank the parser takes it for a string of the language.
                let is_plain =
                    self.at == start || !inner.get(..length).is_some_and(|text| text.contains(['\\', '\n', '\r']));
                self.at += length + 2;
                if is_plain { Ok(None) } else { Err(Unsure) }
            }
            _ => Err(Unsure),
        }
    }

    /// A type is followed by the parentheses of a function.
    fn behind_tag(&mut self) -> Result<(), Unsure> {
        if self.elements == Elements::Always {
            return Ok(());
        }
        let start = self.at;
        self.skip_blanks()?;
        if self.byte(0) == b'(' {
            return Err(Unsure);
        }
        self.at = start;
        Ok(())
    }

    fn child(&mut self) -> Result<Option<Token>, Unsure> {
        let Some(length) = self.rest().find(['<', '{']) else {
            self.at = self.text.len();
            return Ok(None);
        };
        self.at += length;
        self.start = self.at;
        if self.byte(0) == b'{' {
            return Ok(Some(self.container()));
        }
        if self.byte(1) != b'/' {
            return self.open_element().map(Some);
        }
        self.at += 2;
        self.skip_blanks()?;
        while self.byte(0) != b'>' {
            match self.byte(0) {
                b'.' | b':' => self.at += 1,
                _ => {
                    self.name_in_tag()?;
                }
            }
            self.skip_blanks()?;
        }
        self.close_element().map(Some)
    }

    /// From the `>` that ends the element.
    fn close_element(&mut self) -> Result<Token, Unsure> {
        self.skip_blanks()?;
        if self.byte(0) != b'>' {
            return Err(Unsure);
        }
        self.at += 1;
        self.open.pop();
        self.before = Before::Operand;
        Ok(Token::Close(TAG))
    }

    fn start_children(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.0 = CHILDREN;
        }
    }

    fn container(&mut self) -> Token {
        self.at += 1;
        self.open.push((b'{', Before::Operator));
        self.before = Before::Operator;
        Token::Open(b'{')
    }

    fn name_in_tag(&mut self) -> Result<&'t str, Unsure> {
        let rest = self.rest();
        let length = rest.find(|next| next != '-' && !is_word(next)).unwrap_or(rest.len());
        let name = rest.get(..length).unwrap_or_default();
        let starts = name.chars().next().is_some_and(|first| first != '-' && !first.is_ascii_digit());
        let is_name = starts && !name.contains(['\\', '#']);
        self.at += length;
        if is_name { Ok(name) } else { Err(Unsure) }
    }
}
