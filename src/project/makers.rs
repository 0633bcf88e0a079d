//! Makers of models: functions that hand what they are given on to `model`.
//!
//! `export const getOrCreate = (name, schema) => mongoose.models[name] ?? mongoose.model(name, schema)`
//!
//! Input: the effects of all functions. Output: the calls of `model`, as if each stood where the maker is called.
//! Must not know: rules.

use super::link::Project;
use crate::facts::EffectKind;
use crate::limits;
use crate::value::{Arena, FnRef, Node, V};
use rustc_hash::FxHashMap;

/// Callee and arguments of a call that makes a model.
type ModelCall = (V, Vec<V>);

/// The function that makes the model, and the numbers of the parameters that are its name and its schema.
type Maker = (V, u32, u32);

impl Project {
    /// Callee and arguments of the `model` calls that makers stand for.
    pub(super) fn models_by_makers(&mut self) -> Vec<(V, Vec<V>)> {
        let (mut makers, mut models) = (self.direct_makers(), Vec::new());
        let mut new = makers.clone();
        for _ in 0..limits::NESTED_MAKERS {
            if new.is_empty() {
                break;
            }
            let (calls, more) = self.calls_of_makers(&new);
            models.extend(calls);
            new = more.into_iter().filter(|(func, _)| !makers.contains_key(func)).collect();
            makers.extend(new.clone());
        }
        models
    }

    fn direct_makers(&self) -> FxHashMap<FnRef, Maker> {
        let mut makers = FxHashMap::default();
        for function in self.functions.iter() {
            for effect in &function.effects {
                if let EffectKind::Call { callee, args, .. } = &effect.kind
                    && matches!(self.last_name(*callee), Some("model" | "discriminator"))
                    && let [name, schema, ..] = args.as_slice()
                    && let Some((func, name, schema)) = self.params_of_one(*name, *schema)
                {
                    makers.entry(func).or_insert((*callee, name, schema));
                }
            }
        }
        makers
    }

    /// The function whose parameters both values are, and their numbers.
    fn params_of_one(&self, name: V, schema: V) -> Option<(FnRef, u32, u32)> {
        match (self.arena.node(name), self.arena.node(schema)) {
            (Node::Param(func, name), Node::Param(of, schema)) if func == of => Some((*func, *name, *schema)),
            _ => None,
        }
    }

    /// The calls of makers, and the makers among their callers.
    fn calls_of_makers(&mut self, makers: &FxHashMap<FnRef, Maker>) -> (Vec<ModelCall>, FxHashMap<FnRef, Maker>) {
        let (mut models, mut more) = (Vec::new(), FxHashMap::default());
        for at in 0..self.functions.len() {
            let calls = self.functions.get(at).map(|function| function.effects.clone()).unwrap_or_default();
            for effect in calls {
                let EffectKind::Call { callee, args, .. } = effect.kind else { continue };
                let callee = self.linked(callee);
                let Node::Func(func) = self.arena.node(callee) else { continue };
                let Some((model, name, schema)) = makers.get(func).copied() else { continue };
                let given = |at: u32| args.get(at as usize).copied().unwrap_or(Arena::UNDEFINED);
                let (name, schema) = (given(name), given(schema));
                match self.params_of_one(name, schema) {
                    Some((func, name, schema)) => drop(more.insert(func, (model, name, schema))),
                    None => models.push((model, vec![name, schema])),
                }
            }
        }
        (models, more)
    }
}
