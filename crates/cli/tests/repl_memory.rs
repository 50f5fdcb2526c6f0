//! What inputs leave is taken away when nothing refers to it: what is still referred to stays as it was. Each
//! session is run a second time with a collection at every allocation.

use std::io::Write;
use std::process::{Command, Stdio};

/// Runs a session, in which something may be wrong, and compares what it writes to standard output.
#[track_caller]
fn shows(input: &str, expected: &str) {
    for debug in ["", "gcstress=1"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_golite"))
            .arg("repl")
            .env("GODEBUG", debug)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.code().is_some(), "{debug}: {}", output.status);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{debug}: {input}");
    }
}

/// Inputs that leave nothing: statements, errors, panics, calls of literals.
fn passing() -> String {
    let one = "_ = len(\"abc\")\nnothing\npanic(1)\nfunc() {}()\nfor range 3 {}\ngo func() {}()\nruntime.Gosched()\n";
    one.repeat(8)
}

#[test]
fn functions_that_variables_hold_stay() {
    let passing = passing();
    shows(
        &format!(
            "f := func() int {{ return 7 }}\n{passing}f = func() int {{ return 8 }}\n{passing}f()\n\
             list := []func(int) int{{}}\nfor i := range 3 {{ list = append(list, func(n int) int {{ return n * i }}) }}\n\
             {passing}list[2](10)\n"
        ),
        "f : func() int\n8 : int\nlist : []func(int) int\n20 : int\n",
    );
}

#[test]
fn goroutines_go_on_in_code_of_inputs_that_passed() {
    let passing = passing();
    shows(
        &format!(
            "ch := make(chan int)\ngo func() {{ for i := 0; ; i++ {{ ch <- i }} }}()\n<-ch\n{passing}<-ch\n{passing}<-ch\n\
             time.AfterFunc(time.Millisecond, func() {{ ch <- 100 }})\nn := 0\n{passing}for n != 100 {{ n = <-ch }}\nn\n"
        )
        .replace("time.AfterFunc", "_ = time.AfterFunc"),
        "ch : chan int\n0 : int\n1 : int\n2 : int\nn : int\n100 : int\n",
    );
}

#[test]
fn what_is_pointed_at_stays() {
    let passing = passing();
    shows(
        &format!(
            "var p *int\ny := 5; p = &y; panic(1)\n{passing}*p\nvar s []int\na := [3]int{{1, 2, 3}}; s = a[:]; panic(2)\n\
             {passing}s\nx := 1\nq := &x\nx := 2\n{passing}*q\n"
        ),
        "p : *int\n5 : int\ns : []int\n[]int{1, 2, 3} : []int\nx : int\nq : *int\nx : int\n2 : int\n",
    );
}

#[test]
fn functions_declared_again_are_called_by_all() {
    let passing = passing();
    let mut input = String::from(
        "func f() int { return 0 }\nfunc g() int { return f() }\nfunc h() int { return g() }\nh()\n",
    );
    let mut expected = String::from("f : func() int\ng : func() int\nh : func() int\n0 : int\n");
    for i in 1..40 {
        input += &format!("func f() int {{ return {i} }}\nfunc g() int {{ return 100 + f() }}\n");
        expected += "f : func() int\ng : func() int\n";
        if i % 10 == 9 {
            input += &format!("{passing}h()\nf()\n");
            expected += &format!("{} : int\n{i} : int\n", 100 + i);
        }
    }
    // A func value is of the function that it was made of.
    input += "kept := f\nfunc f() int { return 1000 }\nh()\n";
    expected += "kept : func() int\nf : func() int\n1100 : int\n";
    for i in 0..30 {
        input += &format!("func f() int {{ return {i} }}\n");
        expected += "f : func() int\n";
    }
    input += "kept() >= 0\nh()\nvar name string\nfunc f() int { return len(name) }\nname = \"abc\"\nh()\n";
    expected += "true : bool\n129 : int\nname : string\nf : func() int\n103 : int\n";
    shows(&input, &expected);
}

#[test]
fn values_before_are_there() {
    let passing = passing();
    shows(
        &format!("1\n2\n3\n{passing}_1 + 10*_2 + 100*_3\n\"a\"\n4\n_2\n5\n6\n7\n8\nans\n_3\n"),
        "1 : int\n2 : int\n3 : int\n123 : int\n\"a\" : string\n4 : int\n\"a\" : string\n5 : int\n6 : int\n7 : int\n8 : int\n8 : int\n7 : int\n",
    );
}

#[test]
fn a_deadlock_leaves_no_goroutine() {
    let mut input = "ch := make(chan int)\n".to_string();
    for _ in 0..20 {
        input += "<-ch\nselect {}\n";
    }
    input += "go func() { ch <- 5 }()\n<-ch\n:goroutines\n";
    shows(&input, "ch : chan int\n5 : int\nnone\n");
}
