//! What one `tsconfig.json` or `jsconfig.json` says about modules.
//!
//! Input: its options, or its text where that has a syntax error. Output: [`Modules`]. Must not know: other files.

use super::below::normal;
use crate::limits;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Stands for the folder of the configuration that is not extended by another.
const CONFIG_DIR: &str = "${configDir}";

/// What one configuration says. Paths are absolute, or begin with [`CONFIG_DIR`].
#[derive(Clone, Debug, Default)]
pub struct Modules {
    pub base: Option<PathBuf>,
    /// Targets by pattern, in the order in which they are tried.
    pub paths: BTreeMap<String, Vec<PathBuf>>,
    pub root_dirs: Vec<PathBuf>,
}

impl Modules {
    /// Takes over what is not said here.
    pub fn inherit(&mut self, other: &Modules) {
        if self.base.is_none() {
            self.base.clone_from(&other.base);
        }
        for (pattern, targets) in &other.paths {
            if self.paths.len() < limits::PATTERNS {
                self.paths.entry(pattern.clone()).or_insert_with(|| targets.clone());
            }
        }
        if self.root_dirs.is_empty() {
            self.root_dirs.clone_from(&other.root_dirs);
        }
    }

    /// The paths in place of [`CONFIG_DIR`], and the base as the last target of every specifier.
    pub fn settled(mut self, folder: &Path) -> Self {
        let settle = |path: &mut PathBuf| {
            if let Ok(rest) = path.strip_prefix(CONFIG_DIR) {
                *path = normal(&folder.join(rest));
            }
        };
        self.paths.values_mut().flatten().for_each(settle);
        self.root_dirs.iter_mut().for_each(settle);
        if let Some(mut base) = self.base.take() {
            settle(&mut base);
            self.paths.entry("*".to_owned()).or_default().push(base.join("*"));
        }
        self
    }
}

/// What the `compilerOptions` of a configuration in a folder say, where it inherits this base.
pub fn own(options: &Value, folder: &Path, inherited: Option<&Path>) -> Modules {
    let absolute = |from: &Path, text: &str| match text.starts_with(CONFIG_DIR) {
        true => PathBuf::from(text),
        false => normal(&from.join(text)),
    };
    let base = options.get("baseUrl").and_then(Value::as_str).map(|text| absolute(folder, text));
    let from = base.as_deref().or(inherited).unwrap_or(folder).to_owned();
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let paths = options.get("paths").and_then(Value::as_object).into_iter().flatten().take(limits::PATTERNS);
    let paths = paths.map(|(pattern, targets)| {
        (pattern.clone(), texts(targets).iter().map(|target| absolute(&from, target)).collect())
    });
    let root_dirs = options.get("rootDirs").map(texts).unwrap_or_default();
    let root_dirs = root_dirs.iter().map(|text| absolute(folder, text)).collect();
    Modules { base, paths: paths.collect(), root_dirs }
}

/// The settings of a text with a syntax error, as far as they can be told from it.
pub fn salvaged(text: &str) -> Value {
    let mut text = text.to_owned();
    // Comments that cannot be taken away stay; what is looked for is then read or not.
    drop(json_strip_comments::strip(&mut text));
    let after = |key: &str| {
        let (_, rest) = text.split_once(&format!("\"{key}\""))?;
        let value = rest.trim_start().strip_prefix(':')?;
        // The first value of the rest, whatever follows it.
        serde_json::Deserializer::from_str(value).into_iter::<Value>().next()?.ok()
    };
    let keys = ["paths", "baseUrl", "rootDirs"];
    let options: serde_json::Map<_, _> =
        keys.into_iter().filter_map(|key| Some((key.to_owned(), after(key)?))).collect();
    let mut config = json!({ "compilerOptions": options });
    for key in ["extends", "references"] {
        if let (Some(value), Some(config)) = (after(key), config.as_object_mut()) {
            config.insert(key.to_owned(), value);
        }
    }
    config
}
