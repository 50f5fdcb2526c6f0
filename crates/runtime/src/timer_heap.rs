//! Deadlines in order: what is due next, and what was due at the same time in order of its start.
//!
//! A binary heap of handles over a table of entries, so that an entry is removed by its handle in
//! logarithmic time without anybody having to know where in the heap it is.

use golite_gc::Addr;

use crate::goroutine::GoroutineIx;

/// Whom a deadline is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A sleeping goroutine.
    Sleeper(GoroutineIx),
    /// A timer object.
    Timer(Addr),
}

/// A deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deadline {
    /// When, in nanoseconds of the monotonic clock.
    pub when: i64,
    /// Counts up: equal times fire in order of their start.
    pub serial: u64,
    /// For whom.
    pub target: Target,
}

/// Names a deadline until it fires or is removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handle(pub u32);

#[derive(Debug)]
struct Entry {
    deadline: Deadline,
    position: u32,
}

/// The heap.
#[derive(Default, Debug)]
pub struct TimerHeap {
    entries: Vec<Entry>,
    vacant: Vec<u32>,
    heap: Vec<u32>,
    serial: u64,
}

impl TimerHeap {
    /// Adds a deadline.
    pub fn insert(&mut self, when: i64, target: Target) -> Handle {
        self.serial += 1;
        let position = self.heap.len() as u32;
        let entry = Entry { deadline: Deadline { when, serial: self.serial, target }, position };
        let index = match self.vacant.pop() {
            Some(index) => {
                self.entries[index as usize] = entry;
                index
            }
            None => {
                self.entries.push(entry);
                self.entries.len() as u32 - 1
            }
        };
        self.heap.push(index);
        self.sift_up(position as usize);
        Handle(index)
    }

    /// Removes a deadline.
    ///
    /// # Panics
    /// When it is not there any more.
    pub fn remove(&mut self, handle: Handle) -> Deadline {
        let Entry { deadline, position } = &self.entries[handle.0 as usize];
        let (deadline, position) = (*deadline, *position as usize);
        assert_eq!(self.heap[position], handle.0, "a deadline is removed once");
        self.heap.swap_remove(position);
        if position < self.heap.len() {
            self.place(position);
            self.sift_up(position);
            self.sift_down(position);
        }
        if self.heap.is_empty() {
            self.entries.clear();
            self.vacant.clear();
        } else {
            self.vacant.push(handle.0);
        }
        deadline
    }

    /// The next deadline.
    #[must_use]
    pub fn first(&self) -> Option<(Handle, Deadline)> {
        let index = *self.heap.first()?;
        Some((Handle(index), self.entries[index as usize].deadline))
    }

    /// When the next deadline is.
    #[must_use]
    #[inline]
    pub fn next_when(&self) -> Option<i64> {
        self.heap.first().map(|&index| self.entries[index as usize].deadline.when)
    }

    /// How many deadlines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// All deadlines, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Deadline> {
        self.heap.iter().map(|&index| &self.entries[index as usize].deadline)
    }

    /// The bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        (self.entries.capacity() * size_of::<Entry>() + 4 * (self.heap.capacity() + self.vacant.capacity()))
            as u64
    }

    fn key(&self, position: usize) -> (i64, u64) {
        let deadline = &self.entries[self.heap[position] as usize].deadline;
        (deadline.when, deadline.serial)
    }

    fn place(&mut self, position: usize) {
        let index = self.heap[position] as usize;
        self.entries[index].position = position as u32;
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.place(a);
        self.place(b);
    }

    fn sift_up(&mut self, mut position: usize) {
        while position > 0 {
            let parent = (position - 1) / 2;
            if self.key(parent) <= self.key(position) {
                break;
            }
            self.swap(parent, position);
            position = parent;
        }
    }

    fn sift_down(&mut self, mut position: usize) {
        loop {
            let mut least = position;
            for child in [2 * position + 1, 2 * position + 2] {
                if child < self.heap.len() && self.key(child) < self.key(least) {
                    least = child;
                }
            }
            if least == position {
                break;
            }
            self.swap(least, position);
            position = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn deadlines_come_in_order_of_time_then_start(
            steps in proptest::collection::vec((0u8..4, 0i64..50, 0usize..64), 0..300),
        ) {
            let mut heap = TimerHeap::default();
            let mut model: Vec<(i64, u64, Handle)> = Vec::new();
            let mut serial = 0;
            for (what, when, pick) in steps {
                match what {
                    0 | 1 => {
                        serial += 1;
                        let handle = heap.insert(when, Target::Timer(serial));
                        model.push((when, serial, handle));
                    }
                    2 if !model.is_empty() => {
                        let (when, serial, handle) = model.swap_remove(pick % model.len());
                        let removed = heap.remove(handle);
                        prop_assert_eq!((removed.when, removed.target), (when, Target::Timer(serial)));
                    }
                    _ => {
                        let expected = model.iter().copied().min_by_key(|&(when, serial, _)| (when, serial));
                        let got = heap.first().map(|(handle, deadline)| (deadline.when, handle));
                        prop_assert_eq!(got, expected.map(|(when, _, handle)| (when, handle)));
                        if let Some((_, serial, handle)) = expected {
                            heap.remove(handle);
                            model.retain(|&(_, s, _)| s != serial);
                        }
                    }
                }
                prop_assert_eq!(heap.len(), model.len());
            }
        }
    }
}
