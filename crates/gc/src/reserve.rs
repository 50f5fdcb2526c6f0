#![expect(unsafe_code, reason = "address space is reserved, committed and given back by system calls")]
//! Reserved address ranges: memory that exists as addresses first and as pages later.
//!
//! Invariants:
//! - the base is aligned to a block;
//! - what was committed reads as zero until written, and again after `discard`.
//!
//! Where there is no `mmap` (WebAssembly, Miri) a range is one zeroed allocation.

use crate::size_class::BLOCK;

/// A range of addresses.
pub(crate) struct Reservation {
    base: u64,
    bytes: u64,
    raw: imp::Raw,
}

impl Reservation {
    /// Reserves a range of `bytes`, a multiple of `BLOCK`.
    pub(crate) fn new(bytes: u64) -> Option<Reservation> {
        let raw = imp::reserve(usize::try_from(bytes.checked_add(BLOCK)?).ok()?)?;
        Some(Reservation { base: raw.address().next_multiple_of(BLOCK), bytes, raw })
    }

    /// The first address.
    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    /// Bytes in the range.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes `[offset, offset + bytes)` readable and writable; both are multiples of `BLOCK`.
    pub(crate) fn commit(&self, offset: u64, bytes: u64) -> bool {
        assert!(offset + bytes <= self.bytes, "commit lies in the range");
        imp::commit(self.base + offset, bytes)
    }

    /// Gives the pages of a committed part back; it reads as zero afterwards.
    pub(crate) fn discard(&self, offset: u64, bytes: u64) {
        assert!(offset + bytes <= self.bytes, "discard lies in the range");
        imp::discard(self.base + offset, bytes);
    }
}

/// Whether the process may have only so many bytes of addresses.
pub(crate) fn addresses_are_limited() -> bool {
    imp::addresses_are_limited()
}

impl Drop for Reservation {
    fn drop(&mut self) {
        imp::release(&self.raw);
    }
}

#[cfg(all(unix, not(miri)))]
mod imp {
    use std::ptr;

    pub(super) struct Raw {
        address: u64,
        bytes: usize,
    }

    impl Raw {
        pub(super) fn address(&self) -> u64 {
            self.address
        }
    }

    pub(super) fn reserve(bytes: usize) -> Option<Raw> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new anonymous mapping at an address of the system's choice touches nothing else.
        let address = unsafe { libc::mmap(ptr::null_mut(), bytes, libc::PROT_NONE, flags, -1, 0) };
        (address != libc::MAP_FAILED).then(|| Raw { address: address.expose_provenance() as u64, bytes })
    }

    pub(super) fn addresses_are_limited() -> bool {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the call writes to `limit` alone.
        let known = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) } == 0;
        !known || limit.rlim_cur != libc::RLIM_INFINITY
    }

    pub(super) fn commit(address: u64, bytes: u64) -> bool {
        let start = ptr::with_exposed_provenance_mut(address as usize);
        // SAFETY: `Reservation` checked that the range is part of its own mapping.
        unsafe { libc::mprotect(start, bytes as usize, libc::PROT_READ | libc::PROT_WRITE) == 0 }
    }

    pub(super) fn discard(address: u64, bytes: u64) {
        let start = ptr::with_exposed_provenance_mut(address as usize);
        // Only Linux promises that the pages read as zero afterwards.
        #[cfg(target_os = "linux")]
        // SAFETY: `Reservation` checked that the range is part of its own private mapping.
        let done = unsafe { libc::madvise(start, bytes as usize, libc::MADV_DONTNEED) == 0 };
        #[cfg(not(target_os = "linux"))]
        let done = false;
        if !done {
            // SAFETY: the range is committed (the caller's contract), so it may be written.
            unsafe { ptr::write_bytes(start.cast::<u8>(), 0, bytes as usize) };
        }
    }

    pub(super) fn release(raw: &Raw) {
        // SAFETY: the mapping was made by `reserve`, is released once, and its user is gone.
        unsafe { libc::munmap(ptr::with_exposed_provenance_mut(raw.address as usize), raw.bytes) };
    }
}

#[cfg(not(all(unix, not(miri))))]
mod imp {
    use std::alloc::{Layout, alloc_zeroed, dealloc};
    use std::ptr;

    pub(super) struct Raw {
        start: *mut u8,
        layout: Layout,
    }

    impl Raw {
        pub(super) fn address(&self) -> u64 {
            self.start.expose_provenance() as u64
        }
    }

    pub(super) fn reserve(bytes: usize) -> Option<Raw> {
        let layout = Layout::from_size_align(bytes, 4096).ok()?;
        // SAFETY: the size is not zero: it includes a block for the alignment.
        let start = unsafe { alloc_zeroed(layout) };
        (!start.is_null()).then_some(Raw { start, layout })
    }

    pub(super) fn addresses_are_limited() -> bool {
        true
    }

    pub(super) fn commit(_address: u64, _bytes: u64) -> bool {
        true
    }

    pub(super) fn discard(address: u64, bytes: u64) {
        // SAFETY: `Reservation` checked that the range is part of its own allocation.
        unsafe {
            ptr::write_bytes(ptr::with_exposed_provenance_mut::<u8>(address as usize), 0, bytes as usize)
        };
    }

    pub(super) fn release(raw: &Raw) {
        // SAFETY: allocated by `reserve` with this layout, released once.
        unsafe { dealloc(raw.start, raw.layout) };
    }
}
