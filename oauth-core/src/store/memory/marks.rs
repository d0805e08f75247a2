use super::index::{Shards, place_of};
use crate::clock::Timestamp;
use crate::identifier::Subject;
use crate::store::{MARK_LIFETIME, Mark};
use std::collections::{BTreeSet, HashMap};

/// The marks of the people of whom something ended lately.
#[derive(Default)]
pub(super) struct SubjectMarks(Shards<Shard>);

#[derive(Default)]
pub(super) struct Shard {
    marks: HashMap<Subject, (Mark, Timestamp)>,
    ends: BTreeSet<(Timestamp, Subject)>,
}

impl SubjectMarks {
    pub(super) fn read(&self, subject: &Subject) -> Mark {
        self.while_at(subject, |mark| mark)
    }

    /// Does something while the mark stays as it is: an end that comes meanwhile waits before it moves it.
    pub(super) fn while_at<T>(&self, subject: &Subject, then: impl FnOnce(Mark) -> T) -> T {
        let shard = self.0.read(place_of(subject.as_str()));
        then(shard.marks.get(subject).map_or(Mark::NONE, |(mark, _)| *mark))
    }

    pub(super) fn move_on(&self, subject: &Subject, now: Timestamp) {
        let mut shard = self.0.write(place_of(subject.as_str()));
        let end = now.after(MARK_LIFETIME);
        if let Some((_, earlier)) = shard.marks.insert(subject.clone(), (Mark::random(), end)) {
            shard.ends.remove(&(earlier, subject.clone()));
        }
        shard.ends.insert((end, subject.clone()));
    }

    /// Forgets some marks that have expired. They are no records of anybody, so they are not counted.
    pub(super) fn sweep(&self, now: Timestamp, limit: usize) {
        let mut left = limit;
        for mut shard in self.0.each_mut() {
            while left > 0 && shard.ends.first().is_some_and(|(end, _)| end.is_over(now)) {
                let Some((_, subject)) = shard.ends.pop_first() else { break };
                shard.marks.remove(&subject);
                left -= 1;
            }
        }
    }

    /// Counts the marks.
    #[cfg(all(test, feature = "conformance"))]
    pub(super) fn held(&self) -> usize {
        self.0.each().map(|shard| shard.marks.len()).sum()
    }
}
