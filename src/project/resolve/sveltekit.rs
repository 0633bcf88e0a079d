//! The aliases of SvelteKit. Its own are in a `tsconfig.json` that is generated and never committed.
//!
//! Source: SvelteKit's reference of `kit.alias` and `kit.files.lib`.
//! Input: manifests and the facts of the configurations beside them. Output: paths by pattern, as a `tsconfig.json` would hold them.
//! Must not know: specifiers.

use super::below::{ROOT, normal};
use crate::facts::FileFacts;
use crate::source::Sources;
use crate::value::{Entry, Key, Node, V};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Names of the configuration beside the manifest.
const CONFIGS: [&str; 2] = ["svelte.config.js", "svelte.config.ts"];
const PACKAGE: &str = "@sveltejs/kit";

/// Whether a manifest is that of an application of SvelteKit.
pub fn is_kit(manifest: &Value) -> bool {
    ["dependencies", "devDependencies", "peerDependencies"]
        .iter()
        .any(|kind| manifest.get(kind).and_then(|listed| listed.get(PACKAGE)).is_some())
}

/// Patterns with their targets.
pub type Aliases = BTreeMap<String, Vec<PathBuf>>;

/// The aliases of the applications of SvelteKit in these folders.
pub fn kits<'a>(
    sources: &Sources,
    facts: &[FileFacts],
    folders: impl Iterator<Item = &'a Path>,
) -> BTreeMap<PathBuf, Aliases> {
    let config = |folder: &Path| {
        CONFIGS.iter().find_map(|name| {
            let path = folder.strip_prefix(ROOT).ok()?.join(name);
            facts.get(sources.find(path.to_str()?)?.0 as usize)
        })
    };
    folders.map(|folder| (folder.to_owned(), aliases(folder, config(folder)))).collect()
}

/// The aliases of the application in a folder: those that its configuration spells out, and `$lib`.
fn aliases(folder: &Path, config: Option<&FileFacts>) -> Aliases {
    let spelled = |name: &str| config.map(|config| spelled(config, name)).unwrap_or_default();
    let lib = spelled("files").into_iter().find(|(name, _)| *name == "lib");
    let lib = lib.map_or("src/lib", |(_, path)| path);
    let mut paths = BTreeMap::new();
    for (name, path) in spelled("alias").into_iter().chain([("$lib", lib)]) {
        let target = normal(&folder.join(path));
        let is_pattern = name.contains('*');
        paths.entry(name.to_owned()).or_insert_with(|| vec![target.clone()]);
        if !is_pattern {
            paths.entry(format!("{name}/*")).or_insert_with(|| vec![target.join("*")]);
        }
    }
    paths
}

/// The names and texts of an object of `kit`; what is computed is left out.
fn spelled<'a>(config: &'a FileFacts, object: &str) -> Vec<(&'a str, &'a str)> {
    let arena = &config.arena;
    let exported = config.exports.iter().rfind(|(name, _)| matches!(arena.text(*name), "default" | "="));
    let members = |value: V| -> Vec<(&'a str, V)> {
        let Node::Object(entries) = arena.peek(value) else { return Vec::new() };
        let named = |entry: &Entry| match entry.key {
            Key::Name(name) => Some((arena.text(name), entry.value)),
            _ => None,
        };
        entries.iter().filter_map(named).collect()
    };
    let member = |value: V, wanted: &str| members(value).into_iter().rfind(|(name, _)| *name == wanted);
    let kit = exported.and_then(|(_, config)| member(*config, "kit"));
    let Some((_, object)) = kit.and_then(|(_, kit)| member(kit, object)) else { return Vec::new() };
    let text = |(name, value): (&'a str, V)| match arena.peek(value) {
        Node::Str(text) => Some((name, arena.text(*text))),
        _ => None,
    };
    members(object).into_iter().filter_map(text).collect()
}
