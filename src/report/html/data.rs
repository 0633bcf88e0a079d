//! The JSON that stands in the page, and the policy that keeps everything else out of it.
//!
//! Input: a value; the style and the script. Output: texts that cannot end the element they stand in.
//! Must not know: what the page shows.

use crate::report::escape;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// A value as JSON in which no character means something to HTML, and none is unseen.
pub fn embedded(value: &impl Serialize) -> serde_json::Result<String> {
    // All of these stand in JSON inside of strings alone.
    let text = escape::json(&serde_json::to_string(value)?);
    Ok(text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

/// What the page may load and run: its own style and its own script, known by their digests.
pub fn policy(style: &str, script: &str) -> String {
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(style),
        digest(script)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_element_and_every_text_is_read_back() {
        let hostile = "</script><!--<script>&amp;\u{2028}\u{202e}\u{0}\u{7f}\u{e0041}é😀";
        let text = embedded(&[hostile]).expect("JSON");
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{202e}', '\u{0}', '\u{7f}', '\u{e0041}']), "{text}");
        assert!(text.contains("é😀"), "{text}");
        let back: Vec<String> = serde_json::from_str(&text).expect("JSON");
        assert_eq!(back, [hostile]);
    }
}
