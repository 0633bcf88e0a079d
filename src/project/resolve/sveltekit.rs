//! The aliases of SvelteKit. Its own are in a `tsconfig.json` that is generated and never committed.
//!
//! Source: SvelteKit's reference of `kit.alias` and `kit.files.lib`.
//! Input: a manifest and the configuration beside it. Output: paths by pattern, as a `tsconfig.json` would hold them.
//! Must not know: specifiers.

use super::below::normal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Names of the configuration beside the manifest.
pub const CONFIGS: [&str; 2] = ["svelte.config.js", "svelte.config.ts"];
const PACKAGE: &str = "@sveltejs/kit";

/// Whether a manifest is that of an application of SvelteKit.
pub fn is_kit(manifest: &Value) -> bool {
    ["dependencies", "devDependencies", "peerDependencies"]
        .iter()
        .any(|kind| manifest.get(kind).and_then(|listed| listed.get(PACKAGE)).is_some())
}

/// The aliases of the application in a folder: those that its configuration spells out, and `$lib`.
pub fn aliases(folder: &Path, config: &str) -> BTreeMap<String, Vec<PathBuf>> {
    let lib = spelled(config, "files").and_then(|files| pairs(&files).into_iter().find(|(name, _)| name == "lib"));
    let lib = lib.map_or_else(|| "src/lib".to_owned(), |(_, path)| path);
    let own = spelled(config, "alias").map(|alias| pairs(&alias)).unwrap_or_default();
    let mut paths = BTreeMap::new();
    for (name, path) in own.into_iter().chain([("$lib".to_owned(), lib)]) {
        let target = normal(&folder.join(&path));
        let is_pattern = name.contains('*');
        paths.entry(name.clone()).or_insert_with(|| vec![target.clone()]);
        if !is_pattern {
            paths.entry(format!("{name}/*")).or_insert_with(|| vec![target.join("*")]);
        }
    }
    paths
}

/// The text of an object of plain pairs behind a name.
fn spelled(config: &str, name: &str) -> Option<String> {
    let begins = |at: usize, found: &str| {
        let is_word = config.get(..at)?.ends_with(|before: char| before.is_alphanumeric() || "_$.".contains(before));
        let rest = config.get(at + found.len()..)?.trim_start().strip_prefix(':')?.trim_start().strip_prefix('{')?;
        let (object, _) = rest.split_once('}')?;
        (!is_word && !object.contains('{')).then(|| object.to_owned())
    };
    config.match_indices(name).find_map(|(at, found)| begins(at, found))
}

/// The pairs of names and texts of an object; what is computed is left out.
fn pairs(object: &str) -> Vec<(String, String)> {
    let quoted = |text: &str| {
        let inner = ['\'', '"'].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))?;
        (!inner.contains(['\'', '"', '\\'])).then(|| inner.to_owned())
    };
    let plain = |text: &str| {
        let is_name = text.chars().all(|letter| letter.is_alphanumeric() || "_$".contains(letter));
        (is_name && !text.is_empty()).then(|| text.to_owned())
    };
    let pairs = object.split([',', '\n']).filter_map(|pair| pair.split_once(':'));
    pairs
        .filter_map(|(name, path)| {
            let name = quoted(name.trim()).or_else(|| plain(name.trim()))?;
            Some((name, quoted(path.trim())?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_configuration_spells_out_stands_beside_lib() {
        let config =
            "export default { kit: { alias: { $server: './src/server', '@data/*': \"data/*\", x: path() } } };";
        let aliases = aliases(Path::new("/app"), config);
        let of =
            |name: &str| aliases.get(name).map(|paths| paths.iter().map(|path| path.display().to_string()).collect());
        assert_eq!(of("$lib/*"), Some(vec!["/app/src/lib/*".to_owned()]));
        assert_eq!(of("$server"), Some(vec!["/app/src/server".to_owned()]));
        assert_eq!(of("$server/*"), Some(vec!["/app/src/server/*".to_owned()]));
        assert_eq!(of("@data/*"), Some(vec!["/app/data/*".to_owned()]));
        assert_eq!(of("x"), None);
    }

    #[test]
    fn another_folder_of_modules_takes_the_place_of_lib() {
        let aliases = aliases(Path::new("/app"), "export default { kit: { files: { lib: 'library' } } };");
        assert_eq!(aliases.get("$lib"), Some(&vec![PathBuf::from("/app/library")]));
    }
}
