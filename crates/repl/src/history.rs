//! Lines kept across sessions: a file in the folder where a user's programs keep their state, one input a
//! line, newlines within it written as `\n`.

use std::path::PathBuf;

/// Most inputs that are kept.
pub(crate) const MAX_INPUTS: usize = 10_000;

/// The file: `$GOLITE_HISTORY`, or `golite/history` in `$XDG_STATE_HOME` or `~/.local/state`.
pub(crate) fn path() -> Option<PathBuf> {
    var("GOLITE_HISTORY").or_else(|| Some(state_folder()?.join("history")))
}

/// Where sessions keep what outlives them: `golite` in `$XDG_STATE_HOME` or `~/.local/state`.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let state = var("XDG_STATE_HOME").or_else(|| var("HOME").map(|home| home.join(".local/state")))?;
    Some(state.join("golite"))
}

/// A variable of the environment that names a file or folder.
pub(crate) fn var(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The inputs of sessions before, oldest first; none if they cannot be read.
pub(crate) fn load() -> Vec<String> {
    let text = path().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    text.lines().map(unescape).collect()
}

/// Keeps the inputs, the newest of them.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn save(inputs: &[String]) -> std::io::Result<()> {
    let Some(path) = path() else { return Ok(()) };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let from = inputs.len().saturating_sub(MAX_INPUTS);
    let text: String = inputs[from..].iter().map(|input| escape(input) + "\n").collect();
    // Whole or not at all, also if two sessions end at the same time.
    let new = path.with_extension(format!("new{}", std::process::id()));
    std::fs::write(&new, text)?;
    std::fs::rename(&new, &path)
}

fn escape(input: &str) -> String {
    input.replace('\\', "\\\\").replace('\n', "\\n")
}

fn unescape(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            char => out.push(char),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{escape, unescape};

    #[test]
    fn an_input_of_several_lines_is_one_line_of_the_file() {
        let input = "a := `\\n`\nb\\\n";
        assert!(!escape(input).contains('\n'));
        assert_eq!(unescape(&escape(input)), input);
    }
}
