//! Package `internal/rtype`: types and values at run time.
//!
//! A value in a box is immutable, so that what is inside one is given out as an interior pointer,
//! without a copy; what is in memory that programs write (elements of slices, targets of pointers) is
//! copied.

mod types;
mod values;

use golite_runtime::Ctx;
use golite_runtime::golite_bytecode::TypeIx;
use golite_runtime::native::Package;

/// The package.
pub static PACKAGE: Package = package!(
    "internal/rtype",
    ".",
    ["rtype.go-lite"],
    natives![
        "TypeOf" => types::type_of,
        "Kind.String" => types::kind_name,
        "Type.Kind" => types::kind,
        "Type.String" => types::string,
        "Type.Name" => types::name,
        "Type.PkgPath" => types::package,
        "Type.Size" => types::size,
        "Type.Align" => types::align,
        "Type.Comparable" => types::comparable,
        "Type.HasMethods" => types::has_methods,
        "Type.Implements" => types::implements,
        "Type.AssignableTo" => types::assignable,
        "Type.Elem" => types::elem,
        "Type.Key" => types::key,
        "Type.Len" => types::len,
        "Type.ChanDir" => types::chan_dir,
        "Type.NumField" => types::field_count,
        "Type.FieldName" => types::field_name,
        "Type.FieldPkgPath" => types::field_package,
        "Type.FieldType" => types::field_type,
        "Type.FieldTag" => types::field_tag,
        "Type.FieldOffset" => types::field_offset,
        "Type.FieldExported" => types::field_exported,
        "Type.FieldEmbedded" => types::field_embedded,
        "Type.NumIn" => types::param_count,
        "Type.NumOut" => types::result_count,
        "Type.In" => types::param,
        "Type.Out" => types::result,
        "Type.IsVariadic" => types::variadic,
        "BoolOf" => values::word,
        "IntOf" => values::word,
        "UintOf" => values::word,
        "FloatOf" => values::float,
        "ComplexOf" => values::complex,
        "StringOf" => values::string,
        "BytesOf" => values::bytes,
        "Len" => values::len,
        "Index" => values::index,
        "Field" => values::field,
        "Elem" => values::elem,
        "IsNil" => values::is_nil,
        "Address" => values::address,
        "mapEntries" => values::map_entries,
        "Convert" => values::convert,
        "Zero" => values::zero,
        "New" => values::new,
        "Swap" => values::swap,
        "Overlap" => values::overlap,
        "Set" => values::set,
        "SetBool" => values::set_word,
        "SetInt" => values::set_word,
        "SetUint" => values::set_word,
        "SetFloat" => values::set_float,
        "SetComplex" => values::set_complex,
        "SetString" => values::set_string,
        "SetBytes" => values::set_bytes,
    ]
);

/// The type in a parameter; the reserved type 0 if it is none.
fn type_param(ctx: &Ctx<'_>, slot: u16) -> TypeIx {
    let number = u32::try_from(ctx.uint(slot)).unwrap_or(0);
    if (number as usize) < ctx.rt().types.len() { TypeIx(number) } else { TypeIx(0) }
}
