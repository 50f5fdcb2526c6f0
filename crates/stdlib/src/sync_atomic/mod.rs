//! Package `sync/atomic`: one goroutine runs at a time, so that plain reads and writes will do; each
//! operation is a release for the detector of concurrent map use.

use golite_runtime::native::{Ctx, Native, NativeResult, Package, Trap};

/// The address in the first parameter; a nil dereference if it is none.
fn address(ctx: &mut Ctx<'_>, size: u64) -> Result<u64, Trap> {
    let addr = ctx.raw(0);
    if !ctx.rt().heap.contains(addr) || !ctx.rt().heap.contains(addr + (size - 1)) {
        return Err(ctx.runtime().raise_nil(0));
    }
    let goroutine = ctx.goroutine();
    ctx.runtime().release(goroutine);
    Ok(addr)
}

/// A type of words in memory.
trait Word: Copy {
    const SIZE: u64;
    fn read(ctx: &Ctx<'_>, addr: u64) -> Self;
    fn write(ctx: &mut Ctx<'_>, addr: u64, value: Self);
    fn from_slot(slot: u64) -> Self;
    fn into_slot(self) -> u64;
    fn add(self, other: Self) -> Self;
}

macro_rules! word {
    ($name:ident, $unsigned:ty, $size:literal, $read:ident, $write:ident) => {
        impl Word for $name {
            const SIZE: u64 = $size;
            fn read(ctx: &Ctx<'_>, addr: u64) -> $name {
                ctx.$read(addr) as $name
            }
            fn write(ctx: &mut Ctx<'_>, addr: u64, value: $name) {
                ctx.$write(addr, value as $unsigned);
            }
            fn from_slot(slot: u64) -> $name {
                slot as $name
            }
            fn into_slot(self) -> u64 {
                // Narrow integers are held extended by their sign.
                self as i64 as u64
            }
            fn add(self, other: $name) -> $name {
                self.wrapping_add(other)
            }
        }
    };
}

word!(i32, u32, 4, read_u32, write_u32);
word!(u32, u32, 4, read_u32, write_u32);
word!(i64, u64, 8, read_u64, write_u64);
word!(u64, u64, 8, read_u64, write_u64);

fn load<T: Word>(ctx: &mut Ctx<'_>) -> NativeResult {
    let addr = address(ctx, T::SIZE)?;
    let value = T::read(ctx, addr);
    ctx.set_uint(0, value.into_slot());
    Ok(())
}

fn store<T: Word>(ctx: &mut Ctx<'_>) -> NativeResult {
    let addr = address(ctx, T::SIZE)?;
    let value = T::from_slot(ctx.uint(1));
    T::write(ctx, addr, value);
    Ok(())
}

fn swap<T: Word>(ctx: &mut Ctx<'_>) -> NativeResult {
    let addr = address(ctx, T::SIZE)?;
    let old = T::read(ctx, addr);
    let new = T::from_slot(ctx.uint(1));
    T::write(ctx, addr, new);
    ctx.set_uint(0, old.into_slot());
    Ok(())
}

fn compare_and_swap<T: Word + PartialEq>(ctx: &mut Ctx<'_>) -> NativeResult {
    let addr = address(ctx, T::SIZE)?;
    let (old, new) = (T::from_slot(ctx.uint(1)), T::from_slot(ctx.uint(2)));
    let swapped = T::read(ctx, addr) == old;
    if swapped {
        T::write(ctx, addr, new);
    }
    ctx.set_bool(0, swapped);
    Ok(())
}

fn add<T: Word>(ctx: &mut Ctx<'_>) -> NativeResult {
    let addr = address(ctx, T::SIZE)?;
    let sum = T::read(ctx, addr).add(T::from_slot(ctx.uint(1)));
    T::write(ctx, addr, sum);
    ctx.set_uint(0, sum.into_slot());
    Ok(())
}

fn and<T: Word>(ctx: &mut Ctx<'_>) -> NativeResult {
    let addr = address(ctx, T::SIZE)?;
    let old = T::read(ctx, addr);
    let new = T::from_slot(old.into_slot() & ctx.uint(1));
    T::write(ctx, addr, new);
    ctx.set_uint(0, old.into_slot());
    Ok(())
}

fn or<T: Word>(ctx: &mut Ctx<'_>) -> NativeResult {
    let addr = address(ctx, T::SIZE)?;
    let old = T::read(ctx, addr);
    let new = T::from_slot(old.into_slot() | ctx.uint(1));
    T::write(ctx, addr, new);
    ctx.set_uint(0, old.into_slot());
    Ok(())
}

fn store_pointer(ctx: &mut Ctx<'_>) -> NativeResult {
    let addr = address(ctx, 8)?;
    let value = ctx.raw(1);
    ctx.write_pointer(addr, value);
    Ok(())
}

fn swap_pointer(ctx: &mut Ctx<'_>) -> NativeResult {
    let addr = address(ctx, 8)?;
    let (old, new) = (ctx.read_u64(addr), ctx.raw(1));
    ctx.write_pointer(addr, new);
    ctx.set_raw(0, old);
    Ok(())
}

fn compare_and_swap_pointer(ctx: &mut Ctx<'_>) -> NativeResult {
    let addr = address(ctx, 8)?;
    let (old, new) = (ctx.raw(1), ctx.raw(2));
    let swapped = ctx.read_u64(addr) == old;
    if swapped {
        ctx.write_pointer(addr, new);
    }
    ctx.set_bool(0, swapped);
    Ok(())
}

fn release(ctx: &mut Ctx<'_>) -> NativeResult {
    let goroutine = ctx.goroutine();
    ctx.runtime().release(goroutine);
    Ok(())
}

/// The package.
pub static PACKAGE: Package = Package {
    path: "sync/atomic",
    files: &[
        ("atomic.go-lite", source!("atomic.go-lite")),
        ("type.go-lite", source!("type.go-lite")),
        ("value.go-lite", source!("value.go-lite")),
    ],
    natives: &[
        Native { name: "LoadInt32", func: load::<i32> },
        Native { name: "StoreInt32", func: store::<i32> },
        Native { name: "SwapInt32", func: swap::<i32> },
        Native { name: "CompareAndSwapInt32", func: compare_and_swap::<i32> },
        Native { name: "AddInt32", func: add::<i32> },
        Native { name: "AndInt32", func: and::<i32> },
        Native { name: "OrInt32", func: or::<i32> },
        Native { name: "LoadInt64", func: load::<i64> },
        Native { name: "StoreInt64", func: store::<i64> },
        Native { name: "SwapInt64", func: swap::<i64> },
        Native { name: "CompareAndSwapInt64", func: compare_and_swap::<i64> },
        Native { name: "AddInt64", func: add::<i64> },
        Native { name: "AndInt64", func: and::<i64> },
        Native { name: "OrInt64", func: or::<i64> },
        Native { name: "LoadUint32", func: load::<u32> },
        Native { name: "StoreUint32", func: store::<u32> },
        Native { name: "SwapUint32", func: swap::<u32> },
        Native { name: "CompareAndSwapUint32", func: compare_and_swap::<u32> },
        Native { name: "AddUint32", func: add::<u32> },
        Native { name: "AndUint32", func: and::<u32> },
        Native { name: "OrUint32", func: or::<u32> },
        Native { name: "LoadUint64", func: load::<u64> },
        Native { name: "StoreUint64", func: store::<u64> },
        Native { name: "SwapUint64", func: swap::<u64> },
        Native { name: "CompareAndSwapUint64", func: compare_and_swap::<u64> },
        Native { name: "AddUint64", func: add::<u64> },
        Native { name: "AndUint64", func: and::<u64> },
        Native { name: "OrUint64", func: or::<u64> },
        Native { name: "LoadUintptr", func: load::<u64> },
        Native { name: "StoreUintptr", func: store::<u64> },
        Native { name: "SwapUintptr", func: swap::<u64> },
        Native { name: "CompareAndSwapUintptr", func: compare_and_swap::<u64> },
        Native { name: "AddUintptr", func: add::<u64> },
        Native { name: "AndUintptr", func: and::<u64> },
        Native { name: "OrUintptr", func: or::<u64> },
        Native { name: "LoadPointer", func: load::<u64> },
        Native { name: "StorePointer", func: store_pointer },
        Native { name: "SwapPointer", func: swap_pointer },
        Native { name: "CompareAndSwapPointer", func: compare_and_swap_pointer },
        Native { name: "release", func: release },
    ],
};
