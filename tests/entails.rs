//! Whether `entails` agrees with the matcher: a yes has no counterexample, a no has one.
//!
//! Filters, decisions and documents are made at random from a fixed seed. A symbol stands for a value of the code that is not
//! known; each document comes with values for them.

use pushguard::judge::bson::{Concrete, Value};
use pushguard::judge::matching::matches;
use pushguard::race::entails::{Entailment, Held, entails};
use pushguard::race::facts::{Compared, Standing};
use pushguard::race::predicate::parse;
use pushguard::race::term::{Terms, View};
use std::cmp::Ordering;

const PAIRS: u32 = 6_000;
const DOCUMENTS: u32 = 3_000;

/// Concrete values, and symbols of which nothing is known.
struct Terminal;

impl Terms for Terminal {
    type Term = Value;

    fn view(&self, term: &Value) -> View<Value> {
        match term {
            Value::Symbol(_) => View::Unknown,
            other => Concrete.view(other),
        }
    }
}

impl Compared for Terminal {
    fn standing(&self, left: &Value, right: &Value) -> Standing {
        match (left, right) {
            _ if left == right => Standing::Ordered(Ordering::Equal),
            (Value::Symbol(_), _) | (_, Value::Symbol(_)) => Standing::Free,
            _ if left.rank() == right.rank() => Standing::Ordered(left.order(right)),
            _ => Standing::Apart,
        }
    }
}

fn held(path: &str) -> Held {
    match path {
        "a" | "b" => Held::One,
        "list" => Held::List,
        _ => Held::Unknown,
    }
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    fn scalar(&mut self) -> Value {
        match self.below(10) {
            0 => Value::Null,
            1 => Value::text("x"),
            2 => Value::Bool(self.below(2) == 0),
            _ => Value::Number(self.below(4) as f64),
        }
    }

    /// A stored value: also those below and above all that filters ask for.
    fn stored(&mut self) -> Value {
        match self.below(10) {
            0 => Value::Null,
            1 => Value::text(["w", "x", "y"][self.below(3) as usize]),
            2 => Value::Bool(self.below(2) == 0),
            _ => Value::Number(self.below(6) as f64 - 1.0),
        }
    }

    fn operand(&mut self) -> Value {
        match self.below(3) {
            0 => Value::Symbol(self.below(2) as u32),
            _ => self.scalar(),
        }
    }

    fn bound(&mut self) -> Value {
        match self.below(4) {
            0 => Value::Symbol(self.below(2) as u32),
            1 => Value::text("x"),
            _ => Value::Number(self.below(4) as f64),
        }
    }

    fn test(&mut self) -> Value {
        let operator = ["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists"][self.below(9) as usize];
        let operand = match operator {
            "$in" | "$nin" => Value::list((0..=self.below(2)).map(|_| self.operand()).collect()),
            "$exists" => Value::Bool(self.below(2) == 0),
            // Nothing is above or below null; that a condition never holds is not looked for.
            "$gt" | "$gte" | "$lt" | "$lte" => self.bound(),
            _ => self.operand(),
        };
        let test = Value::document([(operator, operand)]);
        match self.below(4) {
            0 => Value::document([("$not", test)]),
            1 => self.operand(),
            _ => test,
        }
    }

    fn condition(&mut self) -> Value {
        match self.below(8) {
            0 => {
                let inner = match self.below(2) {
                    0 => Value::document([("k", self.operand())]),
                    _ => Value::document([("k", self.operand()), ("j", self.operand())]),
                };
                let element = Value::document([("$elemMatch", inner)]);
                let test = if self.below(2) == 0 { Value::document([("$not", element)]) } else { element };
                Value::document([("list", test)])
            }
            1 => {
                let name = ["list.0", "list.1", "list.2"][self.below(3) as usize];
                Value::document([(name, Value::document([("$exists", Value::Bool(self.below(2) == 0))]))])
            }
            2 => {
                let path = "$list";
                let size = Value::document([("$size", Value::text(path))]);
                let operator = ["$lt", "$lte", "$gt", "$gte"][self.below(4) as usize];
                let limit = Value::Number(self.below(4) as f64);
                Value::document([("$expr", Value::document([(operator, Value::list(vec![size, limit]))]))])
            }
            _ => {
                let path = ["a", "b", "list", "list.k", "a", "b"][self.below(6) as usize];
                Value::document([(path, self.test())])
            }
        }
    }

    fn filter(&mut self) -> Value {
        let several = |random: &mut Self| Value::list((0..=random.below(2)).map(|_| random.condition()).collect());
        match self.below(6) {
            0 => Value::document([("$or", several(self))]),
            1 => Value::document([("$nor", several(self))]),
            2 | 3 => Value::document([("$and", several(self))]),
            _ => self.condition(),
        }
    }

    fn document(&mut self) -> Value {
        let mut document = Value::document([("_id", Value::Number(1.0))]);
        for name in ["a", "b"] {
            if self.below(6) > 0 {
                let value = if self.below(6) == 0 { Value::Number(1.5) } else { self.stored() };
                document.set(name, value);
            }
        }
        let has_list = self.below(8) > 0;
        let items: Vec<Value> = (0..self.below(5))
            .map(|_| match self.below(4) {
                0 => self.stored(),
                1 => Value::document([("k", self.stored())]),
                _ => Value::document([("k", self.stored()), ("j", self.stored())]),
            })
            .collect();
        // What takes a list's length has a list.
        document.set("list", Value::list(if has_list { items } else { Vec::new() }));
        document
    }
}

fn substituted(value: &Value, symbols: &[Value; 2]) -> Value {
    match value {
        Value::Symbol(symbol) => symbols[*symbol as usize].clone(),
        Value::List(items) => Value::list(items.iter().map(|item| substituted(item, symbols)).collect()),
        Value::Document(fields) => {
            Value::document(fields.iter().map(|(name, value)| (name.clone(), substituted(value, symbols))))
        }
        other => other.clone(),
    }
}

/// Whether the document passes the filter, where the matcher can say.
fn passes(filter: &Value, symbols: &[Value; 2], document: &Value) -> Option<bool> {
    matches(&parse(&Concrete, &substituted(filter, symbols)).ok()?, document).ok()
}

/// A document that passes the filter and not the decision.
fn counterexample(random: &mut Random, filter: &Value, decision: &Value) -> Option<(Value, [Value; 2])> {
    for _ in 0..DOCUMENTS {
        let document = random.document();
        let symbols = [random.scalar(), random.scalar()];
        if passes(filter, &symbols, &document) == Some(true) && passes(decision, &symbols, &document) == Some(false) {
            return Some((document, symbols));
        }
    }
    None
}

#[test]
fn a_yes_has_no_counterexample_and_a_no_has_one() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut counts = [0u32; 3];
    // A no that should be a yes costs the judge's time, not a finding.
    let mut lacking = 0;
    for _ in 0..PAIRS {
        let (filter, decision) = (random.filter(), random.filter());
        let (Ok(asked), Ok(decided)) = (parse(&Terminal, &filter), parse(&Terminal, &decision)) else { continue };
        let found = entails(&Terminal, &asked, &decided, &held);
        let shown = || format!("{} and {}", filter.canonical(), decision.canonical());
        match found {
            Entailment::Yes => {
                counts[0] += 1;
                if let Some((document, symbols)) = counterexample(&mut random, &filter, &decision) {
                    panic!("yes for {}, but {} with {symbols:?}", shown(), document.canonical());
                }
            }
            Entailment::No => {
                counts[1] += 1;
                // Of a filter that hardly any document passes, too few are looked at.
                let passed = (0..DOCUMENTS).filter(|_| {
                    let (document, symbols) = (random.document(), [random.scalar(), random.scalar()]);
                    passes(&filter, &symbols, &document) == Some(true)
                });
                let is_common = passed.count() > DOCUMENTS as usize / 50;
                let found = counterexample(&mut random, &filter, &decision);
                lacking += u32::from(is_common && found.is_none());
            }
            Entailment::Unknown(_) => counts[2] += 1,
        }
    }
    let [yes, no, unknown] = counts;
    assert!(lacking < no / 50, "{lacking} of {no} have no counterexample");
    assert!(yes > 100 && no > 2_000 && unknown < PAIRS / 4, "{yes} yes, {no} no, {unknown} unknown");
}

#[test]
fn the_classes_of_guards_are_told_apart() {
    let text = |filter: &Value| filter.clone();
    let number = Value::Number;
    let (sku, size, quantity) = (Value::Symbol(0), Value::Symbol(1), Value::Symbol(0));
    let is = |path: &'static str, operator: &'static str, value: Value| {
        Value::document([(path, Value::document([(operator, value)]))])
    };
    let none = |fields: Vec<(&'static str, Value)>| {
        let element = Value::document([("$elemMatch", Value::document(fields))]);
        Value::document([("list", Value::document([("$not", element)]))])
    };
    let rows: Vec<(&str, Value, Value, Entailment)> = vec![
        ("a weaker bound", is("a", "$gt", number(0.0)), is("a", "$gte", quantity.clone()), Entailment::No),
        ("the bound", is("a", "$gte", quantity.clone()), is("a", "$gte", quantity), Entailment::Yes),
        ("a stronger bound", is("a", "$gte", number(5.0)), is("a", "$gt", number(4.0)), Entailment::Yes),
        ("the key", is("list.k", "$ne", sku.clone()), none(vec![("k", sku.clone())]), Entailment::Yes),
        ("another key", is("list.j", "$ne", sku.clone()), none(vec![("k", sku.clone())]), Entailment::No),
        ("another value", is("list.k", "$ne", size.clone()), none(vec![("k", sku.clone())]), Entailment::No),
        (
            "one key of two",
            is("list.k", "$ne", sku.clone()),
            none(vec![("k", sku.clone()), ("j", size.clone())]),
            Entailment::Yes,
        ),
        (
            "two keys for one",
            none(vec![("k", sku.clone()), ("j", size)]),
            none(vec![("k", sku.clone())]),
            Entailment::No,
        ),
        ("a limit", is("list.2", "$exists", Value::Bool(false)), none(vec![("k", sku.clone())]), Entailment::No),
        ("no limit", none(vec![("k", sku)]), is("list.2", "$exists", Value::Bool(false)), Entailment::No),
        (
            "a lower limit",
            is("list.1", "$exists", Value::Bool(false)),
            is("list.2", "$exists", Value::Bool(false)),
            Entailment::Yes,
        ),
        ("null and missing", is("a", "$ne", Value::Null), is("a", "$exists", Value::Bool(true)), Entailment::Yes),
        ("no null for what exists", is("a", "$exists", Value::Bool(true)), is("a", "$ne", Value::Null), Entailment::No),
        (
            "one state for a list of them",
            Value::document([("a", Value::text("new"))]),
            is("a", "$in", Value::list(vec![Value::text("new"), Value::text("old")])),
            Entailment::Yes,
        ),
    ];
    for (name, filter, decision, wanted) in rows {
        let (asked, decided) = (parse(&Terminal, &text(&filter)).unwrap(), parse(&Terminal, &text(&decision)).unwrap());
        assert_eq!(entails(&Terminal, &asked, &decided, &held), wanted, "{name}");
    }
}
