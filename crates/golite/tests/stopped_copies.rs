//! Copies that a limit stops leave whole values behind: who goes on with the VM finds no string, slice or interface
//! that is half the old and half the new.

use golite::embed::{Options, Program};

const PROGRAM: &str = r#"
// 24, 32 and 24 bytes: no part of a copy ends where an element does.
type text struct { s string; n int }
type list struct { l []int; n int }
type any3 struct { n int; a any }
type all struct { texts [60_000]text; lists [60_000]list; anys [60_000]any3 }

var p, q = new(all), new(all)
var two = []all{{}, {}}
var long, short = strings.Repeat("a", 1<<16), "b"
var many, few = make([]int, 1<<16), []int{1}

func set(p *all, s string, l []int, a any) {
	for i := range p.texts { p.texts[i] = text{s, i} }
	for i := range p.lists { p.lists[i] = list{l, i} }
	for i := range p.anys { p.anys[i] = any3{i, a} }
}
func Init() {
	set(p, long, many, 1); set(q, short, few, "c")
	set(&two[0], long, many, 1); set(&two[1], short, few, "c")
}
func Copy() { *p = *q }
func Back() { copy(p.texts[1:], p.texts[:]); copy(p.lists[1:], q.lists[:]); copy(p.anys[:], q.anys[1:]) }
func Clear() { clear(p.texts[:]); clear(p.lists[:]); clear(p.anys[:]) }
func Swap() { sort.Slice(two, func(i, j int) bool { return two[i].texts[0].s > two[j].texts[0].s }) }

func check(p *all) int {
	changed := 0
	for _, t := range p.texts {
		if t.s != "" && t.s != short && t.s != long { panic("a torn string") }
		if t.s != long { changed++ }
	}
	for _, t := range p.lists {
		if len(t.l) > 1 && (len(t.l) != len(many) || &t.l[0] != &many[0]) { panic("a torn slice") }
		if len(t.l) == 1 && &t.l[0] != &few[0] || cap(t.l) < len(t.l) { panic("a torn slice") }
	}
	for _, t := range p.anys {
		if t.a != nil && t.a != 1 && t.a != "c" { panic("a torn interface") }
	}
	return changed
}
func Check() int { return check(p) + check(&two[0]) + check(&two[1]) }
"#;

#[test]
fn no_value_is_torn() {
    let program = Program::compile("torn.go-lite", PROGRAM).expect("it compiles");
    let mut vm = program.vm(Options::new()).expect("a VM");
    vm.initialise().expect("it starts");
    for work in ["Copy", "Back", "Clear", "Swap"] {
        let mut stopped = 0;
        for most in (10_000..200_000).step_by(28_000) {
            vm.set_max_steps(None);
            vm.call::<()>("Init", ()).expect("no limit");
            vm.set_max_steps(Some(vm.steps() + most));
            stopped += u32::from(vm.call::<()>(work, ()).is_err());
            vm.set_max_steps(None);
            vm.call::<i64>("Check", ()).unwrap_or_else(|error| panic!("{work} after {most} steps: {error}"));
        }
        assert!(stopped > 2, "{work} was stopped {stopped} times");
    }
}
