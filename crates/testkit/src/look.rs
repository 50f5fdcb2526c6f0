//! `docs/look.svg`, the picture in the README: a script, an error and a session, as a terminal shows them.
//!
//! What golite prints there is what it prints here: each command is run, and its output drawn with its colours.
//! A session is run once for each input, with all inputs up to that one; what is new in its output came of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::process::Run;
use crate::workspace;

/// Limit of one run.
const TIMEOUT: Duration = Duration::from_secs(60);

const SCRIPT: &str = "squares := make(chan int)

go func() {
	defer close(squares)
	for i := range 4 {
		squares <- i * i
	}
}()

for n := range squares {
	fmt.Println(n, strings.Repeat(\"*\", n))
}
";

const WRONG: &str = "total := 0
for i := range 4 {
	totl += i
}
fmt.Println(total)
";

const INPUTS: &[&str] = &[
    "words := strings.Fields(\"to be or not to be\")",
    "slices.Sorted(slices.Values(words))",
    "func longer(n int) bool { return len(words) > n }",
    "longer(5)",
    "words.size",
    ":type longer",
];

/// Size of a character and distance of lines, in units of the picture.
const CELL: (f32, f32) = (8.4, 18.0);

/// Space around the text.
const MARGIN: f32 = 16.0;

const TEXT: &str = "#d8dee9";
const PROMPT: &str = "#8fbcbb";

/// Where the picture is.
#[must_use]
pub fn path() -> PathBuf {
    workspace::root().join("docs/look.svg")
}

/// The picture, made with this golite.
///
/// # Errors
/// What could not be run, or has another output than can be drawn.
pub fn draw(golite: &Path) -> Result<String, String> {
    let folder = std::env::temp_dir().join(format!("golite-look-{}", std::process::id()));
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text);
    std::fs::create_dir_all(&folder)
        .and_then(|()| write("squares.go-lite", SCRIPT))
        .and_then(|()| write("total.go-lite", WRONG))
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    let screen = screen(golite, &folder);
    // What is left in the folder of temporary files does no harm.
    let _ = std::fs::remove_dir_all(&folder);
    svg(&screen?)
}

/// All lines, with escape sequences for colours.
fn screen(golite: &Path, folder: &Path) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    let mut show = |text: &str| lines.extend(text.lines().map(|line| line.replace('\t', "    ")));
    show("$ cat squares.go-lite");
    show(SCRIPT);
    show("$ golite squares.go-lite");
    show(&run(golite, folder, &["squares.go-lite"], "")?);
    show("$ golite total.go-lite");
    // What is chosen here, a terminal has without asking.
    show(&run(golite, folder, &["run", "--format", "pretty", "--color", "always", "total.go-lite"], "")?);
    show("$ golite");
    let mut typed = String::new();
    let mut before = String::new();
    for input in INPUTS {
        typed += &format!("{input}\n");
        let output = run(golite, folder, &["repl"], &typed)?;
        let new = output.strip_prefix(&before).ok_or_else(|| format!("{input}: changed what was before"))?;
        show(&format!("golite> {input}"));
        show(new);
        before = output;
    }
    Ok(lines)
}

/// Standard output, then standard error.
fn run(golite: &Path, folder: &Path, args: &[&str], stdin: &str) -> Result<String, String> {
    // Both streams of a session are one, so that their order stays.
    let shell = ["-c", "exec \"$0\" \"$@\" 2>&1"].into_iter().map(str::to_string);
    let golite = golite.to_string_lossy().into_owned();
    let args = shell.chain([golite]).chain(args.iter().map(ToString::to_string)).collect();
    let outcome =
        Run { program: Path::new("/bin/sh"), args, folder, stdin, env: Vec::new(), timeout: TIMEOUT }.run();
    if outcome.stderr.is_empty() { Ok(outcome.stdout) } else { Err(outcome.stderr) }
}

/// A part of a line in one colour.
type Span = (&'static str, String);

fn svg(screen: &[String]) -> Result<String, String> {
    let lines: Vec<Vec<Span>> = screen.iter().map(|line| spans(line)).collect::<Result<_, _>>()?;
    let columns = lines.iter().map(|line| line.iter().map(|(_, text)| text.chars().count()).sum());
    let width = columns.max().unwrap_or(0);
    let size = (at(MARGIN * 2.0, width, CELL.0), at(MARGIN * 2.0, lines.len(), CELL.1));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.1} {:.1}\" width=\"{:.1}\" height=\"{:.1}\">\n\
         <!-- Made by `cargo xtask look`. -->\n\
         <title>A script, an error and a session of golite</title>\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#20242c\"/>\n\
         <g font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"14\" style=\"white-space: pre\">\n",
        size.0, size.1, size.0, size.1
    );
    for (row, line) in lines.iter().enumerate() {
        let y = at(MARGIN + 13.0, row, CELL.1);
        let mut column = 0;
        for (colour, text) in line {
            let count = text.chars().count();
            if !text.trim().is_empty() {
                let (x, length) = (at(MARGIN, column, CELL.0), at(0.0, count, CELL.0));
                // The length keeps columns below each other in every font.
                let _ = writeln!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{y:.1}\" textLength=\"{length:.1}\" fill=\"{colour}\" \
                     xml:space=\"preserve\">{}</text>",
                    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
                );
            }
            column += count;
        }
    }
    out += "</g>\n</svg>\n";
    Ok(out)
}

fn at(start: f32, count: usize, step: f32) -> f32 {
    start + step * f32::from(u16::try_from(count).unwrap_or(u16::MAX))
}

/// Cuts a line into parts of one colour.
fn spans(line: &str) -> Result<Vec<Span>, String> {
    let prompt = ["$ ", "golite> "].into_iter().find(|prompt| line.starts_with(prompt)).unwrap_or("");
    let mut found: Vec<Span> = Vec::new();
    let mut push = |colour: &'static str, text: &str| match found.last_mut() {
        Some((last, before)) if *last == colour => before.push_str(text),
        _ if text.is_empty() => {}
        _ => found.push((colour, text.to_string())),
    };
    push(PROMPT, prompt);
    let mut colour = TEXT;
    for (i, part) in line[prompt.len()..].trim_end().split("\u{1b}[").enumerate() {
        let (code, text) = if i == 0 { ("", part) } else { part.split_once('m').unwrap_or((part, "")) };
        colour = match code {
            "" if i == 0 => colour,
            "0" => TEXT,
            "31" => "#ef6f7b",
            "33" => "#e5c07b",
            "34" => "#7aa2f7",
            "38;5;240" | "38;5;246" => "#7f8796",
            "38;5;249" => "#b5bcc9",
            "38;5;115" => "#8fd3b0",
            _ => return Err(format!("a colour that is not known: {code}")),
        };
        push(colour, text);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_by_colour() {
        let found = spans("$ a\u{1b}[31mb\u{1b}[0m\u{1b}[31mc\u{1b}[0m d").unwrap();
        let shown: Vec<_> = found.iter().map(|(colour, text)| (*colour, text.as_str())).collect();
        assert_eq!(shown, [(PROMPT, "$ "), (TEXT, "a"), ("#ef6f7b", "bc"), (TEXT, " d")]);
        assert!(spans("\u{1b}[95mx").is_err());
    }

    #[test]
    fn texts_are_escaped() {
        let picture = svg(&["a <- b & c".to_string()]).unwrap();
        assert!(picture.contains(">a &lt;- b &amp; c</text>"), "{picture}");
    }
}
