//! What stands between one pair of brackets, as far as the count of nesting remembers it.
//!
//! Input: none. Output: [`Frame`]. Must not know: tokens, the text.

use super::retries::Costs;

/// What stands between one pair of brackets.
///
/// A level that no bracket opens is opened by an operator, or by a word before another operand. It lasts until the
/// expression ends (at a comma), or the statement.
#[derive(Default)]
pub(super) struct Frame {
    /// Levels that last until the statement ends: `if (a)`, `else`, labels, words before words.
    pub heads: u32,
    /// Levels that last until a comma at most.
    pub operators: u32,
    /// Links of a chain: members, calls, elements. The first operand of a chain is its deepest.
    pub links: u32,
    /// The tallest operand of this expression that is complete.
    pub tallest: u32,
    /// The tallest expression that is complete.
    pub height: u32,
    /// A comma may be one of a list that no bracket encloses, such as the arguments of a type.
    pub keeps_commas: bool,
    /// `?` that wait for their colon.
    pub questions: u32,
    pub labels: u32,
    /// `<` before an operand, which may be a cast.
    pub casts: u32,
    /// `<` that no `>` has closed.
    pub angles: u32,
    /// Between an `@` and what it decorates.
    pub decorates: bool,
    /// A parenthesis that is no call.
    pub is_group: bool,
    /// `?` before a type of Flow: a function behind it is read twice.
    pub optional: u32,
    /// `=>`, and what may be the parameters or the body of one: `a ? (b) : …`.
    pub arrows: u32,
    pub choices: u32,
    /// What else is read twice: a cast in a choice, `a ? b : <c>…`; `<const`, which may open an element or the parameters of types;
    /// `(infer`, which may be a type or the parameters of one.
    pub twice: u32,
}

impl Frame {
    pub fn costs(&self) -> Costs {
        let angles = self.casts + self.angles;
        let groups = u32::from(self.is_group) + self.optional;
        let choices = if self.arrows > 0 { self.choices } else { 0 };
        let doubled = u32::from(angles > 0) + choices + self.twice;
        Costs { doubled, angles, groups, labels: self.labels }
    }

    pub fn own(&self) -> u32 {
        self.heads + self.operators + self.links
    }

    pub fn end_expression(&mut self) {
        self.height = self.height.max(self.own() + self.tallest);
        (self.operators, self.links, self.tallest, self.questions, self.optional) = (0, 0, 0, 0, 0);
        (self.arrows, self.choices, self.twice) = (0, 0, 0);
        self.end_casts();
    }

    pub fn end_casts(&mut self) {
        if self.angles == 0 {
            self.casts = 0;
        }
    }

    /// A comma that may be one of a list of types: no `<` that is open holds it.
    pub fn end_argument(&mut self) {
        self.end_casts();
        if self.angles == 0 {
            (self.optional, self.arrows, self.choices, self.twice) = (0, 0, 0, 0);
        }
    }

    /// A semicolon, behind which `else` may go on with the statement around it.
    pub fn end_body(&mut self) {
        self.end_expression();
        (self.angles, self.casts) = (0, 0);
        (self.keeps_commas, self.decorates) = (false, false);
    }

    pub fn end_statement(&mut self) {
        self.end_body();
        (self.heads, self.labels) = (0, 0);
    }

    /// What follows is no link of this chain, though the expression may go on.
    pub fn end_chain(&mut self) {
        self.tallest = self.tallest.max(self.links);
        self.links = 0;
    }
}
