use oauth_core::event::{Event, EventSink};
use std::sync::{Arc, Mutex};

/// Keeps every event that the server told.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Event>>>);

impl Recorder {
    /// Gives what happened so far.
    pub fn all(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }

    /// Gives what happened so far, and forgets it.
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// Counts the events of a kind: `events.count(|event| matches!(event, Event::CodeReused { .. }))`.
    pub fn count(&self, kind: impl Fn(&Event) -> bool) -> usize {
        self.0.lock().unwrap().iter().filter(|event| kind(event)).count()
    }
}

impl EventSink for Recorder {
    fn record(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}
