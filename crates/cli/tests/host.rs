//! The program and the process around it: input that is slow, output that nobody takes, signals, limits of
//! time, and that nothing printed is lost, however the program ends.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

const GOLITE: &str = env!("CARGO_BIN_EXE_golite");

/// After this a program is taken for stuck.
const LONG: Duration = Duration::from_secs(60);

/// A folder of its own with one program, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, imports: &str, body: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("golite-host-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        let imports: String = imports.split_whitespace().map(|name| format!("import \"{name}\"\n")).collect();
        std::fs::write(path.join("p.go"), format!("package main\n\n{imports}\n{body}\n")).unwrap();
        Folder(path)
    }

    fn command(&self, flags: &[&str]) -> Command {
        let mut command = Command::new(GOLITE);
        command.arg("run").args(flags).arg("p.go").current_dir(&self.0);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn start(&self, flags: &[&str]) -> Running {
        Running::new(&mut self.command(flags))
    }

    /// Runs it with that input; its end, and its two streams.
    fn run(&self, flags: &[&str], input: &str) -> (ExitStatus, String, String) {
        let mut running = self.start(flags);
        running.say(input);
        running.end_input();
        running.finish()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A program that runs.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: thread::JoinHandle<String>,
}

impl Running {
    fn new(command: &mut Command) -> Running {
        let mut child = command.spawn().unwrap();
        let lines = lines_of(child.stdout.take());
        let mut stderr = child.stderr.take().unwrap();
        let stderr = thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Running { stdin: child.stdin.take(), child, lines, stderr }
    }

    fn say(&mut self, text: &str) {
        // A program that has ended does not listen.
        let _ = self.stdin.as_mut().unwrap().write_all(text.as_bytes());
    }

    fn end_input(&mut self) {
        self.stdin = None;
    }

    #[track_caller]
    fn line(&self) -> String {
        self.lines.recv_timeout(LONG).expect("a line comes")
    }

    /// Sends a signal by its name.
    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if start.elapsed() > LONG {
                self.child.kill().unwrap();
                panic!("the program does not end");
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Its end, the lines that have not been read, and standard error.
    fn finish(mut self) -> (ExitStatus, String, String) {
        let status = self.wait();
        let lines: Vec<_> = self.lines.iter().collect();
        (status, lines.concat(), self.stderr.join().unwrap())
    }
}

fn lines_of(stdout: Option<ChildStdout>) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let Some(stdout) = stdout else { return };
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        while stdout.read_line(&mut line).is_ok_and(|count| count > 0) {
            if sender.send(std::mem::take(&mut line)).is_err() {
                return;
            }
        }
    });
    receiver
}

fn named_pipe(folder: &Path) {
    assert!(Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
}

// ---- waiting for others

const TICKER: &str = r#"
func main() {
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			fmt.Println("tick")
		}
	}()
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		fmt.Println("got", input.Text())
	}
	fmt.Println("end")
}"#;

#[test]
fn reading_standard_input_parks_only_its_goroutine() {
    let program = Folder::new("reading", "bufio fmt os time", TICKER);
    let mut running = program.start(&[]);
    for text in ["one", "two"] {
        let mut ticks = 0;
        while ticks < 3 {
            assert_eq!(running.line(), "tick\n");
            ticks += 1;
        }
        running.say(&format!("{text}\n"));
        while running.line() != format!("got {text}\n") {}
    }
    running.end_input();
    let (status, rest, stderr) = running.finish();
    assert!(status.success() && rest.ends_with("end\n") && stderr.is_empty(), "{status} {rest} {stderr}");
}

#[test]
fn with_a_seed_the_speed_of_input_changes_nothing() {
    let body = r#"
func main() {
	start := time.Now()
	go func() {
		for i := 0; ; i++ {
			time.Sleep(time.Millisecond)
			fmt.Println("tick", i, time.Since(start))
		}
	}()
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		fmt.Println("got", input.Text(), time.Since(start))
		time.Sleep(3 * time.Millisecond)
	}
}"#;
    let program = Folder::new("seeded", "bufio fmt os time", &body.replace("Millisecond", "Hour"));
    let mut running = program.start(&["--seed", "7"]);
    thread::sleep(Duration::from_millis(300));
    running.say("one\n");
    running.end_input();
    let slow = running.finish();
    let fast = program.run(&["--seed", "7"], "one\n");
    assert_eq!(slow, fast);
    assert!(fast.1.starts_with("got one") && fast.1.contains("tick 1 "), "{}", fast.1);
}

#[test]
fn with_a_seed_time_goes_on_while_no_input_comes() {
    let body = r#"
func main() {
	go func() {
		time.Sleep(20 * time.Millisecond)
		fmt.Println("late")
		os.Exit(3)
	}()
	os.Stdin.Read(make([]byte, 1))
}"#;
    let program = Folder::new("no-input", "fmt os time", body);
    let running = program.start(&["--seed", "1"]);
    assert_eq!(running.line(), "late\n");
    assert_eq!(running.finish().0.code(), Some(3));
}

#[test]
fn only_who_waits_for_input_is_no_deadlock() {
    let body = r#"
func main() {
	done := make(chan string)
	go func() {
		data, _ := io.ReadAll(os.Stdin)
		done <- string(data)
	}()
	fmt.Printf("%q\n", <-done)
	<-done
}"#;
    let program = Folder::new("deadlock", "fmt io os", body);
    let mut running = program.start(&[]);
    thread::sleep(Duration::from_millis(200));
    running.say("text");
    running.end_input();
    assert_eq!(running.line(), "\"text\"\n");
    let (status, _, stderr) = running.finish();
    assert_eq!(status.code(), Some(2));
    assert!(stderr.starts_with("fatal error: all goroutines are asleep - deadlock!\n"), "{stderr}");
}

#[test]
fn named_pipes_park_who_opens_reads_and_writes_them() {
    let body = r#"
func main() {
	go func() {
		w, err := os.OpenFile("pipe", os.O_WRONLY, 0)
		fmt.Fprintln(w, "hello")
		fmt.Println("opened for writing", err)
		time.Sleep(10 * time.Millisecond)
		w.Close()
	}()
	r, _ := os.Open("pipe")
	data, err := io.ReadAll(r)
	fmt.Printf("%q %v\n", data, err)
	both, _ := os.OpenFile("pipe", os.O_RDWR, 0)
	go func() {
		time.Sleep(10 * time.Millisecond)
		both.Close()
	}()
	n, err := both.Read(make([]byte, 10))
	fmt.Println(n, err, errors.Is(err, os.ErrClosed))
}"#;
    let program = Folder::new("named-pipes", "errors fmt io os time", body);
    named_pipe(&program.0);
    for flags in [&[][..], &["--seed", "1"]] {
        let (status, stdout, stderr) = program.run(flags, "");
        let wanted = "opened for writing <nil>\n\"hello\\n\" <nil>\n0 read pipe: file already closed true\n";
        assert_eq!((status.code(), stdout.as_str(), stderr.as_str()), (Some(0), wanted, ""), "{flags:?}");
    }
}

#[test]
fn output_that_nobody_takes_parks_only_who_writes_it() {
    let body = r#"
func main() {
	go func() {
		for {
			fmt.Println(strings.Repeat("x", 1000))
		}
	}()
	for range 3 {
		time.Sleep(10 * time.Millisecond)
		fmt.Fprintln(os.Stderr, "tick")
	}
	select {}
}"#;
    let program = Folder::new("stuck-output", "fmt os strings time", body);
    let mut child = program.command(&[]).spawn().unwrap();
    let mut ticks = BufReader::new(child.stderr.take().unwrap()).lines();
    for _ in 0..3 {
        assert_eq!(ticks.next().unwrap().unwrap(), "tick");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

// ---- signals

#[test]
fn writing_to_a_closed_standard_output_ends_the_program_by_the_signal() {
    let body = "func main() {\n\tfor i := 0; ; i++ {\n\t\tfmt.Println(\"line\", i)\n\t}\n}";
    let program = Folder::new("closed-output", "fmt", body);
    let mut child = program.command(&[]).spawn().unwrap();
    let mut first = [0; 7];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(&first, b"line 0\n");
    assert_eq!(child.wait().unwrap().signal(), Some(13));
}

#[test]
fn a_program_that_waits_finds_its_output_closed_too() {
    let body = "func main() {\n\tfor {\n\t\tfmt.Println(\"x\")\n\t\ttime.Sleep(time.Millisecond)\n\t}\n}";
    let program = Folder::new("closed-output-sleep", "fmt time", body);
    let mut child = program.command(&[]).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().signal(), Some(13));
}

#[test]
fn writing_to_another_closed_pipe_is_an_error() {
    let body = r#"
func main() {
	both, _ := os.OpenFile("pipe", os.O_RDWR, 0)
	w, _ := os.OpenFile("pipe", os.O_WRONLY, 0)
	both.Close()
	_, err := w.WriteString("x")
	fmt.Println(err)
}"#;
    let program = Folder::new("closed-pipe", "fmt os", body);
    named_pipe(&program.0);
    let (status, stdout, _) = program.run(&[], "");
    assert_eq!((status.code(), stdout.as_str()), (Some(0), "write pipe: broken pipe\n"));
}

const SPINS: &str = "func main() {\n\tfmt.Println(\"start\")\n\tfor {\n\t}\n}";
const SLEEPS: &str = "func main() {\n\tfmt.Println(\"start\")\n\ttime.Sleep(time.Hour)\n}";
const READS: &str = "func main() {\n\tfmt.Println(\"start\")\n\tos.Stdin.Read(make([]byte, 1))\n}";

/// The three, with their names.
fn busy_programs() -> [Folder; 3] {
    let folder = |name: &str, imports: &str, body: &str| {
        let name = format!("{name}-{:?}", thread::current().id());
        Folder::new(&name, imports, body)
    };
    [folder("spins", "fmt", SPINS), folder("sleeps", "fmt time", SLEEPS), folder("reads", "fmt os", READS)]
}

/// Whether this process, and so what it starts, ignores a signal: `nohup` and shells do that.
fn ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask =
        status.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    mask.unwrap_or(0) >> (signal - 1) & 1 == 1
}

#[test]
fn signals_end_the_program_and_what_was_printed_is_kept() {
    for program in busy_programs() {
        for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1)] {
            // As in Go, a signal that was ignored when the program began stays so.
            if ignored(number) {
                continue;
            }
            let running = program.start(&[]);
            assert_eq!(running.line(), "start\n");
            running.signal(name);
            let (status, stdout, stderr) = running.finish();
            let got = (status.signal(), stdout.as_str(), stderr.as_str());
            assert_eq!(got, (Some(number), "", ""), "{name} {}", program.0.display());
        }
    }
}

#[test]
fn output_in_the_buffer_is_written_before_a_signal_ends_the_program() {
    let body = r#"
func main() {
	for i := 0; ; i++ {
		fmt.Println(i)
		time.Sleep(time.Microsecond)
		fmt.Print("rest of ", i, "\n")
	}
}"#;
    let program = Folder::new("kept", "fmt time", body);
    let running = program.start(&[]);
    assert_eq!(running.line(), "0\n");
    running.signal("TERM");
    let (status, stdout, _) = running.finish();
    assert_eq!(status.signal(), Some(15));
    assert!(stdout.ends_with('\n'), "the last line is whole");
}

#[test]
fn the_quit_signal_shows_all_goroutines() {
    for program in busy_programs() {
        let running = program.start(&[]);
        assert_eq!(running.line(), "start\n");
        running.signal("QUIT");
        let (status, _, stderr) = running.finish();
        assert_eq!(status.code(), Some(2));
        assert!(stderr.starts_with("SIGQUIT: quit\nPC=0x"), "{stderr}");
        let state = match program.0.to_string_lossy() {
            path if path.contains("spins") => "runnable",
            path if path.contains("sleeps") => "sleep",
            _ => "IO wait",
        };
        assert!(stderr.contains(&format!("\n\ngoroutine 1 [{state}]:\n")), "{stderr}");
        assert!(stderr.contains("main.main()\n\t") && stderr.contains("p.go:"), "{stderr}");
    }
}

#[test]
fn signals_that_go_programs_do_not_care_about_do_nothing() {
    let program = Folder::new("careless", "fmt os", READS);
    let mut running = program.start(&[]);
    assert_eq!(running.line(), "start\n");
    for name in ["USR1", "USR2", "ALRM", "VTALRM", "PROF", "XCPU", "WINCH"] {
        running.signal(name);
    }
    thread::sleep(Duration::from_millis(50));
    running.end_input();
    assert!(running.finish().0.success());
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_ignored() {
    let program = Folder::new("ignored", "fmt os", READS);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "trap '' INT; exec \"$0\" run p.go", GOLITE]).current_dir(&program.0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running::new(&mut command);
    assert_eq!(running.line(), "start\n");
    running.signal("INT");
    thread::sleep(Duration::from_millis(50));
    running.end_input();
    assert!(running.finish().0.success());
}

#[test]
fn signals_are_seen_to_without_a_descriptor_left() {
    let body = r#"
func main() {
	var files []*os.File
	for {
		file, err := os.Open("p.go")
		if err != nil {
			break
		}
		files = append(files, file)
	}
	fmt.Println("start")
	time.Sleep(time.Minute)
	fmt.Println(len(files))
}"#;
    let program = Folder::new("descriptors", "fmt os time", body);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "ulimit -n 32; exec \"$0\" run p.go", GOLITE]).current_dir(&program.0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = Running::new(&mut command);
    assert_eq!(running.line(), "start\n");
    running.signal("USR1");
    running.signal("QUIT");
    let (status, _, stderr) = running.finish();
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert!(stderr.starts_with("SIGQUIT: quit\nPC=0x"), "{stderr}");
}

#[test]
fn what_the_system_limits_is_told() {
    let program = Folder::new("limited", "fmt", "func main() { fmt.Println(1) }");
    let run = |limit: &str, args: &str| {
        let script = format!("ulimit {limit}; exec \"$0\" {args}");
        let output = Command::new("/bin/sh").args(["-c", &script, GOLITE]).current_dir(&program.0).output();
        let output = output.expect("a shell can be started");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let failed = |text: &str| (Some(2), format!("golite: {text}\n"));
    for args in ["run p.go", "eval 1+1"] {
        for descriptors in [4, 5] {
            let limit = format!("-n {descriptors}");
            assert_eq!(run(&limit, args), failed("too many open files"), "{limit} {args}");
        }
    }
    let no_room = "no room for a native stack of 256 MiB: the system limits addresses (ulimit -v) or threads";
    for args in ["run p.go", "eval 1+1", "repl", "check p.go", "dis p.go", "doc fmt.Print"] {
        assert_eq!(run("-v 250000", args), failed(no_room), "{args}");
    }
}

// ---- output

#[test]
fn what_was_printed_is_shown_while_the_program_goes_on() {
    // Each line must come before the program does what it never finishes.
    for program in busy_programs() {
        let running = program.start(&[]);
        assert_eq!(running.line(), "start\n");
        running.signal("KILL");
        running.finish();
    }
}

#[test]
fn however_the_program_ends_nothing_is_lost() {
    let ends = [
        ("return", "", 0),
        ("panics", "panic(1)", 2),
        ("exits", "os.Exit(3)", 3),
        ("fails", "var mu sync.Mutex; mu.Unlock()", 2),
        ("deadlock", "select {}", 2),
        ("goexit", "runtime.Goexit()", 2),
        ("endless", "for {}", 2),
        ("recursion", "var f func(int) int; f = func(n int) int { return f(n) + 1 }; f(0)", 2),
    ];
    for (name, end, status) in ends {
        let body = format!(
            "var _ = os.Exit\nvar _ sync.Mutex\nvar _ = runtime.GC\n\nfunc main() {{\n\tfmt.Print(\"text\")\n\t{end}\n}}"
        );
        let program = Folder::new(name, "fmt os runtime sync", &body);
        let (got, stdout, _) = program.run(&["--max-steps", "3000000"], "");
        assert_eq!((got.code(), stdout.as_str()), (Some(status), "text"), "{name}");
    }
}

#[test]
fn the_two_streams_keep_their_order_in_one_file() {
    let body = r#"
func main() {
	fmt.Println("1")
	fmt.Fprintln(os.Stderr, "2")
	fmt.Println("3")
	println("4")
	fmt.Println("5")
	panic("6")
}"#;
    let program = Folder::new("order", "fmt os", body);
    let file = File::create(program.0.join("out")).unwrap();
    let mut command = program.command(&[]);
    command.stdout(file.try_clone().unwrap()).stderr(file);
    assert_eq!(command.status().unwrap().code(), Some(2));
    let out = std::fs::read_to_string(program.0.join("out")).unwrap();
    assert!(out.starts_with("1\n2\n3\n4\n5\npanic: 6\n"), "{out}");
}

#[test]
fn a_device_that_takes_nothing_is_an_error_at_once() {
    let body = r#"
func main() {
	n, err := fmt.Println("hello")
	fmt.Fprintln(os.Stderr, n, err)
}"#;
    let program = Folder::new("full", "fmt os", body);
    let mut command = program.command(&[]);
    command.stdout(File::options().write(true).open("/dev/full").unwrap());
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(stderr, "0 write /dev/stdout: no space left on device\n");
}

#[test]
fn a_file_that_is_full_is_an_error_of_a_later_write_or_is_told_at_the_end() {
    let tells = r#"
func main() {
	for {
		if _, err := fmt.Println(strings.Repeat("x", 1000)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
	}
}"#;
    let silent = "func main() {\n\tfmt.Print(strings.Repeat(\"x\", 5000))\n}";
    let program = Folder::new("limit-tells", "fmt os strings", tells);
    let other = Folder::new("limit-silent", "fmt strings", silent);
    let run = |program: &Folder| {
        let mut command = Command::new("/bin/sh");
        // Files of at most 4 blocks of 512 (or 1,024) bytes.
        command.args(["-c", "ulimit -f 4; exec \"$0\" run p.go > out", GOLITE]).current_dir(&program.0);
        let output = command.stderr(Stdio::piped()).output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert_eq!(run(&program), "write /dev/stdout: file too large\n");
    assert_eq!(run(&other), "golite: standard output is incomplete: File too large (os error 27)\n");
}

// ---- limits

#[test]
fn the_limit_of_time_holds_whatever_the_program_does() {
    for program in busy_programs() {
        ends_by_the_limit_of_time(&program, &["--timeout", "300ms"]);
    }
}

#[test]
fn with_a_seed_the_limit_is_one_of_real_time() {
    let [spins, sleeps, reads] = busy_programs();
    for program in [spins, reads] {
        ends_by_the_limit_of_time(&program, &["--timeout", "300ms", "--seed", "1"]);
    }
    let (status, ..) = sleeps.run(&["--timeout", "10s", "--seed", "1"], "");
    assert!(status.success(), "an hour of the virtual clock takes no time");
}

#[track_caller]
fn ends_by_the_limit_of_time(program: &Folder, flags: &[&str]) {
    let (status, stdout, stderr) = program.start(flags).finish();
    let wanted = "golite: limit reached: 0.3 seconds (--timeout)\n";
    let got = (status.code(), stdout.as_str(), stderr.as_str());
    assert_eq!(got, (Some(2), "start\n", wanted), "{flags:?} {}", program.0.display());
}

#[test]
fn the_limit_of_time_holds_while_nobody_takes_the_output() {
    let body = "func main() {\n\tfor {\n\t\tfmt.Println(\"line\")\n\t}\n}";
    let program = Folder::new("timeout-stuck", "fmt", body);
    let mut child = program.command(&["--timeout", "200ms"]).spawn().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
}

#[test]
fn the_limit_of_steps_holds_inside_of_library_functions() {
    let body = "func main() {\n\tfmt.Println(len(strings.Repeat(\"text\", 10_000_000)))\n}";
    let program = Folder::new("steps-inside", "fmt strings", body);
    let (status, stdout, stderr) = program.run(&["--max-steps", "100000"], "");
    let wanted = "golite: limit reached: 100000 steps (--max-steps)\n";
    assert_eq!((status.code(), stdout.as_str(), stderr.as_str()), (Some(2), "", wanted));
}
