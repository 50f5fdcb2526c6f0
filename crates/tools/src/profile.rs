//! `golite pprof`: a profile as a list of functions and as a tree of calls.

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
    let total: i64 = profile.samples.iter().map(|sample| sample.values[index]).sum();
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
                *flat += value;
            }
            // A function that calls itself counts once.
            if !seen.contains(&function) {
                seen.push(function);
                *all += value;
            }
        }
    }
    let unit = &profile.types[index].1;
    let mut rows: Vec<(&str, i64, i64)> =
        sums.into_iter().map(|(name, (flat, all))| (name, flat, all)).collect();
    rows.sort_by_key(|(name, flat, all)| (-flat, -all, *name));
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
    calls: Vec<Call<'a>>,
}

/// The calls from the outermost functions on.
fn write_tree(profile: &Profile, index: usize, total: i64, least: f64, out: &mut String) {
    let mut root = Call::default();
    for sample in &profile.samples {
        let value = sample.values[index];
        let mut call = &mut root;
        for name in functions(profile, &sample.stack).rev() {
            let place = match call.calls.iter().position(|inner| inner.name == name) {
                Some(place) => place,
                None => {
                    call.calls.push(Call { name, ..Call::default() });
                    call.calls.len() - 1
                }
            };
            call = &mut call.calls[place];
            call.all += value;
        }
    }
    let unit = &profile.types[index].1;
    // Deep recursion must not need a deep stack here: what is left to be written is kept in a list.
    let mut left: Vec<(Call<'_>, usize)> = Vec::new();
    push_calls(root.calls, 0, &mut left);
    while let Some((call, depth)) = left.pop() {
        if percent(call.all, total) < least {
            continue;
        }
        let amount = amount(call.all, unit);
        let _ = writeln!(
            out,
            "{amount:>10} {:>5.1}%  {}{}",
            percent(call.all, total),
            "  ".repeat(depth.min(60)),
            call.name
        );
        push_calls(call.calls, depth + 1, &mut left);
    }
}

/// Leaves calls to be written, the largest first.
fn push_calls<'a>(mut calls: Vec<Call<'a>>, depth: usize, left: &mut Vec<(Call<'a>, usize)>) {
    calls.sort_by_key(|call| call.all);
    left.extend(calls.into_iter().map(|call| (call, depth)));
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
}
