//! Source files, positions and names: what every stage of the front half shares.

mod files;
mod symbols;

pub use files::{FileId, LineColumn, Relocation, SourceFile, SourceMap, Span};
pub use symbols::{Interner, Symbol, sym};
