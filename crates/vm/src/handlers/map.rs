//! Maps.

use golite_runtime::{NativeResult, Runtime};

use crate::operands;
use crate::regs::{Flow, Regs};
use crate::vm::Vm;

plain! {
    map_len(s, o: MapLen) { s.set(o.dst, Runtime::map_len(s.get(o.m))); }
}

warm! {
    map_get(vm, o: MapGet) {
        let value = vm.map_get(o.m, o.key, o.ty)?;
        vm.set(o.dst, value);
    }
    map_get_ok(vm, o: MapGetOk) {
        let found = vm.map_find(o.m, o.key, o.ty)?;
        let value = match found {
            0 => vm.map_get(o.m, o.key, o.ty)?,
            value => value,
        };
        vm.set(o.dst, value);
        vm.set(o.ok, u64::from(found != 0));
    }
    map_set(vm, o: MapSet) {
        vm.safepoint();
        let value = vm.map_set(o.m, o.key, o.ty)?;
        vm.set(o.dst, value);
    }
    map_delete(vm, o: MapDelete) { vm.map_delete(o.m, o.key, o.ty)?; }
    map_clear(vm, o: MapClear) { vm.rt.map_clear(vm.get(o.m), o.ty)?; }
    map_iter(vm, o: MapIter) {
        vm.safepoint();
        let iter = vm.rt.map_iter(vm.get(o.m), o.ty)?;
        vm.set(o.dst, iter);
    }
    map_next(vm, o: MapNext) {
        vm.safepoint();
        let (key, value) = vm.rt.map_next(vm.get(o.iter))?.unwrap_or((0, 0));
        vm.set(o.key, key);
        vm.set(o.value, value);
    }
}
