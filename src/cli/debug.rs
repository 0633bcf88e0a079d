//! `pushguard debug trace`: hidden, for those who work on the engine. Its text is no interface.
//!
//! Input: arguments. Output: what the engine believes. Must not know: findings, reports.

use super::args::{MatchArgs, ProjectArgs, TraceArgs, ViewArgs};
use super::outcome::{CLEAN, delivered};
use super::project;
use crate::analysis::beliefs;
use crate::error::Error;
use std::io::Write;

pub fn trace(args: &TraceArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    let (path, line) = args.at.line.clone();
    let matching = MatchArgs { force_exclude: false, no_error_on_unmatched: false };
    let whole = ProjectArgs { paths: vec![path.clone()], config: args.at.config.clone(), matching };
    let mut plan = project::plan(&whole, &ViewArgs::default(), stderr)?;
    let sources = plan.texts.load(&plan.found.files)?.sources.with_links(plan.found.links);
    let mut named = sources.iter().filter(|(_, file)| file.reported);
    let (Some((file, source)), None) = (named.next(), named.next()) else {
        return Err(Error::Usage {
            message: format!("`{}` is more than one file", path.display()),
            remedy: "name one source file and one of its lines".to_owned(),
        });
    };
    if line > source.last_line() {
        return Err(Error::Usage {
            message: format!("`{}` has only {} lines", path.display(), source.last_line()),
            remedy: "name one of them".to_owned(),
        });
    }
    let texts = beliefs(&sources, &plan.config, file, line);
    let text =
        if texts.is_empty() { "no database call is known around this line\n".to_owned() } else { texts.join("\n") };
    delivered(stdout.write_all(text.as_bytes()))?;
    Ok(CLEAN)
}
