//! Wait records: who waits in which queue, and for what.
//!
//! A record stands for one goroutine in one queue of a channel, a semaphore or a notify list. A
//! goroutine in `select` has one for each case that can go ahead. Records lie in one table, not in
//! the GC heap: they live exactly as long as their goroutine is parked, and the collector reaches
//! them through it. Queues are doubly linked through the records, so that a `select` leaves the
//! queues it lost in constant time each.
//!
//! The table is made of chunks, so that a million records never move.

use crate::goroutine::GoroutineIx;

/// Stands for "no record".
pub const NO_RECORD: u32 = u32::MAX;

/// In which kind of queue a record is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Side {
    /// It waits to receive from `object`.
    Receive,
    /// It waits to send on `object`.
    Send,
    /// It waits for the semaphore at `object`.
    Semaphore,
    /// It waits in the notify list at `object`.
    Notify,
}

/// A record.
#[derive(Clone, Copy, Debug)]
pub struct WaitRecord {
    /// What it waits on: the address of a channel, a semaphore, a notify list.
    pub object: u64,
    /// `Send`: the value if it takes one slot, or the address of a box with the value, or 0.
    /// `Receive`: the stack slots for the value (low half) and for `ok` (high half).
    /// `Notify`: the ticket.
    pub value: u64,
    /// Who waits.
    pub goroutine: GoroutineIx,
    /// The record after it in the queue.
    next: u32,
    /// The record before it in the queue.
    previous: u32,
    /// The next record of the same goroutine.
    pub(crate) sibling: u32,
    /// The index of the case in a `select`; `PLAIN` if it is no select.
    pub case: u32,
    /// In which kind of queue it is.
    pub side: Side,
    /// `Send`: `value` must be marked.
    pub holds_pointer: bool,
}

const _: () = assert!(size_of::<WaitRecord>() <= 40);

/// The case number of an operation outside a `select`.
pub const PLAIN: u32 = u32::MAX;

impl WaitRecord {
    /// A record that is in no queue yet.
    #[must_use]
    pub fn new(goroutine: GoroutineIx, side: Side, object: u64, value: u64) -> WaitRecord {
        WaitRecord {
            object,
            value,
            goroutine,
            next: NO_RECORD,
            previous: NO_RECORD,
            sibling: NO_RECORD,
            case: PLAIN,
            side,
            holds_pointer: false,
        }
    }
}

/// The ends of a queue of records. It lies in a table or, as one word, in a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WaitQueue {
    /// The first record.
    pub head: u32,
    /// The last record.
    pub tail: u32,
}

impl WaitQueue {
    /// A queue without records.
    pub const EMPTY: WaitQueue = WaitQueue { head: NO_RECORD, tail: NO_RECORD };

    /// As one word: 0 is the empty queue, so that zeroed memory is a valid channel.
    #[must_use]
    #[inline]
    pub fn to_word(self) -> u64 {
        u64::from(!self.head) | u64::from(!self.tail) << 32
    }

    /// From one word.
    #[must_use]
    #[inline]
    pub fn from_word(word: u64) -> WaitQueue {
        WaitQueue { head: !(word as u32), tail: !((word >> 32) as u32) }
    }

    /// Whether nobody waits.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.head == NO_RECORD
    }
}

const CHUNK_BITS: u32 = 9;
const CHUNK: usize = 1 << CHUNK_BITS;

/// The table of all records.
#[derive(Debug)]
pub struct WaitTable {
    chunks: Vec<Box<[WaitRecord]>>,
    /// How many records were ever in use at once.
    used: u32,
    /// The first free record; they are linked by `next`.
    free: u32,
    live: usize,
}

impl Default for WaitTable {
    fn default() -> WaitTable {
        WaitTable::new()
    }
}

impl WaitTable {
    /// No records.
    #[must_use]
    pub fn new() -> WaitTable {
        WaitTable { chunks: Vec::new(), used: 0, free: NO_RECORD, live: 0 }
    }

    /// The record.
    ///
    /// # Panics
    /// When there is no such record.
    #[must_use]
    #[inline]
    pub fn get(&self, index: u32) -> &WaitRecord {
        &self.chunks[(index >> CHUNK_BITS) as usize][index as usize & (CHUNK - 1)]
    }

    /// The record, to be changed.
    ///
    /// # Panics
    /// When there is no such record.
    #[inline]
    pub fn get_mut(&mut self, index: u32) -> &mut WaitRecord {
        &mut self.chunks[(index >> CHUNK_BITS) as usize][index as usize & (CHUNK - 1)]
    }

    /// Takes up a record.
    #[inline]
    pub fn add(&mut self, record: WaitRecord) -> u32 {
        self.live += 1;
        if self.free != NO_RECORD {
            let index = self.free;
            let place = self.get_mut(index);
            let next = place.next;
            *place = record;
            self.free = next;
            return index;
        }
        let index = self.used;
        if index as usize == self.chunks.len() << CHUNK_BITS {
            self.chunks.push(vec![record; CHUNK].into_boxed_slice());
        }
        *self.get_mut(index) = record;
        self.used += 1;
        index
    }

    /// Frees a record that is in no queue.
    #[inline]
    pub fn remove(&mut self, index: u32) {
        let free = self.free;
        self.live -= 1;
        if self.live == 0 {
            // Nobody waits: start over, so that the next records are close together again.
            self.used = 0;
            self.free = NO_RECORD;
            self.chunks.truncate(8);
            return;
        }
        let place = self.get_mut(index);
        place.next = free;
        place.goroutine = GoroutineIx::NONE;
        self.free = index;
    }

    /// Takes up a record at the end of a queue.
    #[inline]
    pub fn append(&mut self, queue: &mut WaitQueue, mut record: WaitRecord) -> u32 {
        record.previous = queue.tail;
        record.next = NO_RECORD;
        let index = self.add(record);
        if queue.tail == NO_RECORD {
            queue.head = index;
        } else {
            self.get_mut(queue.tail).next = index;
        }
        queue.tail = index;
        index
    }

    /// Takes the first record out of a queue, which has one, and frees it.
    #[inline]
    pub fn pop(&mut self, queue: &mut WaitQueue) {
        let index = queue.head;
        let next = self.get(index).next;
        queue.head = next;
        if next == NO_RECORD {
            queue.tail = NO_RECORD;
        } else {
            self.get_mut(next).previous = NO_RECORD;
        }
        self.remove(index);
    }

    /// Puts a record at the end of a queue.
    pub fn push(&mut self, queue: &mut WaitQueue, index: u32) {
        let tail = queue.tail;
        let record = self.get_mut(index);
        record.previous = tail;
        record.next = NO_RECORD;
        if tail == NO_RECORD {
            queue.head = index;
        } else {
            self.get_mut(tail).next = index;
        }
        queue.tail = index;
    }

    /// Puts a record at the front of a queue.
    pub fn push_front(&mut self, queue: &mut WaitQueue, index: u32) {
        let head = queue.head;
        let record = self.get_mut(index);
        record.previous = NO_RECORD;
        record.next = head;
        if head == NO_RECORD {
            queue.tail = index;
        } else {
            self.get_mut(head).previous = index;
        }
        queue.head = index;
    }

    /// Takes a record out of the queue it is in.
    pub fn unlink(&mut self, queue: &mut WaitQueue, index: u32) {
        let WaitRecord { next, previous, .. } = *self.get(index);
        if previous == NO_RECORD {
            queue.head = next;
        } else {
            self.get_mut(previous).next = next;
        }
        if next == NO_RECORD {
            queue.tail = previous;
        } else {
            self.get_mut(next).previous = previous;
        }
    }

    /// The records of a queue, first to last.
    pub fn queue(&self, queue: WaitQueue) -> impl Iterator<Item = (u32, &WaitRecord)> {
        let mut at = queue.head;
        std::iter::from_fn(move || {
            (at != NO_RECORD).then(|| {
                let (index, record) = (at, self.get(at));
                at = record.next;
                (index, record)
            })
        })
    }

    /// The records of a goroutine, given its first.
    pub fn siblings(&self, first: u32) -> impl Iterator<Item = &WaitRecord> {
        let mut at = first;
        std::iter::from_fn(move || {
            (at != NO_RECORD).then(|| {
                let record = self.get(at);
                at = record.sibling;
                record
            })
        })
    }

    /// How many records there are.
    #[must_use]
    pub fn live(&self) -> usize {
        self.live
    }

    /// The bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        (self.chunks.len() * CHUNK * size_of::<WaitRecord>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn queues_are_as_a_model(steps in proptest::collection::vec((0u8..6, 0usize..4, 0usize..64), 0..400)) {
            let mut table = WaitTable::new();
            let mut queues = [WaitQueue::EMPTY; 4];
            let mut model: [VecDeque<(u32, u64)>; 4] = Default::default();
            let mut serial = 0;
            for (what, queue, place) in steps {
                match what {
                    0 => {
                        serial += 1;
                        let index = table.add(WaitRecord::new(GoroutineIx(1), Side::Send, 0, serial));
                        table.push(&mut queues[queue], index);
                        model[queue].push_back((index, serial));
                    }
                    4 => {
                        serial += 1;
                        let record = WaitRecord::new(GoroutineIx(1), Side::Send, 0, serial);
                        let index = table.append(&mut queues[queue], record);
                        model[queue].push_back((index, serial));
                    }
                    5 => {
                        if let Some((index, _)) = model[queue].pop_front() {
                            prop_assert_eq!(queues[queue].head, index);
                            table.pop(&mut queues[queue]);
                        }
                    }
                    3 => {
                        serial += 1;
                        let index = table.add(WaitRecord::new(GoroutineIx(1), Side::Send, 0, serial));
                        table.push_front(&mut queues[queue], index);
                        model[queue].push_front((index, serial));
                    }
                    1 => {
                        if let Some((index, _)) = model[queue].pop_front() {
                            prop_assert_eq!(queues[queue].head, index);
                            table.unlink(&mut queues[queue], index);
                            table.remove(index);
                        }
                    }
                    _ => {
                        if !model[queue].is_empty() {
                            let place = place % model[queue].len();
                            let (index, _) = model[queue].remove(place).expect("a place within");
                            table.unlink(&mut queues[queue], index);
                            table.remove(index);
                        }
                    }
                }
                for (queue, model) in queues.iter().zip(&model) {
                    let got: Vec<_> = table.queue(*queue).map(|(i, r)| (i, r.value)).collect();
                    prop_assert_eq!(&got, &model.iter().copied().collect::<Vec<_>>());
                    prop_assert_eq!(WaitQueue::from_word(queue.to_word()), *queue);
                }
                prop_assert_eq!(table.live(), model.iter().map(VecDeque::len).sum::<usize>());
            }
        }
    }

    #[test]
    fn a_zero_word_is_an_empty_queue() {
        assert_eq!(WaitQueue::EMPTY.to_word(), 0);
    }
}
