//! Populated fields: what stands under the path of a reference is a document of the other model, which a second query reads.
//!
//! `Line.findById(id).populate('product')` reads the line, and then the product whose `_id` the line holds; `line.product.stock`
//! is a field of that product, and `line.product.save()` saves it.
//!
//! Source: Mongoose guide, "Populate": the `ref` of a field names the model; population is a query of its own.
//! Input: the `populate` calls of all functions. Output: the reads that they are. Must not know: rules.

use super::declaration::Populated;
use super::link::{Op, Project};
use crate::facts::EffectKind;
use crate::limits;
use crate::value::{FnRef, Node, Site, SiteInfo, Sym, V, map_children};

/// The name under which Mongoose keeps the document as it is stored.
const STORED: &str = "_doc";

impl Project {
    /// Notes which references each query follows, where the code looks into what is found there.
    pub(super) fn link_populated(&mut self) {
        for at in 0..self.functions.len() {
            let Some(function) = self.functions.get(at) else { continue };
            let calls = function.effects.iter().filter_map(|effect| match &effect.kind {
                EffectKind::Call { recv: Some(recv), name: Some(name), args, .. }
                    if self.arena.text(*name) == "populate" =>
                {
                    Some((effect.site, *recv, args.first().copied()?))
                }
                _ => None,
            });
            let calls: Vec<(Site, V, V)> = calls.collect();
            self.within(FnRef(at as u32), |project| {
                for (site, query, paths) in calls {
                    project.note_populated(site, query, paths);
                }
            });
        }
    }

    fn note_populated(&mut self, site: Site, query: V, paths: V) {
        let paths = self.linked(paths);
        let place = self.base_site(site);
        for (at, path) in self.populated_paths(paths).into_iter().enumerate() {
            // Each path is a query of its own, with a place of its own: `populate('author editor')`
            let own_place = SiteInfo { start: place.start + at as u32, ..place };
            let path: Vec<Sym> = path.split('.').map(|part| self.arena.sym(part)).collect();
            for (_, own) in self.arena.alternatives(query) {
                let Node::Call { site: read, .. } = *self.arena.node(own) else { continue };
                if !self.is_looked_into(own, &path) {
                    continue;
                }
                let linked = self.linked(own);
                let Some(model) = self.referenced(linked, &path) else { continue };
                let read = self.base_site(read);
                let known = self.models.populated.entry(read).or_default();
                if !known.iter().any(|other| other.path == path) {
                    known.push(Populated { path: path.clone(), call: place, site: own_place, model });
                    self.models.populating.insert(own_place, read);
                }
            }
        }
    }

    /// `'a b'`, `['a', 'b']`, `{ path: 'a' }`
    fn populated_paths(&mut self, paths: V) -> Vec<String> {
        let key = self.arena.sym("path");
        match self.arena.node(paths).clone() {
            Node::Str(text) => self.arena.text(text).split_whitespace().map(str::to_owned).collect(),
            Node::Object(_) => {
                self.arena.member_of(paths, key).map_or_else(Vec::new, |path| self.populated_paths(path))
            }
            Node::Array(items) => items.into_iter().flat_map(|item| self.populated_paths(item.value)).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the code asks for a member of what a reference leads to.
    fn is_looked_into(&self, query: V, path: &[Sym]) -> bool {
        let mut open = vec![query];
        for name in path {
            let next = open.iter().flat_map(|at| {
                let element = self.arena.known(&Node::Element(*at));
                [Some(*at), element].into_iter().flatten()
            });
            open = next.filter_map(|at| self.arena.known(&Node::Member(at, *name))).collect();
        }
        !open.is_empty()
    }

    /// The model that the schema of a document names for a path.
    fn referenced(&mut self, document: V, path: &[Sym]) -> Option<V> {
        let schema = self.schema_of_document(document, 0)?;
        let (mut fields, _) = self.schema_parts(schema)?;
        let (last, above) = path.split_last()?;
        for name in above {
            let field = self.arena.member_of(fields, *name)?;
            fields = self.inner_fields(field)?;
        }
        let field = self.arena.member_of(fields, *last)?;
        let name = self.option(field, "ref")?;
        let name = self.linked(name);
        match self.arena.node(name) {
            Node::Str(_) => {
                let callee = self.arena.global("model");
                let site = self.arena.site(SiteInfo::NOWHERE);
                Some(self.arena.intern(Node::Call { site, callee, args: Box::new([name]) }))
            }
            _ => self.handle_of(name, 0).and_then(|handle| handle.name().map(drop)).map(|()| name),
        }
    }

    /// The reads that a call of `populate` is, each with its site.
    pub(super) fn populating(&mut self, site: Site, op: &Op) -> Vec<(Site, Op)> {
        let Op::Call { recv: Some(query), name: Some(name), .. } = op else { return Vec::new() };
        let place = self.base_site(site);
        if self.arena.text(*name) != "populate" || self.models.populating.is_empty() {
            return Vec::new();
        }
        let mut reads = Vec::new();
        for (_, own) in self.arena.alternatives(*query) {
            let Node::Call { site: read, .. } = *self.arena.node(own) else { continue };
            let all = self.models.populated.get(&self.base_site(read)).cloned().unwrap_or_default();
            for populated in all.iter().filter(|populated| populated.call == place) {
                let holder = self.holder(own, populated);
                let value = self.found_there(holder, read, populated);
                if let Node::Call { callee, args, .. } = self.arena.node(value).clone() {
                    let name = Some(self.arena.sym("findById"));
                    let own = SiteInfo { start: populated.site.start, ..self.arena.site_info(site) };
                    let own = self.arena.site(own);
                    reads.push((own, Op::Call { callee, recv: Some(populated.model), name, args: args.into() }));
                }
            }
        }
        reads
    }

    /// The part of a document that holds a reference: an element of each array on the way.
    fn holder(&mut self, document: V, populated: &Populated) -> V {
        let above = populated.path.split_last().map(|(_, above)| above).unwrap_or_default();
        let start = match self.read_of(document) {
            Some(read) if read.action == super::mongo::Action::FindMany => self.arena.intern(Node::Element(document)),
            _ => document,
        };
        above.iter().fold(start, |at, name| {
            let list = self.arena.member(at, *name);
            match self.arena.known(&Node::Element(list)) {
                Some(element) => element,
                None => list,
            }
        })
    }

    /// `Product.findById(line._doc.product)`
    fn found_there(&mut self, holder: V, read: Site, populated: &Populated) -> V {
        let (stored, method) = (self.arena.sym(STORED), self.arena.sym("findById"));
        let stored = self.arena.intern(Node::Member(holder, stored));
        let own = populated.path.last().copied().unwrap_or(method);
        let reference = self.arena.intern(Node::Member(stored, own));
        let via = self.arena.site_info(read).via;
        let site = self.arena.site(SiteInfo { via, ..populated.site });
        let callee = self.arena.intern(Node::Member(populated.model, method));
        self.arena.intern(Node::Call { site, callee, args: Box::new([reference]) })
    }

    /// A filter or an update where a document that was found by its reference stands for its `_id`, to which Mongoose casts it.
    pub(super) fn as_references(&mut self, value: V) -> V {
        if self.models.populating.is_empty() {
            return value;
        }
        match self.arena.node(value).clone() {
            Node::Call { site, args, .. } if self.models.populating.contains_key(&self.base_site(site)) => {
                args.first().copied().unwrap_or(value)
            }
            node @ (Node::Object(_) | Node::Array(_)) => {
                let node = map_children(node, &mut |child| self.as_references(child));
                self.arena.intern(node)
            }
            _ => value,
        }
    }

    /// `line.product`, where the query of the line follows that reference; `_id` of what is found there, which is the reference.
    pub(super) fn populated_member(&mut self, object: V, key: Sym) -> Option<V> {
        if self.models.populated.is_empty() {
            return None;
        }
        if let Node::Call { site, args, .. } = self.arena.node(object)
            && self.arena.text(key) == "_id"
            && self.models.populating.contains_key(&self.base_site(*site))
        {
            return args.first().copied();
        }
        let (read, mut path) = self.way_from_read(object, 0)?;
        path.push(key);
        let populated = self.models.populated.get(&self.base_site(read))?.iter().find(|own| own.path == path)?.clone();
        Some(self.found_there(object, read, &populated))
    }

    /// The read of which a value is a part, and the names on the way, without those of elements.
    fn way_from_read(&self, value: V, depth: u32) -> Option<(Site, Vec<Sym>)> {
        if depth > limits::SCHEMA_DEPTH {
            return None;
        }
        match *self.arena.node(value) {
            Node::Call { site, .. } => {
                self.models.populated.contains_key(&self.base_site(site)).then(|| (site, Vec::new()))
            }
            Node::Element(list) => self.way_from_read(list, depth + 1),
            Node::Member(object, name) => {
                let (site, mut path) = self.way_from_read(object, depth + 1)?;
                path.push(name);
                Some((site, path))
            }
            _ => None,
        }
    }
}
