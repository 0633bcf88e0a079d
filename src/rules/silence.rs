//! Why a decision and its act are not told.
//!
//! Input: what the relations and the judge say. Output: words. Must not know: how either decides.

use crate::race::relation::Ground;
use crate::value::Site;
use std::borrow::Cow;

/// What keeps a rule silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// By the relations.
    Kept(Ground),
    /// Under a lock outside of the process.
    Locked,
    /// What is saved is a plain object.
    Unsendable,
    /// No field that is changed is one of the schema, which is strict.
    Unstored,
    /// By its schema Mongoose never comes to it.
    Unreached,
    /// The judge executed all of it, and found no other result than that of an order.
    Serial,
    /// The act may be done twice, which leaves what it leaves once.
    Repeats,
    /// The relations leave a doubt, and the judge found no harm that removes it.
    Doubted,
    /// Only a witness makes it worth a report, and the judge found none. What it could not execute.
    Unproven(String),
}

/// An act that a rule asked about and does not tell.
#[derive(Clone, Debug)]
pub struct Silent {
    pub rule: &'static str,
    pub act: Site,
    pub checks: Vec<Site>,
    pub why: Silence,
}

impl Silent {
    /// Whether a claim that is won before keeps requests apart.
    pub fn is_claimed(&self) -> bool {
        self.why == Silence::Kept(Ground::Claim)
    }
}

impl Silence {
    pub fn words(&self) -> Cow<'static, str> {
        let words = match self {
            Self::Kept(Ground::Transaction) => "it is read and written in one transaction",
            Self::Kept(Ground::Fence) => "once the write is done, its own filter refuses the second",
            Self::Kept(Ground::Claim) => "a claim is won before it",
            Self::Kept(Ground::Course) => {
                "it goes on with what an earlier write began, which is where two are kept apart or told"
            }
            Self::Kept(Ground::Filter) => "the filter of the write carries the decision",
            Self::Kept(Ground::Refused) => "what it inserts has one value under a unique key, which refuses the second",
            Self::Locked => "all of it is done under one lock",
            Self::Unsendable => {
                "what is saved is a plain object, or a query that nobody waited for, which has no such method: the call throws, and nothing is written"
            }
            Self::Unstored => "the schema has none of the fields that are changed, and Mongoose leaves them out",
            Self::Unreached => {
                "it is never done: a condition before it asks for a field that the schema does not have, or Mongoose refuses what is inserted without a required field"
            }
            Self::Serial => "executed, two requests at once store what one after the other stores",
            Self::Repeats => "done twice, it leaves what it leaves once",
            Self::Doubted => "something may keep two requests apart, and no harm was found in executing them",
            Self::Unproven(why) => {
                return format!("no harm was found in executing it, as far as that goes: {why}").into();
            }
        };
        words.into()
    }
}
