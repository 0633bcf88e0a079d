//! Completion scripts, loaded by the shells they are for.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod shell;

use shell::Project;
use std::process::Command;

#[test]
fn bash_completes_commands_flags_and_values() {
    let script = Project::new(&[]).run(&["completions", "bash"]);
    assert_eq!((script.code, script.stderr.as_str()), (Some(0), ""), "{script:?}");
    let complete = |words: &[&str]| {
        let last = words.last().unwrap();
        let before = words.iter().rev().nth(1).unwrap();
        let ask = format!(
            "{}\nCOMP_WORDS=({}); COMP_CWORD={}\n_pushguard pushguard '{last}' '{before}'\necho \"${{COMPREPLY[@]}}\"",
            script.stdout,
            words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" "),
            words.len() - 1
        );
        let output = Command::new("bash").arg("-c").arg(ask).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(complete(&["pushguard", "ini"]), "init");
    assert_eq!(complete(&["pushguard", "init", "--fo"]), "--force");
    assert_eq!(complete(&["pushguard", "check", "--fail-on", "w"]), "warning");
}

#[test]
fn every_shell_has_a_script_and_another_name_is_refused() {
    let project = Project::new(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = project.run(&["completions", shell]);
        assert_eq!(script.code, Some(0), "{shell}");
        assert!(script.stdout.contains("pushguard") && script.stdout.contains("fail-on"), "{shell}");
    }
    let refused = project.run(&["completions", "tcsh"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
}
