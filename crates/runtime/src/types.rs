//! Run-time types: what a `TypeIx` means while a program runs.
//!
//! The table follows the module's: it grows, an index never changes its meaning. A type has
//! its layout registered with the heap, so that the collector finds its pointers, and what
//! equality, hashing and maps need to know of it.
//!
//! A session takes its last types away again when nothing has values of them. Their layouts stay with
//! the heap, and are taken by types of the same names and shapes.

use std::collections::{HashMap, HashSet};

use golite_bytecode::{Leaf, LeafKind, Module, PointerWord, Repr, TypeDef, TypeIx, TypeKind};
use golite_gc::{Allocation, BYTES, Heap, Layout, LayoutId, LayoutWord};

use crate::iface::MethodCache;
use crate::map::MapInfo;
use crate::state::MUCH;

/// How values are compared and hashed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// Never: comparing panics.
    None,
    /// By the bytes.
    Bytes,
    /// As float32.
    Float32,
    /// As float64.
    Float64,
    /// As two float32.
    Complex64,
    /// As two float64.
    Complex128,
    /// As string.
    String,
    /// By dynamic type and value.
    Interface,
    /// Field by field.
    Struct,
    /// Element by element.
    Array,
}

/// How data words of interfaces are compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DataWord {
    /// It is the address of a box.
    Box,
    /// The value, compared by bits.
    Bits,
    /// The bits of a float32.
    Float32,
    /// The bits of a float64.
    Float64,
    /// A blank field: any two are equal.
    Blank,
}

/// A run-time type.
#[derive(Debug)]
pub struct RtType {
    /// As the compiler described it.
    pub def: TypeDef,
    /// The layout of one value in the heap.
    pub layout: LayoutId,
    /// Bytes in memory.
    pub size: u64,
    /// Slots in registers.
    pub slots: u16,
    /// Values are in memory: one slot, with the address.
    pub in_memory: bool,
    /// Values hold no pointers.
    pub noscan: bool,
    /// How values are compared.
    pub comparison: Comparison,
    /// How data words are compared.
    pub data_word: DataWord,
    /// The leaves of a value in slots.
    pub leaves: Box<[Leaf]>,
    /// The type word of an interface that holds a value.
    pub type_word: u64,
    /// For maps: how entries lie.
    pub map: Option<Box<MapInfo>>,
}

/// All run-time types, and the cache of method lookups.
#[derive(Debug, Default)]
pub struct TypeTable {
    list: Vec<RtType>,
    /// Where values of each type are allocated from.
    allocations: Vec<Allocation>,
    layouts: Vec<Option<LayoutId>>,
    /// Types that were not complete when they were taken over, and maps of such.
    open: Vec<TypeIx>,
    filled: usize,
    /// Layouts of types that are not there any more.
    spare: HashMap<(Box<str>, Layout), LayoutId>,
    pub(crate) methods: MethodCache,
}

impl TypeTable {
    /// The last place at or before an offset in consecutive values of a type where one of their smallest parts begins:
    /// a number, a pointer, a string, a slice, an interface.
    pub(crate) fn whole_before(&self, mut ty: TypeIx, offset: u64) -> u64 {
        let mut rest = offset;
        loop {
            let rt_type = &self[ty];
            rest %= rt_type.size.max(1);
            match &rt_type.def.kind {
                TypeKind::Array { elem, .. } => ty = *elem,
                TypeKind::Struct(fields) => {
                    let before = fields.partition_point(|field| field.offset <= rest);
                    let Some(field) = before.checked_sub(1).map(|ix| &fields[ix]) else { return offset };
                    rest -= field.offset;
                    // Between two fields is nothing.
                    if rest >= self[field.ty].size {
                        return offset;
                    }
                    ty = field.ty;
                }
                _ => return offset - rest,
            }
        }
    }
}

impl RtType {
    /// Whether a value is so large that working on it is done in parts.
    #[must_use]
    #[inline(always)]
    pub fn is_long(&self) -> bool {
        self.size >= MUCH
    }
}

impl std::ops::Index<TypeIx> for TypeTable {
    type Output = RtType;

    #[inline(always)]
    fn index(&self, ty: TypeIx) -> &RtType {
        &self.list[ty.index()]
    }
}

impl TypeTable {
    /// An empty table.
    #[must_use]
    pub fn new() -> TypeTable {
        TypeTable::default()
    }

    /// How many types there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The type, if there is one with that index.
    #[must_use]
    pub fn get(&self, ty: TypeIx) -> Option<&RtType> {
        self.list.get(ty.index())
    }

    /// Where values of each type are allocated from.
    #[must_use]
    pub fn allocations(&self) -> &[Allocation] {
        &self.allocations
    }

    /// The type's name as Go prints it.
    #[must_use]
    pub fn name(&self, ty: TypeIx) -> &str {
        &self[ty].def.name
    }

    /// All types with their indices.
    pub fn iter(&self) -> impl Iterator<Item = (TypeIx, &RtType)> {
        self.list.iter().enumerate().map(|(i, ty)| (TypeIx(i as u32), ty))
    }

    /// The first type of that printed name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<TypeIx> {
        self.iter().find(|(_, ty)| &*ty.def.name == name).map(|(ix, _)| ix)
    }

    /// Takes over what is new in the module: types, methods filled in, types completed.
    pub fn sync(&mut self, module: &Module, heap: &mut Heap) {
        let known = self.list.len();
        self.layouts.resize(module.types.len(), None);
        for i in known..module.types.len() {
            let ty = TypeIx(i as u32);
            let made = self.describe(module, heap, ty);
            if is_open(module, ty) {
                self.open.push(ty);
            }
            self.allocations.push(heap.allocation(made.layout));
            self.list.push(made);
        }
        let were_open = std::mem::take(&mut self.open);
        for &ty in &were_open {
            if ty.index() < known {
                self.layouts[ty.index()] = None;
                self.list[ty.index()] = self.describe(module, heap, ty);
                self.allocations[ty.index()] = heap.allocation(self.list[ty.index()].layout);
            }
            if is_open(module, ty) {
                self.open.push(ty);
            }
        }
        let new = (known..module.types.len()).map(|i| TypeIx(i as u32));
        for ty in were_open.into_iter().chain(new) {
            let kind = &module.types[ty.index()].kind;
            if self.list[ty.index()].map.is_none()
                && !is_open(module, ty)
                && matches!(kind, TypeKind::Map { .. })
            {
                let name = module.types[ty.index()].name.clone();
                let info = MapInfo::new(kind, self, |types, layout| types.register(heap, &name, layout));
                self.list[ty.index()].map = Some(Box::new(info));
            }
        }
        for &ty in &module.methods_filled[self.filled..] {
            self.list[ty.index()].def.methods = module.types[ty.index()].methods.clone();
        }
        if self.filled != module.methods_filled.len() {
            self.filled = module.methods_filled.len();
            self.methods.clear();
        }
    }

    /// The module has forgotten which types got methods.
    pub fn forget_filled(&mut self) {
        self.filled = 0;
    }

    fn describe(&mut self, module: &Module, heap: &mut Heap, ty: TypeIx) -> RtType {
        let def = &module.types[ty.index()];
        let layout = self.layout(module, heap, ty);
        let leaves: Box<[Leaf]> = match &def.repr {
            Repr::Slots(leaves) => leaves.as_slice().into(),
            Repr::Memory => Box::default(),
        };
        RtType {
            layout,
            size: def.size,
            slots: def.slots(),
            in_memory: def.repr == Repr::Memory,
            noscan: heap.is_noscan(layout),
            comparison: comparison(def),
            data_word: data_word(module, def),
            leaves,
            type_word: crate::slot::type_word(ty, def.data_is_pointer()),
            map: None,
            def: def.clone(),
        }
    }

    /// The layout of a type: registered when first asked for.
    fn layout(&mut self, module: &Module, heap: &mut Heap, ty: TypeIx) -> LayoutId {
        if let Some(layout) = self.layouts[ty.index()] {
            return layout;
        }
        let def = &module.types[ty.index()];
        let words = match def.kind {
            TypeKind::Array { elem, len } if !def.pointers.is_empty() && len > 0 => {
                vec![LayoutWord::Repeat { offset: 0, elem: self.layout(module, heap, elem), count: len }]
            }
            _ => self.layout_words(module, heap, &def.pointers),
        };
        let layout = self.register(heap, &def.name, Layout { size: def.size, words });
        self.layouts[ty.index()] = Some(layout);
        layout
    }

    /// Registers what a type lays out, or takes what an earlier type of that name has left.
    fn register(&mut self, heap: &mut Heap, name: &str, layout: Layout) -> LayoutId {
        if self.spare.is_empty() {
            return heap.register_layout(layout);
        }
        let key = (name.into(), layout);
        match self.spare.get(&key) {
            // Of two types of one name and shape that are there at once, both may have it.
            Some(layout) => *layout,
            None => heap.register_layout(key.1),
        }
    }

    /// The layouts of the entries of maps whose keys are interfaces or have some in them.
    #[must_use]
    pub fn groups_with_interface_keys(&self) -> HashSet<LayoutId> {
        let has_interface = |map: &MapInfo| {
            self[map.key].def.pointers.iter().any(|word| !matches!(word, PointerWord::Ptr(_)))
        };
        let maps = self.list.iter().filter_map(|ty| ty.map.as_deref());
        maps.filter(|map| has_interface(map)).map(|map| map.group).collect()
    }

    /// The last types are taken away: all but so many. Nothing has values of them.
    pub fn shrink(&mut self, count: usize) {
        if count >= self.list.len() {
            return;
        }
        for (ty, layout) in self.list[count..].iter().zip(&self.layouts[count..]) {
            let layout_of = |ty: TypeIx| self.layouts.get(ty.index()).copied().flatten();
            if let (Some(words), Some(layout)) = (known_words(&ty.def, &layout_of), *layout) {
                self.spare.insert((ty.def.name.clone(), Layout { size: ty.def.size, words }), layout);
            }
            let made = ty.map.as_deref().map_or(&[][..], |map| &map.made);
            for (layout, id) in made {
                self.spare.insert((ty.def.name.clone(), layout.clone()), *id);
            }
        }
        self.list.truncate(count);
        self.allocations.truncate(count);
        self.layouts.truncate(count);
        self.open.retain(|ty| ty.index() < count);
        self.methods.clear();
    }

    fn layout_words(&mut self, module: &Module, heap: &mut Heap, words: &[PointerWord]) -> Vec<LayoutWord> {
        words
            .iter()
            .map(|word| match *word {
                PointerWord::Ptr(offset) => LayoutWord::Ptr(offset),
                PointerWord::Iface(offset) => LayoutWord::Iface(offset),
                PointerWord::Repeat { offset, elem, count } => {
                    LayoutWord::Repeat { offset, elem: self.layout(module, heap, elem), count }
                }
            })
            .collect()
    }

    /// The pointer words of a value at `offset` inside something larger.
    #[must_use]
    pub(crate) fn words_at(&self, ty: &RtType, offset: u32) -> Vec<LayoutWord> {
        if ty.noscan {
            return Vec::new();
        }
        vec![LayoutWord::Repeat { offset, elem: ty.layout, count: 1 }]
    }

    pub(crate) fn map_info_mut(&mut self, ty: TypeIx) -> &mut MapInfo {
        self.list[ty.index()].map.as_deref_mut().expect("the type of a map operation is a map type")
    }

    /// The layout of objects of plain bytes.
    #[must_use]
    pub fn bytes_layout() -> LayoutId {
        BYTES
    }
}

/// The words of a type's layout, made of the layouts that are known.
fn known_words(def: &TypeDef, layout_of: &dyn Fn(TypeIx) -> Option<LayoutId>) -> Option<Vec<LayoutWord>> {
    if let TypeKind::Array { elem, len } = def.kind
        && !def.pointers.is_empty()
        && len > 0
    {
        return Some(vec![LayoutWord::Repeat { offset: 0, elem: layout_of(elem)?, count: len }]);
    }
    let words = def.pointers.iter().map(|word| {
        Some(match *word {
            PointerWord::Ptr(offset) => LayoutWord::Ptr(offset),
            PointerWord::Iface(offset) => LayoutWord::Iface(offset),
            PointerWord::Repeat { offset, elem, count } => {
                LayoutWord::Repeat { offset, elem: layout_of(elem)?, count }
            }
        })
    });
    words.collect()
}

/// Whether the type, or a map's key or value, is declared but not yet filled in.
fn is_open(module: &Module, ty: TypeIx) -> bool {
    let incomplete = |ty: TypeIx| matches!(module.types[ty.index()].kind, TypeKind::Incomplete);
    match module.types[ty.index()].kind {
        TypeKind::Incomplete => ty.0 != 0,
        TypeKind::Map { key, value } => incomplete(key) || incomplete(value),
        _ => false,
    }
}

fn comparison(def: &TypeDef) -> Comparison {
    if !def.comparable {
        return Comparison::None;
    }
    if def.plain {
        return Comparison::Bytes;
    }
    match def.kind {
        TypeKind::Float if def.size == 4 => Comparison::Float32,
        TypeKind::Float => Comparison::Float64,
        TypeKind::Complex if def.size == 8 => Comparison::Complex64,
        TypeKind::Complex => Comparison::Complex128,
        TypeKind::String => Comparison::String,
        TypeKind::Interface(_) => Comparison::Interface,
        TypeKind::Struct(_) => Comparison::Struct,
        TypeKind::Array { .. } => Comparison::Array,
        TypeKind::Slice(_) | TypeKind::Map { .. } | TypeKind::Func { .. } | TypeKind::Incomplete => {
            Comparison::None
        }
        TypeKind::Bool
        | TypeKind::Int { .. }
        | TypeKind::Uint { .. }
        | TypeKind::UnsafePointer
        | TypeKind::Pointer(_)
        | TypeKind::Chan { .. } => Comparison::Bytes,
    }
}

/// How the data word of an interface with a value of the type is compared: through structs and
/// arrays of one leaf down to the leaf.
fn data_word(module: &Module, def: &TypeDef) -> DataWord {
    let mut def = def;
    if !def.is_direct() {
        return DataWord::Box;
    }
    loop {
        match &def.kind {
            TypeKind::Float if def.size == 4 => return DataWord::Float32,
            TypeKind::Float => return DataWord::Float64,
            TypeKind::Struct(fields) => {
                let one = fields.iter().find(|field| module.types[field.ty.index()].slots() == 1);
                match one {
                    Some(field) if &*field.name == "_" => return DataWord::Blank,
                    Some(field) => def = &module.types[field.ty.index()],
                    None => return DataWord::Bits,
                }
            }
            TypeKind::Array { elem, .. } => def = &module.types[elem.index()],
            _ => return DataWord::Bits,
        }
    }
}

/// Whether the leaves of a type are one word of eight bytes that is compared by bits.
#[must_use]
pub(crate) fn single_leaf(ty: &RtType) -> Option<LeafKind> {
    match &*ty.leaves {
        [leaf] if ty.comparison == Comparison::Bytes && leaf.offset == 0 => Some(leaf.kind),
        _ => None,
    }
}
