//! Which source file names something that another one defines.
//!
//! Input: the paths and the code of the files. Output: arrows between paths. A parent that only declares and re-exports its
//! children names none of them; methods on a shared type are not seen.

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// A module path without `crate`: empty for the root.
type Module = Vec<String>;

/// From each file to the files that it names.
pub type Arrows = BTreeMap<String, BTreeSet<String>>;

struct File {
    path: String,
    children: Vec<String>,
    /// The paths of its `use` items, and whether they are re-exports.
    uses: Vec<(Vec<String>, bool)>,
    defines: BTreeSet<String>,
    /// The code without its `use` items.
    body: String,
}

struct Graph {
    files: BTreeMap<Module, File>,
}

/// The arrows among files.
pub fn arrows(files: &[(String, String)]) -> Arrows {
    let own = files.iter().filter(|(path, _)| path != "main.rs");
    let graph = Graph { files: own.map(|(path, code)| (module(path), read(path, code))).collect() };
    graph.files.iter().map(|(at, file)| (file.path.clone(), graph.named_by(at, file))).collect()
}

/// The files that lead to each other, in groups of two and more.
pub fn circles(arrows: &Arrows) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> = arrows.keys().map(|from| (from, reach(arrows, from))).collect();
    let leads = |from: &String, to: &String| reached.get(from).is_some_and(|all| all.contains(to));
    let mut groups: Vec<Vec<String>> = Vec::new();
    for path in arrows.keys().filter(|path| leads(path, path)) {
        match groups.iter_mut().find(|group| leads(path, &group[0]) && leads(&group[0], path)) {
            Some(group) => group.push(path.clone()),
            None => groups.push(vec![path.clone()]),
        }
    }
    groups
}

fn reach<'a>(arrows: &'a Arrows, from: &String) -> BTreeSet<&'a String> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&String> = arrows[from].iter().collect();
    while let Some(path) = open.pop() {
        if seen.insert(path) {
            open.extend(&arrows[path]);
        }
    }
    seen
}

fn module(path: &str) -> Module {
    let mut parts: Module = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

fn read(path: &str, code: &str) -> File {
    let of = |pattern: &str, code: &str| -> Vec<String> {
        Regex::new(pattern).unwrap().captures_iter(code).map(|found| found[1].to_owned()).collect()
    };
    let quoted = Regex::new(r#"(?s)"(?:[^"\\]|\\.)*""#).unwrap();
    let code = quoted.replace_all(code, "\"\"").into_owned();
    let item = Regex::new(r"(?s)(pub(?:\([^)]*\))?\s+)?\buse\s+([^;]+);").unwrap();
    let mut uses = Vec::new();
    for found in item.captures_iter(&code) {
        let tree: String = found[2].split_whitespace().collect::<Vec<_>>().join(" ");
        let paths = expand(&tree).into_iter();
        uses.extend(paths.map(|path| (path.split("::").map(str::to_owned).collect(), found.get(1).is_some())));
    }
    let body = item.replace_all(&code, "").into_owned();
    let words = r"\b(?:fn|struct|enum|trait|type|const|static)\s+(\w+)";
    let defines = of(words, &body).into_iter().chain(of(r"macro_rules!\s*(\w+)", &body)).collect();
    let children = of(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?mod (\w+);", &code);
    File { path: path.to_owned(), children, uses, defines, body }
}

/// The paths of a use tree: `a::{b, c::{d, e}}` is `a::b`, `a::c::d`, `a::c::e`.
fn expand(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, inner)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let inner = inner.strip_suffix('}').unwrap();
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, letter) in inner.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[start..]);
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty()).flat_map(expand);
    parts.map(|part| format!("{before}{part}")).collect()
}

impl Graph {
    fn named_by(&self, at: &Module, file: &File) -> BTreeSet<String> {
        let own =
            |path: &[String]| path.len() > at.len() && path.starts_with(at) && file.children.contains(&path[at.len()]);
        let mut paths: Vec<Module> = Vec::new();
        for (path, is_exported) in &file.uses {
            paths.extend(self.absolute(at, path).filter(|path| !(*is_exported && own(path))));
        }
        let mut starts = vec!["crate".to_owned(), "super".to_owned(), "self".to_owned()];
        starts.extend(file.children.iter().cloned());
        // A name behind a dot or a colon is a field's, or the middle of a path.
        let pattern = format!(r"(^|[^\w:.])((?:{})(?:::\w+)+)", starts.join("|"));
        for found in Regex::new(&pattern).unwrap().captures_iter(&file.body) {
            let path: Vec<String> = found[2].split("::").map(str::to_owned).collect();
            paths.extend(self.absolute(at, &path));
        }
        let named = paths.iter().filter_map(|path| self.definer(path, 0));
        named.filter(|named| *named != file.path).collect()
    }

    /// A path from the root; `None` for one that leads out of the crate, or only to what a `use` item has brought in.
    fn absolute(&self, at: &Module, path: &[String]) -> Option<Module> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([at, rest].concat()),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                Some([&at[..at.len().checked_sub(ups)?], &path[ups..]].concat())
            }
            child => self.files.get(at)?.children.iter().any(|own| own == child).then(|| [at, path].concat()),
        }
    }

    /// The file that defines what a path names, through re-exports and imports.
    fn definer(&self, path: &[String], depth: u32) -> Option<String> {
        let known = (0..=path.len()).rev().find(|length| self.files.contains_key(&path[..*length]))?;
        let at = path[..known].to_vec();
        let file = self.files.get(&at)?;
        let Some(name) = path.get(known) else { return Some(file.path.clone()) };
        if file.defines.contains(name) || depth > 8 {
            return Some(file.path.clone());
        }
        let targets = file.uses.iter().filter_map(|(used, _)| {
            let (last, before) = used.split_last()?;
            let globbed = (last == "*").then(|| self.absolute(&at, before)).flatten();
            match globbed {
                Some(module) => {
                    self.files.get(&module)?.defines.contains(name).then_some([&module[..], &[name.clone()]].concat())
                }
                None => (last == name).then(|| self.absolute(&at, used)).flatten(),
            }
        });
        targets.filter_map(|target| self.definer(&target, depth + 1)).next().or_else(|| Some(file.path.clone()))
    }
}
