//! Keeps the incidents of each employee in order: NEW must come before its SDB.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash, RandomState};

/// A batch's number, in the order of cutting.
pub(super) type BatchId = u64;

/// Says which batches may be sent: those that hold nobody with an incident in an earlier batch that has
/// no outcome yet.
pub(super) struct Order<B> {
    hasher: RandomState,
    /// The last batch with an incident of an employee. Employees are known by a hash: two with the same
    /// one wait for each other in vain, which does no harm.
    last: HashMap<u64, BatchId>,
    /// Batches that wait for others, and how many these are.
    waiting: HashMap<BatchId, (usize, B)>,
    /// Who waits for a batch.
    followers: HashMap<BatchId, Vec<BatchId>>,
    /// The employees of batches without an outcome.
    employees: HashMap<BatchId, Vec<u64>>,
    /// Batches that may be sent.
    ready: VecDeque<(BatchId, B)>,
    /// Employees of whom nobody knows whether an incident was taken.
    in_doubt: HashSet<u64>,
    next_id: BatchId,
}

impl<B> Default for Order<B> {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            last: HashMap::new(),
            waiting: HashMap::new(),
            followers: HashMap::new(),
            employees: HashMap::new(),
            ready: VecDeque::new(),
            in_doubt: HashSet::new(),
            next_id: 0,
        }
    }
}

impl<B> Order<B> {
    /// Adds a batch with incidents of these employees, behind all earlier ones.
    pub(super) fn add(&mut self, batch: B, employees: impl IntoIterator<Item: Hash>) {
        let id = self.next_id;
        self.next_id += 1;
        let mut hashes: Vec<_> = employees
            .into_iter()
            .map(|employee| self.hasher.hash_one(employee))
            .collect();
        hashes.sort_unstable();
        hashes.dedup();
        let mut leaders: Vec<_> = hashes
            .iter()
            .filter_map(|employee| self.last.insert(*employee, id))
            .collect();
        leaders.sort_unstable();
        leaders.dedup();
        self.employees.insert(id, hashes);
        for leader in &leaders {
            self.followers.entry(*leader).or_default().push(id);
        }
        if leaders.is_empty() {
            self.ready.push_back((id, batch));
        } else {
            self.waiting.insert(id, (leaders.len(), batch));
        }
    }

    /// A batch that may be sent.
    pub(super) fn next(&mut self) -> Option<(BatchId, B)> {
        self.ready.pop_front()
    }

    /// How many batches may be sent.
    pub(super) fn ready(&self) -> usize {
        self.ready.len()
    }

    /// A batch has its outcome: those behind it may go.
    pub(super) fn settled(&mut self, id: BatchId) {
        for employee in self.employees.remove(&id).unwrap_or_default() {
            if self.last.get(&employee) == Some(&id) {
                self.last.remove(&employee);
            }
        }
        for follower in self.followers.remove(&id).unwrap_or_default() {
            let Some((leaders, _)) = self.waiting.get_mut(&follower) else {
                continue;
            };
            *leaders -= 1;
            if *leaders == 0
                && let Some((_, batch)) = self.waiting.remove(&follower)
            {
                self.ready.push_back((follower, batch));
            }
        }
    }

    /// Nobody knows whether an incident of this employee was taken: later ones may not be sent.
    pub(super) fn doubt(&mut self, employee: impl Hash) {
        self.in_doubt.insert(self.hasher.hash_one(employee));
    }

    /// Whether this employee has an incident that is in doubt.
    pub(super) fn is_in_doubt(&self, employee: impl Hash) -> bool {
        !self.in_doubt.is_empty() && self.in_doubt.contains(&self.hasher.hash_one(employee))
    }

    /// Takes all batches that have not been sent. Those that have been hold up nobody any more.
    pub(super) fn clear(&mut self) -> Vec<B> {
        let next_id = self.next_id;
        let Self { ready, waiting, .. } = std::mem::replace(
            self,
            Self {
                next_id,
                ..Self::default()
            },
        );
        let waiting = waiting.into_values().map(|(_, batch)| batch);
        ready
            .into_iter()
            .map(|(_, batch)| batch)
            .chain(waiting)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(order: &mut Order<&'static str>) -> Vec<(BatchId, &'static str)> {
        std::iter::from_fn(|| order.next()).collect()
    }

    #[test]
    fn batches_without_common_employees_go_together() {
        let mut order = Order::default();
        order.add("a", [1, 2]);
        order.add("b", [3]);
        assert_eq!(ready(&mut order), [(0, "a"), (1, "b")]);
    }

    #[test]
    fn a_batch_waits_for_all_earlier_ones_with_its_employees() {
        let mut order = Order::default();
        order.add("a", [1, 1, 2]);
        order.add("b", [3]);
        order.add("c", [2, 3]);
        order.add("d", [3]);
        order.add("e", [4]);
        assert_eq!(ready(&mut order), [(0, "a"), (1, "b"), (4, "e")]);
        order.settled(1);
        assert_eq!(ready(&mut order), []);
        order.settled(0);
        assert_eq!(ready(&mut order), [(2, "c")]);
        order.settled(2);
        assert_eq!(ready(&mut order), [(3, "d")]);
        order.settled(3);
        // Nothing is remembered of those who are through.
        assert!(order.followers.is_empty() && order.waiting.is_empty());
        assert_eq!(order.last.len(), 1, "only e is under way");
    }

    #[test]
    fn what_was_not_sent_is_given_back() {
        let mut order = Order::default();
        order.add("a", [1]);
        order.add("b", [1]);
        order.add("c", [2]);
        order.next();
        let mut left = order.clear();
        left.sort_unstable();
        assert_eq!(left, ["b", "c"]);
        order.settled(0);
        assert_eq!(order.ready(), 0);
    }
}
