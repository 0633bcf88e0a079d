//! What standard output can show.
//!
//! Input: the flags, the environment, the terminal. Output: whether to use colours and links, and how wide lines may be.
//! Must not know: what is shown.

use super::args::{CheckArgs, ColorArg};
use crate::report::{DEFAULT_WIDTH, Style};
use anstream::{AutoStream, ColorChoice};
use std::env;
use std::io::{self, IsTerminal};
use std::path::Path;
use supports_hyperlinks::Stream;
use terminal_size::terminal_size_of;

/// Widths of a report that is read well: a narrower terminal breaks lines itself, and longer lines are hard to follow.
const NARROWEST: usize = 60;
const WIDEST: usize = 120;

/// The style of a report about a project whose root is `root`.
pub fn style(args: &CheckArgs, root: &Path) -> Style {
    Style {
        color: is_coloured(args.color),
        width: text_width(),
        links: is_linked(args.color).then(|| root.to_owned()),
        full: args.full,
    }
}

/// The columns of the terminal: `COLUMNS`, else what the terminal says. `None` when the output goes elsewhere.
pub fn width() -> Option<usize> {
    let told = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    told.or_else(|| terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0)))
}

/// The columns of running text.
pub fn text_width() -> usize {
    width().unwrap_or(DEFAULT_WIDTH).clamp(NARROWEST, WIDEST)
}

pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// The flag, else `NO_COLOR`, else `FORCE_COLOR`, which Node has and anstream has not, else what anstream asks: `CLICOLOR_FORCE`, `CLICOLOR`,
/// and whether standard output is a terminal with colours.
pub fn is_coloured(wanted: ColorArg) -> bool {
    match wanted {
        ColorArg::Always => true,
        ColorArg::Never => false,
        ColorArg::Auto if value("NO_COLOR").is_some() => false,
        ColorArg::Auto => match value("FORCE_COLOR") {
            Some(value) => !matches!(value.as_str(), "0" | "false"),
            None => AutoStream::choice(&io::stdout()) != ColorChoice::Never,
        },
    }
}

/// Links are escapes, as colours are: who switches those off gets plain text.
fn is_linked(wanted: ColorArg) -> bool {
    let is_plain = wanted == ColorArg::Never || value("NO_COLOR").is_some();
    !is_plain && supports_hyperlinks::on(Stream::Stdout)
}

/// The value of a variable; one that is set to nothing counts as unset.
fn value(name: &str) -> Option<String> {
    env::var_os(name).filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
}
