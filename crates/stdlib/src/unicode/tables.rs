//! The tables of Unicode for natives, read from `tables.txt` when first needed.
//!
//! Invariants: ranges ascend and do not overlap; all tables are constant once read. Rust's own `char`
//! methods are not used: their version of Unicode follows the compiler, Go's follows Go.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The code points `lo`, `lo + stride`, … up to `hi`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first code point.
    pub lo: u32,
    /// The last code point.
    pub hi: u32,
    /// The distance between neighbours.
    pub stride: u32,
}

/// A table, split at 1 << 16 as Go has it.
#[derive(Default)]
pub struct Table {
    /// Ranges below 1 << 16.
    pub low: Vec<Range>,
    /// The others.
    pub high: Vec<Range>,
}

impl Table {
    fn contains(&self, c: u32) -> bool {
        let ranges = if c < 0x1_0000 { &self.low } else { &self.high };
        let at = ranges.partition_point(|range| range.hi < c);
        ranges.get(at).is_some_and(|range| range.lo <= c && (c - range.lo).is_multiple_of(range.stride))
    }
}

/// The code points from `lo` to `hi` and what to add for upper, lower and title case.
pub struct CaseRange {
    /// The first code point.
    pub lo: u32,
    /// The last code point.
    pub hi: u32,
    /// For upper, lower and title case; above [`MAX_RUNE`]: upper and lower alternate.
    pub delta: [i32; 3],
}

/// The largest code point.
pub const MAX_RUNE: i32 = 0x10_FFFF;

/// Classes of code points that natives know; the order is that of the constants in `unicode.go-lite`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// L.
    Letter,
    /// Lu.
    Upper,
    /// Ll.
    Lower,
    /// Lt.
    Title,
    /// M.
    Mark,
    /// N.
    Number,
    /// Nd.
    Digit,
    /// P.
    Punct,
    /// S.
    Symbol,
    /// L, M, N, P, S, Zs.
    Graphic,
    /// L, M, N, P, S and the space.
    Print,
    /// The property White_Space.
    Space,
}

/// The classes by number.
pub const CLASSES: [Class; 12] = [
    Class::Letter,
    Class::Upper,
    Class::Lower,
    Class::Title,
    Class::Mark,
    Class::Number,
    Class::Digit,
    Class::Punct,
    Class::Symbol,
    Class::Graphic,
    Class::Print,
    Class::Space,
];

/// Everything in `tables.txt`.
pub struct Tables {
    named: HashMap<&'static str, Table>,
    /// Case mappings, ascending.
    pub cases: Vec<CaseRange>,
    orbits: HashMap<u32, u32>,
}

/// The tables, read at the first call.
pub fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| Tables::read(include_str!("tables.txt")))
}

fn hex(text: &str) -> u32 {
    u32::from_str_radix(text, 16).unwrap_or(0)
}

fn read_range(text: &str, previous: u32) -> Range {
    let (text, stride) = text.split_once('*').map_or((text, 1), |(rest, stride)| (rest, hex(stride)));
    let (delta, length) = text.split_once('+').map_or((text, 0), |(delta, length)| (delta, hex(length)));
    let lo = previous + hex(delta);
    Range { lo, hi: lo + length, stride }
}

fn read_case(text: &str) -> Option<CaseRange> {
    let (range, deltas) = text.split_once(':')?;
    let (lo, hi) = range.split_once('-')?;
    let mut delta = deltas.split(',').map(|d| d.parse().unwrap_or(0));
    Some(CaseRange { lo: hex(lo), hi: hex(hi), delta: [delta.next()?, delta.next()?, delta.next()?] })
}

impl Tables {
    fn read(text: &'static str) -> Tables {
        let mut tables = Tables { named: HashMap::new(), cases: Vec::new(), orbits: HashMap::new() };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, data)) = line.split_once(' ') else { continue };
            match name {
                "CASES" => tables.cases = data.split(' ').filter_map(read_case).collect(),
                "ORBITS" => {
                    let pairs = data.split(' ').filter_map(|pair| pair.split_once('>'));
                    tables.orbits = pairs.map(|(from, to)| (hex(from), hex(to))).collect();
                }
                _ => {
                    let mut table = Table::default();
                    let (mut high, mut previous) = (false, 0);
                    for token in data.split(' ').filter(|token| !token.is_empty()) {
                        let token = token.strip_prefix('|').inspect(|_| high = true).unwrap_or(token);
                        if token.is_empty() {
                            continue;
                        }
                        let range = read_range(token, previous);
                        previous = range.hi;
                        if high { table.high.push(range) } else { table.low.push(range) }
                    }
                    tables.named.insert(name, table);
                }
            }
        }
        tables
    }

    /// The table with a name.
    pub fn get(&self, name: &str) -> Option<&Table> {
        self.named.get(name)
    }

    fn within(&self, names: &[&str], c: u32) -> bool {
        names.iter().any(|name| self.named.get(name).is_some_and(|table| table.contains(c)))
    }

    /// Whether a code point is in a class.
    pub fn is(&self, class: Class, c: u32) -> bool {
        match class {
            Class::Letter => self.within(&["L"], c),
            Class::Upper => self.within(&["Lu"], c),
            Class::Lower => self.within(&["Ll"], c),
            Class::Title => self.within(&["Lt"], c),
            Class::Mark => self.within(&["M"], c),
            Class::Number => self.within(&["N"], c),
            Class::Digit => self.within(&["Nd"], c),
            Class::Punct => self.within(&["P"], c),
            Class::Symbol => self.within(&["S"], c),
            Class::Graphic => self.within(&["L", "M", "N", "P", "S", "Zs"], c),
            Class::Print => c == 0x20 || self.within(&["L", "M", "N", "P", "S"], c),
            Class::Space => self.within(&["White_Space"], c),
        }
    }
}

/// Whether Go quotes a code point as it is.
pub fn is_print(c: u32) -> bool {
    if c < 0x80 {
        return (0x20..0x7F).contains(&c);
    }
    tables().is(Class::Print, c)
}

/// Whether a code point is graphic: printable or a space.
pub fn is_graphic(c: u32) -> bool {
    is_print(c) || tables().is(Class::Graphic, c)
}

/// Whether a code point is white space.
pub fn is_space(c: u32) -> bool {
    match c {
        0x09..=0x0D | 0x20 | 0x85 | 0xA0 => true,
        0..=0xFF => false,
        _ => tables().is(Class::Space, c),
    }
}

/// Maps to a case: 0 upper, 1 lower, 2 title. An unknown case gives the replacement character.
pub fn to_case(case: i64, r: i32) -> i32 {
    if !(0..3).contains(&case) {
        return 0xFFFD;
    }
    let Ok(c) = u32::try_from(r) else { return r };
    let cases = &tables().cases;
    let at = cases.partition_point(|range| range.hi < c);
    let Some(range) = cases.get(at).filter(|range| range.lo <= c) else { return r };
    let delta = range.delta[case as usize];
    if delta > MAX_RUNE {
        let lo = range.lo as i32;
        return lo + (((r - lo) & !1) | (case as i32 & 1));
    }
    r + delta
}

/// The next code point of the orbit of simple case folding.
pub fn simple_fold(r: i32) -> i32 {
    let Ok(c) = u32::try_from(r) else { return r };
    if r > MAX_RUNE {
        return r;
    }
    if let Some(&to) = tables().orbits.get(&c) {
        return to as i32;
    }
    let lower = to_case(1, r);
    if lower != r { lower } else { to_case(0, r) }
}
