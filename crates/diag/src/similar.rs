//! Which name was meant: names that differ by few letters.

/// The name most like `wanted`, if one is near enough: one mistake in three letters, of short names
/// only upper and lower case. Of equally near ones the longest (letters are forgotten more often than
/// added), then the first.
pub fn nearest<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = wanted.chars().count() / 3;
    let folded = wanted.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for name in names {
        if name == wanted || name.len().abs_diff(wanted.len()) > 4 {
            continue;
        }
        let distance = if name.to_lowercase() == folded { 0 } else { distance(wanted, name) };
        if distance <= allowed
            && best.is_none_or(|(least, other)| {
                distance < least || distance == least && name.len() > other.len()
            })
        {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

/// The number of letters to insert, delete, replace or exchange with the next one that make one
/// name of another.
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut next = vec![i + 1];
        for j in 0..b.len() {
            let mut least = (row[j] + usize::from(a[i] != b[j])).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exchanged_letters_count_once() {
        for (a, b, count) in [("cuont", "count", 1), ("Nmae", "Name", 1), ("abc", "xyz", 3), ("", "ab", 2)] {
            assert_eq!(distance(a, b), count, "{a} {b}");
        }
    }

    #[test]
    fn only_near_names_are_offered() {
        let names = ["Println", "Print", "Printf", "Sprint"];
        assert_eq!(nearest("Printn", names), Some("Println"));
        assert_eq!(nearest("println", names), Some("Println"));
        assert_eq!(nearest("Scan", names), None);
        assert_eq!(nearest("x", ["y", "z"]), None);
    }
}
