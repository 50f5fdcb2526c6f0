//! The inputs of a session that were right, to be saved as a script; and those of the file that begins every
//! session.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;

use golite::session::Saved;

use crate::engine::State;
use crate::history::var;

/// Most inputs that are kept beside those that declared what is still there.
const MOST: usize = 10_000;

/// Inputs in order.
#[derive(Default, Debug)]
pub(crate) struct Inputs {
    next: u64,
    /// The newest, with their numbers and the names they declared.
    newest: VecDeque<(u64, String, Vec<String>)>,
    /// Older ones that declared what has not been declared since.
    older: BTreeMap<u64, (String, Vec<String>)>,
    /// By which input each name was declared last.
    names: HashMap<String, u64>,
    forgotten: u64,
}

impl Inputs {
    /// Adds an input and what the session said it declared: `f : func()`, `type T`.
    pub(crate) fn add(&mut self, text: &str, declared: &[String]) {
        self.next += 1;
        let name = |line: &String| {
            let line = line.strip_prefix("type ").unwrap_or(line);
            line.split(" : ").next().unwrap_or(line).to_string()
        };
        let names: Vec<String> = declared.iter().map(name).collect();
        for name in &names {
            if let Some(before) = self.names.insert(name.clone(), self.next) {
                self.drop_if_hidden(before);
            }
        }
        self.newest.push_back((self.next, text.trim_end().to_string(), names));
        if self.newest.len() > MOST
            && let Some((number, text, names)) = self.newest.pop_front()
        {
            self.older.insert(number, (text, names));
            self.drop_if_hidden(number);
        }
    }

    /// Forgets an older input of which nothing is left.
    fn drop_if_hidden(&mut self, number: u64) {
        let Some((_, names)) = self.older.get(&number) else { return };
        if names.iter().all(|name| self.names.get(name) != Some(&number)) {
            self.older.remove(&number);
            self.forgotten += 1;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.older.len() + self.newest.len()
    }

    pub(crate) fn clear(&mut self) {
        *self = Inputs::default();
    }

    /// All of them, in order.
    pub(crate) fn all(&self) -> Vec<String> {
        let older = self.older.values().map(|(text, _)| text);
        let newest = self.newest.iter().map(|(_, text, _)| text);
        older.chain(newest).cloned().collect()
    }

    /// All of them, as a script.
    pub(crate) fn script(&self) -> Saved {
        golite::session::as_script(&self.all())
    }

    /// What is to be said of those that are not there any more.
    pub(crate) fn forgotten_note(&self) -> String {
        match self.forgotten {
            0 => String::new(),
            count => format!(" (without {count} of the oldest, which declare nothing that is left)"),
        }
    }
}

/// The file whose inputs begin every session: `$GOLITE_INIT`, or `golite/init.go-lite` in `$XDG_CONFIG_HOME`
/// or `~/.config`.
fn init_file() -> Option<PathBuf> {
    var("GOLITE_INIT").or_else(|| {
        let folder = var("XDG_CONFIG_HOME").or_else(|| var("HOME").map(|home| home.join(".config")))?;
        Some(folder.join("golite").join("init.go-lite"))
    })
}

/// Runs the inputs of the init file, if there is one and it is wanted. What they show is not shown, what is
/// wrong is.
pub(crate) fn begin(state: &mut State) {
    if !state.options.init || !state.terminal {
        return;
    }
    let Some(path) = init_file() else { return };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
        Err(error) => {
            state.complain(&format!("{}: {}", path.display(), golite::load::io_text(&error)));
            return;
        }
    };
    let mut input = String::new();
    for line in text.lines() {
        input += line;
        input.push('\n');
        let command = crate::is_command(&input);
        if !command && golite::session::is_incomplete(&input) {
            continue;
        }
        let whole = std::mem::take(&mut input);
        if !whole.trim().is_empty() {
            state.init_line(&path, &whole);
        }
    }
    if !input.trim().is_empty() {
        state.init_line(&path, &input);
    }
}

#[cfg(test)]
mod tests {
    use super::{Inputs, MOST};

    #[test]
    fn old_inputs_stay_as_long_as_they_declare_something() {
        let mut inputs = Inputs::default();
        let f = ["f : func()".to_string()];
        inputs.add("func f() {}", &f);
        for _ in 0..2 * MOST {
            inputs.add("1", &[]);
            inputs.add("x := 1", &["x : int".to_string()]);
        }
        assert!(inputs.len() <= MOST + 2, "{}", inputs.len());
        assert_eq!(inputs.all()[0], "func f() {}");
        inputs.add("func f() { }", &f);
        assert!(!inputs.all()[0].starts_with("func f"));
    }
}
