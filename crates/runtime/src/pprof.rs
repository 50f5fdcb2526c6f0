//! Profiles in the form that `go tool pprof` reads: protocol buffers, compressed by gzip.
//!
//! The numbers of the fields are those of `profile.proto`. Only what go-lite's profiles have is written,
//! and only that is read back.

use std::collections::HashMap;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// The largest profile that is read, unpacked.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// A place in code, as profiles show it.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Place {
    /// The function.
    pub function: String,
    /// Its file.
    pub file: String,
    /// The line.
    pub line: i64,
    /// The line of the function's declaration.
    pub start_line: i64,
}

/// What a sample says besides its values.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum LabelValue {
    /// A text.
    Text(String),
    /// A number, of bytes.
    Bytes(i64),
}

/// A stack and its values.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Sample {
    /// Code addresses, the innermost first.
    pub stack: Vec<u64>,
    /// A value for each type of the profile.
    pub values: Vec<i64>,
    /// Keys and values.
    pub labels: Vec<(String, LabelValue)>,
}

/// A profile.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Profile {
    /// What the values are: name and unit.
    pub types: Vec<(String, String)>,
    /// What is sampled: name and unit.
    pub period_type: (String, String),
    /// How often.
    pub period: i64,
    /// When it was taken: nanoseconds since 1970.
    pub time: i64,
    /// Over how many nanoseconds.
    pub duration: i64,
    /// The type that is shown if none is asked for.
    pub default_type: String,
    /// The samples.
    pub samples: Vec<Sample>,
    /// What stands at the code addresses.
    pub places: HashMap<u64, Place>,
}

/// Numbers of fields: messages as in `profile.proto`.
mod field {
    pub(super) const PROFILE_TYPE: u64 = 1;
    pub(super) const PROFILE_SAMPLE: u64 = 2;
    pub(super) const PROFILE_MAPPING: u64 = 3;
    pub(super) const PROFILE_LOCATION: u64 = 4;
    pub(super) const PROFILE_FUNCTION: u64 = 5;
    pub(super) const PROFILE_STRING: u64 = 6;
    pub(super) const PROFILE_TIME: u64 = 9;
    pub(super) const PROFILE_DURATION: u64 = 10;
    pub(super) const PROFILE_PERIOD_TYPE: u64 = 11;
    pub(super) const PROFILE_PERIOD: u64 = 12;
    pub(super) const PROFILE_DEFAULT_TYPE: u64 = 14;
    pub(super) const MAPPING_HAS_FUNCTIONS: u64 = 7;
}

/// A message under way.
#[derive(Default)]
struct Message(Vec<u8>);

/// Adds a number in the form of protocol buffers: seven bits a byte, the low ones first.
pub fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

impl Message {
    /// A number; 0 is left out, as it is what is read where nothing is.
    fn number(&mut self, field: u64, value: i64) -> &mut Message {
        if value != 0 {
            varint(&mut self.0, field << 3);
            varint(&mut self.0, value as u64);
        }
        self
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) -> &mut Message {
        varint(&mut self.0, field << 3 | 2);
        varint(&mut self.0, bytes.len() as u64);
        self.0.extend_from_slice(bytes);
        self
    }

    fn packed(&mut self, field: u64, values: impl Iterator<Item = u64>) -> &mut Message {
        let mut bytes = Vec::new();
        values.for_each(|value| varint(&mut bytes, value));
        if bytes.is_empty() { self } else { self.bytes(field, &bytes) }
    }

    fn message(&mut self, field: u64, message: &Message) -> &mut Message {
        self.bytes(field, &message.0)
    }
}

/// The table of strings.
struct Strings {
    numbers: HashMap<String, i64>,
    all: Vec<String>,
}

impl Strings {
    fn number(&mut self, text: &str) -> i64 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = self.all.len() as i64;
        self.all.push(text.to_string());
        self.numbers.insert(text.to_string(), number);
        number
    }

    fn value_type(&mut self, names: &(String, String)) -> Message {
        let mut message = Message::default();
        let (ty, unit) = (self.number(&names.0), self.number(&names.1));
        message.number(1, ty).number(2, unit);
        message
    }
}

impl Profile {
    /// The profile as a message, not compressed.
    #[must_use]
    pub fn to_message(&self) -> Vec<u8> {
        let mut out = Message::default();
        let mut strings = Strings { numbers: HashMap::from([(String::new(), 0)]), all: vec![String::new()] };
        for names in &self.types {
            let message = strings.value_type(names);
            out.message(field::PROFILE_TYPE, &message);
        }
        let mut locations: HashMap<u64, u64> = HashMap::new();
        let mut addresses: Vec<u64> = Vec::new();
        for sample in &self.samples {
            let mut message = Message::default();
            let stack = sample.stack.iter().map(|&address| {
                *locations.entry(address).or_insert_with(|| {
                    addresses.push(address);
                    addresses.len() as u64
                })
            });
            message.packed(1, stack);
            message.packed(2, sample.values.iter().map(|&value| value as u64));
            for (key, value) in &sample.labels {
                let mut label = Message::default();
                label.number(1, strings.number(key));
                match value {
                    LabelValue::Text(text) => label.number(2, strings.number(text)),
                    LabelValue::Bytes(bytes) => label.number(3, *bytes).number(4, strings.number("bytes")),
                };
                message.message(3, &label);
            }
            out.message(field::PROFILE_SAMPLE, &message);
        }
        let mut mapping = Message::default();
        mapping.number(1, 1).number(field::MAPPING_HAS_FUNCTIONS, 1);
        out.message(field::PROFILE_MAPPING, &mapping);
        let mut functions: HashMap<(&str, &str), i64> = HashMap::new();
        let unknown = Place::default();
        for (i, address) in addresses.iter().enumerate() {
            let place = self.places.get(address).unwrap_or(&unknown);
            let next = functions.len() as i64 + 1;
            let function = *functions.entry((&place.function, &place.file)).or_insert_with(|| {
                let mut message = Message::default();
                let (name, file) = (strings.number(&place.function), strings.number(&place.file));
                message.number(1, next).number(2, name).number(3, name).number(4, file);
                message.number(5, place.start_line);
                out.message(field::PROFILE_FUNCTION, &message);
                next
            });
            let mut line = Message::default();
            line.number(1, function).number(2, place.line);
            let mut message = Message::default();
            message.number(1, i as i64 + 1).number(2, 1).number(3, *address as i64).message(4, &line);
            out.message(field::PROFILE_LOCATION, &message);
        }
        out.number(field::PROFILE_TIME, self.time).number(field::PROFILE_DURATION, self.duration);
        let period_type = strings.value_type(&self.period_type);
        out.message(field::PROFILE_PERIOD_TYPE, &period_type).number(field::PROFILE_PERIOD, self.period);
        if !self.default_type.is_empty() {
            out.number(field::PROFILE_DEFAULT_TYPE, strings.number(&self.default_type));
        }
        for text in &strings.all {
            out.bytes(field::PROFILE_STRING, text.as_bytes());
        }
        out.0
    }

    /// The profile as a file.
    #[must_use]
    pub fn to_file(&self) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder
            .write_all(&self.to_message())
            .and_then(|()| encoder.finish())
            .expect("writing to memory does not fail")
    }

    /// Reads a file, compressed or not.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_file(bytes: &[u8]) -> Result<Profile, String> {
        if !bytes.starts_with(&[0x1f, 0x8b]) {
            return Profile::from_message(bytes);
        }
        let mut message = Vec::new();
        // A small file can be made to unpack to any size.
        let mut unpacked = GzDecoder::new(bytes).take(MAX_FILE_BYTES + 1);
        unpacked.read_to_end(&mut message).map_err(|error| format!("gzip: {error}"))?;
        if message.len() as u64 > MAX_FILE_BYTES {
            return Err(format!("the profile is larger than {} MiB", MAX_FILE_BYTES >> 20));
        }
        Profile::from_message(&message)
    }

    /// Reads a message.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_message(bytes: &[u8]) -> Result<Profile, String> {
        if bytes.is_empty() {
            return Err("not a profile".into());
        }
        let fields = fields(bytes)?;
        let mut strings: Vec<String> = Vec::new();
        for field in fields.iter().filter(|field| field.number == field::PROFILE_STRING) {
            strings.push(String::from_utf8_lossy(field.bytes).into_owned());
        }
        let text = |number: u64| strings.get(number as usize).cloned().ok_or("a string is missing");
        let value_type = |bytes: &[u8]| -> Result<(String, String), String> {
            let fields = self::fields(bytes)?;
            Ok((text(number_of(&fields, 1))?, text(number_of(&fields, 2))?))
        };
        let mut functions: HashMap<u64, Place> = HashMap::new();
        for field in fields.iter().filter(|field| field.number == field::PROFILE_FUNCTION) {
            let fields = self::fields(field.bytes)?;
            let place = Place {
                function: text(number_of(&fields, 2))?,
                file: text(number_of(&fields, 4))?,
                line: 0,
                start_line: number_of(&fields, 5) as i64,
            };
            functions.insert(number_of(&fields, 1), place);
        }
        let mut profile = Profile {
            time: number_of(&fields, field::PROFILE_TIME) as i64,
            duration: number_of(&fields, field::PROFILE_DURATION) as i64,
            period: number_of(&fields, field::PROFILE_PERIOD) as i64,
            default_type: text(number_of(&fields, field::PROFILE_DEFAULT_TYPE))?,
            ..Profile::default()
        };
        // Locations are named by their numbers: those of code may be missing in other programs' profiles.
        for field in fields.iter().filter(|field| field.number == field::PROFILE_LOCATION) {
            let fields = self::fields(field.bytes)?;
            let line = fields.iter().find(|field| field.number == 4);
            let line = line.map_or(Ok(Vec::new()), |line| self::fields(line.bytes))?;
            let mut place = functions.get(&number_of(&line, 1)).cloned().unwrap_or_default();
            place.line = number_of(&line, 2) as i64;
            profile.places.insert(number_of(&fields, 1), place);
        }
        for field in &fields {
            match field.number {
                field::PROFILE_TYPE => profile.types.push(value_type(field.bytes)?),
                field::PROFILE_PERIOD_TYPE => profile.period_type = value_type(field.bytes)?,
                field::PROFILE_SAMPLE => {
                    let fields = self::fields(field.bytes)?;
                    let mut labels = Vec::new();
                    for label in fields.iter().filter(|field| field.number == 3) {
                        let label = self::fields(label.bytes)?;
                        let value = match number_of(&label, 2) {
                            0 => LabelValue::Bytes(number_of(&label, 3) as i64),
                            number => LabelValue::Text(text(number)?),
                        };
                        labels.push((text(number_of(&label, 1))?, value));
                    }
                    let values = numbers_of(&fields, 2)?;
                    profile.samples.push(Sample {
                        stack: numbers_of(&fields, 1)?,
                        values: values.into_iter().map(|value| value as i64).collect(),
                        labels,
                    });
                }
                _ => {}
            }
        }
        let wanted = profile.types.len();
        match profile.samples.iter().all(|sample| sample.values.len() == wanted) && wanted > 0 {
            true => Ok(profile),
            false => Err("a sample has not a value for each type".into()),
        }
    }
}

/// A field of a message: its number, and its value as a number or as bytes.
struct Field<'a> {
    number: u64,
    is_number: bool,
    value: u64,
    bytes: &'a [u8],
}

fn take_varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or("the end is missing")?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err("a number is too long".into())
}

fn fields(mut bytes: &[u8]) -> Result<Vec<Field<'_>>, String> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let key = take_varint(&mut bytes)?;
        let mut field = Field { number: key >> 3, is_number: key & 7 == 0, value: 0, bytes: &[] };
        let within = |bytes: &[u8], len: u64| {
            usize::try_from(len).ok().filter(|len| *len <= bytes.len()).ok_or("the end is missing")
        };
        match key & 7 {
            0 => field.value = take_varint(&mut bytes)?,
            2 => {
                let len = take_varint(&mut bytes)?;
                let len = within(bytes, len)?;
                (field.bytes, bytes) = bytes.split_at(len);
            }
            1 => bytes = &bytes[within(bytes, 8)?..],
            5 => bytes = &bytes[within(bytes, 4)?..],
            _ => return Err("not a profile".into()),
        }
        found.push(field);
    }
    Ok(found)
}

fn number_of(fields: &[Field<'_>], number: u64) -> u64 {
    fields.iter().rev().find(|field| field.number == number).map_or(0, |field| field.value)
}

/// The numbers of a repeated field, packed or not.
fn numbers_of(fields: &[Field<'_>], number: u64) -> Result<Vec<u64>, String> {
    let mut found = Vec::new();
    for field in fields.iter().filter(|field| field.number == number) {
        let mut bytes = field.bytes;
        if field.is_number {
            found.push(field.value);
        }
        while !bytes.is_empty() {
            found.push(take_varint(&mut bytes)?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(function: &str, line: i64) -> Place {
        Place { function: function.into(), file: "/m.go".into(), line, start_line: 1 }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let names = |a: &str, b: &str| (a.to_string(), b.to_string());
        let sample = |stack: &[u64], labels| Sample { stack: stack.into(), values: vec![3, -70], labels };
        let profile = Profile {
            types: vec![names("samples", "count"), names("cpu", "nanoseconds")],
            period_type: names("cpu", "nanoseconds"),
            period: 10_000_000,
            time: 5,
            duration: 6,
            default_type: "cpu".into(),
            // Read back, addresses are the numbers of locations.
            samples: vec![
                sample(&[1, 2], vec![("k".into(), LabelValue::Text("v".into()))]),
                sample(&[3], vec![("bytes".into(), LabelValue::Bytes(64))]),
            ],
            places: HashMap::from([
                (1, place("main.f", 9)),
                (2, place("main.main", 300)),
                (3, place("main.f", 8)),
            ]),
        };
        assert_eq!(Profile::from_file(&profile.to_file()), Ok(profile.clone()));
        assert_eq!(Profile::from_file(&profile.to_message()), Ok(profile));
    }

    #[test]
    fn what_is_no_profile_is_refused() {
        assert!(Profile::from_file(b"").is_err());
        assert!(Profile::from_file(b"package main").is_err());
        assert!(Profile::from_file(&[0x1f, 0x8b, 1, 2, 3]).is_err());
        assert!(Profile::from_file(&[0x0a, 0x7f]).is_err());
    }
}
