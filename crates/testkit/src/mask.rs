//! What differs between two correct runs is taken out of standard error before it is compared:
//! addresses, code offsets, numbers of goroutines, folders.

/// Masks words such as `0xc000012345`, offsets such as `+0x1d`, and the numbers of goroutines other
/// than the first; removes the folder from paths.
#[must_use]
pub fn stderr(text: &str, folder: &str) -> String {
    let text = if folder.is_empty() { text.to_string() } else { text.replace(&format!("{folder}/"), "") };
    text.lines().map(|line| goroutine(&hex(&offset(line))) + "\n").collect()
}

/// ` +0x1d` at the end of a line of a traceback: a frame that real Go has inlined has none.
fn offset(line: &str) -> String {
    match line.rfind(" +0x") {
        Some(at) if line.starts_with('\t') && line[at + 4..].chars().all(|c| c.is_ascii_hexdigit()) => {
            line[..at].to_string()
        }
        _ => line.to_string(),
    }
}

fn hex(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("0x") {
        let digits = rest[at + 2..].chars().take_while(char::is_ascii_hexdigit).count();
        out.push_str(&rest[..at + 2]);
        if digits > 0 {
            out.push('?');
        }
        rest = &rest[at + 2 + digits..];
    }
    out + rest
}

fn goroutine(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("goroutine ") {
        let after = at + "goroutine ".len();
        let digits = rest[after..].chars().take_while(char::is_ascii_digit).count();
        out.push_str(&rest[..after]);
        let number = &rest[after..after + digits];
        out.push_str(if number.is_empty() || number == "1" { number } else { "N" });
        rest = &rest[after + digits..];
    }
    out + rest
}

/// Masks the arguments of the functions in a traceback: `main.f(0x1, 0x2)` and `main.f()` become
/// `main.f(...)`.
#[must_use]
pub fn arguments(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    for (i, line) in lines.iter().enumerate() {
        let frame = lines.get(i + 1).is_some_and(|next| next.starts_with('\t') && next.contains(".go"));
        match line.rfind('(') {
            Some(at) if frame && line.ends_with(')') && !line.starts_with("created by") => {
                out.push_str(&line[..at]);
                out.push_str("(...)");
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

/// Takes the frames of standard packages out of tracebacks: how they do their work is their business.
#[must_use]
pub fn standard_frames(text: &str, roots: &[&str]) -> String {
    let standard = |line: &str| {
        line.strip_prefix('\t').is_some_and(|place| roots.iter().any(|root| place.starts_with(root)))
    };
    let lines: Vec<&str> = text.lines().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let frame = lines.get(at + 1).is_some_and(|next| standard(next));
        at += if frame { 2 } else { 1 };
        if (!frame || line.starts_with("created by ")) && !line.starts_with("runtime: sp=") {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// The lines up to the first traceback.
#[must_use]
pub fn before_traceback(text: &str) -> String {
    let head = text.lines().take_while(|line| !line.starts_with("goroutine ") && *line != "runtime stack:");
    head.filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::{arguments, before_traceback, standard_frames, stderr};

    #[test]
    fn frames_of_standard_packages_are_left_out() {
        let text = "sync.f(...)\n\t$GOROOT/src/sync/m.go:3\nmain.g()\n\tmain.go:4\ncreated by sync.h\n\t$GOROOT/src/x.go:1\n";
        assert_eq!(standard_frames(text, &["$GOROOT"]), "main.g()\n\tmain.go:4\ncreated by sync.h\n");
        assert_eq!(before_traceback("fatal error: x\n\ngoroutine 1 [running]:\n"), "fatal error: x\n");
    }

    #[test]
    fn what_differs_between_runs_is_masked() {
        let check = |text: &str, masked: &str| assert_eq!(stderr(text, "/tmp/x"), masked);
        check("panic: (main.T) 0xc00001\n", "panic: (main.T) 0x?\n");
        check(
            "goroutine 1 [running]:\ngoroutine 18 [sleep]:",
            "goroutine 1 [running]:\ngoroutine N [sleep]:\n",
        );
        check("\t/tmp/x/main.go:12 +0x1d\n", "\tmain.go:12\n");
        check("created by main.main in goroutine 1", "created by main.main in goroutine 1\n");
        check("0x and 0xg", "0x and 0xg\n");
    }

    #[test]
    fn arguments_of_frames_are_masked() {
        let text = "main.f(0x1?, 0x2)\n\tmain.go:3\nmain.(*T).g()\n\tmain.go:4\nnot(a frame)\n";
        assert_eq!(
            arguments(text),
            "main.f(...)\n\tmain.go:3\nmain.(*T).g(...)\n\tmain.go:4\nnot(a frame)\n"
        );
    }
}
