//! The difference of two texts, line by line.

/// Lines around a difference that are shown.
const CONTEXT: usize = 3;

/// Lines shown at most.
const MAX_LINES: usize = 80;

/// Above this many different lines on both sides, they are shown one block after the other.
const MAX_ALIGNED: usize = 1000;

/// One line of a difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Line<'a> {
    Both(&'a str),
    Expected(&'a str),
    Actual(&'a str),
}

/// What must change in the expected lines to get the actual ones: `-` is expected, `+` is what came.
#[must_use]
pub fn lines(expected: &[&str], actual: &[&str]) -> String {
    let all = align(expected, actual);
    let differs = |line: &Line<'_>| !matches!(line, Line::Both(_));
    let mut near = vec![false; all.len()];
    for at in (0..all.len()).filter(|at| differs(&all[*at])) {
        near[at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(all.len())].fill(true);
    }
    let mut out = Vec::new();
    let mut skipped = false;
    for (line, near) in all.iter().zip(near) {
        if !near {
            skipped = true;
            continue;
        }
        if std::mem::take(&mut skipped) {
            out.push("  ⋮".to_string());
        }
        out.push(match line {
            Line::Both(text) => format!("  {text}"),
            Line::Expected(text) => format!("- {text}"),
            Line::Actual(text) => format!("+ {text}"),
        });
    }
    if out.len() > MAX_LINES {
        let rest = out.len() - MAX_LINES;
        out.truncate(MAX_LINES);
        out.push(format!("  ⋮ ({rest} more lines)"));
    }
    out.join("\n")
}

fn align<'a>(expected: &[&'a str], actual: &[&'a str]) -> Vec<Line<'a>> {
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let prefix = expected.iter().zip(actual).take_while(same).count();
    let (rest_expected, rest_actual) = (&expected[prefix..], &actual[prefix..]);
    let suffix = rest_expected.iter().rev().zip(rest_actual.iter().rev()).take_while(same).count();
    let a = &rest_expected[..rest_expected.len() - suffix];
    let b = &rest_actual[..rest_actual.len() - suffix];
    let mut out: Vec<_> = expected[..prefix].iter().map(|text| Line::Both(text)).collect();
    if a.len() > MAX_ALIGNED || b.len() > MAX_ALIGNED {
        out.extend(a.iter().map(|text| Line::Expected(text)));
        out.extend(b.iter().map(|text| Line::Actual(text)));
    } else {
        out.extend(longest_common(a, b));
    }
    out.extend(expected[expected.len() - suffix..].iter().map(|text| Line::Both(text)));
    out
}

/// By the table of longest common subsequences of all ends.
fn longest_common<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<Line<'a>> {
    let width = b.len() + 1;
    let mut table = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            table[i * width + j] = if a[i] == b[j] {
                table[(i + 1) * width + j + 1] + 1
            } else {
                table[(i + 1) * width + j].max(table[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            out.push(Line::Both(a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && table[(i + 1) * width + j] >= table[i * width + j + 1]) {
            out.push(Line::Expected(a[i]));
            i += 1;
        } else {
            out.push(Line::Actual(b[j]));
            j += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn only_what_differs_is_shown() {
        let check = |a: &str, b: &str, shown: &str| {
            let (a, b): (Vec<_>, Vec<_>) = (a.split(' ').collect(), b.split(' ').collect());
            assert_eq!(lines(&a, &b).replace('\n', "|"), shown);
        };
        check("a b c", "a b c", "");
        check("a b c", "a x c", "  a|- b|+ x|  c");
        check("a b c d", "b c e d", "- a|  b|  c|+ e|  d");
        check("1 2 3 4 5 6", "1 2 3 4 5 7", "  ⋮|  3|  4|  5|- 6|+ 7");
    }
}
