//! Source files, positions and names: what every stage of the front half shares.

mod files;
pub mod outline;
mod symbols;

pub use files::{FileId, LineColumn, Relocation, SourceFile, SourceMap, Span, Text};
pub use outline::Outline;
pub use symbols::{Interner, Symbol, sym};
