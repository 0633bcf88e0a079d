//! The names in scope at a write, its statement, and the tests that decide it.
//!
//! Input: a site, be it reached through calls. Output: names in the terms of the function that reaches it, statements and tests of
//! its own text. Must not know: rules, what a fix does with them.

use super::around::at;
use super::instance::Instance;
use super::link::Project;
use crate::facts::{EffectKind, Exit, Otherwise, Repeat, Statement, Taken};
use crate::limits::{self, Cut};
use crate::value::{FnRef, Node, Site, SiteInfo, Sym, V};

impl Project {
    /// What the names in scope at a call mean, the innermost first; none where a call that leads there is not known, or they are
    /// too much. The function that is judged does not pay for it.
    pub fn names_at(&mut self, site: Site) -> Option<Vec<(Sym, V)>> {
        let aside = self.arena.begin(limits::SCOPE_WORK, limits::SCOPE_KEPT);
        let names = self.scope_at(site);
        let spent = self.arena.end(aside);
        names.filter(|_| !spent.cuts.has(Cut::Size))
    }

    fn scope_at(&mut self, site: Site) -> Option<Vec<(Sym, V)>> {
        let own = self.around.named.get(&at(self.base_site(site)))?.clone();
        let mut names: Vec<(Sym, V)> = own.into_iter().map(|(name, value)| (name, self.linked(value))).collect();
        let (mut inner, mut via) = (self.base_site(site), self.arena.site_info(site).via);
        while let Some(call) = via {
            let place = self.base_site(call);
            let (func, recv, args) = self.call_around(place, inner)?;
            let site = self.arena.site(place);
            let mut instance = Instance::new(func, &args, recv, site);
            for (_, value) in &mut names {
                *value = self.instantiate(&mut instance, *value);
            }
            (inner, via) = (place, self.arena.site_info(call).via);
        }
        Some(names)
    }

    /// The function that a call runs, in whose text a place stands, with the receiver and the arguments.
    fn call_around(&mut self, call: SiteInfo, inner: SiteInfo) -> Option<(FnRef, Option<V>, Vec<V>)> {
        let owners: Vec<FnRef> = self.ranges.around(call).collect();
        let (callee, recv, args) = owners.into_iter().find_map(|owner| {
            self.function(owner)?.effects.iter().find_map(|effect| match &effect.kind {
                EffectKind::Call { callee, recv, args, .. } if self.base_site(effect.site) == call => {
                    Some((*callee, *recv, args.clone()))
                }
                _ => None,
            })
        })?;
        let callee = self.linked(callee);
        let around: Vec<FnRef> = self.ranges.around(inner).collect();
        let func = self.arena.alternatives(callee).into_iter().find_map(|(_, value)| match self.arena.node(value) {
            Node::Func(func) if around.contains(func) => Some(*func),
            _ => None,
        })?;
        let recv = recv.map(|recv| self.linked(recv));
        let args = args.into_iter().map(|arg| self.linked(arg)).collect();
        Some((func, recv, args))
    }

    /// Whether a call says which fields a query gives: `.select('name')`.
    pub fn is_narrowed(&self, site: Site) -> bool {
        self.around.narrowed.contains(&at(self.base_site(site)))
    }

    /// Whether the code goes on only when a call has come back, as far as that is seen: it is awaited, or a function gives it back to
    /// who awaits it.
    pub fn is_waited_for(&self, site: Site) -> bool {
        let mut at = site;
        loop {
            match self.statement_at(at) {
                Some(statement) if statement.is_awaited => return true,
                Some(statement) if !statement.is_returned => return false,
                _ => {}
            }
            match self.arena.site_info(at).via {
                Some(via) => at = via,
                None => return false,
            }
        }
    }

    /// The statement that an expression is.
    pub fn statement_at(&self, site: Site) -> Option<&Statement> {
        self.around.statements.get(&at(self.base_site(site)))
    }

    /// Whether a call makes a promise for which nobody waits, and of which is only asked whether it is there:
    /// `const found = this.find(id); if (found) throw new Taken()`.
    pub(super) fn is_only_tested(&self, func: FnRef, call: Site) -> bool {
        self.function(func).is_some_and(|function| function.is_async)
            && self.statement_at(call).is_some_and(|statement| statement.is_only_tested)
    }

    /// Whether the types of what a file writes are checked.
    pub fn is_typed(&self, file: u32) -> bool {
        self.around.typed.contains(&file)
    }

    /// What can be done again with a write.
    pub fn repeat_at(&self, site: Site) -> Option<&Repeat> {
        self.around.repeats.get(&at(self.base_site(site)))
    }

    /// The statement of the same function before another one that gives a value this name, where that is the only one; and where its
    /// expression stands.
    pub fn binding_before(&self, file: u32, statement: &Statement, name: &str) -> Option<(SiteInfo, &Statement)> {
        let places = self.around.bindings.get(&(file, statement.body))?;
        let all = places.iter().filter_map(|(start, end)| {
            let own = self.around.statements.get(&(file, *start, *end))?;
            (own.bound.as_deref() == Some(name)).then_some((*start, *end, own))
        });
        let all: Vec<(u32, u32, &Statement)> = all.collect();
        let [(start, end, own)] = all.as_slice() else { return None };
        let is_before = own.is_listed && own.end <= statement.start && statement.start < own.block_end;
        is_before.then_some((SiteInfo { file, start: *start, end: *end, via: None, again: false }, *own))
    }

    /// Whether the text of the function around a statement answers something by an exception.
    pub fn throws_around(&self, file: u32, statement: &Statement) -> bool {
        let exits = self.around.exits.get(&file).into_iter().flatten().filter(|exit| exit.body == statement.body);
        statement.within != 0 || exits.into_iter().any(|exit| exit.text.contains("throw"))
    }

    /// Whether the function waits for something before a statement, and uses nothing of it.
    pub fn is_done_before(&self, file: u32, statement: &Statement) -> bool {
        let done = self.around.done.get(&(file, statement.body)).into_iter().flatten();
        done.into_iter().any(|start| *start < statement.start)
    }

    /// Where a site stands in the text of the function around a statement, up to the end of that: itself, or the call that leads to it.
    pub fn places_within(&self, site: Site, file: u32, statement: &Statement) -> Vec<u32> {
        let (mut places, mut next) = (Vec::new(), Some(site));
        while let Some(at) = next {
            let info = self.arena.site_info(at);
            if info.file == file && statement.body <= info.start && info.start < statement.end {
                places.push(info.start);
            }
            next = info.via;
        }
        places
    }

    /// The tests that leave the function before a statement of its own text, the last first.
    pub fn exits_before(&mut self, file: u32, statement: &Statement) -> Vec<(V, Exit)> {
        let is_before = |exit: &Exit| {
            // What is thrown would be caught by another handler.
            let is_heard = exit.within == statement.within || !exit.text.contains("throw");
            is_heard && exit.body == statement.body && exit.end <= statement.start && statement.start < exit.block_end
        };
        let exits = self.around.exits.get(&file).into_iter().flatten().filter(|exit| is_before(exit));
        let mut exits: Vec<Exit> = exits.cloned().collect();
        exits.sort_by_key(|exit| std::cmp::Reverse(exit.end));
        exits.into_iter().map(|exit| (self.linked(exit.test), exit)).collect()
    }

    /// The tests that leave the function after a statement of its own text.
    pub fn exits_after(&mut self, file: u32, statement: &Statement) -> Vec<(V, Exit)> {
        let is_after = |exit: &&Exit| exit.body == statement.body && exit.end > statement.end;
        let exits = self.around.exits.get(&file).into_iter().flatten().filter(is_after);
        let exits: Vec<Exit> = exits.cloned().collect();
        exits.into_iter().map(|exit| (self.linked(exit.test), exit)).collect()
    }

    /// The tests after a statement of its own text that decide whether the function is left, or which of two branches is taken.
    pub fn choices_after(&mut self, file: u32, statement: &Statement) -> Vec<V> {
        let is_after = |exit: &&Exit| exit.body == statement.body && exit.end > statement.end;
        let is_choice = |taken: &&Taken| {
            taken.body == statement.body
                && taken.start >= statement.end
                && !matches!(taken.otherwise, Otherwise::Nothing)
        };
        let exits = self.around.exits.get(&file).into_iter().flatten().filter(is_after).map(|exit| exit.test);
        let taken = self.around.taken.get(&file).into_iter().flatten().filter(is_choice).map(|taken| taken.test);
        let tests: Vec<V> = exits.chain(taken).collect();
        tests.into_iter().map(|test| self.linked(test)).collect()
    }

    /// The innermost `if` around a statement, where that is among what is done under its test; and the test.
    pub fn test_around(&mut self, file: u32, statement: &Statement) -> Option<(V, Taken)> {
        let is_around = |taken: &Taken| taken.start <= statement.start && statement.end <= taken.end;
        let around = self.around.taken.get(&file).into_iter().flatten().filter(|taken| is_around(taken));
        let taken = around.min_by_key(|taken| taken.end - taken.start)?.clone();
        Some((self.linked(taken.test), taken))
    }
}
