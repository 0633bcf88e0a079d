//! The stages of a run over a generated project: the shipped applications, copied often enough to weigh something.

#![expect(clippy::unwrap_used, reason = "a benchmark may stop at the first surprise")]

use divan::{Bencher, counter::BytesCount};
use pushguard::analysis::{analyze, file_facts};
use pushguard::config::Config;
use pushguard::facts::FileFacts;
use pushguard::parse::count_errors;
use pushguard::project::{Marks, Project, resolve::Resolver};
use pushguard::source::{SourceFile, Sources};
use pushguard::stack;
use std::path::Path;

/// Copies of the shipped applications in one project.
const COPIES: u32 = 20;

fn main() {
    stack::for_project(divan::main);
}

fn read(root: &Path, folder: &Path, copy: u32, files: &mut Vec<SourceFile>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read(root, &path, copy, files);
        } else if path.extension().is_some_and(|extension| extension == "js" || extension == "ts") {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            let text = std::fs::read_to_string(&path).unwrap();
            files.push(SourceFile::new(format!("copy{copy}/{name}"), &text, true));
        }
    }
}

fn sources() -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects");
    let mut files = Vec::new();
    (0..COPIES).for_each(|copy| read(&root, &root, copy, &mut files));
    Sources::new(files)
}

fn bytes(sources: &Sources) -> BytesCount {
    BytesCount::new(sources.iter().map(|(_, file)| file.text.len()).sum::<usize>())
}

fn facts(sources: &Sources) -> Vec<FileFacts> {
    sources.iter().map(|(id, file)| file_facts(id, file).0).collect()
}

#[divan::bench(sample_count = 20)]
fn parsing(bencher: Bencher) {
    let sources = sources();
    bencher.counter(bytes(&sources)).bench(|| sources.iter().filter(|(_, file)| count_errors(file).is_some()).count());
}

#[divan::bench(sample_count = 20)]
fn parsing_and_facts(bencher: Bencher) {
    let sources = sources();
    bencher.counter(bytes(&sources)).bench(|| facts(&sources).len());
}

#[divan::bench(sample_count = 20)]
fn linking(bencher: Bencher) {
    let sources = sources();
    let facts = facts(&sources);
    let lengths: Vec<usize> = sources.iter().map(|(_, file)| file.text.len()).collect();
    let resolver = Resolver::new(&sources, &facts);
    bencher.counter(bytes(&sources)).bench_local(|| {
        let resolve = |file, specifier: &str| resolver.resolve(file, specifier);
        Project::link(&lengths, facts.iter(), Marks::default(), &resolve).functions.len()
    });
}

#[divan::bench(sample_count = 10)]
fn whole_run(bencher: Bencher) {
    let sources = sources();
    let config = Config::default();
    bencher.counter(bytes(&sources)).bench(|| analyze(&sources, &config, &|| {}).findings.len());
}
