//! What the checker says about expressions: Go's words at Go's places.

use golite::check_files;
use golite::load::{PackageFiles, SourceText};

/// Checks statements in a function with some declarations around them; gives `column: message` lines.
fn check(statement: &str, expected: &[&str]) {
    let text = format!(
        "package main\n\
         type S struct{{ a int }}\n\
         func (s *S) M() {{}}\n\
         func none[T any]() {{}}\n\
         func pair[T any](a, b T) T {{ return a }}\n\
         func number[T interface{{ ~int | ~float64 }}](a T) T {{ return a }}\n\
         func each[E any, L ~[]E](list L, f func(E) E) L {{ return list }}\n\
         func two() (int, string) {{ return 1, \"\" }}\n\
         func use(...any) {{}}\n\
         func main() {{ var x int; var f float64; var p *S; var list []int; use(x, f, p, list)\n\
         {statement}\n\
         }}\n"
    );
    let source = SourceText { name: "main.go-lite".into(), text: text.into(), version: None };
    let files = PackageFiles { files: vec![source], folder: ".".into(), module: None, by_folder: false };
    let checked = check_files(&files, |_| None);
    let lines: Vec<String> = checked
        .diagnostics()
        .iter()
        .map(|error| {
            let (_, at) = checked.sources().locate(error.at).expect("errors have places");
            format!("{}: {}", at.column, error.message)
        })
        .collect();
    assert_eq!(lines, expected, "{statement}");
}

#[test]
fn constants_must_fit_their_types() {
    check("var b uint8 = 255; use(b)", &[]);
    check(
        "var b uint8 = 255 + 1; use(b)",
        &[
            "15: cannot use 255 + 1 (untyped int constant 256) as uint8 value in variable declaration (overflows)",
        ],
    );
    check("use(uint8(300))", &["11: constant 300 overflows uint8"]);
    check("x = 1.5", &["5: cannot use 1.5 (untyped float constant) as int value in assignment (truncated)"]);
    check("use(1 << 600)", &["7: constant shift overflow"]);
    check("use(x / 0)", &["9: invalid operation: division by zero"]);
}

#[test]
fn operands_must_match() {
    check("use(x + f)", &["5: invalid operation: x + f (mismatched types int and float64)"]);
    check(
        "use(x == \"a\")",
        &["10: invalid operation: x == \"a\" (mismatched types int and untyped string)"],
    );
    check("use(list == list)", &["5: invalid operation: list == list (slice can only be compared to nil)"]);
    check(
        "use(1.5 << x)",
        &["5: invalid operation: shifted operand 1.5 (untyped float constant) must be integer"],
    );
    check("f = 1 << x", &["5: invalid operation: shifted operand 1 (type float64) must be integer"]);
    check("use(uint8(1 << x), p == nil, -x, ^x, x<<3)", &[]);
}

#[test]
fn selectors_say_what_is_missing() {
    check("use(p.A)", &["7: p.A undefined (type *S has no field or method A, but does have field a)"]);
    check("S{}.M()", &["5: cannot call pointer method M on S"]);
    check("use(S.M)", &["7: invalid method expression S.M (needs pointer receiver (*S).M)"]);
    check("use((*S).M, p.M, p.a)", &[]);
}

#[test]
fn calls_count_their_arguments() {
    check("pair(1)", &["6: not enough arguments in call to pair\n\thave (number)\n\twant (T, T)"]);
    check("two(two())", &["5: too many arguments in call to two\n\thave (int, string)\n\twant ()"]);
    check("use(two())", &[]);
    check("x = two()", &["5: assignment mismatch: 1 variable but two returns 2 values"]);
    check("use(list...)", &["5: cannot use list (variable of type []int) as []any value in argument to use"]);
}

#[test]
fn type_arguments_are_inferred() {
    check("none()", &["5: in call to none, cannot infer T (declared at main.go-lite:4:11)"]);
    check("use(pair(1, 2.5), pair(f, 1), number(x))", &[]);
    check(
        "use(pair(x, f))",
        &["13: in call to pair, type float64 of f does not match inferred type int for T"],
    );
    check(
        "use(number(\"a\"))",
        &["11: string does not satisfy interface{~int | ~float64} (string missing in ~int | ~float64)"],
    );
    check("use(each(list, number))", &[]);
    check("var g func(int, int) int = pair; use(g, none[int])", &[]);
}

#[test]
fn literals_know_their_elements() {
    check("use(S{b: 1})", &["7: unknown field b in struct literal of type S"]);
    check("use([2]int{1, 2, 3})", &["18: index 2 is out of bounds (>= 2)"]);
    check("use(map[string]int{\"a\": 1, \"a\": 2})", &["28: duplicate key \"a\" in map literal"]);
    check("use([...]int{5: 1}, [][]int{{1}, {2}}, []*S{{a: 1}}, map[S]int{{1}: 2})", &[]);
}

#[test]
fn instantiations_must_end() {
    let text = "package main\n\ntype L[T any] struct{}\n\nfunc f[T any]() { f[L[T]]() }\n\nfunc main() { f[int]() }\n";
    let source = SourceText { name: "main.go-lite".into(), text: text.into(), version: None };
    let files = PackageFiles { files: vec![source], folder: ".".into(), module: None, by_folder: false };
    let checked = check_files(&files, |_| None);
    let messages: Vec<&str> = checked.diagnostics().iter().map(|error| &*error.message).collect();
    assert_eq!(messages, ["instantiation cycle:\n\tmain.go-lite:5:21: T instantiated as L[T]"]);
}

#[test]
fn long_and_deep_expressions_are_checked() {
    let sum = format!("x = x{}", " + x".repeat(20_000));
    check(&sum, &[]);
    let deep = format!("x = {}x{}", "pair(1, ".repeat(2_000), ")".repeat(2_000));
    check(&deep, &[]);
}

#[test]
fn constants_of_any_size_are_refused_only_where_they_do_not_fit() {
    check("const big = 1e600000; var _ = big > 1", &[]);
    check(
        "x = 1e-40000",
        &["5: cannot use 1e-40000 (untyped float constant) as int value in assignment (truncated)"],
    );
    check("const big = 1e500000000; const _ = big * big", &["40: constant result is not representable"]);
    check("var _ = 1e1000000000", &["9: malformed constant: 1e1000000000"]);
    check("var _ complex128 = 1 / 1e-600000000i", &["24: invalid operation: division by zero"]);
}

#[test]
fn the_function_that_a_generic_one_is_assigned_to_is_named() {
    check(
        "var v func(int, string) int = pair; use(v)",
        &[
            "31: inferred type func(a int, b int) int for func(a T, b T) T does not match type func(int, string) int of v",
        ],
    );
}
