//! The sets of files, over real folders.

use super::*;
use crate::source::FileId;
use std::fs;

/// A folder with the given files, and its resolved path.
fn tree(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let root = fs::canonicalize(folder.path()).expect("its path");
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        fs::write(path, text).expect("a file");
    }
    (folder, root)
}

/// Relative paths, those to report on marked with `!`.
fn names(root: &Root, paths: &[PathBuf], config: &Config) -> Vec<String> {
    let paths = Some(paths).filter(|paths| !paths.is_empty());
    let found = discover(root, &Wanted { paths, ..Wanted::default() }, config).expect("files");
    found.files.iter().map(|file| format!("{}{}", file.relative, if file.reported { "!" } else { "" })).collect()
}

#[test]
fn the_whole_tree_is_reported_and_paths_narrow_it() {
    let (_folder, root) = tree(&[("models/a.js", ""), ("routes/b c.ts", ""), ("lib/c.mjs", ""), ("lib/d.d.ts", "")]);
    let root = find_root(&root, &[]);
    assert_eq!(names(&root, &[], &Config::default()), ["lib/c.mjs!", "models/a.js!", "routes/b c.ts!"]);
    let config = Config { paths: vec!["models".to_owned()], ..Config::default() };
    assert_eq!(names(&root, &[], &config), ["lib/c.mjs", "models/a.js!", "routes/b c.ts"]);
}

#[test]
fn what_is_built_is_left_out_at_the_root_of_a_package_only() {
    let files = ["build/a.js", "src/build/b.js", "api/vendor/c.js", "api/src/vendor/d.js", "web/coverage/e.js"];
    fn all<'a>(files: &[&'a str], package: &'a str) -> Vec<(&'a str, &'a str)> {
        files.iter().map(|path| (*path, "")).chain([(package, "{}")]).collect()
    }
    let (_folder, root) = tree(&all(&files, "api/package.json"));
    let root = find_root(&root, &[]);
    let on_disk = discover(&root, &Wanted::default(), &Config::default()).expect("files");
    assert_eq!(on_disk.passed_by, [root.folder.join("api/vendor"), root.folder.join("build")]);
    let paths = |found: &Discovered| found.files.iter().map(|file| file.relative.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&on_disk), ["api/package.json", "api/src/vendor/d.js", "src/build/b.js", "web/coverage/e.js"]);
    let listed: Vec<String> = all(&files, "web/package.json").iter().map(|(path, _)| (*path).to_owned()).collect();
    let wanted = Wanted { listed: Some(&listed), ..Wanted::default() };
    let in_list = discover(&root, &wanted, &Config::default()).expect("files");
    assert_eq!(in_list.files.len(), 4, "{in_list:?}");
    assert_eq!(in_list.passed_by, [root.folder.join("build"), root.folder.join("web/coverage")]);
}

#[test]
fn what_is_left_out_is_counted_once_and_what_git_ignores_is_not() {
    let (_folder, root) = tree(&[
        ("a.js", ""),
        ("a.test.js", ""),
        ("b.spec.ts", ""),
        ("c.min.js", ""),
        ("notes.test.md", ""),
        ("old/d.js", ""),
        ("old/e.js", ""),
        ("out/f.test.js", ""),
        (".gitignore", "out/\n"),
    ]);
    let root = find_root(&root, &[]);
    let config = Config { exclude: vec!["old/".to_owned()], ..Config::default() };
    let found = discover(&root, &Wanted::default(), &config).expect("files");
    let expected = LeftOut { tests: 2, minified: 1, excluded: 2, ..LeftOut::default() };
    assert_eq!(found.left_out, expected);
}

#[test]
fn what_is_skipped_is_not_reported() {
    let (_folder, root) = tree(&[
        ("a.js", ""),
        ("a.test.js", ""),
        ("b.min.js", ""),
        ("node_modules/x/index.js", ""),
        ("__tests__/c.js", ""),
        ("gen/d.js", ""),
        ("keep/e.js", ""),
        ("keep/f.js", ""),
        (".gitignore", "gen/\n*.log\ne.js\n"),
        ("keep/.gitignore", "!e.js\n"),
    ]);
    let root = find_root(&root, &[]);
    let config = Config { exclude: vec!["**/f.js".to_owned()], ..Config::default() };
    assert_eq!(names(&root, &[], &config), ["a.js!", "keep/e.js!"]);
}

#[test]
fn a_word_in_a_name_makes_no_test_and_what_is_left_out_is_counted() {
    let (_folder, root) = tree(&[
        ("models/test.js", ""),
        ("models/test.controller.js", ""),
        ("models/user.test.model.js", ""),
        ("models/tests/exam.js", ""),
        ("models/user.test.js", ""),
        ("models/__tests__/deep/a.js", ""),
        ("models/__tests__/notes.txt", ""),
        ("models/__tests__/node_modules/x.js", ""),
        ("models/b.min.js", ""),
        ("models/c.gen.js", ""),
        ("models/old/d.js", ""),
        ("models/old/e.js", ""),
        ("models/tmp.js", ""),
        ("models/.gitignore", "tmp.js\n"),
        ("packages/api/package.json", "{}"),
        ("packages/api/test/f.js", ""),
        ("tests/g.js", ""),
    ]);
    let config = Config {
        paths: vec!["models".to_owned()],
        exclude: vec!["*.gen.js".to_owned(), "old/".to_owned()],
        ..Config::default()
    };
    let found_root = find_root(&root, &[]);
    let reported = ["test.controller.js!", "test.js!", "tests/exam.js!", "user.test.model.js!"];
    let mut expected: Vec<String> = reported.iter().map(|name| format!("models/{name}")).collect();
    expected.push("packages/api/package.json".to_owned());
    assert_eq!(names(&found_root, &[], &config), expected);
    let count = |config: &Config, listed: Option<&[String]>| {
        let wanted = Wanted { listed, ..Wanted::default() };
        discover(&found_root, &wanted, config).expect("files").left_out
    };
    assert_eq!(count(&config, None), LeftOut { tests: 2, minified: 1, excluded: 3, ..LeftOut::default() });
    let whole = Config { paths: vec![".".to_owned()], ..config.clone() };
    assert_eq!(count(&whole, None).tests, 4);
    // A list that stands for the disk: git knows no ignored file, and `package.json` counts when it is listed.
    let listed = ["packages/api/package.json", "packages/api/test/f.js", "packages/web/test/g.js"].map(str::to_owned);
    assert_eq!(count(&whole, Some(&listed)), LeftOut { tests: 1, ..LeftOut::default() });
}

#[test]
fn a_named_file_is_reported_even_when_the_walk_would_skip_it() {
    let (_folder, root) = tree(&[("a.js", ""), ("a.test.js", ""), ("dist/b.js", "")]);
    let paths = [root.join("a.test.js"), root.join("dist")];
    let root = find_root(&root, &paths);
    assert_eq!(names(&root, &paths, &Config::default()), ["a.js", "a.test.js!", "dist/b.js!"]);
}

#[test]
fn the_root_is_the_folder_of_the_nearest_configuration() {
    let (_folder, root) = tree(&[("pushguard.toml", ""), ("api/routes/a.js", "")]);
    let found = find_root(&root.join("api"), &[]);
    assert_eq!(found, Root { folder: root.clone(), link_all: true, config: Some(root.join("pushguard.toml")) });
}

#[test]
fn a_path_outside_brings_the_root_of_its_own_project() {
    let (_folder, root) =
        tree(&[("here/x.js", ""), ("app/package.json", "{}"), ("app/src/a.js", ""), ("bare/b.js", "")]);
    let here = root.join("here");
    assert_eq!(find_root(&here, &[root.join("app/src/a.js")]).folder, root.join("app"));
    assert_eq!(find_root(&here, &[root.join("bare/b.js")]).folder, root.join("bare"));
    assert_eq!(find_root(&here, &[root.join("bare/b.js"), root.join("app/src")]).folder, root);
}

#[test]
fn a_project_inside_another_brings_its_own_root() {
    let (_folder, root) = tree(&[
        ("package.json", "{}"),
        ("demo/pushguard.toml", ""),
        ("demo/models/a.js", ""),
        ("packages/api/package.json", "{}"),
        ("packages/api/b.js", ""),
    ]);
    let demo = root.join("demo");
    let expected = Root { folder: demo.clone(), link_all: true, config: Some(demo.join("pushguard.toml")) };
    assert_eq!(find_root(&root, &[demo.join("models/a.js")]), expected);
    assert_eq!(find_root(&root, &[root.join("packages/api/b.js")]).folder, root);
    assert_eq!(find_root(&root, &[demo, root.join("packages")]).folder, root);
}

#[test]
fn a_bare_folder_of_projects_is_no_project() {
    let (_folder, root) = tree(&[
        ("a/package.json", "{}"),
        ("a/src/x.js", ""),
        ("a/src/tsconfig.json", "{}"),
        ("b/y.js", ""),
        ("c/tsconfig.json", "{}"),
        ("c/src/z.js", ""),
    ]);
    let root_of = |path: &str| find_root(&root, &[root.join(path)]).folder;
    assert_eq!(root_of("a/src"), root.join("a"));
    assert_eq!(root_of("c/src"), root.join("c"));
    assert_eq!(root_of("b"), root.join("b"));
    // A file says nothing of where its project ends; the working directory does.
    assert_eq!(root_of("b/y.js"), root);
    assert_eq!(find_root(&root, &[root.join("a"), root.join("b")]).folder, root);
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_not_followed() {
    let (_folder, root) = tree(&[("a/b.js", "")]);
    std::os::unix::fs::symlink(&root, root.join("a/loop")).expect("a link");
    let root = find_root(&root, &[]);
    assert_eq!(names(&root, &[], &Config::default()), ["a/b.js!"]);
}

#[test]
fn bytes_that_are_no_utf8_are_replaced_and_utf16_is_not_read() {
    let (_folder, root) = tree(&[("a.js", "x")]);
    fs::write(root.join("b.js"), b"ok\xff").expect("a file");
    fs::write(root.join("c.js"), b"\xff\xfeo\0k\0").expect("a file");
    let found = discover(&find_root(&root, &[]), &Wanted::default(), &Config::default()).expect("files");
    let loaded = load(&found.files);
    let expected = Unreadable { file: FileId(2), reason: "is UTF-16 text, which Node does not read".to_owned() };
    assert_eq!(loaded.unreadable, [expected]);
    let texts: Vec<_> = loaded.sources.iter().map(|(_, file)| (&*file.text, file.is_lossy)).collect();
    assert_eq!(texts, [("x", false), ("ok\u{fffd}", true), ("", false)]);
}
