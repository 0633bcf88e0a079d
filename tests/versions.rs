//! What speaks of a version or of a download speaks of the one in `Cargo.toml`.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fs;
use std::path::Path;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn the_action_installs_the_version_that_it_belongs_to() {
    let action = read("action.yml");
    let after = action.split("  version:\n").nth(1).unwrap();
    let default = after.lines().find_map(|line| line.trim().strip_prefix("default: ")).unwrap();
    assert_eq!(default, format!("\"{VERSION}\""));
}

#[test]
fn the_documentation_names_this_version() {
    for path in ["docs/integrations.md", "README.md"] {
        let text = read(path);
        let mut named = 0;
        for marker in ["pushguard/pushguard@v", "rev: v"] {
            for rest in text.split(marker).skip(1) {
                let version: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
                assert_eq!(version.trim_end_matches('.'), VERSION, "{path}: {marker}");
                named += 1;
            }
        }
        assert!(named > 0, "{path} names no version");
    }
}

#[test]
fn the_places_of_the_binaries_expand() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let package = manifest["package"].as_table().unwrap();
    let binstall = package["metadata"]["binstall"].as_table().unwrap();
    let expand = |target: &str| {
        let format = binstall["overrides"].get(target).map_or(&binstall["pkg-fmt"], |own| &own["pkg-fmt"]);
        let suffix = format!(".{}", format.as_str().unwrap());
        let extension = if target.contains("windows") { ".exe" } else { "" };
        let values = [
            ("repo", env!("CARGO_PKG_REPOSITORY")),
            ("name", "pushguard"),
            ("bin", "pushguard"),
            ("version", VERSION),
            ("target", target),
            ("archive-suffix", &suffix),
            ("binary-ext", extension),
        ];
        let mut texts =
            [binstall["pkg-url"].as_str().unwrap().to_owned(), binstall["bin-dir"].as_str().unwrap().to_owned()];
        for text in &mut texts {
            for (name, value) in values {
                *text = text.replace(&format!("{{ {name} }}"), value);
            }
            assert!(!text.contains(['{', '}']), "{text}");
        }
        texts
    };
    let releases = format!("https://github.com/pushguard/pushguard/releases/download/v{VERSION}");
    assert_eq!(
        expand("x86_64-unknown-linux-musl"),
        [format!("{releases}/pushguard-x86_64-unknown-linux-musl.tgz"), "pushguard".to_owned()]
    );
    assert_eq!(
        expand("x86_64-pc-windows-msvc"),
        [format!("{releases}/pushguard-x86_64-pc-windows-msvc.zip"), "pushguard.exe".to_owned()]
    );
}
