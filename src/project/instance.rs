//! Instances: the copy of a callee's values at one call, with parameters replaced and sites marked.
//!
//! Input: a value of the callee and the call's arguments. Output: the value in the caller's terms.
//! Must not know: effects, rules.

use super::link::Project;
use crate::limits;
use crate::value::{Arena, C, ClassRef, Entry, FnRef, Item, Key, Node, Site, SiteInfo, V, map_children};
use rustc_hash::FxHashMap;

/// The replacement of parameters and sites at one call.
pub(super) struct Instance<'a> {
    pub(super) callee: FnRef,
    pub(super) args: &'a [V],
    pub(super) this: Option<V>,
    pub(super) call: Site,
    pub(super) memo: FxHashMap<V, V>,
    pub(super) conds: FxHashMap<C, C>,
    sites: FxHashMap<Site, Site>,
    /// Members whose value is known where the callee runs.
    pub(super) known: Option<&'a FxHashMap<V, V>>,
}

impl Project {
    pub(super) fn site_via(&mut self, site: Site, call: Site) -> Site {
        let info = self.arena.site_info(site);
        let via = match info.via {
            Some(inner) => Some(self.site_via(inner, call)),
            None => Some(call),
        };
        self.arena.site(SiteInfo { via, ..info })
    }

    pub(super) fn instantiate(&mut self, instance: &mut Instance<'_>, value: V) -> V {
        if !self.arena.is_open(value) {
            return value;
        }
        if let Some(known) = instance.memo.get(&value) {
            return *known;
        }
        if self.depth > limits::LINKED_DEPTH || self.arena.is_spent() {
            return value;
        }
        self.depth += 1;
        let node = self.arena.node(value).clone();
        let result = match node {
            Node::Opaque(site) | Node::Fresh(_, site) | Node::Call { site, .. } | Node::New { site, .. }
                if self.chain(site) >= limits::CHAIN =>
            {
                self.arena.cut()
            }
            Node::Param(func, at) if func == instance.callee => self.argument(instance, at),
            Node::This(func) if func == instance.callee => instance.this.unwrap_or(value),
            Node::Instance(class) => self.receiving(instance, class).unwrap_or(value),
            Node::Opaque(site) => {
                let site = self.own_site(instance, site);
                self.arena.intern(Node::Opaque(site))
            }
            Node::Fresh(kind, site) => {
                let site = self.own_site(instance, site);
                self.arena.intern(Node::Fresh(kind, site))
            }
            Node::Caught(site) => {
                let site = self.own_site(instance, site);
                self.arena.intern(Node::Caught(site))
            }
            Node::OneOf(alternatives) => {
                let alternatives = alternatives
                    .into_iter()
                    .map(|(c, v)| (self.instantiate_cond(instance, c), self.instantiate(instance, v)))
                    .collect();
                self.arena.one_of(alternatives)
            }
            Node::Object(entries) => {
                let entries = entries
                    .into_iter()
                    .map(|entry| Entry {
                        key: match entry.key {
                            Key::Computed(key) => {
                                let key = self.instantiate(instance, key);
                                self.arena.key_of(key)
                            }
                            key => key,
                        },
                        value: self.instantiate(instance, entry.value),
                        cond: self.instantiate_cond(instance, entry.cond),
                    })
                    .filter(|entry| entry.cond != C::FALSE)
                    .collect();
                self.rebuilt(Node::Object(entries))
            }
            Node::Array(items) => {
                let items = items
                    .into_iter()
                    .map(|item| Item {
                        value: self.instantiate(instance, item.value),
                        spread: item.spread,
                        cond: self.instantiate_cond(instance, item.cond),
                    })
                    .filter(|item| item.cond != C::FALSE)
                    .collect();
                self.rebuilt(Node::Array(items))
            }
            node => {
                let this = self.receiver(&node).map(|recv| self.instantiate(instance, recv));
                let node = map_children(node, &mut |child| self.instantiate(instance, child));
                match node {
                    Node::Call { site, callee, args } => {
                        let site = self.own_site(instance, site);
                        self.rebuilt_call(site, callee, args, this)
                    }
                    Node::New { site, callee, args } => {
                        let site = self.own_site(instance, site);
                        self.rebuilt(Node::New { site, callee, args })
                    }
                    node => self.rebuilt(node),
                }
            }
        };
        self.depth -= 1;
        let result = instance.known.and_then(|known| known.get(&result)).copied().unwrap_or(result);
        let result = if result == Arena::UNDEFINED { self.left_out(instance, value) } else { result };
        // A constant is the same value wherever it is.
        if let Some(site) = self.places.get(&value).copied().filter(|_| !self.arena.is_literal(result)) {
            let site = self.own_site(instance, site);
            self.places.insert_new(result, site);
        }
        if self.missing.contains_key(&value) && self.is_same_access(instance, value, result) {
            self.missing.insert(result, ());
        }
        instance.memo.insert(value, result);
        result
    }

    /// What a call gives for a parameter; for one that takes all further arguments, their list.
    fn argument(&mut self, instance: &Instance<'_>, at: u32) -> V {
        let given = instance.args.get(at as usize..).unwrap_or_default();
        if self.function(instance.callee).and_then(|callee| callee.rest) != Some(at) {
            return given.first().copied().unwrap_or(Arena::UNDEFINED);
        }
        let items = given.iter().map(|value| Item { value: *value, spread: false, cond: C::TRUE });
        self.arena.intern(Node::Array(items.collect()))
    }

    /// What a parameter, or a member of one, is that the caller leaves out.
    fn left_out(&self, instance: &Instance<'_>, value: V) -> V {
        let defaults = self.function(instance.callee).map_or(&[][..], |callee| &callee.defaults);
        defaults.iter().find(|(place, _)| *place == value).map_or(Arena::UNDEFINED, |(_, default)| *default)
    }

    /// Whether the value of a caller is still read as the callee reads it, so that it can be missing just as well: a
    /// parameter's member that the caller gave is a value of its own.
    fn is_same_access(&mut self, instance: &mut Instance<'_>, value: V, result: V) -> bool {
        match (self.arena.node(value).clone(), self.arena.node(result).clone()) {
            (Node::Member(object, key), Node::Member(other, name)) => {
                key == name && self.instantiate(instance, object) == other
            }
            (Node::Param(..), _) => false,
            (a, b) => std::mem::discriminant(&a) == std::mem::discriminant(&b),
        }
    }

    /// The instance on which a method of a class is called, if it is another one: of a subclass, made with arguments, a parameter
    /// that is declared to be of a plain class, or a document into whose schema the class was loaded.
    fn receiving(&self, instance: &Instance<'_>, class: ClassRef) -> Option<V> {
        let this = self.if_there(instance.this?);
        let own = self.function(instance.callee)?.class.is_some_and(|own| own == class || self.concrete(own) == class);
        let known = match self.arena.node(this) {
            Node::Instance(_) => true,
            Node::New { callee, .. } => matches!(self.arena.node(*callee), Node::Class(_)),
            // What the caller gives for it is not known yet.
            Node::Param(..) => self.bindings.plain.contains(&class),
            _ => self.models.is_loaded(class) && self.is_document(this),
        };
        (own && known).then_some(this)
    }

    /// Sites of the callee's own text are marked with the call; those of enclosing functions stay what they are.
    fn own_site(&mut self, instance: &mut Instance<'_>, site: Site) -> Site {
        if let Some(known) = instance.sites.get(&site) {
            return *known;
        }
        let info = self.arena.site_info(site);
        let own = match info.via {
            Some(inner) => {
                let via = self.own_site(instance, inner);
                if via == inner { site } else { self.arena.site(SiteInfo { via: Some(via), ..info }) }
            }
            None if self.is_in_text(instance.callee, info) => {
                self.arena.site(SiteInfo { via: Some(instance.call), ..info })
            }
            None => site,
        };
        instance.sites.insert(site, own);
        own
    }

    /// Whether an expression stands in the text of a function.
    pub fn is_in_text(&self, func: FnRef, place: SiteInfo) -> bool {
        self.function(func).is_some_and(|function| {
            place.file == self.file_of(func) && function.start <= place.start && place.end <= function.end
        })
    }

    pub(super) fn outermost(&self, site: Site) -> SiteInfo {
        let mut info = self.arena.site_info(site);
        while let Some(via) = info.via {
            info = self.arena.site_info(via);
        }
        info
    }

    pub(super) fn instantiate_cond(&mut self, instance: &mut Instance<'_>, cond: C) -> C {
        if cond == C::TRUE || cond == C::FALSE {
            return cond;
        }
        // Conditions share their starts, so each start is instantiated once.
        let (known, starts) = self.arena.unknown_starts(cond, |at| instance.conds.get(&at).copied());
        self.arena.spend(starts.len() as u64);
        let mut result = known.unwrap_or(C::TRUE);
        for (cond, atom) in starts {
            let value = self.instantiate(instance, atom.value);
            result = self.arena.assume(result, value, atom.holds);
            instance.conds.insert(cond, result);
        }
        result
    }
}

impl<'a> Instance<'a> {
    pub(super) fn new(callee: FnRef, args: &'a [V], this: Option<V>, call: Site) -> Self {
        Self {
            callee,
            args,
            this,
            call,
            memo: FxHashMap::default(),
            conds: FxHashMap::default(),
            sites: FxHashMap::default(),
            known: None,
        }
    }
}
