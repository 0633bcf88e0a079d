//! The text of `pushguard.toml`, and an analysis under it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use pushguard::config::Config;
use pushguard::config::load::{FILE_NAME, from_bytes};
use pushguard::discover::{Root, Wanted, discover};
use pushguard::error::Error;
use pushguard::rules;
use pushguard::source::Sources;
use pushguard_fuzz::{analysed, sample};
use std::path::Path;
use std::sync::LazyLock;

static SAMPLE: LazyLock<Sources> = LazyLock::new(sample);

fuzz_target!(|data: &[u8]| {
    match from_bytes(Path::new(FILE_NAME), data.to_vec(), &rules::ids()) {
        Ok(config) => {
            check_walk(&config);
            analysed(&SAMPLE, &config);
        }
        Err(Error::Config { line, column, message, remedy, .. }) => {
            let lines = data.split(|byte| *byte == b'\n').count();
            assert!(line.is_none_or(|line| (1..=lines).contains(&line)), "line {line:?} of {lines}");
            assert!(column.is_none_or(|column| (1..=data.len() + 1).contains(&column)), "column {column:?}");
            assert!(!message.is_empty() && !remedy.is_empty());
        }
        Err(error) => panic!("not an error of a configuration: {error}"),
    }
});

/// The walk over a small folder under the configuration: whatever it names, nothing outside is found.
fn check_walk(config: &Config) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets");
    let root = Root { folder: folder.clone(), link_all: true, config: None };
    if let Ok(found) = discover(&root, &Wanted::default(), config) {
        assert!(found.files.iter().all(|file| file.absolute.starts_with(&folder)), "{:?}", found.files);
    }
}
