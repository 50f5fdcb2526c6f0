#![expect(unsafe_code, reason = "the system's allocator is told how to work, and its faults are caught")]
//! Memory of the process outside of the garbage-collected heap: what it allocates for itself, and accesses to
//! what is not there.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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

/// Whether there was a fault.
static FAULTED: AtomicBool = AtomicBool::new(false);

/// The address of the last fault.
static ADDRESS: AtomicU64 = AtomicU64::new(0);

/// Faults stop the thread: see `catch_faults`.
static CATCHING: AtomicBool = AtomicBool::new(false);

/// Whether programs may make pointers themselves: an access to anywhere is none of our defects then.
#[must_use]
pub fn faults_are_caught() -> bool {
    CATCHING.load(Ordering::Relaxed)
}

/// Stops a thread that accesses memory which is not there, instead of ending the process: `fault` tells another
/// thread. For the whole process, and for programs that make pointers themselves: with all others a fault is a
/// defect of go-lite.
pub fn catch_faults() {
    CATCHING.store(true, Ordering::Relaxed);
    #[cfg(all(unix, not(miri)))]
    // SAFETY: the action is zeroed but for what is set, which is valid; the handler calls nothing that a handler
    // may not.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) = stop_thread;
        action.sa_sigaction = handler as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        for signal in [libc::SIGSEGV, libc::SIGBUS] {
            libc::sigaction(signal, &raw const action, std::ptr::null_mut());
        }
    }
}

/// The address of the access that stopped a thread.
#[must_use]
pub fn fault() -> Option<u64> {
    FAULTED.load(Ordering::Acquire).then(|| ADDRESS.load(Ordering::Relaxed))
}

#[cfg(all(unix, not(miri)))]
extern "C" fn stop_thread(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the system passes what it knows of a fault.
    let address = unsafe { (*info).si_addr() } as u64;
    ADDRESS.store(address, Ordering::Relaxed);
    FAULTED.store(true, Ordering::Release);
    loop {
        // SAFETY: it only waits.
        unsafe { libc::pause() };
    }
}
