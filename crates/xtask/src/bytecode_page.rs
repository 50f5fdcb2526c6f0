//! The part of `docs/bytecode.md` that follows from the instruction table.
//!
//! What the compiled table does not keep is read from its source: the headings of the groups, the
//! classes of operands by name, and the words about classes and effects.

use std::fmt::Write;

use golite_bytecode::Op;
use golite_testkit::workspace;

/// A row as its source has it.
struct Row<'s> {
    /// The printed name.
    text: &'s str,
    /// Operands with their classes: `dst: NumOut, src: Num`.
    operands: &'s str,
}

/// Rows under one heading.
struct Group<'s> {
    heading: &'s str,
    rows: Vec<Row<'s>>,
}

/// Makes it.
pub(crate) fn generate() -> Result<String, String> {
    let instructions = read("instructions.rs")?;
    let groups = groups(&instructions)?;
    let rows = groups.iter().map(|group| group.rows.len()).sum::<usize>();
    if rows != Op::ALL.len() {
        return Err(format!("{rows} rows are found in the source of {} instructions", Op::ALL.len()));
    }
    let (operand, op) = (read("operand.rs")?, read("op.rs")?);
    let mut out = String::from("the rows of `crates/bytecode/src/instructions.rs`. -->\n");
    out += "\n## Classes of operands\n\nRegisters:\n\n| Class | What the instruction does with it |\n|---|---|\n";
    words(&mut out, &operand, "registers! {");
    out += "\nNumbers and indices:\n\n| Class | What it is |\n|---|---|\n";
    words(&mut out, &operand, "numbers! {");
    out += "\n## Effects\n\n| Effect | Meaning |\n|---|---|\n";
    words(&mut out, &op, "pub enum Effect {");
    let _ = write!(out, "\n## The {rows} instructions\n");
    let mut all = Op::INFO.iter();
    for group in &groups {
        let (heading, more) = group.heading.split_once([':', ';']).unwrap_or((group.heading, ""));
        let _ = write!(out, "\n### {}\n\n", sentence(heading));
        if !more.is_empty() {
            let _ = write!(out, "{}.\n\n", sentence(more.trim()));
        }
        out += "| Instruction | Operands | Bytes | Effects | Meaning |\n|---|---|--:|---|---|\n";
        for (row, info) in group.rows.iter().zip(all.by_ref()) {
            if row.text != info.text {
                return Err(format!("{} stands where the table has {}", row.text, info.text));
            }
            let effects: Vec<String> = info.effects.iter().map(|effect| format!("{effect:?}")).collect();
            let meaning: Vec<&str> = info.doc.lines().map(str::trim).collect();
            let operands =
                if row.operands.is_empty() { String::new() } else { format!("`{}`", row.operands) };
            let _ = writeln!(
                out,
                "| `{}` | {operands} | {} | {} | {} |",
                info.text,
                u32::from(info.words) * 8,
                effects.join(" "),
                meaning.join(" ").trim().replace('|', "\\|"),
            );
        }
    }
    Ok(out)
}

fn read(name: &str) -> Result<String, String> {
    let path = workspace::root().join("crates/bytecode/src").join(name);
    std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The rows of the table by their headings (`// ---- heading`).
fn groups(source: &str) -> Result<Vec<Group<'_>>, String> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for line in source.lines().map(str::trim) {
        if let Some(heading) = line.strip_prefix("// ---- ") {
            groups.push(Group { heading, rows: Vec::new() });
        } else if let Some(row) = row(line) {
            let group = groups.last_mut().ok_or("the first row has no heading")?;
            group.rows.push(row);
        }
    }
    Ok(groups)
}

/// A line such as `add => Add = "add" { dst: NumOut, lhs: Num, rhs: Num } []`.
fn row(line: &str) -> Option<Row<'_>> {
    if line.starts_with("//") {
        return None;
    }
    let (_, rest) = line.split_once(" => ")?;
    let (_, rest) = rest.split_once(" = \"")?;
    let (text, rest) = rest.split_once("\" {")?;
    let (operands, _) = rest.split_once('}')?;
    Some(Row { text, operands: operands.trim() })
}

/// A table row for each documented item of a block of source, up to its closing brace.
fn words(out: &mut String, source: &str, start: &str) {
    let block = source.split_once(start).map_or("", |(_, rest)| rest);
    let mut doc: Vec<&str> = Vec::new();
    for line in block.lines().take_while(|line| *line != "}").map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            doc.push(text);
        } else if !doc.is_empty() {
            let name = line.split([':', ',']).next().unwrap_or_default();
            let _ = writeln!(out, "| `{name}` | {} |", doc.join(" "));
            doc.clear();
        }
    }
}

/// A heading with a capital letter.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_from_the_source() {
        let row = row("add => Add = \"add\" { dst: NumOut, lhs: Num } [Panic]").unwrap();
        assert_eq!((row.text, row.operands), ("add", "dst: NumOut, lhs: Num"));
        let row = super::row("ret => Ret = \"ret\" {} [End]").unwrap();
        assert_eq!((row.text, row.operands), ("ret", ""));
        assert!(super::row("/// a => b = \"c\" { }").is_none());
    }

    #[test]
    fn the_page_has_every_instruction() {
        let page = generate().unwrap();
        for op in Op::ALL {
            assert!(page.contains(&format!("| `{}` |", op.info().text)), "{}", op.info().text);
        }
    }
}
