//! `pushguard cleanup`.
//!
//! Input: arguments. Output: what would go or went, on standard output. Must not know: how a server is asked, how reports are drawn.

use super::args::{CleanupArgs, CleanupFormat};
use super::moving::Moving;
use super::outcome::{CLEAN, FINDINGS, delivered, tell, warn};
use crate::cleanup::backup::{Backup, Backups, Header};
use crate::cleanup::identity;
use crate::cleanup::offline;
use crate::cleanup::report::{self, Format, Survey};
use crate::cleanup::server::{self, Connection, Left, Pace, Removed, Target, Wanted};
use crate::cleanup::tracked;
use crate::config::{Config, TrackedArray, load};
use crate::discover::resolve;
use crate::error::Error;
use crate::report::{counted, escape};
use crate::rules;
use bson::{Bson, Document};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

pub fn run(args: &CleanupArgs, stdout: &mut dyn Write, stderr: &mut dyn Write) -> Result<u8, Error> {
    let arrays = configuration(args)?.arrays;
    if let Some(path) = &args.input {
        return offline(args, path, &arrays, stdout);
    }
    let uri = uri(args)?;
    let connection = Connection::open(&uri)?;
    if !args.restore.is_empty() {
        return restore(args, &connection, stdout, stderr);
    }
    let wanted = Wanted {
        database: args.db.as_deref().unwrap_or_default(),
        collection: args.collection.as_deref(),
        field: args.field.as_deref(),
        query: query(args)?,
        writes: args.apply,
    };
    let targets = server::targets(&connection, &arrays, &wanted)?;
    if args.explain {
        return explain(&targets, stdout);
    }
    if args.apply {
        return apply(args, &targets, stdout, stderr);
    }
    let mut surveys = Vec::new();
    for target in targets {
        surveys.push(survey(args, target)?);
    }
    show(&surveys, args.format, stdout)
}

/// The arrays of an export: those of the configuration that a collection of its name may have.
fn offline(args: &CleanupArgs, path: &Path, arrays: &[TrackedArray], stdout: &mut dyn Write) -> Result<u8, Error> {
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let collection = args.collection.as_deref().unwrap_or(&name);
    let mut surveys: Vec<Survey> = Vec::new();
    for (dotted, array) in tracked::fields(arrays, collection, args.field.as_deref()) {
        let (identities, field) = (tracked::identities(array, dotted)?, identity::path(dotted));
        let wanted = offline::Wanted { field: &field, identities: &identities, worst: args.top, limit: args.limit };
        let tally = offline::survey(path, &wanted)?;
        surveys.push(Survey { place: path.display().to_string(), field: dotted.to_owned(), identities, tally });
    }
    if surveys.is_empty() {
        return Err(Error::Usage {
            message: format!("the configuration tracks no array of a collection `{collection}`"),
            remedy: "name the collection that the file is of with `--collection`".to_owned(),
        });
    }
    show(&surveys, args.format, stdout)
}

fn configuration(args: &CleanupArgs) -> Result<Config, Error> {
    let here = resolve(Path::new("."), Path::new("."))?;
    let path = args.config.clone().or_else(|| load::find_upward(&here));
    path.map_or_else(|| Ok(Config::default()), |path| load::read(&path, &rules::ids()))
}

fn uri(args: &CleanupArgs) -> Result<String, Error> {
    let uri = args.uri.clone().or_else(|| std::env::var("MONGODB_URI").ok()).filter(|uri| !uri.is_empty());
    uri.ok_or_else(|| Error::Usage {
        message: "no server is named".to_owned(),
        remedy: "pass `--uri mongodb://…`, or set MONGODB_URI".to_owned(),
    })
}

fn query(args: &CleanupArgs) -> Result<Document, Error> {
    let Some(text) = &args.query else { return Ok(Document::new()) };
    let value = serde_json::from_str::<serde_json::Value>(text).map_err(|error| error.to_string());
    match value.and_then(|value| Bson::try_from(value).map_err(|error| error.to_string())) {
        Ok(Bson::Document(query)) => Ok(query),
        Ok(_) => Err(bad_query("it is no object")),
        Err(error) => Err(bad_query(&error)),
    }
}

fn bad_query(error: &str) -> Error {
    Error::Usage {
        message: format!("`--query` is no filter: {error}"),
        remedy: "write extended JSON, such as '{\"_id\": {\"$oid\": \"697ebf17b2521101e66a4444\"}}'".to_owned(),
    }
}

fn pace(args: &CleanupArgs) -> Pace {
    Pace { jobs: usize::from(args.jobs), batch: args.batch_size, limit: args.limit, worst: args.top }
}

fn survey(args: &CleanupArgs, target: Target<'_>) -> Result<Survey, Error> {
    let bar = Moving::start("are there twice");
    let tally = server::survey(&target, pace(args), &bar);
    bar.finish();
    let (place, field) = (target.collection.namespace().to_string(), target.dotted());
    Ok(Survey { place, field, tally: tally?, identities: target.identities })
}

fn show(surveys: &[Survey], format: CleanupFormat, stdout: &mut dyn Write) -> Result<u8, Error> {
    let format = match format {
        CleanupFormat::Table => Format::Table,
        CleanupFormat::Json => Format::Json,
        CleanupFormat::Html => Format::Html,
    };
    delivered(stdout.write_all(report::render(surveys, format).as_bytes()))?;
    let is_clean = surveys.iter().all(|survey| survey.tally.affected == 0 && survey.tally.unreadable == 0);
    Ok(if is_clean { CLEAN } else { FINDINGS })
}

fn explain(targets: &[Target<'_>], stdout: &mut dyn Write) -> Result<u8, Error> {
    let plans = targets.iter().map(server::explain).collect::<Result<Vec<_>, _>>()?;
    let plans: Vec<_> = plans.into_iter().map(Bson::into_relaxed_extjson).collect();
    delivered(writeln!(stdout, "{:#}", serde_json::Value::Array(plans)))?;
    Ok(CLEAN)
}

fn apply(
    args: &CleanupArgs,
    targets: &[Target<'_>],
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<u8, Error> {
    if args.backup.is_some() && targets.len() > 1 {
        return Err(Error::Usage {
            message: format!("one backup is of one array, and these are {}", targets.len()),
            remedy: "name one with `--collection` and `--field`, or leave out `--backup`".to_owned(),
        });
    }
    let mut code = CLEAN;
    for target in targets {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let header = Header {
            database: target.database.name().to_owned(),
            collection: target.collection.name().to_owned(),
            field: target.dotted(),
            started: i64::try_from(started).unwrap_or_default(),
            run: bson::oid::ObjectId::new(),
        };
        let path = args.backup.clone().unwrap_or_else(|| default_backup(&header));
        let backup = Backup::new(&path, header)?;
        let bar = Moving::start("removed");
        let removed = server::remove(target, &backup, pace(args), &bar);
        bar.finish();
        let removed = removed.inspect_err(|_| stopped(&backup, stderr))?;
        if removed.left.documents > 0 {
            code = FINDINGS;
        }
        told(target, &removed, &backup, stdout, stderr)?;
    }
    Ok(code)
}

/// A name that says what it is a backup of, and that no other run has.
fn default_backup(header: &Header) -> PathBuf {
    let safe = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_', "_");
    let at = bson::DateTime::from_millis(header.started).try_to_rfc3339_string().unwrap_or_default();
    let at = at.replace([':', '.'], "-");
    PathBuf::from(format!("pushguard-backup-{}.{}-{at}.jsonl", safe(&header.database), safe(&header.collection)))
}

/// Says what was done before a clean-up had to stop.
fn stopped(backup: &Backup, stderr: &mut dyn Write) {
    let (elements, path) = (backup.elements(), backup.path().display());
    let message = match elements {
        0 => "nothing was removed".to_owned(),
        _ => format!(
            "stopped; what was removed until then is among the {} in {path}. Run it again to go on",
            counted(elements, "element")
        ),
    };
    warn(&message, stderr);
}

fn told(
    target: &Target<'_>,
    removed: &Removed,
    backup: &Backup,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<(), Error> {
    let (place, field) = (target.collection.namespace().to_string(), target.dotted());
    let mut text = format!(
        "{} `{}`: removed {} from {} of {}\n",
        escape::line(&place),
        escape::line(&field),
        counted(removed.elements, "element"),
        removed.changed,
        counted(removed.documents, "document")
    );
    for (kind, count) in target.identities.kinds().iter().zip(&removed.kinds).filter(|(_, count)| **count > 0) {
        text.push_str(&format!("  {count} {} by {}\n", escape::line(&kind.name), escape::line(&kind.shown_key())));
    }
    if backup.elements() > 0 {
        let path = escape::line(&backup.path().to_string_lossy());
        text.push_str(&format!("backup: {path}\nto undo it: pushguard cleanup --restore {path}\n"));
    }
    left(&removed.left, stderr);
    delivered(stdout.write_all(text.as_bytes()))
}

fn left(left: &Left, stderr: &mut dyn Write) {
    if left.documents > 0 {
        warn(&format!("left as they are: {}", counted(left.documents, "document")), stderr);
    }
    for (id, reason) in &left.reasons {
        tell("  left", &format!("{id}: {reason}"), stderr);
    }
}

fn restore(
    args: &CleanupArgs,
    connection: &Connection,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<u8, Error> {
    let mut backups = Backups::open(&args.restore)?;
    let header = backups.header()?;
    if let Some(asked) = args.db.as_ref().filter(|asked| **asked != header.database) {
        return Err(Error::Usage {
            message: format!("the backup is of the database `{}`, not of `{asked}`", header.database),
            remedy:
                "leave out `--db`; to restore into another database, change its name in the first line of the backup"
                    .to_owned(),
        });
    }
    if backups.torn > 0 {
        warn(
            "a clean-up that was stopped has written its last line in part: it had not removed what that says",
            stderr,
        );
    }
    if backups.damaged > 0 {
        let lines = counted(backups.damaged, "line");
        warn(&format!("damaged: {lines} of the backups; what they held could not be put back"), stderr);
    }
    let target = server::exactly(connection, &header.database, &header.collection, &header.field)?;
    let bar = Moving::start("put back");
    let restored = server::put_back(&target, &mut backups, (args.dry_run, usize::from(args.jobs)), &bar);
    bar.finish();
    let restored = restored?;
    let verb = if args.dry_run { "would put" } else { "put" };
    delivered(writeln!(
        stdout,
        "{} `{}`: {verb} {} back into {} of {}",
        escape::line(&target.collection.namespace().to_string()),
        escape::line(&target.dotted()),
        counted(restored.elements, "element"),
        restored.changed,
        counted(restored.documents, "document")
    ))?;
    left(&restored.left, stderr);
    Ok(if restored.left.documents > 0 || backups.damaged > 0 { FINDINGS } else { CLEAN })
}
