//! One request: its commands in order, each sent when its path condition holds.
//!
//! Input: a slice, the store. Output: what the request has done so far. Must not know: the other request, schedules.

use super::bson::Value;
use super::eval::Machine;
use super::known::Part;
use super::script::{Action, Command as Planned};
use super::slice::Slice;
use super::state::{Done, Move, Request, Transaction, World};
use super::store::{Failure, Reply};
use super::torn::torn;
use super::{send, send::Sent};
use crate::facts::TryPart;
use crate::limits;
use crate::project::attempts;
use crate::project::writes::WriteKind;
use crate::value::{Node, Site, V};

impl Machine<'_> {
    /// Notes what the requests of a slice may change.
    pub fn expect(&mut self, slice: &Slice) {
        for command in &slice.commands {
            self.known.expect(match command.action {
                Action::Given { document, .. } => Part::Given(document),
                _ => Part::Result(command.site),
            });
        }
    }

    /// A command has this result.
    fn set(&mut self, request: &mut Request, site: Site, result: Option<Value>) {
        let has_failed = request.failed.contains(&site);
        self.known.change(&mut request.states, Part::Result(site), result.as_ref(), has_failed);
        request.results.insert(site, result);
        request.forget();
    }

    /// Runs a request until it has sent one command, or is over. Says whether it sent one.
    pub fn advance(&mut self, slice: &Slice, request: &mut Request, world: &mut World) -> bool {
        if self.advance_to(slice, request, world, slice.commands.len()) {
            return true;
        }
        self.end_transaction(request, world);
        request.is_over = true;
        false
    }

    /// The same up to the command with this index.
    pub fn advance_to(&mut self, slice: &Slice, request: &mut Request, world: &mut World, end: usize) -> bool {
        while let Some(command) = slice.commands.get(request.at).filter(|_| request.at < end) {
            if request.is_over || self.fuel == 0 {
                break;
            }
            let at = request.at;
            request.at += 1;
            let bodies = command.within.iter().filter(|(_, part)| *part == TryPart::Body).map(|(site, _)| site);
            let fences = command.fences.iter().filter_map(|fence| fence.caught_by.as_ref());
            let is_left = bodies.chain(fences).any(|site| request.caught.contains(site));
            if is_left {
                continue;
            }
            match self.all_hold(request, &command.atoms) {
                Some(true) => {}
                // Nothing catches what is thrown on the way.
                None if command.within.iter().all(|(_, part)| *part != TryPart::Body) => {
                    request.is_over = true;
                    break;
                }
                None | Some(false) => continue,
            }
            if self.perform(slice, command, request, world, at == slice.act) {
                return true;
            }
        }
        false
    }

    /// Does one command; says whether it went to the database.
    fn perform(
        &mut self,
        slice: &Slice,
        planned: &Planned,
        request: &mut Request,
        world: &mut World,
        is_act: bool,
    ) -> bool {
        request.is_skipped = false;
        if let Action::Given { collection, document } = &planned.action {
            let documents = world.store.documents(*collection);
            // Two requests for two documents were given one each.
            let own = if self.has_twins { documents.get(request.who).or(documents.first()) } else { documents.first() };
            if let Some(known) = own {
                self.known.change(&mut request.states, Part::Given(*document), Some(known), false);
                request.given.insert(*document, known.clone());
                request.forget();
            }
            // It was loaded before the other request went on.
            return true;
        }
        if let Action::Effect { name, args, .. } = &planned.action {
            let operands: Vec<String> = args
                .iter()
                .filter(|arg| !matches!(self.arena.peek(**arg), Node::Func(_)))
                .map(|arg| self.eval(request, *arg).map_or("undefined".to_owned(), |value| self.shown(&value)))
                .collect();
            if request.is_skipped {
                return false;
            }
            if let Some(attempt) = attempts::name_of(self.arena, args).and_then(|named| self.eval(request, named)) {
                let attempt = (name.clone(), attempt);
                if world.attempts.contains(&attempt) {
                    return false;
                }
                world.attempts.push(attempt);
            }
            let text = format!("{name}({})", operands.join(", "));
            world.effects.push(text.clone());
            world.moves.push(Move { request: request.who, site: planned.site, what: Done::Effect(text) });
            return false;
        }
        if self.is_of_nothing(request, planned) {
            self.fail(planned, request);
            return false;
        }
        request.is_broken = false;
        let sent = self.command(request, planned);
        if request.is_skipped {
            // What its arguments are of no element is not evaluated at all.
            request.is_broken = false;
            return false;
        }
        if std::mem::take(&mut request.is_broken) && sent.is_some() {
            // What it would be sent with cannot be read: `update({ of: found.id })` of nothing that was found.
            self.fail(planned, request);
            return false;
        }
        let Some(sent) = sent else {
            if let Some(result) = request.unread.take() {
                self.set(request, planned.site, Some(result));
            }
            return false;
        };
        // Two transactions that add nothing have no write conflict, and nobody is harmed by what they add.
        if planned.session.is_some() && sent.command.adds_nothing() {
            request.was_refused = true;
            request.is_over = true;
            return false;
        }
        self.transact(planned, request, world);
        self.send(slice, planned, sent, request, world, is_act);
        true
    }

    /// Whether a document is to be saved that was not found: its method is asked of nothing.
    fn is_of_nothing(&mut self, request: &Request, planned: &Planned) -> bool {
        let Action::Write { write, .. } = &planned.action else { return false };
        let document = write.document.filter(|_| write.kind == WriteKind::Save);
        let Some(Node::Call { site, .. }) = document.map(|document| self.arena.peek(document)) else { return false };
        let is_nothing = |found: &Option<Value>| found.as_ref().is_none_or(|found| *found == Value::Null);
        let is_missing = request.results.get(site).is_some_and(is_nothing);
        if is_missing {
            // Whether it is found decides.
            self.ask_read(*site);
        }
        is_missing
    }

    fn send(
        &mut self,
        slice: &Slice,
        planned: &Planned,
        sent: Sent,
        request: &mut Request,
        world: &mut World,
        is_act: bool,
    ) {
        let World { store, fresh, .. } = world;
        // What is sent without the session is not of the transaction: it sees nothing of it, and stays.
        let store = match &mut request.transaction {
            Some(transaction) if planned.session.is_some() => &mut transaction.own,
            _ => store,
        };
        self.fuel = self.fuel.saturating_sub(limits::COMMAND_FUEL + sent.command.work());
        let begun = request.torn.take();
        if begun.is_none()
            && is_act
            && slice.is_torn
            && let Some(torn) = torn(store, &sent.command, fresh)
        {
            let (command, reply) = (torn.search.clone(), Ok(Reply::Documents(Vec::new())));
            let done = Done::Command { command, many: false, reply };
            world.moves.push(Move { request: request.who, site: planned.site, what: done });
            request.torn = Some(Box::new(torn));
            // Its other half comes next.
            request.at = slice.act;
            return;
        }
        let command = begun.as_ref().map_or(&sent.command, |torn| &torn.insert).clone();
        let reply = store.run(&command, fresh);
        let done = Done::Command { command, many: sent.many, reply: reply.clone() };
        world.moves.push(Move { request: request.who, site: planned.site, what: done });
        let reply = match begun {
            Some(torn) => reply.map(|_| torn.reply),
            None => reply,
        };
        match reply {
            Ok(reply) => {
                let took_effect = took_effect(&reply) || sent.is_upsert();
                request.was_refused |= sent.is_write && !took_effect;
                if (sent.fails_unmatched || planned.ends_unmatched) && !took_effect {
                    self.fail(planned, request);
                    request.is_over |= planned.ends_unmatched;
                    return;
                }
                request.acts += u32::from(is_act && took_effect);
                let result = send::result(&sent, reply);
                self.set(request, planned.site, result);
            }
            Err(Failure::NotModelled(what)) => {
                self.note(&what);
                self.set(request, planned.site, None);
            }
            Err(_) => {
                request.was_refused = true;
                self.fail(planned, request);
            }
        }
        if request.transaction.is_some() && !self.has_more(slice, request) {
            self.end_transaction(request, world);
        }
    }

    /// A command failed: the nearest handler takes over, or the request ends.
    fn fail(&mut self, planned: &Planned, request: &mut Request) {
        request.failed.insert(planned.site);
        self.set(request, planned.site, None);
        let handler = planned.within.iter().rev().find(|(_, part)| *part == TryPart::Body);
        match handler {
            Some((site, _)) => {
                self.known.change(&mut request.states, Part::Caught(*site), None, true);
                request.caught.insert(*site);
            }
            None if planned.caught => {}
            None => request.is_over = true,
        }
        if let Some(transaction) = request.transaction.take() {
            request.acts = transaction.acts;
            request.is_over = true;
        }
    }

    // Transactions

    fn transact(&mut self, planned: &Planned, request: &mut Request, world: &World) {
        let Some(session) = planned.session else { return };
        if request.transaction.is_none() && self.is_given(request, session) {
            let base = world.store.clone();
            request.transaction = Some(Transaction { own: base.clone(), base, acts: request.acts });
        }
    }

    /// Whether a session is there. One of which nothing is known is: that it could be missing tells nothing of the code.
    fn is_given(&mut self, request: &mut Request, session: V) -> bool {
        match self.arena.peek(session).clone() {
            Node::OneOf(alternatives) => alternatives
                .into_iter()
                .find(|(cond, _)| self.condition_holds(request, *cond))
                .is_some_and(|(_, session)| self.is_given(request, session)),
            Node::Undefined | Node::Null | Node::Bool(false) => false,
            _ => true,
        }
    }

    /// Whether a later command belongs to the transaction.
    fn has_more(&self, slice: &Slice, request: &Request) -> bool {
        slice.commands.iter().skip(request.at).any(|command| command.session.is_some())
    }

    fn end_transaction(&mut self, request: &mut Request, world: &mut World) {
        if let Some(transaction) = request.transaction.take()
            && world.store.commit(&transaction.base, &transaction.own).is_err()
        {
            request.acts = transaction.acts;
            request.was_refused = true;
            request.is_over = true;
        }
    }

    /// A value as a witness shows it, with what is made anew under one name.
    pub fn shown(&self, value: &Value) -> String {
        self.without_fresh(value).canonical()
    }

    /// A value with everything that a request made anew under one name.
    pub fn without_fresh(&self, value: &Value) -> Value {
        match value {
            Value::Id(id) if *id >= limits::FRESH_IDS => Value::text("<id>"),
            Value::Date(time) if *time >= super::eval::NOW => Value::text("<time>"),
            Value::Symbol(term) if self.choices.is_fresh(*term) => Value::text("<new>"),
            Value::List(items) => Value::list(items.iter().map(|item| self.without_fresh(item)).collect()),
            Value::Document(fields) => {
                Value::document(fields.iter().map(|(name, value)| (name.clone(), self.without_fresh(value))))
            }
            other => other.clone(),
        }
    }
}

/// Whether a command changed or found something that it was sent to change.
fn took_effect(reply: &Reply) -> bool {
    match reply {
        Reply::Updated { matched, upserted, .. } => *matched > 0 || upserted.is_some(),
        Reply::Inserted(ids) => !ids.is_empty(),
        Reply::Deleted(count) => *count > 0,
        Reply::Found(found) => found.is_some(),
        Reply::Documents(_) | Reply::Count(_) | Reply::Made(_) => true,
    }
}
