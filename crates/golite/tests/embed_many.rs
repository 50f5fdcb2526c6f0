//! A thousand VMs, one after the other: what they had is given back. Alone in its process, whose memory it
//! measures.

use golite::embed::{Options, Program};

/// Memory that the process has in use and mapped, in bytes.
fn memory() -> (u64, u64) {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux tells");
    let mut pages = text.split_whitespace().map(|number| number.parse::<u64>().expect("a number"));
    let mapped = pages.next().expect("the first is the size");
    (pages.next().expect("the second is what is resident") * 4096, mapped * 4096)
}

const PROGRAM: &str = r#"
var words = map[string]int{}
func Count(text string) int {
	for _, word := range strings.Fields(text) { words[word]++ }
	out := make(chan string, len(words))
	for word, n := range words { go func() { out <- fmt.Sprint(word, n) }() }
	total := 0
	for range words { total += len(<-out) }
	all := make([][]byte, 100)
	for i := range all { all[i] = make([]byte, 10_000) }
	return total
}
"#;

#[test]
fn a_thousand_vms_leave_no_memory_behind() {
    let program = Program::compile("count.go-lite", PROGRAM).unwrap();
    let mut after_first = None;
    for round in 1..=1_000 {
        let mut vm = program.vm(Options::new().max_memory(64 << 20)).unwrap();
        assert_eq!(vm.call::<i64>("Count", ("a b a c",)).unwrap(), 6);
        drop(vm);
        if round == 100 {
            after_first = Some(memory());
        }
    }
    let (resident, mapped) = after_first.expect("there were as many");
    let (resident_now, mapped_now) = memory();
    assert!(resident_now < resident + (8 << 20), "resident: {resident} bytes, then {resident_now}");
    assert!(mapped_now < mapped + (256 << 20), "mapped: {mapped} bytes, then {mapped_now}");
}
