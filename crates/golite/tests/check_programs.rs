//! What the checker accepts and what it says, as real Go does.

use std::sync::Arc;

use golite::load::{PackageFiles, SourceText};
use golite::{Checked, StdPackage, check_files};
use golite_types::{ObjKind, VarFacts};

/// A standard package for tests.
fn find_std(path: &str) -> Option<StdPackage> {
    let text = match path {
        "shapes" => {
            "package shapes\n\nimport \"units\"\n\n// A Box is a box.\ntype Box[T any] struct {\n\titem T\n\tSize units.Length\n}\n\nfunc (b *Box[T]) Get() T { return b.item }\n\nfunc (b Box[T]) hidden() {}\n\nconst (\n\tSmall = iota + 1\n\tLarge\n)\n\nvar Default, Other = Box[int]{}, broken\n\nfunc Unused() { thisIsNeverRead }\n"
        }
        "units" => "package units\n\ntype Length float64\n",
        _ => return None,
    };
    Some(StdPackage { files: vec![(format!("{path}.go-lite"), text.into())], outline: None })
}

fn check_program(text: &str) -> Checked {
    let file = SourceText { name: "a.go".into(), text: Arc::from(text), version: None };
    check_files(
        &PackageFiles { files: vec![file], folder: ".".into(), module: None, by_folder: false },
        find_std,
    )
}

/// The diagnostics, as `line:column: message`.
fn messages(text: &str) -> Vec<String> {
    let checked = check_program(text);
    let map = &checked.checker.session.map;
    let short = |diagnostic| golite_diag::render::short(map, diagnostic);
    checked.diagnostics().iter().map(|d| short(d).trim_start_matches("a.go:").to_string()).collect()
}

/// Checks the body of a `main`, given after the third line.
fn body(text: &str) -> Vec<String> {
    messages(&format!("package main\n\nfunc main() {{\n{text}\n}}\n"))
}

#[track_caller]
fn check(actual: Vec<String>, expected: &[&str]) {
    assert_eq!(actual, expected);
}

#[test]
fn unused_variables_are_reported_unless_they_are_read() {
    check(body("x := 1\ny := 2\ny = 3\n_ = x"), &["5:1: declared and not used: y"]);
    check(body("x := 1\nfunc() { _ = x }()"), &[]);
    check(body("switch x := any(1).(type) {\ncase int:\n}"), &["4:8: x declared and not used"]);
}

#[test]
fn types_may_refer_to_themselves_through_pointers_only() {
    check(messages("package p\ntype T struct { next *T; all []T; by map[string]T }\n"), &[]);
    check(
        messages("package p\ntype A struct { b B }\ntype B struct { a A }\n"),
        &["2:6: invalid recursive type A\n\ta.go:2:6: A refers to B\n\ta.go:3:6: B refers to A"],
    );
    check(messages("package p\ntype T T\n"), &["2:6: invalid recursive type: T refers to itself"]);
    check(messages("package p\ntype T [2]T\n"), &["2:6: invalid recursive type: T refers to itself"]);
}

#[test]
fn order_of_initialisation_follows_references_through_functions() {
    let checked = check_program(
        "package main\nvar a = f()\nvar b, c = 1, 2\nfunc f() int { return c }\nfunc main() { _, _ = a, b }\n",
    );
    assert!(checked.diagnostics().is_empty());
    let names: Vec<String> = checked
        .checker
        .init_order(checked.package)
        .iter()
        .map(|step| checked.checker.name(checked.checker.object(step.vars[0]).name).to_string())
        .collect();
    // b and c come before what depends on them only as far as needed.
    assert_eq!(names, ["b", "c", "a"]);
    check(
        messages("package p\nvar x = f()\nfunc f() int { return x }\n"),
        &["2:5: initialization cycle for x\n\ta.go:2:5: x refers to f\n\ta.go:3:6: f refers to x"],
    );
}

#[test]
fn methods_are_found_through_embedding_and_hidden_by_ambiguity() {
    let types = "package p\ntype A struct{}\nfunc (A) M() {}\ntype B struct{}\nfunc (*B) M() {}\ntype I interface{ M() }\n";
    check(messages(&format!("{types}type C struct{{ A }}\nvar _ I = C{{}}\n")), &[]);
    check(
        messages(&format!("{types}type C struct{{ A; B }}\nvar _ I = C{{}}\n")),
        &[
            "8:11: cannot use C{} (value of struct type C) as I value in variable declaration: C does not implement I (ambiguous selector C.M)",
        ],
    );
    check(
        messages(&format!("{types}var _ I = B{{}}\n")),
        &[
            "7:11: cannot use B{} (value of struct type B) as I value in variable declaration: B does not implement I (method M has pointer receiver)",
        ],
    );
}

#[test]
fn functions_with_results_end_in_a_terminating_statement() {
    let func = |body: &str| messages(&format!("package p\nfunc f(c chan int) int {{\n{body}\n}}\n"));
    check(func("for {}"), &[]);
    check(func("for { break }"), &["4:1: missing return"]);
    check(func("L: for { select { default: break L } }"), &["4:1: missing return"]);
    check(func("select { case <-c: panic(1) }"), &[]);
    check(func("if true { return 1 } else { return 2 }"), &[]);
    check(func("switch { case true: return 1 }"), &["4:1: missing return"]);
    check(func("{ goto L }\nL: panic(0)"), &[]);
}

#[test]
fn labels_belong_to_the_statements_around() {
    check(body("L: for { break L }"), &[]);
    check(body("L: for {}"), &["4:1: label L defined and not used"]);
    check(body("goto L\nx := 1\n_ = x\nL:"), &["4:6: goto L jumps over declaration of x at a.go:5:3"]);
    check(body("goto L\n{ L: }"), &["4:6: goto L jumps into block starting at a.go:5:1"]);
    check(body("L: if true { for { continue L } }"), &["4:29: invalid continue label L"]);
    check(body("break"), &["4:1: break is not in a loop, switch, or select"]);
}

#[test]
fn range_gives_what_its_operand_has() {
    check(
        body("for i := range 3 { var _ int = i }\nfor i, r := range \"a\" { var _ rune = r; var _ int = i }"),
        &[],
    );
    check(body("for range func(yield func(int, string) bool) {} {}"), &[]);
    check(
        body("for i := range func(func(int)) {} { _ = i }"),
        &[
            "4:16: cannot range over func(func(int)) {} (value of type func(func(int))): func must be func(yield func(...) bool): yield func does not return bool",
        ],
    );
    check(
        body("for i, j := range 3 { _, _ = i, j }"),
        &["4:8: range over 3 (untyped int constant) permits only one iteration variable"],
    );
}

#[test]
fn duplicate_cases_are_found() {
    check(
        body("switch 1 {\ncase 1, 2:\ncase 2:\n}"),
        &["6:6: duplicate case 2 (constant of type int) in expression switch\n\ta.go:5:9: previous case"],
    );
    check(
        body("switch any(1).(type) {\ncase int:\ncase int:\n}"),
        &["6:6: duplicate case int in type switch\n\ta.go:5:6: previous case"],
    );
}

#[test]
fn instances_that_grow_without_end_are_refused() {
    check(
        messages("package p\nfunc f[T any]() { f[[]T]() }\n"),
        &["2:8: instantiation cycle:\n\ta.go:2:21: T instantiated as []T"],
    );
    check(messages("package p\nfunc f[T any](n int) { if n > 0 { f[T](n - 1) } }\n"), &[]);
}

#[test]
fn standard_packages_are_read_as_far_as_they_are_used() {
    let program = "package main\nimport \"shapes\"\nfunc main() {\n\tvar b shapes.Box[string]\n\tvar s string = b.Get()\n\t_, _ = s, shapes.Large + int(b.Size)\n}\n";
    check(messages(program), &[]);
    check(
        messages("package main\nimport \"shapes\"\nfunc main() { shapes.Nothing() }\n"),
        &["3:22: undefined: shapes.Nothing"],
    );
    check(
        messages("package main\nimport \"shapes\"\nfunc main() {}\n"),
        &["2:8: \"shapes\" imported and not used"],
    );
    check(
        messages("package main\nimport \"nothing\"\nfunc main() {}\n"),
        &["2:8: could not import nothing (package nothing is not in std)"],
    );
}

#[test]
fn variables_know_where_they_have_to_live() {
    let program = "package main\nfunc main() {\n\tplain, captured, addressed, assigned := 1, 2, [1]int{}, 3\n\tfunc() { captured++ }()\n\t_ = addressed[:]\n\tassigned = plain\n}\n";
    let checked = check_program(&program.replace("assigned = plain", "assigned = plain; _ = assigned"));
    assert!(checked.diagnostics().is_empty());
    let facts = |name: &str| {
        let objects = checked.checker.objects.iter();
        let found = objects.rev().find(|object| checked.checker.name(object.name) == name);
        match found.map(|object| &object.kind) {
            Some(ObjKind::Var(facts)) => *facts,
            _ => VarFacts::default(),
        }
    };
    let used = VarFacts { used: true, ..VarFacts::default() };
    assert_eq!(facts("plain"), used);
    assert_eq!(facts("captured"), VarFacts { captured: true, assigned: true, ..used });
    assert_eq!(facts("addressed"), VarFacts { addressed: true, ..used });
    assert_eq!(facts("assigned"), VarFacts { assigned: true, ..used });
}

#[test]
fn long_chains_and_deep_nesting_do_not_overflow() {
    let sum = format!("_ = 1{}", " + 1".repeat(20_000));
    check(body(&sum), &[]);
    let nested = format!("_ = {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    check(body(&nested), &[]);
    let chain: String = (0..5_000).map(|i| format!("var v{i} = v{}\n", i + 1)).collect();
    let result = messages(&format!("package p\n{chain}var v5000 = 1\n"));
    assert!(result.len() <= 1_500, "a limit is reported, nothing crashes: {}", result.len());
}

#[test]
fn a_syntax_error_hides_only_what_follows_from_it() {
    check(
        messages("package p\nfunc f() { x := }\nfunc g() int { return \"\" + y }\nz := 1\nvar _ = z\n"),
        &[
            "2:17: syntax error: unexpected }, expected expression",
            "3:28: undefined: y",
            "4:1: syntax error: non-declaration statement outside function body",
        ],
    );
    check(
        messages("package p\nimport \"shapes\"\nfunc f() { if }\n"),
        &["3:15: syntax error: unexpected }, expected expression"],
    );
}

#[test]
fn cycles_of_instances_are_told_where_they_are_written() {
    check(
        messages("package p\ntype A[P any] [10]A[*P]\n"),
        &["2:19: invalid recursive type: A[*P] refers to itself"],
    );
    check(
        messages("package p\ntype N[P any] M[P]\ntype M[P any] N[P]\n"),
        &[
            "2:15: invalid recursive type M[P]\n\ta.go:2:15: M[P] refers to N[P]\n\ta.go:3:15: N[P] refers to M[P]",
        ],
    );
    check(
        messages("package p\ntype I interface { m() J; J }\ntype J interface { I }\nvar i I = j\nvar j J\n"),
        &["2:6: invalid recursive type I\n\ta.go:2:6: I refers to J\n\ta.go:3:6: J refers to I"],
    );
}

#[test]
fn a_field_or_method_is_no_type() {
    check(
        messages("package p\ntype S[T any] struct{}\nvar v = S[any]{}\nfunc (s *S[T]) M(v.M) {}\n"),
        &["4:20: v.M is not a type"],
    );
}

#[test]
fn comparable_leaves_only_terms_that_compare() {
    check(
        messages("package p\nfunc f[T interface{ comparable; ~[]int }](x T) { _ = x == x }\n"),
        &["2:54: invalid operation: x == x (empty type set)"],
    );
    check(
        messages("package p\nfunc f[T interface{ comparable; []byte | string }](T) {}\nvar _ = f[[]byte]\n"),
        &[
            "3:11: []byte does not satisfy interface{comparable; []byte | string} (interface{comparable; []byte | string} mentions []byte, but []byte is not in the type set of interface{comparable; []byte | string})",
        ],
    );
}

#[test]
fn type_arguments_must_be_as_many_as_the_parameters() {
    check(
        messages(
            "package p\ntype F[A, B any] int\nfunc g[A, B any](F[A, B]) {}\nfunc _() { var x F[int]; g(x) }\n",
        ),
        &[
            "4:18: not enough type arguments for type F: have 1, want 2",
            "4:28: in call to g, type F[int] of x does not match F[A, B] (cannot infer A and B)",
        ],
    );
    check(
        messages("package p\ntype B[P any] = func()\nvar _ = B(nil)\nvar _ B\n"),
        &[
            "3:9: cannot use generic type B without instantiation",
            "4:7: cannot use generic type B[P any] without instantiation",
        ],
    );
}

#[test]
fn import_paths_are_checked() {
    let check = |path: &str, expected: &str| {
        check(messages(&format!("package p\nimport {path}\n")), &[expected]);
    };
    check("\"a b\"", "2:8: invalid import path (invalid character U+0020 ' ')");
    check("`a\\b`", "2:8: invalid import path (invalid character U+005C '\\')");
    check("\"a//b\"", "2:8: could not import a//b (non-canonical import path \"a//b\" (should be \"a/b\"))");
    check("\"/a\"", "2:8: could not import /a (import path cannot be absolute path)");
}

#[test]
fn names_from_dot_imports_clash_with_those_of_the_package() {
    check(
        messages("package p\nimport . \"units\"\nvar _ Length\nfunc Length() {}\n"),
        &[
            "4:6: Length already declared through dot-import of package units (\"units\")\n\t$GOROOT/src/units/units.go-lite:3:6: other declaration of Length",
        ],
    );
}

#[test]
fn line_directives_give_the_places_of_messages() {
    check(
        messages("package p\n//line b.go:10\nvar _ = x\n/*line c.go:5:3*/var _ = y\n"),
        &["b.go:10: undefined: x", "c.go:5:11: undefined: y"],
    );
}

/// Variables that each need the next.
fn chain(length: usize) -> String {
    let links: String = (0..length).map(|i| format!("var v{i} = v{} + 1\n", i + 1)).collect();
    format!("package p\n{links}var v{length} = 1\n")
}

#[test]
fn thousands_of_declarations_may_refer_to_each_other() {
    check(messages(&chain(4000)), &[]);
    let types: String = (0..1000).map(|i| format!("type T{i} struct {{ T{}; f{i} int }}\n", i + 1)).collect();
    let last = "type T1000 struct{ last int }\nvar t T0\nvar last = t.last\n";
    check(messages(&format!("package p\n{types}{last}")), &[]);
}

#[test]
fn declarations_have_a_limit_of_depth() {
    check(messages(&chain(10_500)), &["10002:5: declarations refer to each other too deeply"]);
    // Nested expressions count, too: they take the same stack.
    let call = |i: usize| format!("var v{i} = {}v{}{}\n", "f(".repeat(1000), i + 1, ")".repeat(1000));
    let links: String = (0..300).map(call).collect();
    let text = format!("package p\nfunc f(x int) int {{ return x }}\n{links}var v300 = 1\n");
    assert!(messages(&text).iter().all(|message| message.ends_with("refer to each other too deeply")));
}

#[test]
fn a_type_of_many_levels_is_measured_once() {
    let level = |i: usize| {
        let next = i + 1;
        format!(
            "type T{i} struct {{ A{i}; B{i} }}\ntype A{i} struct{{ T{next} }}\ntype B{i} struct{{ T{next} }}\n"
        )
    };
    let levels: String = (0..40).map(level).collect();
    let text = format!(
        "package p\nimport \"unsafe\"\n{levels}type T40 struct{{}}\nvar t [unsafe.Sizeof(T0{{}})]int\n"
    );
    let text = text.replace("import \"unsafe\"", "import \"unsafe\"\n");
    check(messages(&text), &[]);
}
