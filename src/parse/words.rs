//! The words that say what may follow them.
//!
//! Input: a name. Output: what it is to the count of nesting. Must not know: tokens, what nests.

/// The words that change how the next token is counted or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// `if`, `while`, `for`, `with`: a statement follows the parentheses.
    Head,
    /// `else`, and the `while` of `do`, go on with a statement after its semicolon.
    Continues,
    /// `while`, which is both.
    While,
    /// `case`, before which every statement has ended.
    Case,
    /// An expression must follow: `return`, `typeof`.
    Prefix,
    /// A list with commas follows: `implements`.
    List,
    /// A name follows and nothing nests: `const`.
    Declares,
    /// `yield`, `await`, `of`: a name or a keyword, by what is around it. So is what is written with escapes.
    Ambiguous,
    Name,
}

impl Word {
    pub fn of(name: &str) -> Self {
        match name {
            "if" | "for" | "with" => Self::Head,
            "while" => Self::While,
            "else" => Self::Continues,
            "case" => Self::Case,
            "do" | "typeof" | "void" | "delete" | "new" | "return" | "throw" | "in" | "instanceof" | "default" => {
                Self::Prefix
            }
            "extends" | "implements" | "mixins" => Self::List,
            "const" | "let" | "var" | "function" | "class" => Self::Declares,
            "yield" | "await" | "of" => Self::Ambiguous,
            _ => Self::Name,
        }
    }
}

/// Whether a name that is no keyword may open a level before a word on the next line: a modifier, an operator on types.
pub(super) fn leads(name: &str) -> bool {
    matches!(
        name,
        "abstract"
            | "accessor"
            | "as"
            | "assert"
            | "asserts"
            | "async"
            | "checks"
            | "component"
            | "declare"
            | "defer"
            | "enum"
            | "export"
            | "from"
            | "get"
            | "global"
            | "hook"
            | "implies"
            | "import"
            | "infer"
            | "interface"
            | "is"
            | "keyof"
            | "match"
            | "module"
            | "namespace"
            | "opaque"
            | "out"
            | "override"
            | "private"
            | "protected"
            | "proto"
            | "public"
            | "readonly"
            | "renders"
            | "satisfies"
            | "set"
            | "source"
            | "static"
            | "type"
            | "unique"
            | "using"
    )
}

/// Whether a type may stand right behind a word.
pub(super) fn is_of_types(name: &str) -> bool {
    matches!(name, "asserts" | "extends" | "implies" | "infer" | "is" | "keyof" | "readonly" | "renders" | "typeof")
}

/// Whether a word may go on with the expression, the type or the statement before it, though that stands on another line.
pub(super) fn goes_on(name: &str) -> bool {
    matches!(
        name,
        "as" | "assert"
            | "catch"
            | "else"
            | "extends"
            | "finally"
            | "from"
            | "implements"
            | "in"
            | "instanceof"
            | "is"
            | "mixins"
            | "of"
            | "renders"
            | "satisfies"
            | "while"
            | "with"
    )
}
