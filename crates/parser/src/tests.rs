//! Tests of the parser: trees, recovery and messages.

use golite_source::{Interner, SourceMap};

use super::{Parser, Session, parse_file};

fn errors(text: &str) -> (SourceMap, Vec<golite_diag::Diagnostic>) {
    let mut map = SourceMap::default();
    let id = map.add("x.go", text);
    let (mut names, mut next_id, mut errors) = (Interner::default(), 1, Vec::new());
    let mut session = Session { names: &mut names, next_id: &mut next_id, errors: &mut errors };
    parse_file(&map, id, &mut session);
    golite_diag::sort(&mut errors);
    (map, errors)
}

fn check(text: &str, expected: &[&str]) {
    let (map, errors) = errors(text);
    let shown: Vec<String> =
        errors.iter().map(|error| golite_diag::render::short(&map, error).replacen("x.go:", "", 1)).collect();
    assert_eq!(shown, expected, "{text}");
}

/// A file with every form of the language.
const EVERY_FORM: &str = r#"package main
import ( "fmt"; . "os"; _ "io"; x "strings" )
import "math"
const ( A = iota; B; C float64 = 1.5e3 )
var a, b = 1, 2
var ( c []int; d map[string]*T = nil )
type T struct { a, b int; *E; p.Q "tag"; G[int]; f func(int) (a string, err error) }
type ( U = T; V [10]int; W[P any, Q ~int|string] struct{ x P }; X[P *C|~int] struct{}; Y [N*2]int )
type I interface { M(int) string; ~int | ~string; fmt.Stringer; comparable }
func (t *T) m(a, b int, c ...string) (x, y int) { return a, b }
func g[P, Q any, R interface{ ~[]P }](P, Q) (R, error)
func h(func(int) func() int, <-chan int, chan<- <-chan int, [2]int, [...]int, []p.T, G[int, string])
func main() {
	if x := f(); x < 1 { } else if y { } else { }
	for { break }
	for i := 0; i < 10; i++ { continue }
	for x < 3 { }
	for range 10 { }
	for i := range x { }
	for k, v = range (T{1}).m { goto L }
	switch x := y.(type) { case int, *T: case nil: fallthrough; default: }
	switch { case a > b: f(); case c: }
	switch x { }
	switch a := 1; a { case 1, 2: }
L:
	select { case x := <-c: case c <- 1: case <-d: default: }
	var x = []int{1, 2: 3, {4}}
	y := map[string]T{"a": {1, 2}, "b": T{x: 1}}
	z := struct{ a int }{1}
	go func() { }()
	defer f(a, b...)
	x, y = y, x
	x[i], p.y = 1, 2
	x += 1 << 3 &^ 4
	i++; j--
	c <- <-d
	a = b[1:2:3]; a = b[:]; a = b[1:]; a = *p.q; a = &T{}; a = -x ^ y
	f(G[int](x), H[int, string]{}, a.(T), []byte("x"), func(x int) int { return x })
	for _, x := range []int{1} { }
	if v, ok := m[(T{})]; ok { }
	a = (<-chan int)(x); a = <-chan int(x); a = (*T)(x); a = chan int(x)
	{ }
	;
	const k = 1
	type local int
}
"#;

#[test]
fn each_broken_declaration_is_reported() {
    check(
        "package p\nfunc f() { x := }\nfunc g() { f(1 2) }\nvar x int = \nfunc h() { }\n",
        &[
            "2:17: syntax error: unexpected }, expected expression",
            "3:16: syntax error: unexpected literal 2 in argument list; possibly missing comma or )",
            "5:6: syntax error: unexpected name h, expected (",
        ],
    );
    check(
        "package p\nx := 1\nfunc f() {}\n",
        &["2:1: syntax error: non-declaration statement outside function body"],
    );
    check("package p\nfunc f()\n{\n}\n", &["3:1: syntax error: unexpected semicolon or newline before {"]);
    check("func f() {}\n", &["1:1: syntax error: package statement must be first"]);
    check("package p\nfunc f() { if { } }\n", &["2:15: syntax error: missing condition in if statement"]);
    check(
        "package p\nvar _ = []int{1, 2\n}\n",
        &["2:19: syntax error: unexpected newline in composite literal; possibly missing comma or }"],
    );
}

#[test]
fn deep_nesting_is_refused() {
    let text = format!("package p\nvar x = {}1{}\n", "(".repeat(100_000), ")".repeat(100_000));
    check(&text, &["2:10009: expression or block nested too deeply"]);
}

#[test]
fn every_form_of_the_language_parses() {
    check(EVERY_FORM, &[]);
}

/// The tree as text, without the numbers of its expressions.
fn shown(tree: &impl std::fmt::Debug) -> String {
    let text = format!("{tree:#?}");
    let number = |line: &str| line.trim().bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    text.lines().filter(|line| !number(line)).collect::<Vec<_>>().join("\n")
}

/// Reads a text by the grammar and by the functions for wrong files; both must agree.
fn check_agreement(text: &str) {
    let mut map = SourceMap::default();
    map.add("x.go", text);
    let (mut names, mut next_id, mut errors) = (Interner::default(), 1, Vec::new());
    let mut session = Session { names: &mut names, next_id: &mut next_id, errors: &mut errors };
    let mut parser = Parser::new(text, map.files()[0].base, &map, &mut session);
    let right = parser.right_file().ok().expect("the grammar accepts the text");
    let all = 0..parser.tokens.len();
    let recovered = parser.recover(all, |reader| reader.file());
    assert!(errors.is_empty(), "{errors:?}");
    assert!(recovered.broken.is_empty() && recovered.lost.is_empty());
    assert_eq!(shown(&right), shown(&recovered.file));
}

#[test]
fn what_the_grammar_accepts_is_read_the_same_way_after_an_error() {
    check_agreement(EVERY_FORM);
}

#[test]
fn reading_goes_on_after_each_error() {
    check(
        "package p\nimport 42\nimport\ntype (\n\tA []int\n)\nvar a, b = 1 2\nconst c := 3\n\
         func (r, s T) m(x int, string) {}\nfunc (x) {}\nfunc g[]() {}\n",
        &[
            "2:8: syntax error: import path must be a string",
            "4:1: syntax error: missing import path",
            "6:1: syntax error: non-declaration statement outside function body",
            "7:14: syntax error: unexpected literal 2 after top level declaration",
            "8:9: syntax error: unexpected :=, expected =",
            "9:15: method has multiple receivers",
            "9:30: syntax error: missing parameter type",
            "10:10: syntax error: unexpected {, expected name",
            "11:8: syntax error: empty type parameter list",
        ],
    );
}

#[test]
fn headers_of_control_statements_have_messages_of_their_own() {
    let check = |line: &str, expected: &str| {
        check(&format!("package p\nfunc f() {{\n{line}\n}}\n"), &[expected]);
    };
    check("if x := 1 { }", "3:6: syntax error: cannot use x := 1 as value");
    check("if x = a+b { }", "3:6: syntax error: cannot use assignment x = (a + b) as value");
    check("if { }", "3:4: syntax error: missing condition in if statement");
    check("if x\n{ }", "3:5: syntax error: unexpected newline, expected { after if clause");
    check("for i := 0; i < 10 { }", "3:20: syntax error: unexpected {, expected semicolon or newline");
    check("for i := 0; { }", "3:13: syntax error: unexpected {, expected for loop condition");
    check("for ; ; i := 0 { }", "3:11: syntax error: cannot declare in post statement of for loop");
    check(
        "for var i = 0; i < 10; i++ { }",
        "3:9: syntax error: var declaration not allowed in for initializer",
    );
    check("switch x { foo }", "3:12: syntax error: unexpected name foo, expected case or default or }");
    check("if x { } else x = 1", "3:15: syntax error: else must be followed by if or statement block");
    check("switch { case 1: L: case 2: }", "3:19: syntax error: missing statement after label");
    check("defer (f())", "3:7: expression in defer must not be parenthesized");
    check("x, y", "3:5: syntax error: unexpected newline, expected := or = or comma");
    check("_ = a[1:2:]", "3:11: final index required in 3-index slice");
    check("_ = a[]", "3:7: syntax error: unexpected ], expected operand");
    check("_ = (T){1}", "3:8: syntax error: cannot parenthesize type in composite literal");
}

#[test]
fn a_list_in_brackets_after_a_type_name_is_a_length_or_parameters() {
    check(
        "package p\ntype A[P *C,] int\ntype B[P (C),] int\ntype C[P *int | ~string] int\ntype D[N * 2] int\n\
         type E[P [3]*A] int\ntype F [N]int\n",
        &[],
    );
    check("package p\ntype A[P, Q] int\n", &["2:12: syntax error: missing type constraint"]);
    check(
        "package p\ntype A[int | string] int\nfunc f[~int]() {}\n",
        &["3:8: syntax error: missing type parameter name or invalid array length"],
    );
}

#[test]
fn missing_braces_do_not_nest_without_end() {
    // The caller gives the parser a deep stack; see `golite::on_deep_stack`.
    let thread = std::thread::Builder::new().stack_size(1 << 30).spawn(|| {
        for keyword in ["if ", "for ", "switch ", "interface ", "func ", "struct{", "L: ", "- "] {
            let text = format!("package p\nfunc f() {{ {} }}\n", keyword.repeat(200_000));
            let (_, errors) = errors(&text);
            assert!(!errors.is_empty(), "{keyword}");
        }
    });
    thread.expect("a thread starts").join().expect("nothing overflows");
}
