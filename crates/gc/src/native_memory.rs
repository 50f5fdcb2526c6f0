#![expect(unsafe_code, reason = "the system's allocator is told how to work")]
//! What the process allocates for itself, outside of the garbage-collected heap.

/// All threads allocate from one arena of the system's allocator. For the whole process: not for hosts that
/// have threads of their own.
///
/// With glibc every thread but the first has an arena that grows by a page, and a system call, at a time:
/// 69 calls in a program that prints a line, which the compiler makes on a thread of its own.
pub fn use_one_arena() {
    #[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
    // SAFETY: it takes numbers, and knows these.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}
