//! A release in a folder, as `.ci/install` looks for it.

use super::{command, done};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The name that Rust gives to this machine in a release.
pub fn target() -> String {
    let system = if cfg!(target_os = "macos") { "apple-darwin" } else { "unknown-linux-musl" };
    format!("{}-{system}", std::env::consts::ARCH)
}

/// Puts a program into the release of this version. `path` has `tar`, `gzip` and `sha256sum`.
pub fn publish(releases: &Path, program: &[u8], path: &str) {
    let release = releases.join(concat!("v", env!("CARGO_PKG_VERSION")));
    fs::create_dir_all(&release).unwrap();
    let binary = releases.join("pushguard");
    fs::write(&binary, program).unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    let archive = format!("pushguard-{}.tgz", target());
    done(command("tar", releases, path).arg("-czf").arg(release.join(&archive)).arg("pushguard"));
    let sum = done(command("sha256sum", &release, path).arg(&archive));
    fs::write(release.join("SHA256SUMS"), sum).unwrap();
}
