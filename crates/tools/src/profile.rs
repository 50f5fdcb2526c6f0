//! `golite pprof`: a profile as a list of functions and as a tree of calls.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt::Write;

use golite_runtime::pprof::Profile;

/// What is shown.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct View<'a> {
    /// The name of the values to show; the profile's own choice without it.
    pub sample: Option<&'a str>,
    /// The most functions listed, and the least part of the whole, in percent, that a call in the tree has.
    pub functions: usize,
    /// See `functions`.
    pub least_percent: f64,
}

/// The text for a profile.
///
/// # Errors
/// If there are no values of the name that is asked for.
pub fn show(file: &[u8], view: View<'_>) -> Result<String, String> {
    let profile = Profile::from_file(file)?;
    let wanted = match view.sample {
        Some(name) => Some(name),
        None => (!profile.default_type.is_empty()).then_some(&*profile.default_type),
    };
    let names = || profile.types.iter().map(|(name, _)| &**name).collect::<Vec<_>>().join(", ");
    let index = match wanted {
        None => profile.types.len() - 1,
        Some(name) => profile
            .types
            .iter()
            .position(|(ty, _)| ty == name)
            .ok_or_else(|| format!("the profile has no values of the name {name}, but {}", names()))?,
    };
    let (name, unit) = &profile.types[index];
    let mut total = 0;
    profile.samples.iter().for_each(|sample| add(&mut total, sample.values[index]));
    let mut out = format!("{name}: {} in {} stacks", amount(total, unit), profile.samples.len());
    if profile.duration > 0 {
        let _ = write!(out, ", {} of running", amount(profile.duration, "nanoseconds"));
    }
    let _ = writeln!(out, " (values in the file: {})\n", names());
    write_top(&profile, index, total, view.functions, &mut out);
    out.push('\n');
    write_tree(&profile, index, total, view.least_percent, &mut out);
    Ok(out)
}

/// Values of a broken file may add up to more than there can be.
fn add(sum: &mut i64, value: i64) {
    *sum = sum.saturating_add(value);
}

/// A value with its unit.
fn amount(value: i64, unit: &str) -> String {
    let scaled = |units: &[(f64, &str)], last: &str| {
        let value = value as f64;
        units
            .iter()
            .find(|(size, _)| value.abs() >= *size)
            .map_or_else(|| format!("{value}{last}"), |(size, name)| format!("{:.2}{name}", value / size))
    };
    match unit {
        "nanoseconds" => scaled(&[(1e9, "s"), (1e6, "ms"), (1e3, "us")], "ns"),
        "bytes" => scaled(&[(1_073_741_824.0, "GB"), (1_048_576.0, "MB"), (1024.0, "kB")], "B"),
        _ => value.to_string(),
    }
}

fn percent(value: i64, total: i64) -> f64 {
    if total == 0 { 0.0 } else { value as f64 * 100.0 / total as f64 }
}

/// The functions of a stack, the innermost first.
fn functions<'a>(profile: &'a Profile, stack: &'a [u64]) -> impl DoubleEndedIterator<Item = &'a str> {
    stack.iter().map(|location| {
        let place = profile.places.get(location);
        place.map_or("?", |place| if place.function.is_empty() { "?" } else { &*place.function })
    })
}

/// The functions by what they did themselves.
fn write_top(profile: &Profile, index: usize, total: i64, most: usize, out: &mut String) {
    let mut sums: HashMap<&str, (i64, i64)> = HashMap::new();
    for sample in &profile.samples {
        let value = sample.values[index];
        let mut seen: Vec<&str> = Vec::new();
        for (depth, function) in functions(profile, &sample.stack).enumerate() {
            let (flat, all) = sums.entry(function).or_default();
            if depth == 0 {
                add(flat, value);
            }
            // A function that calls itself counts once.
            if !seen.contains(&function) {
                seen.push(function);
                add(all, value);
            }
        }
    }
    let unit = &profile.types[index].1;
    let mut rows: Vec<(&str, i64, i64)> =
        sums.into_iter().map(|(name, (flat, all))| (name, flat, all)).collect();
    rows.sort_by_key(|(name, flat, all)| (Reverse(*flat), Reverse(*all), *name));
    let _ = writeln!(out, "{:>10} {:>6}  {:>10} {:>6}  function", "itself", "", "with calls", "");
    for (name, flat, all) in rows.iter().take(most) {
        let _ = writeln!(
            out,
            "{:>10} {:>5.1}%  {:>10} {:>5.1}%  {name}",
            amount(*flat, unit),
            percent(*flat, total),
            amount(*all, unit),
            percent(*all, total),
        );
    }
    if rows.len() > most {
        let _ = writeln!(out, "and {} functions more", rows.len() - most);
    }
}

/// A function as called from those above it in the tree.
#[derive(Default)]
struct Call<'a> {
    name: &'a str,
    all: i64,
    /// Where the functions called from here stand in the list of all.
    calls: Vec<usize>,
}

/// The calls from the outermost functions on. A stack may be as deep as a file is long, so the tree is a
/// list and nothing recurses over it.
fn write_tree(profile: &Profile, index: usize, total: i64, least: f64, out: &mut String) {
    let mut calls = vec![Call::default()];
    for sample in &profile.samples {
        let value = sample.values[index];
        let mut at = 0;
        for name in functions(profile, &sample.stack).rev() {
            let known = calls[at].calls.iter().copied().find(|inner| calls[*inner].name == name);
            at = known.unwrap_or_else(|| {
                let new = calls.len();
                calls.push(Call { name, ..Call::default() });
                calls[at].calls.push(new);
                new
            });
            add(&mut calls[at].all, value);
        }
    }
    let unit = &profile.types[index].1;
    // The smallest of the calls from one function are left for last.
    let inner = |at: usize, depth: usize| {
        let mut inner = calls[at].calls.clone();
        inner.sort_by_key(|at| calls[*at].all);
        inner.into_iter().map(move |at| (at, depth))
    };
    let mut left: Vec<(usize, usize)> = inner(0, 0).collect();
    while let Some((at, depth)) = left.pop() {
        let Call { name, all, .. } = calls[at];
        if percent(all, total) < least {
            continue;
        }
        let (amount, indent) = (amount(all, unit), "  ".repeat(depth.min(60)));
        let _ = writeln!(out, "{amount:>10} {:>5.1}%  {indent}{name}", percent(all, total));
        left.extend(inner(at, depth + 1));
    }
}

#[cfg(test)]
mod tests {
    use golite_runtime::pprof::{Place, Sample};

    use super::*;

    #[test]
    fn functions_and_calls_are_listed_by_size() {
        let names = |a: &str, b: &str| (a.to_string(), b.to_string());
        let place = |name: &str| Place { function: name.into(), ..Place::default() };
        let sample =
            |stack: &[u64], value| Sample { stack: stack.into(), values: vec![value], ..Sample::default() };
        let profile = Profile {
            types: vec![names("cpu", "nanoseconds")],
            samples: vec![sample(&[2, 1], 30_000_000), sample(&[3, 1], 10_000_000), sample(&[2, 2, 1], 0)],
            places: [(1, place("main.main")), (2, place("main.f")), (3, place("main.g"))].into(),
            ..Profile::default()
        };
        let view = View { sample: None, functions: 2, least_percent: 0.5 };
        let text = show(&profile.to_file(), view).unwrap();
        let expected = "\
cpu: 40.00ms in 3 stacks (values in the file: cpu)

    itself         with calls         function
   30.00ms  75.0%     30.00ms  75.0%  main.f
   10.00ms  25.0%     10.00ms  25.0%  main.g
and 1 functions more

   40.00ms 100.0%  main.main
   30.00ms  75.0%    main.f
   10.00ms  25.0%    main.g
";
        assert_eq!(text, expected);
        let other = View { sample: Some("space"), ..view };
        assert_eq!(
            show(&profile.to_file(), other),
            Err("the profile has no values of the name space, but cpu".into())
        );
    }

    #[test]
    fn values_without_sense_are_shown_too() {
        let sample = |stack: Vec<u64>, value| Sample { stack, values: vec![value], ..Sample::default() };
        let deep = vec![1; 200_000];
        let profile = Profile {
            types: vec![(String::new(), String::new())],
            samples: vec![sample(deep, i64::MIN), sample(vec![1], i64::MIN), sample(vec![2], i64::MAX)],
            ..Profile::default()
        };
        let view = View { sample: None, functions: 2, least_percent: 101.0 };
        assert!(show(&profile.to_file(), view).is_ok());
    }
}
