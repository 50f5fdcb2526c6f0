//! Running a program in a process of its own: with standard input, a time limit, and a limit on what
//! is kept of its output.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What is kept of one stream; the rest is read and dropped.
const MAX_OUTPUT: usize = 16 << 20;

/// Address space of a process. A program that allocates without end fails alone.
const MAX_ADDRESS_SPACE_KIB: u64 = 8 << 20;

/// A busy machine must not make a test fail: the limit of time is one of the processor's, and a clock
/// on the wall is allowed to show so many times more.
const PATIENCE: u32 = 4;

/// What the system sends at the limit of processor time.
const SIGXCPU: i32 = 24;

/// What a process left behind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Standard output. Bytes that are not UTF-8 are shown as the replacement character.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// How it ended.
    pub end: End,
}

/// How a process ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It exited with this status.
    Exit(i32),
    /// A signal of this number ended it.
    Signal(i32),
    /// It used up its processor time, or was killed when it had waited too long.
    Timeout(Duration),
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Exit(code) => write!(f, "exit status {code}"),
            End::Signal(number) => write!(f, "killed by signal {number}"),
            End::Timeout(limit) => write!(f, "still running at its limit of {} s", limit.as_secs()),
        }
    }
}

/// A process to run.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// The program.
    pub program: &'a Path,
    /// Its arguments.
    pub args: Vec<String>,
    /// The folder it starts in.
    pub folder: &'a Path,
    /// Its standard input.
    pub stdin: &'a str,
    /// Environment variables to set. Those that Go reads are removed first.
    pub env: Vec<(String, String)>,
    /// The processor time it may use; it is killed when it takes much longer than that.
    pub timeout: Duration,
}

impl Run<'_> {
    /// The command as one would type it.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut words: Vec<String> = self.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        words.push(self.program.file_name().unwrap_or_default().to_string_lossy().into_owned());
        words.extend(self.args.iter().map(|arg| {
            let plain = !arg.is_empty()
                && arg.chars().all(|c| c.is_ascii_graphic() && !"'\"$\\;|&<>()*?".contains(c));
            if plain { arg.clone() } else { format!("'{}'", arg.replace('\'', "'\\''")) }
        }));
        words.join(" ")
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When the process cannot be started.
    #[must_use]
    pub fn run(&self) -> Outcome {
        let mut child = self.spawn();
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        let input = self.stdin.as_bytes().to_vec();
        // A program that does not read its input closes the pipe.
        let writer = thread::spawn(move || drop(stdin.write_all(&input)));
        let stdout = reader(child.stdout.take().expect("standard output is a pipe"));
        let stderr = reader(child.stderr.take().expect("standard error is a pipe"));
        let end = match wait(&mut child, self.timeout * PATIENCE) {
            Some(End::Signal(SIGXCPU)) | None => End::Timeout(self.timeout),
            Some(end) => end,
        };
        drop(writer);
        let text = |thread: thread::JoinHandle<Vec<u8>>| {
            String::from_utf8_lossy(&thread.join().expect("reading a pipe does not panic")).into_owned()
        };
        Outcome { stdout: text(stdout), stderr: text(stderr), end }
    }

    fn spawn(&self) -> Child {
        let mut command = Command::new("/bin/sh");
        let seconds = self.timeout.as_secs().max(1);
        let limit = format!(
            "ulimit -c 0; ulimit -S -t {seconds}; ulimit -v {MAX_ADDRESS_SPACE_KIB} 2>/dev/null; exec \"$@\""
        );
        command.args(["-c", &limit, "sh"]).arg(self.program);
        command.args(&self.args).current_dir(self.folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for name in ["GODEBUG", "GOGC", "GOMEMLIMIT", "GOMAXPROCS", "GOTRACEBACK", "RUST_BACKTRACE"] {
            command.env_remove(name);
        }
        command.env("TZ", "UTC");
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()))
    }
}

fn reader(mut stream: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let (mut kept, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            let room = MAX_OUTPUT - kept.len();
            kept.extend_from_slice(&buffer[..count.min(room)]);
        }
        kept
    })
}

/// Waits for the end; `None` if it had to be killed.
fn wait(child: &mut Child, timeout: Duration) -> Option<End> {
    let start = Instant::now();
    let mut nap = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait().expect("the process is ours") {
            return Some(end_of(status));
        }
        if start.elapsed() > timeout {
            // It may have ended by itself meanwhile.
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        thread::sleep(nap);
        nap = (nap * 2).min(Duration::from_millis(20));
    }
}

#[cfg(unix)]
fn end_of(status: ExitStatus) -> End {
    use std::os::unix::process::ExitStatusExt;
    match status.code() {
        Some(code) => End::Exit(code),
        None => End::Signal(status.signal().unwrap_or_default()),
    }
}

#[cfg(not(unix))]
fn end_of(status: ExitStatus) -> End {
    End::Exit(status.code().unwrap_or(-1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str, timeout: Duration) -> Outcome {
        let args = vec!["-c".to_string(), line.to_string()];
        let (program, folder) = (Path::new("/bin/sh"), Path::new("/"));
        Run { program, args, folder, stdin: "in", env: vec![("A".into(), "1".into())], timeout }.run()
    }

    #[test]
    fn everything_that_a_process_leaves_is_kept() {
        let outcome = shell("cat; echo $A; echo e >&2; exit 3", Duration::from_secs(60));
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("in1\n", "e\n"));
        assert_eq!(outcome.end, End::Exit(3));
        assert_eq!(shell("kill -9 $$", Duration::from_secs(60)).end, End::Signal(9));
    }

    #[test]
    fn a_process_that_does_not_end_is_killed() {
        let limit = Duration::from_secs(1);
        assert_eq!(shell("while :; do :; done", limit).end, End::Timeout(limit));
        assert_eq!(shell("exec sleep 100", limit).end, End::Timeout(limit));
    }
}
