//! `pushguard init`.
//!
//! Input: a folder. Output: a commented `pushguard.toml` for its code, never over one that is there unless asked.
//! Must not know: how proposals come about, formats.

use super::args::InitArgs;
use super::outcome::{CLEAN, delivered};
use super::progress::Progress;
use crate::analysis;
use crate::config::draft::{Proposal, Seen, render};
use crate::config::{Config, load};
use crate::discover::{Loaded, Root, Wanted, discover, load as load_files, resolve};
use crate::disk::Folder;
use crate::error::Error;
use crate::report::escape;
use crate::rules;
use crate::survey::{Append, propose};
use std::io::{ErrorKind, Write};
use std::path::Path;

pub fn run(args: &InitArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    let folder = resolve(Path::new("."), &args.folder)?;
    if !folder.is_dir() {
        let message = format!("`{}` is not a folder", args.folder.display());
        return Err(Error::Usage { message, remedy: "name the folder that is the root of the project".to_owned() });
    }
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

fn survey(folder: &Path, stderr: &mut dyn Write) -> Result<(Vec<Append>, Seen), Error> {
    let config = Config::default();
    let root = Root { folder: folder.to_owned(), link_all: true, config: None };
    let paths = [folder.to_owned()];
    let found = discover(&root, &Wanted { paths: Some(&paths), ..Wanted::default() }, &config)?;
    let Loaded { sources, unreadable } = load_files(&found.files);
    let unreadable = unreadable.iter().map(|file| {
        let path = sources.get(file.file).map_or("", |file| file.path.as_str());
        format!("{path}: {}", file.reason)
    });
    for warning in found.warnings.iter().cloned().chain(unreadable) {
        let _ = writeln!(stderr, "warning: {}", escape::line(&warning));
    }
    let progress = Progress::start(sources.len());
    let surveyed = analysis::survey(&sources, &config, &|| progress.step());
    progress.finish();
    Ok(surveyed)
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
