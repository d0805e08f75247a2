use super::recovered;
use crate::identifier::{Attributes, Resource};
use crate::scope::Scope;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// How many shapes are looked at before a new one is made.
const REMEMBERED: usize = 8;

/// What most grants and tokens of a client have in common, kept once for all of them: in a record of
/// its own it would be the greater part of a token's memory.
#[derive(PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) scope: Scope,
    pub(super) audience: Vec<Resource>,
    pub(super) attributes: Attributes,
}

/// The shapes that a client used last.
#[derive(Default)]
pub(super) struct Shapes(Mutex<VecDeque<Arc<Shape>>>);

impl Shapes {
    pub(super) fn share(&self, scope: &Scope, audience: &[Resource], attributes: &Attributes) -> Arc<Shape> {
        let mut recent = recovered(self.0.lock());
        let known = recent
            .iter()
            .position(|shape| shape.scope == *scope && shape.audience == audience && shape.attributes == *attributes);
        let shape = known.and_then(|position| recent.remove(position)).unwrap_or_else(|| {
            Arc::new(Shape { scope: scope.clone(), audience: audience.to_vec(), attributes: attributes.clone() })
        });
        recent.truncate(REMEMBERED - 1);
        recent.push_front(Arc::clone(&shape));
        shape
    }
}
