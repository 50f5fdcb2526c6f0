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
        // How often a type was declared again is counted among what is still there.
        let shown = String::from_utf8(output.stdout).unwrap();
        let lines = shown.lines().filter(|line| !line.starts_with("note: ") || expected.contains("\nnote: "));
        let shown: String = lines.map(|line| format!("{line}\n")).collect();
        assert_eq!(shown, expected, "{debug}: {input}");
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
fn types_declared_again_keep_their_names_in_values() {
    let mut input = "var held []any\n".to_string();
    let mut expected = "held : []any\n".to_string();
    for i in 0..40 {
        input += &format!(
            "type T struct {{ n int }}\nfunc (t T) String() string {{ return fmt.Sprint(\"T\", t.n + {i}) }}\n"
        );
        expected += "type T\nT.String : func() string\n";
        if i % 8 == 0 {
            input += &format!("held = append(held, T{{{i}}}, []T{{{{{i}}}}})\n");
        }
        input += &passing();
    }
    input += "for i := range held { fmt.Printf(\"%T %v\\n\", held[i], held[i]) }\n";
    for i in (0..40).step_by(8) {
        expected += &format!("main.T T{0}\n[]main.T [T{0}]\n", 2 * i);
    }
    shows(&input, &expected);
}

#[test]
fn type_arguments_declared_again_keep_their_names_in_values() {
    let again: String = (0..20)
        .map(|i| {
            format!("type C struct {{ a{i} int }}\nvar d any = C{{}}\nf := func() any {{ return C{{}} }}\n")
        })
        .collect();
    let told = "type C\nd : any\nf : func() any\n".repeat(20);
    shows(
        &format!(
            "type T struct {{ n int }}\nx := T{{1}}\nfunc show(v any) string {{ return fmt.Sprintf(\"%T\", v) }}\n\
             type T string\nmk := func(t any) any {{ return t }}\nshow(x)\ntype Pair[A any] struct {{ a, b A }}\n\
             z := any(Pair[T]{{\"p\", \"q\"}})\ntype T float64\nshow(z)\n{again}show(z)\nshow(x)\n"
        ),
        &format!(
            "type T\nx : T\nshow : func(v any) string\ntype T\nmk : func(t any) any\n\"main.T\" : string\n\
             type Pair\nz : any\ntype T\n\"main.Pair[main.T]\" : string\n{told}\
             \"main.Pair[main.T]\" : string\n\"main.T\" : string\n"
        ),
    );
}

#[test]
fn stacks_have_the_names_that_types_were_declared_by() {
    // The method is compiled when its type has been declared again.
    shows(
        "type T struct { n int }\n\
         func (t T) Caller() string { pc, _, _, _ := runtime.Caller(0); return runtime.FuncForPC(pc).Name() }\n\
         x := T{1}\ntype T string\nx.Caller()\n",
        "type T\nT.Caller : func() string\nx : T\ntype T\n\"main.T.Caller\" : string\n",
    );
}

#[test]
fn methods_whose_types_were_declared_again_are_found() {
    shows(
        "type Node struct { val int; vis Visitor }\ntype Visitor interface { Visit(*Node) Visitor }\n\
         type printer struct{}\n\
         func (p printer) Visit(n *Node) Visitor { fmt.Println(n.val); return p }\nn := &Node{val: 1}\n\
         type Node struct { val string; vis Visitor }\nn.vis = printer{}\n_ = n.vis.Visit(n)\n",
        "Node : waits for Visitor\ntype Node\ntype Visitor\ntype printer\nprinter.Visit : func(n *Node) Visitor\nn : *Node\ntype Node\n1\n",
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

/// Inputs chosen at random, and what a session should show for them.
#[derive(Default)]
struct Inputs {
    random: u64,
    text: String,
    expected: String,
}

impl Inputs {
    fn new(seed: u64) -> Inputs {
        Inputs { random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), ..Inputs::default() }
    }

    fn below(&mut self, most: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % most
    }

    fn add(&mut self, input: &str, shown: &str) {
        self.text += input;
        self.text.push('\n');
        self.expected += shown;
    }
}

/// What a session should know after inputs chosen at random.
struct Model {
    inputs: Inputs,
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
}

impl Model {
    fn step(&mut self, number: usize) {
        let n = self.inputs.below(1000) as i64;
        match self.inputs.below(34) {
            0 => self.inputs.add("x", &format!("{} : int\n", self.x)),
            1 => {
                self.x += n;
                self.inputs.add(&format!("x = x + {n}"), "");
            }
            2 => {
                self.x = n;
                self.inputs.add(&format!("x := {n}"), "x : int\n");
            }
            3 | 4 => {
                self.f = n;
                self.inputs.add(&format!("func f() int {{ return {n} }}"), "f : func() int\n");
            }
            5 => {
                self.g = n;
                self.inputs.add(&format!("func g() int {{ return f() + {n} }}"), "g : func() int\n");
            }
            6 => self.inputs.add("f()", &format!("{} : int\n", self.f)),
            7 => self.inputs.add("g()", &format!("{} : int\n", self.f + self.g)),
            8 => {
                self.k = n;
                self.inputs.add(&format!("k = func() int {{ return {n} + x }}"), "");
            }
            9 | 10 => self.inputs.add("k()", &format!("{} : int\n", self.k + self.x)),
            11 => {
                self.s = format!("text {n}");
                self.inputs.add(&format!("s = \"text {n}\""), "");
            }
            12 => self.inputs.add("s", &format!("{:?} : string\n", self.s)),
            13 => {
                self.list.push(format!("item {n}"));
                self.inputs.add(&format!("list = append(list, \"item {n}\")"), "");
            }
            14 => {
                if let Some(last) = self.list.last().cloned() {
                    self.inputs.add("list[len(list)-1]", &format!("{last:?} : string\n"));
                }
            }
            15 => self.inputs.add("nothing", ""),
            16 => self.inputs.add(&format!("y := {n}; panic(y)"), ""),
            17 => {
                self.x += 1;
                self.inputs.add("go func() { x++ }(); runtime.Gosched()", "");
            }
            18 => {
                self.x += 3;
                self.inputs.add("func() { defer func() { recover(); x += 3 }(); panic(1) }()", "");
            }
            19 => self.inputs.add(&format!("v{number} := {n}"), &format!("v{number} : int\n")),
            20 => {
                self.inputs.add(&format!("type T{number} struct {{ n int }}"), &format!("type T{number}\n"))
            }
            21 => {
                self.x = n;
                self.inputs.add(&format!("*p = {n}"), "");
            }
            23 => {
                self.c = n;
                self.inputs.add(&format!("const c = {n}"), "c : untyped int\n");
            }
            24 => {
                self.c = n + 1;
                self.inputs.add(&format!("const (c = e + 1; e = {n})"), "c : untyped int\ne : untyped int\n");
            }
            25 => {
                self.r = self.c;
                self.inputs.add("func r() int { return c }", "r : func() int\n");
            }
            26 => self.inputs.add("r() - c", &format!("{} : int\n", self.r - self.c)),
            27 => {
                self.m = n;
                self.inputs.add(&format!("func (t T) F() int {{ return {n} }}"), "T.F : func() int\n");
            }
            28 => self
                .inputs
                .add("method() + any(T{}).(interface{ F() int }).F()", &format!("{} : int\n", 2 * self.m)),
            29 => {
                self.m = self.c + self.f;
                self.inputs.add("func (t T) F() int { const d = c; return d + f0() }", "T.F : func() int\n");
                self.inputs.add(&format!("func f0() int {{ return {} }}", self.f), "f0 : func() int\n");
            }
            30 => {
                let other = !self.q.1;
                let before = self.q.0;
                self.q = (n, other);
                self.w = self.w.or((other || self.w.is_some()).then_some(before));
                match other {
                    true => self.inputs.add(
                        &format!("func q() string {{ return \"{n}\" }}"),
                        "q : func() string\nnote: functions from before call the old q\n",
                    ),
                    false => self.inputs.add(
                        &format!("func q() int {{ return {n} }}"),
                        "q : func() int\nnote: functions from before call the old q\n",
                    ),
                }
            }
            31 if !self.q.1 => {
                self.q.0 = n;
                self.inputs.add(&format!("func q() int {{ return {n} }}"), "q : func() int\n");
                self.w = None;
                self.inputs.add("func w() int { return q() }", "w : func() int\n");
            }
            31 | 32 => self.inputs.add("w()", &format!("{} : int\n", self.w.unwrap_or(self.q.0))),
            22 => self.inputs.add("slices.Max([]int{1, x, -5})", &format!("{} : int\n", self.x.max(1))),
            _ => {
                self.x = self.f;
                self.inputs.add(&format!("m.f = f; x = m.f(); m.s[\"{n}\"] = \"{n}\""), "");
            }
        }
    }
}

#[test]
fn sessions_at_random_know_what_they_should() {
    let rounds: u64 = std::env::var("GOLITE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    for seed in 1..=rounds {
        let mut model = Model {
            inputs: Inputs::new(seed),
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
        };
        model.inputs.add("x := 0", "x : int\n");
        model.inputs.add("type T struct{}", "type T\n");
        model.inputs.add("func (T) F() int { return 0 }", "T.F : func() int\n");
        model.inputs.add("func method() int { return T{}.F() }", "method : func() int\n");
        model.inputs.add("const c = 0", "c : untyped int\n");
        model.inputs.add("func r() int { return c }", "r : func() int\n");
        model.inputs.add("func f0() int { return 0 }", "f0 : func() int\n");
        model.inputs.add("func q() int { return 0 }", "q : func() int\n");
        model.inputs.add("func w() int { return q() }", "w : func() int\n");
        model.inputs.add("func f() int { return 0 }", "f : func() int\n");
        model.inputs.add("func g() int { return f() }", "g : func() int\n");
        model.inputs.add("k := func() int { return x }", "k : func() int\n");
        model.inputs.add("var (s string; list []string; p = &x)", "s : string\nlist : []string\np : *int\n");
        model.inputs.add(
            "m := struct { f func() int; s map[string]string }{s: map[string]string{}}",
            "m : struct{f func() int; s map[string]string}\n",
        );
        for number in 0..300 {
            model.step(number);
        }
        shows(&model.inputs.text, &model.inputs.expected);
    }
}

/// What a session should know of types, generic functions, function literals and variables of changing types.
#[derive(Default)]
struct Types {
    inputs: Inputs,
    /// Which declaration of `TT` is the last, and whether it has another field.
    tt: (u64, bool),
    /// Of which that of `tv`, `chv` and `mm` are, and what they hold.
    tv: (u64, bool, i64),
    chv: (u64, Vec<String>),
    mm: (u64, Vec<(i64, String)>),
    /// What is in `av` and `lv`.
    av: String,
    lv: String,
    /// Keys that are in `mk`.
    mk: Vec<(u64, i64)>,
    gv: i64,
    k: (i64, i64),
    x: i64,
    /// Which variable `o` is, the kind of its type, and what all that there were hold.
    o: (usize, u64),
    all: Vec<String>,
    /// Which of them a function and a closure use.
    fo: usize,
    po: usize,
    /// What the methods of each `TM` add, and the value of the method value `mv`.
    tm: Vec<i64>,
    mv: (usize, i64),
}

impl Types {
    /// A value of `TT`, as it is printed.
    fn printed(&self, n: i64) -> String {
        if self.tt.1 { format!("{{ {n}}}") } else { format!("{{{n}}}") }
    }

    fn begin(&mut self) {
        self.inputs.add("var (av, lv any; x int; mk = map[any]int{}; ch = make(chan string))", "");
        self.inputs.expected += "av : any\nlv : any\nx : int\nmk : map[any]int\nch : chan string\n";
        self.inputs.add("k := func() int { return x }", "k : func() int\n");
        self.inputs.add("gv := func(n int) int { return n }", "gv : func(n int) int\n");
        self.inputs.add("type TT struct { a int }", "type TT\n");
        self.inputs.add("tv := TT{0}", "tv : TT\n");
        self.inputs.add("chv := make(chan TT, 100)", "chv : chan TT\n");
        self.inputs.add("mm := map[int]TT{}", "mm : map[int]TT\n");
        self.inputs.add("func gen[A any](a A) A { return a }", "gen : func[A any](a A) A\n");
        self.inputs.add("o := 0", "o : int\n");
        self.inputs.add("func fo() string { return fmt.Sprint(o) }", "fo : func() string\n");
        self.inputs.add("po := func() string { return fmt.Sprint(o) }", "po : func() string\n");
        self.inputs.add("type TM struct { n int }", "type TM\n");
        self.inputs.add("func (t TM) Get() int { return t.n }", "TM.Get : func() int\n");
        self.inputs.add("mv := TM{0}.Get", "mv : func() int\n");
        self.inputs.add("type L[A any] struct { v A; next *L[A] }", "type L\n");
        self.all.push("0".into());
        self.tm.push(0);
        (self.av, self.lv) = ("<nil>".into(), "<nil>".into());
    }

    fn step(&mut self) {
        let n = self.inputs.below(1000) as i64;
        match self.inputs.below(36) {
            0..2 => {
                self.tt = (self.tt.0 + 1, n % 2 == 0);
                let field = if self.tt.1 { "s string; " } else { "" };
                self.inputs.add(&format!("type TT struct {{ {field}a int }}"), "type TT\n");
            }
            2 => {
                self.tv = (self.tt.0, self.tt.1, n);
                self.inputs.add(&format!("tv := TT{{a: {n}}}"), "tv : TT\n");
            }
            3 => self.inputs.add("tv.a", &format!("{} : int\n", self.tv.2)),
            4 => {
                self.av = self.printed(n);
                self.inputs.add(&format!("av = any(TT{{a: {n}}})"), "");
            }
            5 => {
                self.av = format!("[{}]", self.printed(n));
                self.inputs.add(&format!("av = []TT{{{{a: {n}}}}}"), "");
            }
            6 => {
                self.av = format!("map[a:{}]", self.printed(n));
                self.inputs.add(&format!("av = map[string]any{{\"a\": TT{{a: {n}}}}}"), "");
            }
            7 => {
                self.av = format!("&{{{n} <nil>}}");
                self.inputs.add(&format!("av = &L[int]{{v: {n}}}"), "");
            }
            8 => {
                self.av = format!("{{{} <nil>}}", self.printed(n));
                self.inputs.add(&format!("av = L[TT]{{v: TT{{a: {n}}}}}"), "");
            }
            9 => self.inputs.add("type L[A any] struct { v A; next *L[A] }", "type L\n"),
            10 | 11 => self.inputs.add("fmt.Sprint(av)", &format!("{:?} : string\n", self.av)),
            12 => {
                self.lv = format!("{{{n}}}");
                self.inputs.add(
                    &format!("func loc() any {{ type L struct {{ n int }}; return L{{{n}}} }}"),
                    "loc : func() any\n",
                );
                self.inputs.add("lv = loc()", "");
            }
            13 => self.inputs.add("fmt.Sprint(lv)", &format!("{:?} : string\n", self.lv)),
            14 => {
                self.chv = (self.tt.0, vec![self.printed(n), self.printed(n + 1)]);
                self.inputs.add("chv := make(chan TT, 100)", "chv : chan TT\n");
                self.inputs.add(&format!("chv <- TT{{a: {n}}}; chv <- TT{{a: {}}}", n + 1), "");
            }
            15 if !self.chv.1.is_empty() => {
                let first = self.chv.1.remove(0);
                self.inputs.add("fmt.Sprint(<-chv)", &format!("{first:?} : string\n"));
            }
            15 | 16 => {
                if self.mm.0 != self.tt.0 {
                    self.mm = (self.tt.0, Vec::new());
                    self.inputs.add("mm := map[int]TT{}", "mm : map[int]TT\n");
                }
                let printed = self.printed(n);
                self.mm.1.retain(|(key, _)| *key != n);
                self.mm.1.push((n, printed));
                self.mm.1.sort();
                self.inputs.add(&format!("mm[{n}] = TT{{a: {n}}}"), "");
            }
            17 => {
                let all: Vec<String> =
                    self.mm.1.iter().map(|(key, value)| format!("{key}:{value}")).collect();
                let text = format!("map[{}]", all.join(" "));
                self.inputs.add("fmt.Sprint(mm)", &format!("{text:?} : string\n"));
            }
            18 => {
                if !self.mk.contains(&(self.tt.0, n)) {
                    self.mk.push((self.tt.0, n));
                }
                let count = self.mk.len();
                self.inputs
                    .add(&format!("mk[TT{{a: {n}}}] = {n}; fmt.Println(len(mk))"), &format!("{count}\n"));
            }
            19 => {
                self.mk.clear();
                self.inputs.add("clear(mk)", "");
            }
            20 => {
                self.inputs.add("func gen[A any](a A) A { b := a; return b }", "gen : func[A any](a A) A\n");
            }
            21 => {
                self.inputs.add(&format!("gen(TT{{a: {n}}}).a + gen({n})"), &format!("{} : int\n", 2 * n));
            }
            22 => {
                self.gv = n;
                self.inputs.add(
                    &format!("func plus[A ~int](a A) A {{ return a + {n} }}"),
                    "plus : func[A ~int](a A) A\n",
                );
                self.inputs.add("gv = plus[int]", "");
            }
            23 => self.inputs.add("gv(5)", &format!("{} : int\n", 5 + self.gv)),
            24 => {
                self.k = (n, 1);
                self.inputs.add(&format!("var k = func() int {{ return {n} + x }}"), "k : func() int\n");
            }
            25 => {
                self.k = (2 * n, 1);
                self.inputs.add(&format!("y := {n}; k = func() int {{ f := func() int {{ return y }}; return f() + y + x }}; y = {n}; panic(1)"), "");
            }
            26 => self.inputs.add("k()", &format!("{} : int\n", self.k.0 + self.x)),
            27 => {
                self.x = n;
                self.inputs.add(&format!("x = {n}"), "");
            }
            28 | 29 => {
                let kind = self.inputs.below(3);
                let (text, shown, ty, kind) = match kind {
                    0 => (n.to_string(), n.to_string(), "int", 1),
                    1 => (format!("\"s{n}\""), format!("s{n}"), "string", 2),
                    _ => (format!("TT{{a: {n}}}"), self.printed(n), "TT", 3 + self.tt.0),
                };
                if self.o.1.max(1) != kind {
                    self.all.push(String::new());
                    self.o = (self.all.len() - 1, kind);
                }
                self.all[self.o.0] = shown;
                self.inputs.add(&format!("o := {text}"), &format!("o : {ty}\n"));
            }
            30 => {
                self.fo = self.o.0;
                self.inputs.add("func fo() string { return fmt.Sprint(o) }", "fo : func() string\n");
            }
            31 => {
                self.po = self.o.0;
                self.inputs
                    .add("var po = func() string { p := &o; return fmt.Sprint(*p) }", "po : func() string\n");
            }
            32 => self.inputs.add(
                "fo() + po()",
                &format!("{:?} : string\n", self.all[self.fo].clone() + &self.all[self.po]),
            ),
            33 => {
                if n % 2 == 0 {
                    self.tm.push(0);
                    self.inputs.add("type TM struct { n int }", "type TM\n");
                }
                *self.tm.last_mut().unwrap() = n;
                self.inputs
                    .add(&format!("func (t TM) Get() int {{ return t.n + {n} }}"), "TM.Get : func() int\n");
            }
            34 => {
                self.mv = (self.tm.len() - 1, n);
                self.inputs.add(&format!("mv = TM{{{n}}}.Get"), "");
            }
            _ => {
                self.inputs.add("mv()", &format!("{} : int\n", self.tm[self.mv.0] + self.mv.1));
                self.inputs.add(&format!("go func(v any) {{ ch <- fmt.Sprint(v) }}(TT{{a: {n}}})"), "");
                self.inputs.add("x++; x--", "");
                self.inputs.add("<-ch", &format!("{:?} : string\n", self.printed(n)));
            }
        }
    }
}

#[test]
fn sessions_at_random_know_their_types() {
    let rounds: u64 = std::env::var("GOLITE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    for seed in 1..=rounds {
        let mut model = Types { inputs: Inputs::new(seed), ..Types::default() };
        model.begin();
        for _ in 0..400 {
            model.step();
        }
        shows(&model.inputs.text, &model.inputs.expected);
    }
}
