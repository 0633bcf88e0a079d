//! What is wrong with a directive, as findings.
//!
//! Input: directives. Output: findings of `unused-suppression`. Must not know: what the directives suppress.

use super::directive::{Directive, PREFIX};
use crate::diagnostic::{Finding, Fingerprints, Level, Proof};
use crate::error::nearest;
use crate::rules;
use crate::source::{Place, Sources};

/// The rule about directives.
pub const RULE: &str = "unused-suppression";

/// A finding before it is one.
pub struct Remark {
    place: Place,
    message: String,
    label: &'static str,
    help: String,
    /// What tells it from another remark of the file, without names of lines.
    identity: String,
}

/// What is wrong with a directive whatever it is about.
pub fn mistakes(directive: &Directive) -> Vec<Remark> {
    let Directive { place, .. } = *directive;
    let form = format!("write `{PREFIX}-next-line RULE -- reason`");
    if directive.scope.is_none() {
        return vec![Remark {
            place,
            message: format!("this is no directive, so it suppresses nothing: a word after `{PREFIX}` is missing"),
            label: "not a directive",
            help: format!("{form}, or the same with `-line` or `-file`"),
            identity: "form".to_owned(),
        }];
    }
    if directive.rules.is_empty() {
        return vec![Remark {
            place,
            message: "this directive names no rule, so it suppresses nothing".to_owned(),
            label: "no rule",
            help: form,
            identity: "no rule".to_owned(),
        }];
    }
    let mut remarks: Vec<Remark> = directive.rules.iter().filter_map(|(rule, place)| unknown(rule, *place)).collect();
    if directive.reason.is_none() {
        let names: Vec<&str> = directive.rules.iter().map(|(name, _)| name.as_str()).collect();
        remarks.push(Remark {
            place,
            message: "this directive gives no reason, so it suppresses nothing".to_owned(),
            label: "no reason",
            help: format!("say after `--` why the code is right: `{} -- reason`", names.join(", ")),
            identity: format!("no reason for {}", names.join(", ")),
        });
    }
    remarks
}

fn unknown(rule: &str, place: Place) -> Option<Remark> {
    let known = rules::ids();
    if known.contains(&rule) {
        return None;
    }
    let help = match nearest(rule, known) {
        Some(rule) => format!("did you mean `{rule}`?"),
        None => "list the rules with `pushguard rules`; write several with commas between them".to_owned(),
    };
    Some(Remark {
        place,
        message: format!("there is no rule `{rule}`, so this suppresses nothing"),
        label: "unknown rule",
        help,
        identity: format!("unknown {rule}"),
    })
}

/// A rule of a directive that accepts no finding; `None` for a name that is no rule, which [`mistakes`] tells.
///
/// `meant` is the line of the finding whose other end is here.
pub fn unused(rule: &str, place: Place, meant: Option<u32>) -> Option<Remark> {
    let help = match meant {
        Some(line) => format!("the one that begins here is reported at line {line}: move this there"),
        None => "remove it".to_owned(),
    };
    rules::ids().contains(&rule).then(|| Remark {
        place,
        message: format!("no `{rule}` is found here, so this suppresses nothing and would hide the next one"),
        label: "suppresses nothing",
        help,
        identity: format!("unused {rule}"),
    })
}

/// Findings in the order of the text.
pub fn findings(sources: &Sources, level: Level, mut remarks: Vec<Remark>) -> Vec<Finding> {
    remarks.sort_by_key(|remark| remark.place);
    let mut seen = Fingerprints::default();
    let finding = |remark: Remark| {
        let path = sources.get(remark.place.file).map_or("", |file| file.path.as_str());
        let fingerprint = seen.next(&[RULE, path, &remark.identity]);
        Finding {
            rule: RULE,
            level,
            message: remark.message,
            place: remark.place,
            label: remark.label.to_owned(),
            function: "<module>".to_owned(),
            collection: None,
            array: None,
            related: Vec::new(),
            help: remark.help,
            call: None,
            once: None,
            fix: None,
            unfixed: None,
            proof: Proof::NotJudged,
            lowered: None,
            fingerprint,
        }
    };
    remarks.into_iter().map(finding).collect()
}
