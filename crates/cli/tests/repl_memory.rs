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

#[test]
fn texts_that_something_holds_stay() {
    let passing = passing();
    let mut input = String::from("s := \"alpha\"\nvar list []string\nm := map[string]string{}\n");
    for i in 0..20 {
        input += &format!(
            "list = append(list, \"item {i}\")\nm[\"key {i}\"] = \"value {i}\"\n_ = len(\"nobody has this {i}\")\n"
        );
    }
    input += &passing;
    input += "runtime.GC()\ns\nlist[7]\nm[\"key 19\"]\nswitch s { case \"beta\": println(1); case \"alpha\": fmt.Println(\"found\") }\n";
    shows(
        &input,
        "s : string\nlist : []string\nm : map[string]string\n\"alpha\" : string\n\"item 7\" : string\n\"value 19\" : string\nfound\n",
    );
}

/// What a session should know after inputs chosen at random.
struct Model {
    random: u64,
    x: i64,
    f: i64,
    g: i64,
    k: i64,
    s: String,
    list: Vec<String>,
    c: i64,
    r: i64,
    m: i64,
    /// What `q` gives, and whether that is a text.
    q: (i64, bool),
    /// What `w`, which calls the `q` of its time, gives; `None` if that is the `q` of now.
    w: Option<i64>,
    input: String,
    expected: String,
}

impl Model {
    fn below(&mut self, most: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % most
    }

    fn add(&mut self, input: &str, shown: &str) {
        self.input += input;
        self.input.push('\n');
        self.expected += shown;
    }

    fn step(&mut self, number: usize) {
        let n = self.below(1000) as i64;
        match self.below(34) {
            0 => self.add("x", &format!("{} : int\n", self.x)),
            1 => {
                self.x += n;
                self.add(&format!("x = x + {n}"), "");
            }
            2 => {
                self.x = n;
                self.add(&format!("x := {n}"), "x : int\n");
            }
            3 | 4 => {
                self.f = n;
                self.add(&format!("func f() int {{ return {n} }}"), "f : func() int\n");
            }
            5 => {
                self.g = n;
                self.add(&format!("func g() int {{ return f() + {n} }}"), "g : func() int\n");
            }
            6 => self.add("f()", &format!("{} : int\n", self.f)),
            7 => self.add("g()", &format!("{} : int\n", self.f + self.g)),
            8 => {
                self.k = n;
                self.add(&format!("k = func() int {{ return {n} + x }}"), "");
            }
            9 | 10 => self.add("k()", &format!("{} : int\n", self.k + self.x)),
            11 => {
                self.s = format!("text {n}");
                self.add(&format!("s = \"text {n}\""), "");
            }
            12 => self.add("s", &format!("{:?} : string\n", self.s)),
            13 => {
                self.list.push(format!("item {n}"));
                self.add(&format!("list = append(list, \"item {n}\")"), "");
            }
            14 => {
                if let Some(last) = self.list.last().cloned() {
                    self.add("list[len(list)-1]", &format!("{last:?} : string\n"));
                }
            }
            15 => self.add("nothing", ""),
            16 => self.add(&format!("y := {n}; panic(y)"), ""),
            17 => {
                self.x += 1;
                self.add("go func() { x++ }(); runtime.Gosched()", "");
            }
            18 => {
                self.x += 3;
                self.add("func() { defer func() { recover(); x += 3 }(); panic(1) }()", "");
            }
            19 => self.add(&format!("v{number} := {n}"), &format!("v{number} : int\n")),
            20 => self.add(&format!("type T{number} struct {{ n int }}"), &format!("type T{number}\n")),
            21 => {
                self.x = n;
                self.add(&format!("*p = {n}"), "");
            }
            23 => {
                self.c = n;
                self.add(&format!("const c = {n}"), "c : untyped int\n");
            }
            24 => {
                self.c = n + 1;
                self.add(&format!("const (c = e + 1; e = {n})"), "c : untyped int\ne : untyped int\n");
            }
            25 => {
                self.r = self.c;
                self.add("func r() int { return c }", "r : func() int\n");
            }
            26 => self.add("r() - c", &format!("{} : int\n", self.r - self.c)),
            27 => {
                self.m = n;
                self.add(&format!("func (t T) F() int {{ return {n} }}"), "T.F : func() int\n");
            }
            28 => {
                self.add("method() + any(T{}).(interface{ F() int }).F()", &format!("{} : int\n", 2 * self.m))
            }
            29 => {
                self.m = self.c + self.f;
                self.add("func (t T) F() int { const d = c; return d + f0() }", "T.F : func() int\n");
                self.add(&format!("func f0() int {{ return {} }}", self.f), "f0 : func() int\n");
            }
            30 => {
                let other = !self.q.1;
                let before = self.q.0;
                self.q = (n, other);
                self.w = self.w.or((other || self.w.is_some()).then_some(before));
                match other {
                    true => self.add(
                        &format!("func q() string {{ return \"{n}\" }}"),
                        "q : func() string\nnote: functions from before call the old q\n",
                    ),
                    false => self.add(
                        &format!("func q() int {{ return {n} }}"),
                        "q : func() int\nnote: functions from before call the old q\n",
                    ),
                }
            }
            31 if !self.q.1 => {
                self.q.0 = n;
                self.add(&format!("func q() int {{ return {n} }}"), "q : func() int\n");
                self.w = None;
                self.add("func w() int { return q() }", "w : func() int\n");
            }
            31 | 32 => self.add("w()", &format!("{} : int\n", self.w.unwrap_or(self.q.0))),
            22 => self.add("slices.Max([]int{1, x, -5})", &format!("{} : int\n", self.x.max(1))),
            _ => {
                self.x = self.f;
                self.add(&format!("m.f = f; x = m.f(); m.s[\"{n}\"] = \"{n}\""), "");
            }
        }
    }
}

#[test]
fn sessions_at_random_know_what_they_should() {
    let rounds: u64 = std::env::var("GOLITE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    for seed in 1..=rounds {
        let mut model = Model {
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            x: 0,
            f: 0,
            g: 0,
            k: 0,
            s: String::new(),
            list: Vec::new(),
            c: 0,
            r: 0,
            m: 0,
            q: (0, false),
            w: None,
            input: String::new(),
            expected: String::new(),
        };
        model.add("x := 0", "x : int\n");
        model.add("type T struct{}", "type T\n");
        model.add("func (T) F() int { return 0 }", "T.F : func() int\n");
        model.add("func method() int { return T{}.F() }", "method : func() int\n");
        model.add("const c = 0", "c : untyped int\n");
        model.add("func r() int { return c }", "r : func() int\n");
        model.add("func f0() int { return 0 }", "f0 : func() int\n");
        model.add("func q() int { return 0 }", "q : func() int\n");
        model.add("func w() int { return q() }", "w : func() int\n");
        model.add("func f() int { return 0 }", "f : func() int\n");
        model.add("func g() int { return f() }", "g : func() int\n");
        model.add("k := func() int { return x }", "k : func() int\n");
        model.add("var (s string; list []string; p = &x)", "s : string\nlist : []string\np : *int\n");
        model.add(
            "m := struct { f func() int; s map[string]string }{s: map[string]string{}}",
            "m : struct{f func() int; s map[string]string}\n",
        );
        for number in 0..300 {
            model.step(number);
        }
        shows(&model.input, &model.expected);
    }
}
