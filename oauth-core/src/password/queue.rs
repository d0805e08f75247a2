use crate::http::Network;
use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many jobs may wait; each takes some 25 ms of a thread.
const PLACES: usize = 128;

pub(super) type Job = Box<dyn FnOnce() + Send>;

/// Jobs that wait, in a lane for each network: the lanes take turns.
#[derive(Default)]
pub(super) struct Queue {
    lanes: Mutex<Lanes>,
    waiting: Condvar,
}

#[derive(Default)]
struct Lanes {
    jobs: HashMap<Option<Network>, VecDeque<Job>>,
    /// The lanes that have jobs, the next one first.
    turns: VecDeque<Option<Network>>,
    length: usize,
    threads: usize,
    taken: u64,
    is_closed: bool,
}

impl Queue {
    /// Puts a job into the lane of a network. If all places are taken, the last job of the longest lane gives way,
    /// unless that lane is this one; `false` if the job was not taken.
    pub(super) fn push(&self, network: Option<Network>, job: Job) -> bool {
        let mut lanes = self.lanes();
        if lanes.threads == 0 {
            return false;
        }
        let own = lanes.jobs.get(&network).map_or(0, VecDeque::len);
        if lanes.length >= PLACES {
            let longest = lanes.jobs.values_mut().max_by_key(|jobs| jobs.len());
            let Some(longest) = longest.filter(|jobs| jobs.len() > own + 1) else { return false };
            drop(longest.pop_back());
            lanes.length -= 1;
        }
        if own == 0 {
            lanes.turns.push_back(network);
        }
        lanes.jobs.entry(network).or_default().push_back(job);
        lanes.length += 1;
        lanes.taken += 1;
        self.waiting.notify_one();
        true
    }

    /// Waits for the next job, one of each lane in turn; `None` once the queue is closed and empty.
    pub(super) fn next(&self) -> Option<Job> {
        let mut lanes = self.lanes();
        loop {
            let job = lanes.pop();
            if job.is_some() || lanes.is_closed {
                return job;
            }
            lanes = self.waiting.wait(lanes).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets the threads end once they have done what waits.
    pub(super) fn close(&self) {
        self.lanes().is_closed = true;
        self.waiting.notify_all();
    }

    pub(super) fn has_started(&self) {
        self.lanes().threads += 1;
    }

    pub(super) fn taken(&self) -> u64 {
        self.lanes().taken
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    fn pop(&mut self) -> Option<Job> {
        let network = self.turns.pop_front()?;
        let jobs = self.jobs.get_mut(&network)?;
        let job = jobs.pop_front();
        if jobs.is_empty() {
            self.jobs.remove(&network);
        } else {
            self.turns.push_back(network);
        }
        self.length -= usize::from(job.is_some());
        job
    }
}

#[cfg(test)]
mod tests {
    use super::{PLACES, Queue};
    use crate::http::Network;
    use std::sync::{Arc, Mutex};

    fn network(last: u8) -> Option<Network> {
        Some(Network::widest([192, 0, 2, last].into()))
    }

    #[test]
    fn f_08_a_crowd_of_one_network_waits_for_itself() {
        let (queue, done) = (Queue::default(), Arc::new(Mutex::new(Vec::new())));
        let job = |number: u8| {
            let done = Arc::clone(&done);
            Box::new(move || done.lock().expect("a list").push(number)) as super::Job
        };
        queue.has_started();
        for _ in 0..PLACES {
            assert!(queue.push(network(1), job(1)));
        }
        assert!(!queue.push(network(1), job(1)), "its lane is full");
        for honest in 2..6 {
            assert!(queue.push(network(honest), job(honest)), "the crowd gives way");
        }
        for _ in 0..PLACES {
            queue.next().expect("a job")();
        }
        queue.close();
        assert!(queue.next().is_none(), "the threads end with the last hasher");
        let done = done.lock().expect("a list");
        assert_eq!(done[..5], [1, 2, 3, 4, 5], "one job of each lane in turn");
        assert_eq!(done.iter().filter(|number| **number == 1).count(), PLACES - 4);
    }

    #[test]
    fn without_a_thread_nothing_is_taken() {
        assert!(!Queue::default().push(network(1), Box::new(|| ())));
    }
}
