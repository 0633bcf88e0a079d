//! The pipeline from source texts to findings.

use crate::config::Config;
use crate::diagnostic::Analysis;
use crate::source::Sources;

/// Parses and links all files and runs the rules. Never fails: what is wrong with a file is a finding.
/// `progress` is called once for each parsed file, from any thread.
pub fn analyze(_sources: &Sources, _config: &Config, _progress: &(dyn Fn() + Sync)) -> Analysis {
    Analysis::default()
}
