//! Moves and constants.

use crate::operands;
use crate::regs::{Flow, Regs};

plain! {
    mov(s, o: Mov) { s.set(o.dst, s.get(o.src)); }
    mov_2(s, o: Mov2) { s.set_pair(o.dst, s.pair(o.src)); }
    mov_3(s, o: Mov3) { s.set_triple(o.dst, s.triple(o.src)); }
    mov_n(s, o: MovN) { s.copy(o.dst, o.src, o.count); }
    const_i32(s, o: ConstI32) { s.set(o.dst, i64::from(o.value) as u64); }
    const_64(s, o: Const64) { s.set(o.dst, o.bits); }
    nil(s, o: Nil) { s.set(o.dst, 0); }
    nil_iface(s, o: NilIface) { s.set_pair(o.dst, (0, 0)); }
    nil_slice(s, o: NilSlice) { s.set_triple(o.dst, (0, 0, 0)); }
    nil_str(s, o: NilStr) { s.set_pair(o.dst, (0, 0)); }
    const_str(s, o: ConstStr) {
        let text = s.vm().string(o.value);
        s.set_pair(o.dst, text);
    }
}
