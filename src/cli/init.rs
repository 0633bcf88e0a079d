//! `pushguard init`.
//!
//! Input: a folder. Output: a commented `pushguard.toml` for its code, never over one that is there unless asked.
//! Must not know: how proposals come about, formats.

use super::args::InitArgs;
use super::outcome::{CLEAN, delivered};
use super::survey::{self, survey};
use crate::config::draft::{Proposal, render};
use crate::config::load;
use crate::disk::Folder;
use crate::error::Error;
use crate::report::escape;
use crate::rules;
use crate::survey::propose;
use std::io::{ErrorKind, Write};
use std::path::Path;

pub fn run(args: &InitArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    let folder = survey::folder(&args.folder)?;
    let shown = args.folder.join(load::FILE_NAME);
    let shown = shown.strip_prefix(".").unwrap_or(&shown).to_owned();
    let target = folder.join(load::FILE_NAME);
    if !args.print && !args.force && target.symlink_metadata().is_ok() {
        return Err(exists(&shown));
    }
    let (appends, seen) = survey(&folder, stderr)?;
    let proposals = propose(&appends);
    let text = render(&proposals, &seen);
    if let Err(problem) = load::parse(&text, &rules::ids()) {
        // Better no file than one that the next run refuses.
        let message = format!("the configuration for this code would not be valid: {}", problem.message);
        return Err(Error::Usage { message, remedy: "write `pushguard.toml` by hand; see the README".to_owned() });
    }
    if args.print {
        delivered(stdout.write_all(text.as_bytes()))?;
        return Ok(CLEAN);
    }
    let written = match args.force {
        true => Folder::open(&folder).and_then(|root| root.replace(Path::new(load::FILE_NAME), text.as_bytes())),
        false => Folder::open(&folder).and_then(|root| root.create(Path::new(load::FILE_NAME), text.as_bytes())),
    };
    written.map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => exists(&shown),
        _ => Error::Write { path: shown.clone(), source },
    })?;
    // A closed standard error does not undo the file.
    let _ = writeln!(stderr, "wrote {}: {}", escape::line(&shown.to_string_lossy()), summary(&proposals));
    Ok(CLEAN)
}

fn exists(path: &Path) -> Error {
    Error::Usage {
        message: format!("`{}` exists already", path.display()),
        remedy: "compare with `pushguard init --print`, or overwrite with `--force`".to_owned(),
    }
}

fn summary(proposals: &[Proposal]) -> String {
    let sure: Vec<&Proposal> = proposals.iter().filter(|proposal| !proposal.doubtful).collect();
    let kinds: usize = sure.iter().map(|proposal| proposal.array.kinds.len()).sum();
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    match sure.len() {
        0 => "no array was found whose elements can be told apart; the file shows how to name one".to_owned(),
        arrays => format!(
            "{} with {} of elements; look over the keys before you rely on them",
            plural(arrays, "array"),
            plural(kinds, "kind")
        ),
    }
}
