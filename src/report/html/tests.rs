//! The page of a run, with code that would break out of it.

use super::*;
use crate::diagnostic::{Analysis, Finding};
use crate::source::{FileId, Place, SourceFile, Sources};

const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u{202e}\u{2028}\u{0}\"'";

fn page_of(findings: Vec<Finding>) -> String {
    let text = format!("// {}\n", HOSTILE.replace(['\u{2028}'], ""));
    let sources = Sources::new(vec![SourceFile::new(format!("a{HOSTILE}.js"), &text, true)]);
    let analysis = Analysis { findings, ..Analysis::default() };
    let mut out = Vec::new();
    write(&Run { sources: &sources, analysis: &analysis, prefix: "", below: "", exit_code: 0 }, &mut out)
        .expect("a page");
    String::from_utf8(out).expect("text")
}

fn hostile() -> Finding {
    let place = Place { file: FileId(0), start: 3, end: 20 };
    let text = || HOSTILE.to_owned();
    let bare = Finding::bare("check-then-push", Level::Error, place);
    Finding {
        message: text(),
        label: text(),
        function: text(),
        help: format!("write `{HOSTILE}(`"),
        call: Some(text()),
        ..bare
    }
}

#[test]
fn nothing_of_the_code_becomes_markup() {
    let page = page_of(vec![hostile()]);
    assert_eq!(page.matches("<script").count(), 2, "{page}");
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("<img"));
    let body = page.replace(SCRIPT, "").replace(STYLE, "");
    let unseen = |c: char| matches!(c, '\u{202e}' | '\u{2028}' | '\u{0}');
    assert!(!body.contains(unseen) && body.contains("\\u{202e}"), "{body}");
}

#[test]
fn the_data_of_the_page_is_the_report() {
    let page = page_of(vec![hostile()]);
    let (_, rest) = page.split_once("id=\"data\">").expect("data");
    let (data, _) = rest.split_once("</script>").expect("an end");
    let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(data["report"]["findings"][0]["message"], HOSTILE);
    assert_eq!(data["owners"], serde_json::json!([[]]));
}

#[test]
fn equal_fingerprints_get_identifiers_of_their_own() {
    let page = page_of(vec![hostile(), hostile()]);
    assert!(page.contains("id=\"finding-\"") && page.contains("id=\"finding--2\""), "{page}");
}

#[test]
fn a_page_without_findings_says_so() {
    let page = page_of(Vec::new());
    assert!(page.contains("Nothing was found.") && !page.contains("id=\"filters\""), "{page}");
}

/// A call that a help names is not always one that mends: `keep save() under …`.
#[test]
fn only_what_mends_can_be_copied() {
    let help = "ask in the filter; where hooks matter, keep `save()` under `optimisticConcurrency: true`".to_owned();
    let page = page_of(vec![Finding { help: help.clone(), call: None, ..hostile() }]);
    assert!(page.contains("keep <code>save()</code>") && !page.contains("class=\"copy\""), "{page}");
    let call = Some("a: { $ne: b }".to_owned());
    let page = page_of(vec![Finding { help, call, ..hostile() }]);
    assert!(page.contains("class=\"copy\" type=\"button\" data-text=\"a: { $ne: b }\""), "{page}");
}
