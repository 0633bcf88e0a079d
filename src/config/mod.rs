//! The configuration: its types and the built-in default.
//!
//! Input: the text of `pushguard.toml`, read by [`load`]. Output: a validated [`Config`].
//! Must not know: syntax, findings.

pub mod draft;
pub mod index;
pub mod load;
pub mod method;
pub mod origin;
mod overrides;
pub mod reference;
pub mod schema;

use crate::diagnostic::Level;
use index::DeclaredIndex;
use method::DeclaredMethod;
use origin::Origin;
pub use overrides::Override;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a run is told. `Config::default()` is what applies without a file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Folders and files to report on, relative to the root; empty: the whole project.
    #[schemars(inner(length(min = 1)))]
    pub paths: Vec<String>,
    /// Globs to leave out, relative to the root.
    #[schemars(inner(length(min = 1)))]
    pub exclude: Vec<String>,
    /// Tracked arrays; the policy rules look at these alone.
    #[serde(rename = "array")]
    pub arrays: Vec<TrackedArray>,
    /// Indexes that the database has and the code does not make, or not so that it can be read.
    #[serde(rename = "index")]
    pub indexes: Vec<DeclaredIndex>,
    /// Wrappers of the driver that cannot be followed.
    #[serde(rename = "method")]
    pub methods: Vec<DeclaredMethod>,
    /// Level of a rule, by its identifier.
    pub rules: BTreeMap<String, RuleLevel>,
    /// Levels of rules for some paths only.
    #[serde(rename = "override")]
    pub overrides: Vec<Override>,
    pub protocol: Protocol,
    /// Where the names are written; `None` without a file.
    #[serde(skip)]
    pub origin: Option<Origin>,
}

/// The level that the configuration gives to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuleLevel {
    Off,
    Info,
    Warning,
    Error,
}

impl RuleLevel {
    /// The level of findings; `None` when the rule is off.
    pub fn level(self) -> Option<Level> {
        match self {
            RuleLevel::Off => None,
            RuleLevel::Info => Some(Level::Info),
            RuleLevel::Warning => Some(Level::Warning),
            RuleLevel::Error => Some(Level::Error),
        }
    }
}

/// An array whose elements have identity.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrackedArray {
    /// Collection or model name; without it, any.
    #[schemars(length(min = 1))]
    pub collection: Option<String>,
    /// The field that holds the array, such as `messages` or `cart.items`.
    #[schemars(length(min = 1))]
    pub field: String,
    /// Kinds of elements; the first match wins.
    #[serde(default, rename = "kind")]
    pub kinds: Vec<Kind>,
    /// Fields that tell apart the elements which no kind does, the first that an element has. `pushguard cleanup` alone asks them:
    /// a field that is good enough to find the elements of today need not be one that code should guard by.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub fallback: Vec<String>,
    /// The models whose documents are in the collection, as the code says.
    #[serde(skip)]
    pub models: Vec<String>,
}

/// A class of element, recognised by its fields.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// What messages call such an element.
    #[schemars(length(min = 1))]
    pub name: String,
    /// How it is recognised.
    pub when: When,
    /// The fields that make two elements of the kind the same.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub key: Vec<String>,
}

/// One pattern, or alternatives of which any may hold.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "expected `when` to be conditions such as { has = [\"id\"] } or { type = \"video\" }, or a list of them"
)]
pub enum When {
    All(Pattern),
    Any(#[schemars(length(min = 1))] Vec<Pattern>),
}

impl When {
    pub fn patterns(&self) -> &[Pattern] {
        match self {
            When::All(pattern) => std::slice::from_ref(pattern),
            When::Any(patterns) => patterns,
        }
    }
}

/// Conditions on an element that must all hold: `has` names fields that are present, any other entry a field's value.
#[derive(Clone, Debug, PartialEq, Default, Deserialize, JsonSchema)]
#[schemars(extend("minProperties" = 1))]
pub struct Pattern {
    /// Fields that are present.
    #[serde(default)]
    pub has: Vec<String>,
    #[serde(flatten)]
    pub equals: BTreeMap<String, Scalar>,
}

/// A literal in a pattern.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    Bool(bool),
    Number(f64),
    Text(String),
}

/// Names of the completion protocol.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Protocol {
    pub completion: Option<Completion>,
}

/// The function that reports a task's status, the one that completes it, and the flag between them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Completion {
    pub producer: String,
    pub consumer: String,
    pub flag: String,
    /// Fields by which the webhook claims a task.
    #[serde(default)]
    pub claims: Vec<String>,
    /// The function that restarts unfinished tasks when the process starts.
    #[serde(default)]
    pub recovery: Option<String>,
    /// Further functions that complete a task, such as one for another type of task.
    #[serde(default)]
    pub complete: Vec<String>,
    /// The collection of the tasks.
    #[serde(default)]
    pub tasks: Option<String>,
    /// The field of a task that says how far it is.
    #[serde(default = "status_field")]
    pub status: String,
    /// The value of that field for a completed task.
    #[serde(default = "completed_value")]
    pub completed: String,
}

fn status_field() -> String {
    "status".to_owned()
}

fn completed_value() -> String {
    "completed".to_owned()
}

impl Default for Config {
    fn default() -> Self {
        let has = |fields: &[&str]| Pattern {
            has: fields.iter().map(|f| (*f).to_owned()).collect(),
            equals: BTreeMap::new(),
        };
        let equals = |field: &str, value: Scalar| Pattern {
            has: Vec::new(),
            equals: BTreeMap::from([(field.to_owned(), value)]),
        };
        let text = |value: &str| Scalar::Text(value.to_owned());
        let kind = |name: &str, when: When, key: &[&str]| Kind {
            name: name.to_owned(),
            when,
            key: key.iter().map(|f| (*f).to_owned()).collect(),
        };
        Self {
            paths: Vec::new(),
            exclude: Vec::new(),
            arrays: vec![TrackedArray {
                collection: None,
                field: "messages".to_owned(),
                kinds: vec![
                    kind(
                        "merged image",
                        When::Any(vec![
                            equals("isMerged", Scalar::Bool(true)),
                            equals("type", text("mergeFace")),
                            has(&["mergeId"]),
                        ]),
                        &["mergeId"],
                    ),
                    kind("batch image", When::All(has(&["batchId", "batchIndex"])), &["batchId", "batchIndex"]),
                    kind("video", When::Any(vec![equals("type", text("video")), has(&["videoId"])]), &["videoId"]),
                    kind("image", When::Any(vec![equals("type", text("image")), has(&["imageId"])]), &["imageId"]),
                ],
                fallback: vec!["imageUrl".to_owned()],
                models: Vec::new(),
            }],
            indexes: Vec::new(),
            methods: Vec::new(),
            origin: None,
            rules: BTreeMap::new(),
            overrides: Vec::new(),
            protocol: Protocol {
                completion: Some(Completion {
                    producer: "checkTaskStatus".to_owned(),
                    consumer: "handleTaskCompletion".to_owned(),
                    flag: "fromCache".to_owned(),
                    claims: vec!["webhookProcessed".to_owned(), "completionNotificationSent".to_owned()],
                    recovery: Some("runStartupTaskRecovery".to_owned()),
                    complete: vec!["handleVideoTaskCompletion".to_owned()],
                    tasks: Some("tasks".to_owned()),
                    status: status_field(),
                    completed: completed_value(),
                }),
            },
        }
    }
}
