//! Package `golite/inspect`: the runtime as values.

use golite_runtime::native::{Ctx, NativeResult, Package, Request, Trap};

/// The package.
pub static PACKAGE: Package = package!(
    "golite/inspect",
    ".",
    ["inspect.go-lite"],
    natives![
        "findLeaks" => |_| Err(Trap::Request(Request::Leaks)),
        "read" => read,
    ]
);

/// `read(words []uint64) int`: see its comment in the Go source.
fn read(ctx: &mut Ctx<'_>) -> NativeResult {
    let (at, len, _) = ctx.slice(0);
    let heap = &mut ctx.runtime().heap;
    let [(young, young_bytes), (old, old_bytes)] = heap.generations();
    let stats = heap.stats();
    let (minor_pauses, major_pauses) = heap.pause_histograms();
    let (minors, majors) = (heap.minor_records().count() as u64, heap.major_records().count() as u64);
    let mut words =
        vec![young, young_bytes, old, old_bytes, stats.num_minor, stats.num_major, minors, majors];
    words.extend(minor_pauses);
    words.extend(major_pauses);
    for minor in heap.minor_records().rev() {
        let (bytes, objects) = minor.survived;
        words.extend([minor.number, minor.young, objects, bytes, minor.cards, minor.pause]);
    }
    for major in heap.major_records().rev() {
        let [before, after, marked] = major.bytes;
        let stopped: u64 = major.stopped.iter().sum();
        words.extend([major.number, u64::from(major.forced), before, after, marked, major.wall, stopped]);
    }
    for (i, word) in words.iter().enumerate().take(len as usize) {
        ctx.write_u64(at + 8 * i as u64, *word);
    }
    ctx.set_int(0, words.len().min(len as usize) as i64);
    Ok(())
}
