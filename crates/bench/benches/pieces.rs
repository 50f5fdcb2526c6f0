//! `cargo bench -p golite-bench`: the time of each piece, and how many a second.

use divan::Bencher;
use divan::counter::ItemsCount;
use golite_bench::{PIECES, vm};

fn main() {
    divan::main();
}

#[divan::bench(args = PIECES.iter().map(|(name, _)| *name), sample_count = 30)]
fn piece(bencher: Bencher<'_, '_>, name: &str) {
    let count = PIECES.iter().find(|(piece, _)| *piece == name).map_or(1, |(_, count)| *count);
    let mut vm = vm().expect("the program compiles");
    bencher.counter(ItemsCount::new(count as usize)).bench_local(|| {
        let result: i64 = vm.call(name, (count,)).expect("a piece runs");
        result
    });
}
