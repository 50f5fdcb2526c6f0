#![expect(unsafe_code, reason = "reads a variable of the program by its address")]
//! Which allocations are sampled for the memory profile.
//!
//! After each sample some bytes go by that are not looked at, on average as many as the rate says,
//! exponentially distributed: so an object is sampled with a probability that depends on its size alone.
//! Runs of cells end where the next sample is due, so that allocation is as fast as ever between.
//!
//! The rate may be a variable of the program, which is read when a run ends. Until it has changed for the
//! first time runs are one cell long, so that nothing that is allocated after the change is missed.
//!
//! The owner is told by a flag that it should look (`wants_attention`), and gives each sample a number,
//! which it gets back when the object is gone.

use crate::Addr;
use crate::heap::Heap;

/// The rate without a variable, and the variable's first value: Go's.
pub const DEFAULT_RATE: i64 = 512 << 10;

/// How allocations are sampled.
#[derive(Debug)]
pub(crate) struct Sampling {
    on: bool,
    /// Where the rate is, 0 if it is the default.
    variable: Addr,
    /// The variable has not changed yet.
    watching: bool,
    /// Bytes before the next sample.
    left: u64,
    random: u64,
    taken: Vec<(Addr, u64)>,
    pub(crate) freed: Vec<u64>,
}

impl Default for Sampling {
    fn default() -> Sampling {
        Sampling {
            on: false,
            variable: 0,
            watching: false,
            left: 0,
            random: 0x9e37_79b9_7f4a_7c15,
            taken: Vec::new(),
            freed: Vec::new(),
        }
    }
}

impl Sampling {
    fn rate(&self) -> i64 {
        match self.variable {
            0 => DEFAULT_RATE,
            // SAFETY: a variable of the program: an immortal object of eight bytes.
            addr => unsafe { std::ptr::with_exposed_provenance::<i64>(addr as usize).read() },
        }
    }

    /// Bytes until the next sample, `u64::MAX` if there will be none.
    fn gap(&mut self, rate: i64) -> u64 {
        if rate <= 1 {
            return if rate == 1 { 0 } else { u64::MAX };
        }
        // Marsaglia, Xorshift RNGs (2003).
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        let unit = ((self.random >> 11) + 1) as f64 / (1u64 << 53) as f64;
        (-unit.ln() * rate as f64) as u64
    }

    /// Whether an allocation of so many bytes is a sample.
    fn takes(&mut self, bytes: u64) -> bool {
        let rate = self.rate();
        if self.watching && rate != DEFAULT_RATE {
            self.watching = false;
            self.left = self.gap(rate);
        }
        if rate <= 0 {
            self.left = u64::MAX;
        } else if self.left == u64::MAX {
            self.left = self.gap(rate);
        }
        if self.left > bytes {
            self.left = self.left.saturating_sub(bytes);
            return false;
        }
        self.left = self.gap(rate);
        true
    }

    /// How many cells the next run has, at most `most`, and whether its first one is a sample.
    pub(crate) fn run(&mut self, cell_bytes: u64, most: u32) -> (u32, bool) {
        if !self.on {
            return (most, false);
        }
        if self.takes(cell_bytes) {
            return (1, true);
        }
        if self.watching || self.left == u64::MAX {
            return (if self.watching { 1 } else { most }, false);
        }
        let more = u32::try_from(self.left / cell_bytes).unwrap_or(u32::MAX);
        let count = most.min(more.saturating_add(1));
        self.left -= u64::from(count - 1) * cell_bytes;
        (count, false)
    }

    /// So many bytes of a run were not used.
    pub(crate) fn give_back(&mut self, bytes: u64) {
        if self.on && self.left != u64::MAX {
            self.left += bytes;
        }
    }

    /// Whether a large object is a sample.
    pub(crate) fn takes_large(&mut self, bytes: u64) -> bool {
        self.on && self.takes(bytes)
    }
}

impl Heap {
    /// Samples allocations from now on, by that rate.
    pub fn start_sampling(&mut self, seed: u64, rate: i64) {
        self.sampling.on = true;
        self.sampling.random ^= seed | 1;
        let gap = self.sampling.gap(rate);
        self.sampling.left = gap;
    }

    /// The rate is the variable at the address, an immortal object of eight bytes.
    pub fn watch_sampling_rate(&mut self, variable: Addr) {
        if self.sampling.variable == 0 {
            self.retire_all();
            self.sampling.variable = variable;
            self.sampling.watching = true;
        }
    }

    /// The average number of bytes between samples; 0 if there are none.
    #[must_use]
    pub fn sampling_rate(&self) -> i64 {
        if self.sampling.on { self.sampling.rate().max(0) } else { 0 }
    }

    pub(crate) fn sampled(&mut self, object: Addr, bytes: u64) {
        self.sampling.taken.push((object, bytes));
        self.attention = true;
    }

    /// Whether there are samples that were not taken yet.
    #[must_use]
    #[inline]
    pub fn has_samples(&self) -> bool {
        !self.sampling.taken.is_empty()
    }

    /// The allocations sampled since the last call: address and bytes.
    pub fn take_samples(&mut self) -> Vec<(Addr, u64)> {
        std::mem::take(&mut self.sampling.taken)
    }

    /// The numbers of the samples whose objects were found to be gone since the last call.
    pub fn take_freed_samples(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.sampling.freed)
    }

    /// Whether the owner asked, or a sample asks, that it looks at what was done as soon as the running
    /// instruction has ended.
    #[inline(always)]
    #[must_use]
    pub fn wants_attention(&self) -> bool {
        self.attention
    }

    /// Makes `wants_attention` true.
    pub fn request_attention(&mut self) {
        self.attention = true;
    }

    /// The owner has looked.
    pub fn attended(&mut self) {
        self.attention = false;
    }
}
