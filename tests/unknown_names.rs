//! Names in the configuration and on the command line that nothing has, or that are written in another way.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::{CLEAN, Project, RACY};

/// What is said on standard error by `check`, under a configuration.
fn warned(configuration: &str) -> String {
    let files = [
        ("pushguard.toml", configuration),
        ("bin/tool.js", CLEAN),
        ("src/a.js", RACY),
        (
            "src/m.js",
            "const { model, Schema } = require('mongoose');\nmodule.exports = model('User', new Schema({}));\n",
        ),
    ];
    let outcome = Project::new(&files).run(&["check", "--format", "json"]);
    assert!(matches!(outcome.code, Some(0..=2)), "{outcome:?}");
    outcome.stderr
}

#[test]
fn an_index_of_a_collection_that_is_nearly_another_is_told() {
    for known in ["chats", "users", "User", "of_another_program"] {
        assert_eq!(warned(&format!("[[index]]\ncollection = \"{known}\"\nkeys = [\"a\"]\n")), "", "{known}");
    }
    let told = warned("[[index]]\ncollection = \"userz\"\nkeys = [\"a\"]\n");
    assert!(told.contains("pushguard.toml:2:14: nothing in the code uses the collection `userz`"), "{told}");
    assert!(told.contains("did you mean `User`?") || told.contains("did you mean `users`?"), "{told}");
}

#[test]
fn a_field_of_a_kind_that_nothing_has_is_told() {
    let of = |when: &str, key: &str| {
        let kind = format!("[[array.kind]]\nname = \"merge\"\nwhen = {{ {when} }}\nkey = [{key}]\n");
        warned(&format!("[[array]]\ncollection = \"chats\"\nfield = \"messages\"\n\n{kind}"))
    };
    // It stands in a path of the code.
    assert_eq!(of("has = [\"mergeId\"]", "\"mergeId\""), "");
    let told = of("has = [\"mergeId\"]", "\"mergeid\"");
    let text =
        "pushguard.toml:3:9: nothing in the code has the field `mergeid` of the kind `merge`; did you mean `mergeId`?";
    assert!(told.contains(text), "{told}");
    for when in ["has = [\"mergId\"]", "mergId = \"x\""] {
        assert!(of(when, "\"mergeId\"").contains("the field `mergId` of the kind `merge`"), "{when}");
    }
    let many: Vec<String> = (0..20).map(|at| format!("\"none{at}\"")).collect();
    let told = of("has = [\"mergeId\"]", &many.join(", "));
    assert_eq!(told.matches("nothing in the code has the field").count(), 8, "{told}");
    assert!(told.contains("more fields of kinds, from here on, are nowhere in the code either"), "{told}");
}

#[test]
fn an_override_of_no_file_is_told() {
    let of = |paths: &str| warned(&format!("[[override]]\npaths = [{paths}]\nrules = {{ lost-update = \"off\" }}\n"));
    assert_eq!(of("\"src/**\""), "");
    assert_eq!(of("\"nosuch/**\", \"bin/\""), "");
    let told = of("\"nosuch/**\"");
    assert!(told.contains("pushguard.toml:2:9: no file that is read is one of `nosuch/**`"), "{told}");
}

/// A folder may be built later, so only one that is nearly another is told.
#[test]
fn an_exclusion_that_is_nearly_a_folder_is_told() {
    for entry in ["bin/", "dist/", "**/*.gen.js", "generated"] {
        assert_eq!(warned(&format!("exclude = [\"{entry}\"]\n")), "", "{entry}");
    }
    let told = warned("exclude = [\"dist/\", \"bni/\"]\n");
    assert!(told.contains("pushguard.toml:1:21: there is no `bni/` to leave out; did you mean `bin/`?"), "{told}");
}

#[test]
fn a_path_that_is_not_there_points_at_its_line() {
    let told = warned("# the code\npaths = [\"bin\", \"srx\"]\n");
    assert!(told.contains("`paths` names `srx`, and there is no such file or folder"), "{told}");
    assert!(told.contains("pushguard.toml:2:17") && told.contains("did you mean `src`?"), "{told}");
}

#[test]
fn a_value_of_a_wrong_type_is_told_in_words_of_the_reference() {
    let told = warned("exclude = \"bin/\"\n");
    assert!(told.contains("stands where a list, such as [\"a\", \"b\"] is expected"), "{told}");
    assert!(told.contains("docs/configuration.md"), "{told}");
}

#[test]
fn a_method_says_what_is_wrong_with_it() {
    let of = |rest: &str| warned(&format!("[[method]]\nmethod = \"updateOne\"\n{rest}\n"));
    for (rest, expected) in [
        ("name = \"patch\"", "a function is called on nothing, so it needs a `collection`"),
        ("name = \"a..patch\"", "a method has a `name` that no call has"),
        ("name = \"*\"\ncollection = 0", "a method has a `name` that no call has"),
        ("name = \"*.patch\"\ndocument = 1", "this method of the driver inserts no `document`"),
        ("name = \"*.patch\"\nupdate = 1", "an `update` without a `filter`"),
        ("name = \"*.patch\"\nupsert = 1", "unknown key `upsert`"),
    ] {
        let told = of(rest);
        assert!(told.contains(expected), "{rest}: {told}");
    }
    assert_eq!(of("name = \"*.patch\"\nfilter = 0\nupdate = 1"), "");
    let unknown = warned("[[method]]\nname = \"a.b\"\nmethod = \"updateOnce\"\n");
    assert!(unknown.contains("did you mean `updateOne`?"), "{unknown}");
}

#[test]
fn a_place_is_taken_as_reports_print_it() {
    let project = Project::new(&[("src/a.js", RACY), ("pushguard.toml", "")]);
    for place in ["src/a.js:5", "src/a.js:5:9"] {
        let outcome = project.run(&["witness", place]);
        assert_eq!(outcome.code, Some(0), "{place}: {outcome:?}");
        assert!(outcome.stdout.contains("check-then-push"), "{outcome:?}");
    }
    // A path may end in a number after a colon.
    project.write("b:5", b"");
    let refused = project.run(&["why", "src/a.js:0"]);
    assert!(refused.stderr.contains("expected FILE:LINE"), "{refused:?}");
}

#[test]
fn a_place_is_found_from_a_folder_below_the_root() {
    let project = Project::new(&[("src/a.js", RACY), ("pushguard.toml", "")]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pushguard"));
    let output = command.current_dir(project.path().join("src")).args(["witness", "src/a.js:5"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn rules_may_stand_with_commas() {
    let project = Project::new(&[("src/a.js", RACY)]);
    let outcome = project.run(&["check", "--only", "lost-update,check-then-push", "--format", "json"]);
    assert_eq!(outcome.findings(), ["src/a.js:5 check-then-push"], "{outcome:?}");
    let ignored = project.run(&["check", "--ignore", "lost-update,check-then-push,unguarded-push", "--format", "json"]);
    assert_eq!(ignored.findings(), [""; 0], "{ignored:?}");
    let misspelt = project.run(&["check", "--only", "lost-updat"]);
    assert!(misspelt.stderr.contains("a similar value exists: 'lost-update'"), "{misspelt:?}");
}

/// The finding stands where the change is saved, not where it is made.
#[test]
fn a_suppression_at_another_end_says_where_it_belongs() {
    let program = "\
const { model, Schema } = require('mongoose');
const Tank = model('Tank', new Schema({ level: Number }));
exports.fill = async (id) => {
  const tank = await Tank.findById(id);
  // pushguard-ignore-next-line lost-update -- one worker fills it
  tank.level += 1;
  await tank.save();
};
";
    let outcome = Project::new(&[("a.js", program)]).run(&["check", "--format", "json"]);
    let log = outcome.json();
    let helps: Vec<&str> = log["findings"].as_array().unwrap().iter().filter_map(|it| it["help"].as_str()).collect();
    assert!(helps.iter().any(|help| help.contains("is reported at line 7: move this there")), "{helps:?}");
}
