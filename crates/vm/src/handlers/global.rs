//! Package-level variables.

use super::memory::{load_pair, load_triple, store_pair, store_triple};
use crate::operands;
use crate::regs::{Flow, Regs, load, store};

plain! {
    global_addr(s, o: GlobalAddr) {
        let at = s.vm().global(o.global);
        s.set(o.dst, at);
    }
    load_global_i32(s, o: LoadGlobalI32) {
        let at = s.vm().global(o.global);
        s.set(o.dst, i64::from(load::<i32>(at)) as u64);
    }
    load_global_u8(s, o: LoadGlobalU8) {
        let at = s.vm().global(o.global);
        s.set(o.dst, u64::from(load::<u8>(at)));
    }
    load_global_u32(s, o: LoadGlobalU32) {
        let at = s.vm().global(o.global);
        s.set(o.dst, u64::from(load::<u32>(at)));
    }
    load_global_64(s, o: LoadGlobal64) {
        let at = s.vm().global(o.global);
        s.set(o.dst, load(at));
    }
    load_global_ptr(s, o: LoadGlobalPtr) {
        let at = s.vm().global(o.global);
        s.set(o.dst, load(at));
    }
    load_global_str(s, o: LoadGlobalStr) {
        let at = s.vm().global(o.global);
        s.set_pair(o.dst, load_pair(at));
    }
    load_global_slice(s, o: LoadGlobalSlice) {
        let at = s.vm().global(o.global);
        s.set_triple(o.dst, load_triple(at));
    }
    load_global_iface(s, o: LoadGlobalIface) {
        let at = s.vm().global(o.global);
        s.set_pair(o.dst, load_pair(at));
    }
    global_add_imm(s, o: GlobalAddImm) {
        let at = s.vm().global(o.global);
        store(at, load::<u64>(at).wrapping_add(i64::from(o.imm) as u64));
    }
    global_add(s, o: GlobalAdd) {
        let at = s.vm().global(o.global);
        store(at, load::<u64>(at).wrapping_add(s.get(o.src)));
    }
    store_global_8(s, o: StoreGlobal8) {
        let at = s.vm().global(o.global);
        store(at, s.get(o.src) as u8);
    }
    store_global_32(s, o: StoreGlobal32) {
        let at = s.vm().global(o.global);
        store(at, s.get(o.src) as u32);
    }
    store_global_64(s, o: StoreGlobal64) {
        let at = s.vm().global(o.global);
        store(at, s.get(o.src));
    }
    store_global_ptr(s, o: StoreGlobalPtr) {
        let at = s.vm().global(o.global);
        store(at, s.get(o.src));
        s.vm().rt.heap.write_barrier(at);
    }
    store_global_str(s, o: StoreGlobalStr) {
        let at = s.vm().global(o.global);
        store_pair(at, s.pair(o.src));
        s.vm().rt.heap.write_barrier(at);
    }
    store_global_slice(s, o: StoreGlobalSlice) {
        let at = s.vm().global(o.global);
        store_triple(at, s.triple(o.src));
        s.vm().rt.heap.write_barrier(at);
    }
    store_global_iface(s, o: StoreGlobalIface) {
        let at = s.vm().global(o.global);
        store_pair(at, s.pair(o.src));
        s.vm().rt.heap.write_barrier(at);
    }
}
