//! Which module an import names: nothing is installed, nothing is built.
//!
//! In every project one file asks whether a message is there and another one appends it. Only where the import between
//! them is followed is the push known to depend on the check.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::Project;

/// Asks whether a message is there.
const CHECK: &str =
    "export const has = (chats, id, item) => chats.findOne({ _id: id, 'messages.mergeId': item.mergeId });\n";

/// Appends a message that is not there, as the module `specifier` says.
fn act(specifier: &str) -> String {
    format!(
        "import {{ has }} from '{specifier}';\n\
         export async function add(db, id, item) {{\n  const chats = db.collection('userChat');\n  \
         if (await has(chats, id, item)) return;\n  \
         await chats.updateOne({{ _id: id }}, {{ $push: {{ messages: {{ mergeId: item.mergeId }} }} }});\n}}\n"
    )
}

/// `act` in a file, which imports `specifier`, beside other files.
fn project(from: &str, specifier: &str, others: &[(&str, &str)]) -> Project {
    let text = act(specifier);
    let mut files = vec![(from, text.as_str())];
    files.extend(others);
    Project::new(&files)
}

#[track_caller]
fn assert_followed(from: &str, specifier: &str, others: &[(&str, &str)]) {
    let outcome = project(from, specifier, others).run(&["check", "--format", "json"]);
    let log = outcome.json();
    let found = outcome.findings();
    assert_eq!(found, [format!("{from}:5 check-then-push")], "{specifier} {others:?} {outcome:?}");
    assert_eq!(
        (&log["summary"]["resolvedImports"], &log["summary"]["notFollowed"]["imports"]["count"]),
        (&1.into(), &0.into())
    );
}

/// Not followed, and told so where the import is one of the project's own.
#[track_caller]
fn assert_not_followed(from: &str, specifier: &str, others: &[(&str, &str)], told: usize) {
    let outcome = project(from, specifier, others).run(&["check", "--format", "json"]);
    assert_eq!(outcome.json()["summary"]["notFollowed"]["imports"]["count"], told, "{specifier} {outcome:?}");
    assert_eq!(outcome.json()["summary"]["resolvedImports"], 0, "{specifier} {outcome:?}");
}

#[test]
fn relative_paths_extensions_and_folders() {
    for (path, specifier) in [
        ("lib/check.ts", "./lib/check"),
        ("lib/check.ts", "./lib/check.js"),
        ("lib/check.tsx", "./lib/check.js"),
        ("lib/check.mts", "./lib/check.mjs"),
        ("lib/check.jsx", "./lib/check.jsx"),
        ("lib/index.ts", "./lib"),
        ("lib/index.js", "./lib/"),
        ("check.service.ts", "./check.service"),
    ] {
        assert_followed("a.ts", specifier, &[(path, CHECK)]);
    }
}

#[test]
fn settings_that_cannot_be_read_take_nothing_else_along() {
    let check = ("src/lib/check.ts", CHECK);
    let paths = r#""compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["src/lib/*"] } }"#;
    let around = |before: &str, after: &str| format!("{{ {before} {paths} {after} }}");
    for text in [
        around("", ""),
        around(r#""extends": "@missing/tsconfig/base.json","#, ""),
        around(r#""extends": ["./gone.json", "@missing/x"],"#, ""),
        around(r#""extends": "./tsconfig.json","#, ""),
        around("", r#", "references": [{ "path": "./gone" }, { "path": "./gone.json" }]"#),
        around("// a comment, and a comma too many\n", r#", "include": ["lib",], // end"#),
        around(r#""include": ["nothing"], "files": [],"#, ""),
        // A syntax error behind and before.
        around("", r#", "include": ["#),
        around(r#""include": [ "a" "b" ], "#, ""),
        "{ \"compilerOptions\": { \"paths\": { \"@lib/*\": [\"./src/lib/*\"] } }".to_owned(),
    ] {
        // The relative import next to it needs no settings at all.
        assert_followed("src/a.ts", "./lib/check", &[check, ("tsconfig.json", &text)]);
        assert_followed("src/a.ts", "@lib/check", &[check, ("tsconfig.json", &text)]);
    }
    for broken in
        ["", "{", "[]", "null", "{ \"extends\": 1 }", "{ \"compilerOptions\": { \"paths\": 3, \"baseUrl\": {} } }"]
    {
        assert_followed("src/a.ts", "./lib/check", &[check, ("tsconfig.json", broken)]);
        assert_followed("src/a.ts", "./lib/check", &[check, ("package.json", broken)]);
    }
}

#[test]
fn settings_come_from_bases_references_and_neighbours() {
    let check = ("src/lib/check.ts", CHECK);
    let paths = |target: &str| format!(r#"{{ "compilerOptions": {{ "paths": {{ "@lib/*": ["{target}"] }} }} }}"#);
    let extends = |base: &str| format!(r#"{{ "extends": "{base}" }}"#);
    assert_followed("src/a.ts", "@lib/check", &[check, ("jsconfig.json", &paths("./src/lib/*"))]);
    assert_followed("src/a.js", "@lib/check", &[check, ("tsconfig.base.json", &paths("./src/lib/*"))]);
    for base in ["./config/base.json", "./config/base"] {
        let files = [check, ("tsconfig.json", &extends(base)), ("config/base.json", "{}")];
        assert_not_followed("src/a.ts", "@lib/check", &files, 0);
        let files = [check, ("tsconfig.json", &extends(base)), ("config/tsconfig.json", &paths("../src/lib/*"))];
        assert_not_followed("src/a.ts", "@lib/check", &files, 0);
    }
    let config_dir = paths("${configDir}/src/lib/*");
    let files =
        [check, ("tsconfig.json", &extends("./config/tsconfig.base.json")), ("config/tsconfig.base.json", &config_dir)];
    assert_followed("src/a.ts", "@lib/check", &files);
    let files = [
        check,
        ("tsconfig.json", &extends("./config/tsconfig.base.json")),
        ("config/tsconfig.base.json", &paths("../src/lib/*")),
    ];
    assert_followed("src/a.ts", "@lib/check", &files);
    let solution = r#"{ "files": [], "references": [{ "path": "./tsconfig.app.json" }, { "path": "./gone" }] }"#;
    let files = [check, ("tsconfig.json", solution), ("tsconfig.app.json", &paths("./src/lib/*"))];
    assert_followed("src/a.ts", "@lib/check", &files);
    // The nearest one comes first, and one package's do not hold in another.
    let base_only = r#"{ "compilerOptions": { "baseUrl": "src" } }"#;
    assert_followed("src/a.ts", "lib/check", &[check, ("tsconfig.json", base_only)]);
    let files =
        [("a/lib/check.ts", CHECK), ("a/tsconfig.json", &paths("./lib/*")), ("tsconfig.json", &paths("./gone/*"))];
    assert_followed("a/src/x.ts", "@lib/check", &files);
    assert_not_followed("b/x.ts", "@lib/check", &files[..2], 0);
    // A configuration of the project's own, by the name of its package.
    let files = [
        ("package.json", r#"{ "workspaces": ["tools/*", "apps/*"] }"#),
        ("tools/ts/package.json", r#"{ "name": "@acme/tsconfig" }"#),
        ("tools/ts/tsconfig.base.json", &paths("${configDir}/lib/*")),
        ("apps/x/tsconfig.json", &extends("@acme/tsconfig/tsconfig.base.json")),
        ("apps/x/lib/check.ts", CHECK),
    ];
    assert_followed("apps/x/a.ts", "@lib/check", &files);
}

#[test]
fn a_base_is_read_whatever_its_name() {
    let paths = |target: &str| format!(r#"{{ "compilerOptions": {{ "paths": {{ "@lib/*": ["{target}"] }} }} }}"#);
    let near = paths("${configDir}/lib/*");
    let check = ("app/lib/check.ts", CHECK);
    let package =
        ("tools/ts/package.json", r#"{ "name": "@acme/ts", "exports": { "./strict": "./deep/strict.json" } }"#);
    let workspace = ("package.json", r#"{ "workspaces": ["tools/*", "app"] }"#);
    for (extends, base) in [
        (r#""./base.json""#, "app/base.json"),
        (r#""./base""#, "app/base.json"),
        (r#""./base.jsonc""#, "app/base.jsonc"),
        (r#""./base.tsconfig.json""#, "app/base.tsconfig.json"),
        (r#""../config/base.json""#, "config/base.json"),
        (r#"["./gone.json", "./base.json"]"#, "app/base.json"),
        (r#"["../config/base", "@gone/ts"]"#, "config/base.json"),
        (r#""@acme/ts/base.json""#, "tools/ts/base.json"),
        (r#""@acme/ts/base""#, "tools/ts/base.json"),
        (r#""@acme/ts/strict""#, "tools/ts/deep/strict.json"),
        (r#""@acme/ts""#, "tools/ts/tsconfig.json"),
        (r#""@other/ts/base.json""#, "node_modules/@other/ts/base.json"),
        (r#""other-ts/base""#, "app/node_modules/other-ts/base.json"),
        (r#""other-ts""#, "node_modules/other-ts/tsconfig.json"),
    ] {
        let settings = format!(r#"{{ "extends": {extends} }}"#);
        let files = [check, package, workspace, ("app/tsconfig.json", &settings), (base, &near)];
        assert_followed("app/a.ts", "@lib/check", &files);
    }
    // A base names another one, and a file that is referred to is a part of the whole.
    let files = [
        check,
        ("app/tsconfig.json", r#"{ "extends": "./one.json" }"#),
        ("app/one.json", r#"{ "extends": "../two", }"#),
        ("two.json", r#"{ "references": [{ "path": "./three.json" }] }"#),
        ("three.json", &paths("./app/lib/*")),
    ];
    assert_followed("app/a.ts", "@lib/check", &files);
    // A file that nobody names says nothing, and one that holds code is no base.
    assert_not_followed("app/a.ts", "@lib/check", &[check, ("app/tsconfig.json", "{}"), ("app/base.json", &near)], 0);
    let files = [check, ("app/tsconfig.json", r#"{ "extends": "./base.js" }"#), ("app/base.js", &near)];
    assert_not_followed("app/a.ts", "@lib/check", &files, 0);
    let files = [check, ("app/tsconfig.json", r#"{ "extends": "../../base.json" }"#), ("base.json", &near)];
    assert_not_followed("app/a.ts", "@lib/check", &files, 0);
}

#[cfg(unix)]
#[test]
fn a_base_outside_of_the_project_is_not_read() {
    let outside = Project::new(&[("base.json", r#"{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }"#)]);
    let inside =
        project("a.ts", "@lib/check", &[("lib/check.ts", CHECK), ("tsconfig.json", r#"{ "extends": "./in/base" }"#)]);
    std::os::unix::fs::symlink(outside.path(), inside.path().join("in")).unwrap();
    let outcome = inside.run(&["check", "--format", "json"]);
    assert_eq!(outcome.json()["summary"]["resolvedImports"], 0, "{outcome:?}");
}

/// A workspace with the package `@acme/chats` in `packages/chats`, whose manifest says `manifest` beside its name.
fn workspace<'a>(manifest: &'a str, source: &'a str) -> [(&'a str, &'a str); 3] {
    [
        ("package.json", r#"{ "workspaces": ["packages/*"] }"#),
        ("packages/chats/package.json", manifest),
        (source, CHECK),
    ]
}

#[test]
fn packages_of_a_workspace_by_name() {
    let named = |rest: &str| format!(r#"{{ "name": "@acme/chats"{rest} }}"#);
    for (rest, source, specifier) in [
        ("", "index.js", ""),
        (r#", "main": "lib/main.js""#, "lib/main.js", ""),
        (r#", "main": "./dist/index.js", "types": "./dist/index.d.ts""#, "src/index.ts", ""),
        (r#", "main": "dist""#, "src/index.ts", ""),
        (r#", "main": "dist/bundle.cjs""#, "src/index.ts", ""),
        (r#", "module": "build/esm/index.mjs""#, "src/index.mts", ""),
        (r#", "exports": "./src/has.ts""#, "src/has.ts", ""),
        (r#", "exports": { ".": { "import": "./dist/has.js" } }"#, "src/has.ts", ""),
        (r#", "exports": { ".": { "types": "./dist/has.d.ts", "default": "./dist/has.js" } }"#, "src/has.ts", ""),
        (r#", "exports": { "./*": "./dist/*.js" }"#, "src/deep/has.ts", "/deep/has"),
        (r#", "exports": { "./has": { "require": "./dist/cjs/parts/has.cjs" } }"#, "src/parts/has.ts", "/has"),
        ("", "src/has.ts", "/has"),
        ("", "src/has.ts", "/src/has"),
        ("", "lib/has.ts", "/dist/has"),
    ] {
        let (manifest, source) = (named(rest), format!("packages/chats/{source}"));
        let specifier = format!("@acme/chats{specifier}");
        assert_followed("packages/app/a.ts", &specifier, &workspace(&manifest, &source));
        // A package that can be found and a module in it that cannot.
        assert_not_followed("packages/app/a.ts", "@acme/chats/gone/gone", &workspace(&manifest, &source), 1);
    }
}

#[test]
fn every_way_to_list_the_packages_of_a_project() {
    let (manifest, check) = (("libs/chats/package.json", r#"{ "name": "chats" }"#), ("libs/chats/index.js", CHECK));
    for list in [
        ("package.json", r#"{ "workspaces": { "packages": ["./libs/*/"] } }"#),
        ("package.json", r#"{ "workspaces": ["libs/**", "!libs/old"] }"#),
        ("pnpm-workspace.yaml", "packages:\n  - 'libs/*'\n  - '!libs/old'\n"),
        ("pnpm-workspace.yaml", "packages: [\"libs/*\"]\n"),
        ("lerna.json", r#"{ "packages": ["libs/*"] }"#),
        (
            "rush.json",
            "{ /* all */ \"projects\": [{ \"packageName\": \"chats\", \"projectFolder\": \"libs/chats\" }] }",
        ),
        ("app/package.json", r#"{ "dependencies": { "chats": "workspace:^" } }"#),
        ("app/package.json", r#"{ "dependencies": { "chats": "file:../libs/chats" } }"#),
        ("app/package.json", r#"{ "devDependencies": { "chats": "link:../libs/chats" } }"#),
        ("app/package.json", r#"{ "dependencies": { "chats": "workspace:../libs/chats" } }"#),
    ] {
        assert_followed("app/a.js", "chats", &[list, manifest, check]);
    }
    // Under another name.
    for (workspaces, version) in
        [("[]", "workspace:chats@*"), (r#"["libs/*"]"#, "workspace:chats@^1.0.0"), (r#"["libs/*"]"#, "npm:chats@1")]
    {
        let whole = format!(r#"{{ "workspaces": {workspaces} }}"#);
        let app = format!(r#"{{ "dependencies": {{ "store": "{version}", "@x/store": "{version}" }} }}"#);
        let files = [("package.json", whole.as_str()), ("app/package.json", &app), manifest, check];
        assert_followed("app/a.js", "store", &files);
        assert_followed("app/a.js", "@x/store", &files);
        assert_not_followed("app/a.js", "store/gone", &files, 1);
    }
    // An example that bears the name of a library is not that library.
    for list in [
        ("package.json", r#"{ "workspaces": ["packages/*"] }"#),
        ("package.json", r#"{ "workspaces": ["libs/*", "!libs/chats"] }"#),
        ("pnpm-workspace.yaml", "packages:\n  - 'packages/*'\ncatalog:\n  - 'libs/*'\n"),
        ("package.json", r#"{ "dependencies": { "chats": "^1.0.0" } }"#),
        ("package.json", r#"{ "dependencies": { "chats": "npm:chats@1", "other": "npm:chats@1" } }"#),
    ] {
        assert_not_followed("app/a.js", "chats", &[list, manifest, check], 0);
    }
}

#[test]
fn imports_of_the_package_itself() {
    let imports = |target: &str| format!(r##"{{ "name": "x", "imports": {{ "#lib/*": "{target}" }} }}"##);
    assert_followed(
        "src/a.ts",
        "#lib/check",
        &[("package.json", &imports("./src/lib/*.ts")), ("src/lib/check.ts", CHECK)],
    );
    assert_followed(
        "src/a.ts",
        "#lib/check",
        &[("package.json", &imports("./dist/lib/*.js")), ("src/lib/check.ts", CHECK)],
    );
    for targets in [
        r##""#lib/*": ["./gone/*.js", "./src/lib/*.ts"]"##,
        r##""#lib/check": ["./gone.js", { "node": "./no.js", "default": "./src/lib/check.ts" }]"##,
        r##""#lib/*": { "node": ["./gone/*"], "default": "./src/lib/*" }"##,
    ] {
        let manifest = format!(r#"{{ "imports": {{ {targets} }} }}"#);
        assert_followed("src/a.ts", "#lib/check", &[("package.json", &manifest), ("src/lib/check.ts", CHECK)]);
    }
    assert_not_followed("src/a.ts", "#lib/gone", &[("package.json", &imports("./src/lib/*.ts"))], 1);
    assert_not_followed("src/a.ts", "#virtual", &[("package.json", "{}")], 0);
}

#[test]
fn what_is_not_found_is_told_where_it_is_code_of_the_project() {
    let aliases =
        r#"{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"], "x": ["./node_modules/x"], "*": ["./t/*"] } } }"#;
    let settings = ("tsconfig.json", aliases);
    for own in ["./gone", "../gone/x.js", "@/gone", "~/gone", "@lib/gone"] {
        assert_not_followed("src/a.ts", own, &[settings], 1);
    }
    for other in ["express", "node:fs", "x", "@scope/pkg", "./style.css", "./data.json", "./logo.svg?url"] {
        assert_not_followed("src/a.ts", other, &[settings], 0);
    }
    assert_not_followed("src/a.ts", "./types", &[("src/types.d.ts", "export const has: any;\n")], 0);
    assert_not_followed("src/a.ts", "./types.js", &[("src/types.d.ts", "export const has: any;\n")], 0);
    let human = project("a.js", "./gone", &[]).run(&["check"]);
    assert!(
        human
            .stdout
            .contains("not followed: 1 import of the project's own that no file was found for: a.js `./gone`\n")
    );
}

#[test]
fn configurations_that_lead_to_each_other_end() {
    let mut files = vec![("lib/check.ts".to_owned(), CHECK.to_owned())];
    for at in 0..60 {
        let (one, two) = ((at + 1) % 60, (at * 7 + 3) % 60);
        let text = format!(
            r#"{{ "extends": ["./tsconfig.{one}.json", "./tsconfig.{two}.json"], "references": [{{ "path": "./tsconfig.{two}.json" }}] }}"#
        );
        files.push((format!("tsconfig.{at}.json"), text));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_followed("a.ts", "./lib/check", &files);
}

#[test]
fn configurations_that_extend_themselves_are_told() {
    let notes = |files: &[(&str, &str)]| {
        let outcome = project("a.ts", "@lib/check", files).run(&["check", "--format", "json"]);
        let notes = outcome.json()["summary"]["notes"].as_array().unwrap().clone();
        notes.iter().map(|note| note.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let base = r#"{ "extends": "./tsconfig.json", "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }"#;
    let files = [("lib/check.ts", CHECK), ("tsconfig.json", r#"{ "extends": "./base.json" }"#), ("base.json", base)];
    assert_eq!(notes(&files), ["tsconfig.json: `extends` leads back to it, so it is read once"]);
    assert_followed("a.ts", "@lib/check", &files);
    // A part of a project that extends the whole.
    let whole = r#"{ "references": [{ "path": "./tsconfig.app.json" }] }"#;
    let part = r#"{ "extends": "./tsconfig.json" }"#;
    assert!(notes(&[("tsconfig.json", whole), ("tsconfig.app.json", part)]).is_empty());
    let mut chain = vec![("tsconfig.json".to_owned(), r#"{ "extends": "./c0.json" }"#.to_owned())];
    chain.extend((0..60).map(|at| (format!("c{at}.json"), format!(r#"{{ "extends": "./c{}.json" }}"#, at + 1))));
    let chain: Vec<(&str, &str)> = chain.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_eq!(
        notes(&chain),
        ["c50.json: more configurations extend one another than are followed, so it is not read"]
    );
}

#[cfg(unix)]
#[test]
fn what_is_installed_as_a_link_is_the_folder_behind_it() {
    use std::os::unix::fs::symlink;
    let files = [("packages/s/index.js", CHECK), ("packages/s/package.json", r#"{ "name": "s" }"#)];
    for (place, specifier, found) in [
        ("node_modules/@x/s", "@x/s", true),
        ("packages/app/node_modules/@x/s", "@x/s", true),
        ("packages/app/node_modules/s", "s/index.js", true),
        ("node_modules/s", "s/gone", false),
        ("packages/other/node_modules/s", "s", false),
    ] {
        let project = project("packages/app/a.js", specifier, &files);
        let link = project.path().join(place);
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(project.path().join("packages/s"), &link).unwrap();
        let outcome = project.run(&["check", "--format", "json"]);
        let told = usize::from(specifier == "s/gone");
        assert_eq!(outcome.json()["summary"]["resolvedImports"], usize::from(found), "{place} {outcome:?}");
        assert_eq!(outcome.json()["summary"]["notFollowed"]["imports"]["count"], told, "{place} {outcome:?}");
    }
    // A store of what is installed, and a link that leads out, are somebody else's.
    let outside = Project::new(&[("index.js", CHECK)]);
    let files = [("node_modules/.pnpm/s@1/node_modules/s/index.js", CHECK)];
    let project = project("a.js", "s", &files);
    symlink(".pnpm/s@1/node_modules/s", project.path().join("node_modules/s")).unwrap();
    symlink(outside.path(), project.path().join("node_modules/t")).unwrap();
    let outcome = project.run(&["check", "--format", "json"]);
    assert_eq!(outcome.json()["summary"]["resolvedImports"], 0, "{outcome:?}");
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_leads_to_a_folder_of_the_root_and_no_further() {
    use std::os::unix::fs::symlink;
    let outside = Project::new(&[("check.ts", CHECK)]);
    let inside = project("api/a.ts", "./shared/check", &[("common/check.ts", CHECK)]);
    assert!(symlink("../common", inside.path().join("api/shared")).is_ok());
    let outcome = inside.run(&["check", "--format", "json"]);
    assert_eq!(outcome.findings(), ["api/a.ts:5 check-then-push"], "{outcome:?}");
    let left = project("api/a.ts", "./shared/check", &[]);
    assert!(symlink(outside.path(), left.path().join("api/shared")).is_ok());
    let outcome = left.run(&["check", "--format", "json"]);
    assert_eq!(outcome.json()["summary"]["notFollowed"]["imports"]["count"], 1, "{outcome:?}");
}
