//! What must not change a fingerprint: lines above, line endings, names of local variables, what else is reported.
//!
//! Tried on every file of the rule pages and of the fixtures, for a baseline is only worth what its fingerprints are.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use pushguard::analysis::analyze;
use pushguard::config::{Config, load};
use pushguard::parse::{self, FIRST_POSITION};
use pushguard::rules;
use pushguard::source::{SourceFile, Sources};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use swc_common::Span;
use swc_ecma_ast::*;
use swc_ecma_visit::{Visit, VisitWith};

struct Case {
    name: String,
    config: Config,
    files: Vec<(String, String)>,
}

/// `rule path fingerprint`, sorted.
fn identities(case: &Case, change: impl Fn(&str, &str) -> String, is_reported: impl Fn(&str) -> bool) -> Vec<String> {
    let file = |(path, text): &(String, String)| {
        let text = if is_script(path) { change(path, text) } else { text.clone() };
        SourceFile::new(path.clone(), &text, is_reported(path))
    };
    let sources = Sources::new(case.files.iter().map(file).collect());
    let findings = analyze(&sources, &case.config, &|| ()).findings;
    let mut found: Vec<String> = findings
        .iter()
        .map(|f| format!("{} {} {}", f.rule, sources.get(f.place.file).unwrap().path, f.fingerprint))
        .collect();
    found.sort();
    found
}

fn same(_: &str, text: &str) -> String {
    text.to_owned()
}

fn is_script(path: &str) -> bool {
    [".js", ".ts", ".jsx", ".tsx", ".mjs", ".cjs"].iter().any(|end| path.ends_with(end))
}

/// The fixture projects, and each unnamed example of a rule page.
fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/projects");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        let mut files = Vec::new();
        let mut config = Config::default();
        for found in walkdir::WalkDir::new(&entry).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file()) {
            let text = std::fs::read_to_string(found.path()).unwrap();
            let path = found.path().strip_prefix(&entry).unwrap().to_string_lossy().replace('\\', "/");
            match path.as_str() {
                "pushguard.toml" => config = load::parse(&text, &rules::ids()).unwrap(),
                _ if is_script(&path) || path.ends_with(".json") => files.push((path, text)),
                _ => {}
            }
        }
        cases.push(Case { name: entry.display().to_string(), config, files });
    }
    for (id, page) in rules::ALL {
        for (at, block) in page.split("\n```").skip(1).enumerate() {
            let (info, text) = block.split_once('\n').unwrap_or_default();
            let words: Vec<&str> = info.split(' ').collect();
            if let [language, "bad"] = words[..] {
                let files = vec![(format!("a.{language}"), text.to_owned())];
                cases.push(Case { name: format!("{id} block {at}"), config: Config::default(), files });
            }
        }
    }
    assert!(cases.len() > 40, "the cases were not found");
    cases
}

/// Fails unless each case keeps its identities under the change.
fn assert_kept(change: impl Fn(&str, &str) -> String) {
    let mut wrong = Vec::new();
    let mut count = 0;
    // A `[[method]]` goes by the name of what it is called on.
    for case in cases().into_iter().filter(|case| case.config.methods.is_empty()) {
        let before = identities(&case, same, |_| true);
        let after = identities(&case, &change, |_| true);
        count += before.len();
        let lost: Vec<&String> = before.iter().filter(|identity| !after.contains(identity)).collect();
        let new: Vec<&String> = after.iter().filter(|identity| !before.contains(identity)).collect();
        if before != after {
            wrong.push(format!("{}\n  lost {lost:#?}\n  new {new:#?}", case.name));
        }
    }
    assert!(count > 60, "too few findings to say anything: {count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lines_above_and_line_endings_do_not_count() {
    assert_kept(|_, text| format!("// One.\n\n/* Two. */\n{text}").replace('\n', "\r\n"));
}

#[test]
fn names_of_local_variables_do_not_count() {
    assert_kept(rename);
}

#[test]
fn what_else_is_reported_does_not_count() {
    for case in cases().iter().filter(|case| case.files.len() > 1) {
        let all = identities(case, same, |_| true);
        for (only, _) in &case.files {
            let some = identities(case, same, |path| path == only);
            let strange: Vec<&String> = some.iter().filter(|identity| !all.contains(identity)).collect();
            assert!(strange.is_empty(), "{} {only}: {strange:#?}", case.name);
            let own = all.iter().filter(|identity| identity.split(' ').nth(1) == Some(only)).count();
            assert!(some.len() >= own, "{} {only}", case.name);
        }
    }
}

#[test]
fn the_change_of_names_is_a_change() {
    let text = "import { a } from 'b';\nconst f = (x) => x;\nfunction g({ p, q: r }, s = 1) { const t = { p, r }; return t.p + a(s); }\n";
    let wanted = "import { a } from 'b';\nconst f = (x_) => x_;\nfunction g({ p: p_, q: r_ }, s_ = 1) { const t_ = { p: p_, r: r_ }; return t_.p + a(s_); }\n";
    assert_eq!(rename("a.js", text), wanted);
}

/// Names by which a rule recognises what a parameter holds: a request, or a part of a lock's key. With another name the
/// finding itself is another, or none.
const TELLING: [&str; 7] = ["req", "request", "mergeId", "batchId", "batchIndex", "batchIdStr", "mergeIdStr"];

/// Renames the variables and parameters of a file, but for those that hold functions, classes or modules: their names are
/// the names of the functions that findings are in.
fn rename(path: &str, text: &str) -> String {
    let file = SourceFile::new(path.to_owned(), text, true);
    parse::with_tree(&file, false, |parsed| parsed.map_or_else(|_| text.to_owned(), |parsed| rename_in(&parsed, text)))
}

fn rename_in(parsed: &parse::Parsed, text: &str) -> String {
    let mut names = Names::default();
    parsed.program.visit_with(&mut names);
    let renamed: BTreeSet<String> =
        names.bound.difference(&names.kept).filter(|name| !TELLING.contains(&name.as_str())).cloned().collect();
    let mut uses = Uses { renamed, edits: BTreeMap::new() };
    parsed.program.visit_with(&mut uses);
    let mut result = text.to_owned();
    for ((start, end), replacement) in uses.edits.into_iter().rev() {
        result.replace_range(start..end, &replacement);
    }
    result
}

/// The names that a file binds.
#[derive(Default)]
struct Names {
    bound: BTreeSet<String>,
    kept: BTreeSet<String>,
}

impl Visit for Names {
    fn visit_binding_ident(&mut self, node: &BindingIdent) {
        self.bound.insert(node.sym.to_string());
    }

    /// What is assigned is bound elsewhere, or nowhere in the file: `exports = function () {}`.
    fn visit_simple_assign_target(&mut self, node: &SimpleAssignTarget) {
        if !matches!(node, SimpleAssignTarget::Ident(_)) {
            node.visit_children_with(self);
        }
    }

    fn visit_assign_pat_prop(&mut self, node: &AssignPatProp) {
        self.bound.insert(node.key.sym.to_string());
        node.value.visit_with(self);
    }

    fn visit_var_declarator(&mut self, node: &VarDeclarator) {
        let is_name = match node.init.as_deref() {
            Some(Expr::Arrow(_) | Expr::Fn(_) | Expr::Class(_)) => true,
            Some(Expr::Call(call)) => matches!(&call.callee, Callee::Expr(callee) if callee.is_ident_ref_to("require")),
            _ => false,
        };
        if is_name {
            let mut inner = Names::default();
            node.name.visit_with(&mut inner);
            self.kept.extend(inner.bound);
        }
        node.visit_children_with(self);
    }

    fn visit_export_decl(&mut self, node: &ExportDecl) {
        if let Decl::Var(declared) = &node.decl {
            for declarator in &declared.decls {
                let mut inner = Names::default();
                declarator.name.visit_with(&mut inner);
                self.kept.extend(inner.bound);
            }
        }
        node.visit_children_with(self);
    }

    fn visit_fn_decl(&mut self, node: &FnDecl) {
        self.kept.insert(node.ident.sym.to_string());
        node.visit_children_with(self);
    }

    fn visit_class_decl(&mut self, node: &ClassDecl) {
        self.kept.insert(node.ident.sym.to_string());
        node.visit_children_with(self);
    }

    fn visit_import_decl(&mut self, node: &ImportDecl) {
        for specifier in &node.specifiers {
            let local = match specifier {
                ImportSpecifier::Named(named) => &named.local,
                ImportSpecifier::Default(default) => &default.local,
                ImportSpecifier::Namespace(all) => &all.local,
            };
            self.kept.insert(local.sym.to_string());
        }
    }

    /// `constructor(private db)` names a field, and a type's parameters are nobody's variables.
    fn visit_ts_param_prop(&mut self, node: &TsParamProp) {
        if let TsParamPropParam::Ident(ident) = &node.param {
            self.kept.insert(ident.sym.to_string());
        }
    }

    fn visit_ts_type(&mut self, _: &TsType) {}
}

/// Every use of the renamed ones.
struct Uses {
    renamed: BTreeSet<String>,
    edits: BTreeMap<(usize, usize), String>,
}

impl Uses {
    fn edit(&mut self, span: Span, name: &str, text: String) {
        if self.renamed.contains(name) {
            let start = (span.lo.0 - FIRST_POSITION) as usize;
            self.edits.insert((start, start + name.len()), text);
        }
    }
}

impl Visit for Uses {
    fn visit_expr(&mut self, node: &Expr) {
        if let Expr::Ident(ident) = node {
            self.edit(ident.span, &ident.sym, format!("{}_", ident.sym));
        }
        node.visit_children_with(self);
    }

    fn visit_binding_ident(&mut self, node: &BindingIdent) {
        self.edit(node.id.span, &node.id.sym, format!("{}_", node.id.sym));
    }

    fn visit_prop(&mut self, node: &Prop) {
        if let Prop::Shorthand(ident) = node {
            self.edit(ident.span, &ident.sym, format!("{0}: {0}_", ident.sym));
        }
        node.visit_children_with(self);
    }

    fn visit_assign_pat_prop(&mut self, node: &AssignPatProp) {
        self.edit(node.key.id.span, &node.key.sym, format!("{0}: {0}_", node.key.sym));
        node.value.visit_with(self);
    }

    fn visit_ts_param_prop(&mut self, _: &TsParamProp) {}

    fn visit_ts_type(&mut self, _: &TsType) {}
}
