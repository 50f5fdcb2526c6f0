//! Maps.

use golite_bytecode::TypeKind;
use golite_gc::{Heap, Layout, LayoutId};

use crate::types::{Comparison, RtType, TypeTable};

/// How keys are hashed and compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// One byte.
    Word8,
    /// Two bytes.
    Word16,
    /// Four bytes, no float.
    Word32,
    /// Eight bytes, no float, no pointer.
    Word64,
    /// A pointer or channel.
    Pointer,
    /// A string.
    String,
    /// Anything else: by the type's own equality and hash.
    General,
}

/// How entries of a map type lie in its groups.
#[derive(Clone, Debug)]
pub struct MapInfo {
    /// The key type.
    pub key: golite_bytecode::TypeIx,
    /// The value type.
    pub value: golite_bytecode::TypeIx,
    /// How keys are hashed and compared.
    pub kind: KeyKind,
    /// Bytes from a key to its value.
    pub value_offset: u64,
    /// Bytes of an entry.
    pub entry: u64,
    /// The layout of a group.
    pub group: LayoutId,
}

impl MapInfo {
    pub(crate) fn new(ty: &TypeKind, heap: &mut Heap, types: &TypeTable) -> MapInfo {
        let TypeKind::Map { key, value } = *ty else { unreachable!("only map types have this") };
        let (key_type, value_type): (&RtType, &RtType) = (&types[key], &types[value]);
        let align = u64::from(key_type.def.align.max(value_type.def.align).max(1));
        let value_offset = key_type.size.next_multiple_of(u64::from(value_type.def.align.max(1)));
        let entry = (value_offset + value_type.size).next_multiple_of(align);
        let mut words = types.words_at(key_type, 0);
        words.extend(types.words_at(value_type, value_offset as u32));
        let slot = heap.register_layout(Layout { size: entry, words: words.clone() });
        let words = match words.is_empty() {
            true => Vec::new(),
            false => vec![golite_gc::LayoutWord::Repeat { offset: 8, elem: slot, count: 8 }],
        };
        let group = heap.register_layout(Layout { size: (8 + 8 * entry).next_multiple_of(8), words });
        let kind = match (key_type.comparison, key_type.size) {
            (Comparison::Bytes, 1) => KeyKind::Word8,
            (Comparison::Bytes, 2) if key_type.slots == 1 => KeyKind::Word16,
            (Comparison::Bytes, 4) if key_type.slots == 1 => KeyKind::Word32,
            (Comparison::Bytes, 8) if key_type.slots == 1 && key_type.noscan => KeyKind::Word64,
            (Comparison::Bytes, 8) if key_type.slots == 1 => KeyKind::Pointer,
            (Comparison::String, _) => KeyKind::String,
            _ => KeyKind::General,
        };
        MapInfo { key, value, kind, value_offset, entry, group }
    }
}
