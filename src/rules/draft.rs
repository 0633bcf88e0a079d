//! What a rule reports, before its places are resolved.
//!
//! Input: a rule and a place. Output: a draft that says nothing yet. Must not know: how it is filled in, formats.

use crate::diagnostic::{Fix, Level, Once, Proof, Role};
use crate::project::Project;
use crate::remedy::WITHOUT_UPSERT;
use crate::value::{FnRef, Site};

/// What a help adds where documents are counted beside.
const COUNTED: &str = "; no filter of it keeps the number of documents that is counted too: keep that in a document of its own, and change it there first, in one command whose filter asks for the limit, or give each place a key of its own under a unique index";

/// What a help says that asks for more in the filter of an update.
const ASKED: [&str; 5] = ["in the filter", "into the filter", "in its filter", "its filter asks", "whose filter asks"];

/// A finding before its places are resolved.
#[derive(Clone, Debug)]
pub struct Draft {
    pub rule: &'static str,
    /// The document is what the function's callers have loaded: a parameter, or `this` of a method of the document.
    pub is_of_callers: bool,
    /// The level to which a rule lowers a case, and why, as a clause.
    pub lowered: Option<(Level, &'static str)>,
    pub message: String,
    pub site: Site,
    pub label: String,
    pub owner: FnRef,
    /// The function in which check and act were seen together.
    pub seen_in: FnRef,
    pub collection: Option<String>,
    pub array: Option<String>,
    pub related: Vec<(Site, Role, String)>,
    pub help: String,
    /// What the help has to say beside, of what is checked before.
    pub beside: Option<&'static str>,
    /// How many other documents there are decides too, which no filter of the act keeps.
    pub counts: bool,
    /// The act is an upsert, which inserts a document where its filter finds none.
    pub is_upsert: bool,
    /// The code of the help that mends this, where it can be taken over as it stands.
    pub call: Option<String>,
    /// More are let through than a limit allows, which is another matter than what else is told of the place.
    pub is_of_limit: bool,
    /// What may be stored once only.
    pub once: Option<Once>,
    /// Collections into which each that passes the check inserts what nothing is known to change later, where the act itself leaves
    /// what it leaves once.
    pub noted: Vec<String>,
    /// A rewrite that was proven safe.
    pub fix: Option<Fix>,
    /// What would refuse the second of two saves is the version of the document.
    pub is_versioned: bool,
    /// Why no fix was found, as a clause.
    pub unfixed: Option<&'static str>,
    /// Whether an interleaving with the harm was shown.
    pub proof: Proof,
    /// The places of the moves of the witness.
    pub moves: Vec<Site>,
    /// How many calls lead from the function in which this was seen to the act.
    pub calls: u32,
    /// What is written is made anew by each process: a key, a token.
    pub brings_new: bool,
    /// The normalised pair of check and act, for the fingerprint.
    pub pair: String,
}

impl Draft {
    /// A draft at a place in the text of a function, which says nothing yet.
    pub fn at(rule: &'static str, site: Site, owner: FnRef) -> Self {
        Self {
            rule,
            is_of_callers: false,
            lowered: None,
            message: String::new(),
            site,
            label: String::new(),
            owner,
            seen_in: owner,
            collection: None,
            array: None,
            related: Vec::new(),
            help: String::new(),
            beside: None,
            counts: false,
            is_upsert: false,
            call: None,
            is_of_limit: false,
            once: None,
            noted: Vec::new(),
            fix: None,
            is_versioned: false,
            unfixed: None,
            proof: Proof::NotJudged,
            moves: Vec::new(),
            calls: 0,
            brings_new: false,
            pair: String::new(),
        }
    }

    /// Adds to a help how a number of documents is kept, which decides too.
    pub fn say_count(&mut self) {
        if self.counts {
            self.help.push_str(COUNTED);
            self.call = None;
            if self.fix.take().is_some() {
                self.unfixed = Some("a number of documents decides too, which no filter keeps");
            }
        }
    }

    /// Adds to a help that asks for more in the filter of an upsert that it can be none then.
    pub fn say_upsert(&mut self) {
        let help = &mut self.help;
        if self.is_upsert && !help.contains("upsert") && ASKED.iter().any(|asked| help.contains(asked)) {
            help.push_str(WITHOUT_UPSERT);
            self.call = None;
        }
    }

    /// Names no path of any element, or of a key that is computed, as one that a filter takes: `lines.*.done`.
    pub fn show_paths(&mut self) {
        let related = self.related.iter_mut().map(|(.., text)| text);
        for text in related.chain([&mut self.message, &mut self.label, &mut self.help]) {
            while let Some(at) = open_part(text) {
                text.replace_range(at..at + 2, "[…]");
            }
            for whole in ["`*`", "`[…]`"] {
                if text.contains(whole) {
                    *text = text.replace(whole, COMPUTED);
                }
            }
        }
    }

    /// The call that leads to the act from the function in which what decides it stands; none where that is the function of the act.
    pub fn through(&self, project: &Project) -> Option<Site> {
        let decided = self.related.iter().find(|(_, role, _)| *role == Role::Check);
        project.meeting(self.site, decided.map(|(site, ..)| *site).into_iter())
    }
}

/// A field of which the code computes the name: `wallet[category]`.
const COMPUTED: &str = "the field of the computed name";

/// Where a text has a part `.*` of a path; `.*` of a pattern is none.
fn open_part(text: &str) -> Option<usize> {
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | ']');
    let is_end = |c: char| matches!(c, '.' | '`' | '\'' | ' ' | ',');
    text.match_indices(".*")
        .map(|(at, _)| at)
        .find(|at| text[..*at].ends_with(is_of_name) && text[at + 2..].chars().next().is_none_or(is_end))
}
