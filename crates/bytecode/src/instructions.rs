//! The instruction table: one row an instruction.
//!
//! A row has its meaning, the handler's name, the opcode's name, the printed name, the operands
//! with their classes (`operand.rs`) and the effects. The opcode enum, encoder, decoder, printer,
//! verifier, liveness, the VM's dispatch and the reference in `docs/` all follow from it.
//!
//! Effects: `Panic` may raise a Go panic or fatal error; `Safepoint` may collect, yield or park;
//! `Call` runs other code in a window; `Branch` may go elsewhere; `End` never falls through;
//! `Internal` belongs to the runtime and is refused in modules.
//!
//! Every instruction reads all its operands before it writes any: sources and destinations may
//! overlap in any way.
//!
//! Long because it is the one table of the instruction set.

/// Calls `$callback!` with all rows.
#[macro_export]
macro_rules! for_each_instruction {
    ($callback:ident) => {
        $callback! {

        // ---- moves and constants
        /// `dst = src`, one slot of any kind.
        mov => Mov = "mov" { dst: AnyOut, src: Any } []
        /// Two slots: a string, an interface, a complex number.
        mov_2 => Mov2 = "mov.2" { dst: Any2Out, src: Any2 } []
        /// Three slots: a slice. The ranges may overlap.
        mov_3 => Mov3 = "mov.3" { dst: Any3Out, src: Any3 } []
        /// `count` slots. The ranges may overlap.
        mov_n => MovN = "mov.n" { dst: AnyNOut, src: AnyN, count: Count } []
        /// `dst = value`, sign-extended.
        const_i32 => ConstI32 = "const.i32" { dst: NumOut, value: I32 } []
        /// `dst = bits`: a wide integer or a float.
        const_64 => Const64 = "const.64" { dst: NumOut, bits: U64 } []
        /// `dst = nil`.
        nil => Nil = "nil" { dst: PtrOut } []
        /// `dst = nil` for an interface.
        nil_iface => NilIface = "nil.iface" { dst: IfaceOut } []
        /// `dst = nil` for a slice.
        nil_slice => NilSlice = "nil.slice" { dst: SliceOut } []
        /// `dst = ""`.
        nil_str => NilStr = "nil.str" { dst: StrOut } []
        /// `dst =` a string constant.
        const_str => ConstStr = "const.str" { dst: StrOut, value: Str } []

        // ---- integers: 64-bit, and narrow ones where they can overflow (held sign- or zero-extended)
        /// `dst = lhs + rhs`, wrapping.
        add => Add = "add" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs + rhs` as i8, wrapping.
        add_i8 => AddI8 = "add.i8" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs + rhs` as i16, wrapping.
        add_i16 => AddI16 = "add.i16" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs + rhs` as i32, wrapping.
        add_i32 => AddI32 = "add.i32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs + rhs` as u8, wrapping.
        add_u8 => AddU8 = "add.u8" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs + rhs` as u16, wrapping.
        add_u16 => AddU16 = "add.u16" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs + rhs` as u32, wrapping.
        add_u32 => AddU32 = "add.u32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs - rhs`, wrapping.
        sub => Sub = "sub" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs - rhs` as i8, wrapping.
        sub_i8 => SubI8 = "sub.i8" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs - rhs` as i16, wrapping.
        sub_i16 => SubI16 = "sub.i16" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs - rhs` as i32, wrapping.
        sub_i32 => SubI32 = "sub.i32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs - rhs` as u8, wrapping.
        sub_u8 => SubU8 = "sub.u8" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs - rhs` as u16, wrapping.
        sub_u16 => SubU16 = "sub.u16" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs - rhs` as u32, wrapping.
        sub_u32 => SubU32 = "sub.u32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs * rhs`, wrapping.
        mul => Mul = "mul" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs * rhs` as i8, wrapping.
        mul_i8 => MulI8 = "mul.i8" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs * rhs` as i16, wrapping.
        mul_i16 => MulI16 = "mul.i16" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs * rhs` as i32, wrapping.
        mul_i32 => MulI32 = "mul.i32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs * rhs` as u8, wrapping.
        mul_u8 => MulU8 = "mul.u8" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs * rhs` as u16, wrapping.
        mul_u16 => MulU16 = "mul.u16" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs * rhs` as u32, wrapping.
        mul_u32 => MulU32 = "mul.u32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs + imm`, wrapping.
        add_imm => AddImm = "add.imm" { dst: NumOut, lhs: Num, imm: I16 } []
        /// `dst = x + y + z`, wrapping.
        add_add => AddAdd = "add.add" { dst: NumOut, x: Num, y: Num, z: Num } []
        /// `dst = x + y + z` as u32, wrapping.
        add_add_u32 => AddAddU32 = "add.add.u32" { dst: NumOut, x: Num, y: Num, z: Num } []
        /// `dst = min(lhs, rhs)`, signed.
        min => Min = "min" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = max(lhs, rhs)`, signed.
        max => Max = "max" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = min(lhs, rhs)`, unsigned.
        min_u => MinU = "min.u" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = max(lhs, rhs)`, unsigned.
        max_u => MaxU = "max.u" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs + rhs + imm`, wrapping.
        add_add_imm => AddAddImm = "add.add.imm" { dst: NumOut, lhs: Num, rhs: Num, imm: I16 } []
        /// `dst = lhs * imm`, wrapping.
        mul_imm => MulImm = "mul.imm" { dst: NumOut, lhs: Num, imm: I16 } []
        /// `dst = lhs / rhs`, signed, toward zero; panics if `rhs` is zero. `MIN / -1` is `MIN`.
        div => Div = "div" { dst: NumOut, lhs: Num, rhs: Num } [Panic]
        /// `dst = lhs % rhs`, signed; panics if `rhs` is zero. `MIN % -1` is 0.
        rem => Rem = "rem" { dst: NumOut, lhs: Num, rhs: Num } [Panic]
        /// `dst = lhs / rhs`, unsigned; panics if `rhs` is zero.
        div_u => DivU = "div.u" { dst: NumOut, lhs: Num, rhs: Num } [Panic]
        /// `dst = lhs % rhs`, unsigned; panics if `rhs` is zero.
        rem_u => RemU = "rem.u" { dst: NumOut, lhs: Num, rhs: Num } [Panic]
        /// `dst = lhs / imm`, signed, toward zero; `imm` is neither 0 nor -1.
        div_imm => DivImm = "div.imm" { dst: NumOut, lhs: Num, imm: I16 } []
        /// `dst = lhs % imm`, signed; `imm` is neither 0 nor -1.
        rem_imm => RemImm = "rem.imm" { dst: NumOut, lhs: Num, imm: I16 } []
        /// `dst = lhs / 2^power`, signed, toward zero, for a power from 1 to 62.
        div_pow2 => DivPow2 = "div.pow2" { dst: NumOut, lhs: Num, power: U16 } []
        /// `dst = lhs % 2^power`, signed, for a power from 1 to 62.
        rem_pow2 => RemPow2 = "rem.pow2" { dst: NumOut, lhs: Num, power: U16 } []
        /// `dst = x*y + z`, wrapping.
        mul_add => MulAdd = "mul.add" { dst: NumOut, x: Num, y: Num, z: Num } []
        /// `dst = x*factor + z`, wrapping.
        mul_imm_add => MulImmAdd = "mul.imm.add" { dst: NumOut, x: Num, factor: I16, z: Num } []
        /// `dst = x*factor + term`, wrapping.
        mul_add_imm => MulAddImm = "mul.add.imm" { dst: NumOut, x: Num, factor: I16, term: I16 } []
        /// `dst = lhs & rhs`.
        and => And = "and" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs | rhs`.
        or => Or = "or" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs ^ rhs`.
        xor => Xor = "xor" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs &^ rhs`.
        and_not => AndNot = "and.not" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs & imm`, the immediate sign-extended.
        and_imm => AndImm = "and.imm" { dst: NumOut, lhs: Num, imm: I16 } []
        /// `dst = lhs | imm`, the immediate sign-extended.
        or_imm => OrImm = "or.imm" { dst: NumOut, lhs: Num, imm: I16 } []
        /// `dst = lhs ^ imm`, the immediate sign-extended.
        xor_imm => XorImm = "xor.imm" { dst: NumOut, lhs: Num, imm: I16 } []
        /// `dst = -src`, wrapping.
        neg => Neg = "neg" { dst: NumOut, src: Num } []
        /// `dst = ^src`.
        not => Not = "not" { dst: NumOut, src: Num } []
        /// `dst = lhs << count`; the count is unsigned, 64 and more give 0.
        shl => Shl = "shl" { dst: NumOut, lhs: Num, count: Num } []
        /// `dst = lhs >> count`, arithmetic; the count is unsigned, 64 and more give the sign.
        shr => Shr = "shr" { dst: NumOut, lhs: Num, count: Num } []
        /// `dst = lhs >> count`, logical; the count is unsigned, 64 and more give 0.
        shr_u => ShrU = "shr.u" { dst: NumOut, lhs: Num, count: Num } []
        /// `dst = lhs << count` for a count below 64.
        shl_imm => ShlImm = "shl.imm" { dst: NumOut, lhs: Num, count: U16 } []
        /// `dst = lhs >> count`, arithmetic, for a count below 64.
        shr_imm => ShrImm = "shr.imm" { dst: NumOut, lhs: Num, count: U16 } []
        /// `dst = lhs >> count`, logical, for a count below 64.
        shr_u_imm => ShrUImm = "shr.u.imm" { dst: NumOut, lhs: Num, count: U16 } []
        /// `dst = lhs << count` as u32, for a count below 32.
        shl_u32_imm => ShlU32Imm = "shl.u32.imm" { dst: NumOut, lhs: Num, count: U16 } []
        /// Rotates a u32 left by a count below 32.
        rotl_u32_imm => RotlU32Imm = "rotl.u32.imm" { dst: NumOut, src: Num, count: U16 } []
        /// Rotates a u64 left by a count below 64.
        rotl_u64_imm => RotlU64Imm = "rotl.u64.imm" { dst: NumOut, src: Num, count: U16 } []
        /// `dst = lhs ^` the u32 `src` rotated left by a count below 32.
        xor_rotl_u32 => XorRotlU32 = "xor.rotl.u32" { dst: NumOut, lhs: Num, src: Num, count: U16 } []
        /// `dst = lhs ^ src << count` for a count below 64.
        xor_shl => XorShl = "xor.shl" { dst: NumOut, lhs: Num, src: Num, count: U16 } []
        /// `dst = lhs ^ src >> count`, logical, for a count below 64.
        xor_shr_u => XorShrU = "xor.shr.u" { dst: NumOut, lhs: Num, src: Num, count: U16 } []
        /// `dst = lhs ^ x & y`.
        xor_and => XorAnd = "xor.and" { dst: NumOut, lhs: Num, x: Num, y: Num } []
        /// `dst = lhs ^ x &^ y`.
        xor_and_not => XorAndNot = "xor.and.not" { dst: NumOut, lhs: Num, x: Num, y: Num } []
        /// Panics with a negative shift amount if `count` is negative (signed).
        check_shift => CheckShift = "check.shift" { count: Num } [Panic]
        /// `dst = i8(src)`: the low bits, extended.
        ext_i8 => ExtI8 = "ext.i8" { dst: NumOut, src: Num } []
        /// `dst = i16(src)`: the low bits, extended.
        ext_i16 => ExtI16 = "ext.i16" { dst: NumOut, src: Num } []
        /// `dst = i32(src)`: the low bits, extended.
        ext_i32 => ExtI32 = "ext.i32" { dst: NumOut, src: Num } []
        /// `dst = u8(src)`: the low bits, extended.
        ext_u8 => ExtU8 = "ext.u8" { dst: NumOut, src: Num } []
        /// `dst = u16(src)`: the low bits, extended.
        ext_u16 => ExtU16 = "ext.u16" { dst: NumOut, src: Num } []
        /// `dst = u32(src)`: the low bits, extended.
        ext_u32 => ExtU32 = "ext.u32" { dst: NumOut, src: Num } []

        // ---- floats and complex numbers; a float32 sits in the low half of its slot, the upper half zero
        /// `dst = lhs + rhs`.
        add_f64 => AddF64 = "add.f64" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs - rhs`.
        sub_f64 => SubF64 = "sub.f64" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs * rhs`.
        mul_f64 => MulF64 = "mul.f64" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs / rhs`.
        div_f64 => DivF64 = "div.f64" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = -src`.
        neg_f64 => NegF64 = "neg.f64" { dst: NumOut, src: Num } []
        /// `dst = min(lhs, rhs)` by Go's rules for NaN and signed zeros.
        min_f64 => MinF64 = "min.f64" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = max(lhs, rhs)` by Go's rules for NaN and signed zeros.
        max_f64 => MaxF64 = "max.f64" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs + rhs`.
        add_f32 => AddF32 = "add.f32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs - rhs`.
        sub_f32 => SubF32 = "sub.f32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs * rhs`.
        mul_f32 => MulF32 = "mul.f32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs / rhs`.
        div_f32 => DivF32 = "div.f32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = -src`.
        neg_f32 => NegF32 = "neg.f32" { dst: NumOut, src: Num } []
        /// `dst = min(lhs, rhs)` by Go's rules for NaN and signed zeros.
        min_f32 => MinF32 = "min.f32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = max(lhs, rhs)` by Go's rules for NaN and signed zeros.
        max_f32 => MaxF32 = "max.f32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = x + y + z`, rounded after each step.
        add_add_f64 => AddAddF64 = "add.add.f64" { dst: NumOut, x: Num, y: Num, z: Num } []
        /// `dst = x - y + z`, rounded after each step.
        sub_add_f64 => SubAddF64 = "sub.add.f64" { dst: NumOut, x: Num, y: Num, z: Num } []
        /// `dst = x*y + z`, rounded after each step.
        mul_add_f64 => MulAddF64 = "mul.add.f64" { dst: NumOut, x: Num, y: Num, z: Num } []
        /// `dst = z - x*y`, rounded after each step.
        mul_rsub_f64 => MulRsubF64 = "mul.rsub.f64" { dst: NumOut, x: Num, y: Num, z: Num } []
        /// `dst = x*y - z`, rounded after each step.
        mul_sub_f64 => MulSubF64 = "mul.sub.f64" { dst: NumOut, x: Num, y: Num, z: Num } []
        /// `dst = math.Sqrt(src)`.
        sqrt_f64 => SqrtF64 = "sqrt.f64" { dst: NumOut, src: Num } []
        /// `dst = math.Abs(src)`.
        abs_f64 => AbsF64 = "abs.f64" { dst: NumOut, src: Num } []
        /// `dst = lhs / rhs` for complex128.
        div_c128 => DivC128 = "div.c128" { dst: Num2Out, lhs: Num2, rhs: Num2 } []
        /// `dst = float64(src), src signed`.
        f64_from_i64 => F64FromI64 = "f64.from.i64" { dst: NumOut, src: Num } []
        /// `dst = float64(src), src unsigned`.
        f64_from_u64 => F64FromU64 = "f64.from.u64" { dst: NumOut, src: Num } []
        /// `dst = int64(src), as amd64 converts`.
        i64_from_f64 => I64FromF64 = "i64.from.f64" { dst: NumOut, src: Num } []
        /// `dst = int32(src)`, as amd64 converts: what does not fit gives the least int32.
        i32_from_f64 => I32FromF64 = "i32.from.f64" { dst: NumOut, src: Num } []
        /// `dst = uint64(src), as amd64 converts`.
        u64_from_f64 => U64FromF64 = "u64.from.f64" { dst: NumOut, src: Num } []
        /// `dst = float32(src)`.
        f32_from_f64 => F32FromF64 = "f32.from.f64" { dst: NumOut, src: Num } []
        /// `dst = float64(src)`.
        f64_from_f32 => F64FromF32 = "f64.from.f32" { dst: NumOut, src: Num } []
        /// `dst = float32(src), src signed`.
        f32_from_i64 => F32FromI64 = "f32.from.i64" { dst: NumOut, src: Num } []
        /// `dst = float32(src), src unsigned`.
        f32_from_u64 => F32FromU64 = "f32.from.u64" { dst: NumOut, src: Num } []

        // ---- comparisons into a boolean (0 or 1)
        /// `dst = lhs == rhs`, one slot of any kind.
        eq => Eq = "eq" { dst: NumOut, lhs: Any, rhs: Any } []
        /// `dst = lhs != rhs`, one slot of any kind.
        ne => Ne = "ne" { dst: NumOut, lhs: Any, rhs: Any } []
        /// `dst = lhs < rhs`, signed.
        lt => Lt = "lt" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs <= rhs`, signed.
        le => Le = "le" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs < rhs`, unsigned.
        lt_u => LtU = "lt.u" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs <= rhs`, unsigned.
        le_u => LeU = "le.u" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs == rhs`.
        eq_f64 => EqF64 = "eq.f64" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs != rhs`.
        ne_f64 => NeF64 = "ne.f64" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs < rhs`.
        lt_f64 => LtF64 = "lt.f64" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs <= rhs`.
        le_f64 => LeF64 = "le.f64" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs == rhs`.
        eq_f32 => EqF32 = "eq.f32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs != rhs`.
        ne_f32 => NeF32 = "ne.f32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs < rhs`.
        lt_f32 => LtF32 = "lt.f32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = lhs <= rhs`.
        le_f32 => LeF32 = "le.f32" { dst: NumOut, lhs: Num, rhs: Num } []
        /// `dst = !src` for a boolean.
        not_bool => NotBool = "not.bool" { dst: NumOut, src: Num } []
        /// `dst = lhs == rhs` for strings.
        eq_str => EqStr = "eq.str" { dst: NumOut, lhs: View, rhs: View } []
        /// `dst = lhs < rhs` for strings, bytewise.
        lt_str => LtStr = "lt.str" { dst: NumOut, lhs: View, rhs: View } []
        /// `dst = lhs <= rhs` for strings, bytewise.
        le_str => LeStr = "le.str" { dst: NumOut, lhs: View, rhs: View } []
        /// `dst = lhs == rhs` for interfaces; panics if the values have one uncomparable type.
        eq_iface => EqIface = "eq.iface" { dst: NumOut, lhs: Iface, rhs: Iface } [Panic]
        /// `dst = *lhs == *rhs` for values of a type in memory; may panic as `eq.iface`.
        eq_mem => EqMem = "eq.mem" { dst: NumOut, lhs: Ptr, rhs: Ptr, ty: Type } [Panic]

        // ---- jumps: forward ones are free, backward ones count a step and may yield
        /// Jumps forward.
        jump => Jump = "jump" { to: Jump32 } [Branch End]
        /// Jumps backward.
        loop_back => LoopBack = "loop" { to: Back32 } [Branch End Safepoint]
        /// Jumps if `src` is not zero (true, not nil).
        jump_nz => JumpNz = "jump.nz" { src: Any, to: Jump } [Branch]
        /// Jumps if `lhs % imm` is 0, signed; `imm` is neither 0 nor -1.
        jump_rem_z => JumpRemZ = "jump.rem.z" { lhs: Num, imm: I16, to: Jump } [Branch]
        /// Jumps if `lhs % imm` is not 0, signed; `imm` is neither 0 nor -1.
        jump_rem_nz => JumpRemNz = "jump.rem.nz" { lhs: Num, imm: I16, to: Jump } [Branch]
        /// Jumps if `lhs & mask` is 0, the mask sign-extended.
        jump_and_z => JumpAndZ = "jump.and.z" { lhs: Num, mask: I16, to: Jump } [Branch]
        /// Jumps if `lhs & mask` is not 0, the mask sign-extended.
        jump_and_nz => JumpAndNz = "jump.and.nz" { lhs: Num, mask: I16, to: Jump } [Branch]
        /// Jumps back if `src` is not zero (true, not nil).
        loop_nz => LoopNz = "loop.nz" { src: Any, to: Back } [Branch Safepoint]
        /// Jumps if `src` is zero (false, nil).
        jump_z => JumpZ = "jump.z" { src: Any, to: Jump } [Branch]
        /// Jumps back if `src` is zero (false, nil).
        loop_z => LoopZ = "loop.z" { src: Any, to: Back } [Branch Safepoint]
        /// Jumps if `lhs == rhs`.
        jump_eq => JumpEq = "jump.eq" { lhs: Any, rhs: Any, to: Jump } [Branch]
        /// Jumps back if `lhs == rhs`.
        loop_eq => LoopEq = "loop.eq" { lhs: Any, rhs: Any, to: Back } [Branch Safepoint]
        /// Jumps if `lhs != rhs`.
        jump_ne => JumpNe = "jump.ne" { lhs: Any, rhs: Any, to: Jump } [Branch]
        /// Jumps back if `lhs != rhs`.
        loop_ne => LoopNe = "loop.ne" { lhs: Any, rhs: Any, to: Back } [Branch Safepoint]
        /// Jumps if `lhs < rhs`, signed.
        jump_lt => JumpLt = "jump.lt" { lhs: Num, rhs: Num, to: Jump } [Branch]
        /// Jumps back if `lhs < rhs`, signed.
        loop_lt => LoopLt = "loop.lt" { lhs: Num, rhs: Num, to: Back } [Branch Safepoint]
        /// Jumps if `lhs <= rhs`, signed.
        jump_le => JumpLe = "jump.le" { lhs: Num, rhs: Num, to: Jump } [Branch]
        /// Jumps back if `lhs <= rhs`, signed.
        loop_le => LoopLe = "loop.le" { lhs: Num, rhs: Num, to: Back } [Branch Safepoint]
        /// Jumps if `lhs < rhs`, unsigned.
        jump_lt_u => JumpLtU = "jump.lt.u" { lhs: Num, rhs: Num, to: Jump } [Branch]
        /// Jumps back if `lhs < rhs`, unsigned.
        loop_lt_u => LoopLtU = "loop.lt.u" { lhs: Num, rhs: Num, to: Back } [Branch Safepoint]
        /// Jumps if `lhs <= rhs`, unsigned.
        jump_le_u => JumpLeU = "jump.le.u" { lhs: Num, rhs: Num, to: Jump } [Branch]
        /// Jumps back if `lhs <= rhs`, unsigned.
        loop_le_u => LoopLeU = "loop.le.u" { lhs: Num, rhs: Num, to: Back } [Branch Safepoint]
        /// Jumps if `lhs == imm`, signed.
        jump_eq_imm => JumpEqImm = "jump.eq.imm" { lhs: Num, imm: I16, to: Jump } [Branch]
        /// Jumps back if `lhs == imm`, signed.
        loop_eq_imm => LoopEqImm = "loop.eq.imm" { lhs: Num, imm: I16, to: Back } [Branch Safepoint]
        /// Jumps if `lhs != imm`, signed.
        jump_ne_imm => JumpNeImm = "jump.ne.imm" { lhs: Num, imm: I16, to: Jump } [Branch]
        /// Jumps back if `lhs != imm`, signed.
        loop_ne_imm => LoopNeImm = "loop.ne.imm" { lhs: Num, imm: I16, to: Back } [Branch Safepoint]
        /// Jumps if `lhs < imm`, signed.
        jump_lt_imm => JumpLtImm = "jump.lt.imm" { lhs: Num, imm: I16, to: Jump } [Branch]
        /// Jumps back if `lhs < imm`, signed.
        loop_lt_imm => LoopLtImm = "loop.lt.imm" { lhs: Num, imm: I16, to: Back } [Branch Safepoint]
        /// Jumps if `lhs <= imm`, signed.
        jump_le_imm => JumpLeImm = "jump.le.imm" { lhs: Num, imm: I16, to: Jump } [Branch]
        /// Jumps back if `lhs <= imm`, signed.
        loop_le_imm => LoopLeImm = "loop.le.imm" { lhs: Num, imm: I16, to: Back } [Branch Safepoint]
        /// Jumps if `lhs > imm`, signed.
        jump_gt_imm => JumpGtImm = "jump.gt.imm" { lhs: Num, imm: I16, to: Jump } [Branch]
        /// Jumps back if `lhs > imm`, signed.
        loop_gt_imm => LoopGtImm = "loop.gt.imm" { lhs: Num, imm: I16, to: Back } [Branch Safepoint]
        /// Jumps if `lhs >= imm`, signed.
        jump_ge_imm => JumpGeImm = "jump.ge.imm" { lhs: Num, imm: I16, to: Jump } [Branch]
        /// Jumps back if `lhs >= imm`, signed.
        loop_ge_imm => LoopGeImm = "loop.ge.imm" { lhs: Num, imm: I16, to: Back } [Branch Safepoint]
        /// Jumps if `lhs == rhs`.
        jump_eq_f64 => JumpEqF64 = "jump.eq.f64" { lhs: Num, rhs: Num, to: Jump } [Branch]
        /// Jumps if `lhs != rhs`.
        jump_ne_f64 => JumpNeF64 = "jump.ne.f64" { lhs: Num, rhs: Num, to: Jump } [Branch]
        /// Jumps if `lhs < rhs`.
        jump_lt_f64 => JumpLtF64 = "jump.lt.f64" { lhs: Num, rhs: Num, to: Jump } [Branch]
        /// Jumps if `lhs <= rhs`.
        jump_le_f64 => JumpLeF64 = "jump.le.f64" { lhs: Num, rhs: Num, to: Jump } [Branch]
        /// Jumps unless `lhs < rhs` (also if one is NaN).
        jump_nlt_f64 => JumpNltF64 = "jump.nlt.f64" { lhs: Num, rhs: Num, to: Jump } [Branch]
        /// Jumps unless `lhs <= rhs` (also if one is NaN).
        jump_nle_f64 => JumpNleF64 = "jump.nle.f64" { lhs: Num, rhs: Num, to: Jump } [Branch]
        /// Jumps back if `lhs < rhs`.
        loop_lt_f64 => LoopLtF64 = "loop.lt.f64" { lhs: Num, rhs: Num, to: Back } [Branch Safepoint]
        /// Jumps back if `lhs <= rhs`.
        loop_le_f64 => LoopLeF64 = "loop.le.f64" { lhs: Num, rhs: Num, to: Back } [Branch Safepoint]
        /// `counter++`, then jumps back if `counter < limit`, signed.
        loop_inc_lt => LoopIncLt = "loop.inc.lt" { counter: NumInOut, limit: Num, to: Back } [Branch Safepoint]
        /// `counter++`, then jumps back if `counter < limit`, signed.
        loop_inc_lt_imm => LoopIncLtImm = "loop.inc.lt.imm" { counter: NumInOut, limit: I16, to: Back } [Branch Safepoint]
        /// Jumps if the strings are equal.
        jump_eq_str => JumpEqStr = "jump.eq.str" { lhs: View, rhs: View, to: Jump } [Branch]
        /// Jumps if the strings differ.
        jump_ne_str => JumpNeStr = "jump.ne.str" { lhs: View, rhs: View, to: Jump } [Branch]
        /// Jumps if the dynamic type of `src` is `ty`.
        jump_is_type => JumpIsType = "jump.is.type" { src: Iface, ty: Type, to: Jump } [Branch]
        /// Jumps if the dynamic type of `src` is not `ty`.
        jump_not_type => JumpNotType = "jump.not.type" { src: Iface, ty: Type, to: Jump } [Branch]
        /// Jumps if the dynamic type of `src` implements the interface `ty` (never for nil).
        jump_implements => JumpImplements = "jump.implements" { src: Iface, ty: Type, to: Jump } [Branch]
        /// Jumps by a table of the function: dense integers.
        switch_int => SwitchInt = "switch.int" { src: Num, table: Table } [Branch]
        /// Jumps by a table of the function: strings.
        switch_str => SwitchStr = "switch.str" { src: View, table: Table } [Branch]

        // ---- memory: every access tests the pointer for nil; offsets are in bytes
        /// Loads i8, extended.
        load_i8 => LoadI8 = "load.i8" { dst: NumOut, ptr: Ptr, offset: U16 } [Panic]
        /// Loads i16, extended.
        load_i16 => LoadI16 = "load.i16" { dst: NumOut, ptr: Ptr, offset: U16 } [Panic]
        /// Loads i32, extended.
        load_i32 => LoadI32 = "load.i32" { dst: NumOut, ptr: Ptr, offset: U16 } [Panic]
        /// Loads u8, extended.
        load_u8 => LoadU8 = "load.u8" { dst: NumOut, ptr: Ptr, offset: U16 } [Panic]
        /// Loads u16, extended.
        load_u16 => LoadU16 = "load.u16" { dst: NumOut, ptr: Ptr, offset: U16 } [Panic]
        /// Loads u32, extended.
        load_u32 => LoadU32 = "load.u32" { dst: NumOut, ptr: Ptr, offset: U16 } [Panic]
        /// Loads 64 bits.
        load_64 => Load64 = "load.64" { dst: NumOut, ptr: Ptr, offset: U16 } [Panic]
        /// `dst = lhs +` the 64-bit integer at `ptr + offset`, wrapping; panics if `ptr` is nil.
        add_load => AddLoad = "add.load" { dst: NumOut, lhs: Num, ptr: Ptr, offset: U16 } [Panic]
        /// `dst = lhs -` the 64-bit integer at `ptr + offset`, wrapping; panics if `ptr` is nil.
        sub_load => SubLoad = "sub.load" { dst: NumOut, lhs: Num, ptr: Ptr, offset: U16 } [Panic]
        /// `dst = lhs +` the f64 at `ptr + offset`; panics if `ptr` is nil.
        add_load_f64 => AddLoadF64 = "add.load.f64" { dst: NumOut, lhs: Num, ptr: Ptr, offset: U16 } [Panic]
        /// `dst = lhs -` the f64 at `ptr + offset`; panics if `ptr` is nil.
        sub_load_f64 => SubLoadF64 = "sub.load.f64" { dst: NumOut, lhs: Num, ptr: Ptr, offset: U16 } [Panic]
        /// `dst = lhs *` the f64 at `ptr + offset`; panics if `ptr` is nil.
        mul_load_f64 => MulLoadF64 = "mul.load.f64" { dst: NumOut, lhs: Num, ptr: Ptr, offset: U16 } [Panic]
        /// Loads a pointer.
        load_ptr => LoadPtr = "load.ptr" { dst: PtrOut, ptr: Ptr, offset: U16 } [Panic]
        /// Loads a string.
        load_str => LoadStr = "load.str" { dst: StrOut, ptr: Ptr, offset: U16 } [Panic]
        /// Loads a slice.
        load_slice => LoadSlice = "load.slice" { dst: SliceOut, ptr: Ptr, offset: U16 } [Panic]
        /// Loads an interface.
        load_iface => LoadIface = "load.iface" { dst: IfaceOut, ptr: Ptr, offset: U16 } [Panic]
        /// Stores 8 bits.
        store_8 => Store8 = "store.8" { ptr: Ptr, src: Num, offset: U16 } [Panic]
        /// Stores 16 bits.
        store_16 => Store16 = "store.16" { ptr: Ptr, src: Num, offset: U16 } [Panic]
        /// Stores 32 bits.
        store_32 => Store32 = "store.32" { ptr: Ptr, src: Num, offset: U16 } [Panic]
        /// Stores 64 bits.
        store_64 => Store64 = "store.64" { ptr: Ptr, src: Num, offset: U16 } [Panic]
        /// Adds `imm` to the 64-bit integer at `ptr + offset`, wrapping; panics if `ptr` is nil.
        field_add_imm => FieldAddImm = "field.add.imm" { ptr: Ptr, imm: I16, offset: U16 } [Panic]
        /// Adds `src` to the 64-bit integer at `ptr + offset`, wrapping; panics if `ptr` is nil.
        field_add => FieldAdd = "field.add" { ptr: Ptr, src: Num, offset: U16 } [Panic]
        /// Adds `src` to the f64 at `ptr + offset`; panics if `ptr` is nil.
        field_add_f64 => FieldAddF64 = "field.add.f64" { ptr: Ptr, src: Num, offset: U16 } [Panic]
        /// Adds `x*y`, rounded, to the f64 at `ptr + offset`; panics if `ptr` is nil.
        field_mul_add_f64 => FieldMulAddF64 = "field.mul.add.f64" { ptr: Ptr, x: Num, y: Num, offset: U16 } [Panic]
        /// Subtracts `x*y`, rounded, from the f64 at `ptr + offset`; panics if `ptr` is nil.
        field_mul_rsub_f64 => FieldMulRsubF64 = "field.mul.rsub.f64" { ptr: Ptr, x: Num, y: Num, offset: U16 } [Panic]
        /// Stores a pointer with the write barrier.
        store_ptr => StorePtr = "store.ptr" { ptr: Ptr, src: Ptr, offset: U16 } [Panic]
        /// Stores a string with the write barrier.
        store_str => StoreStr = "store.str" { ptr: Ptr, src: View, offset: U16 } [Panic]
        /// Stores a slice with the write barrier.
        store_slice => StoreSlice = "store.slice" { ptr: Ptr, src: Slice, offset: U16 } [Panic]
        /// Stores an interface with the write barrier.
        store_iface => StoreIface = "store.iface" { ptr: Ptr, src: Iface, offset: U16 } [Panic]
        /// Stores a pointer into an object allocated since the last safepoint: no barrier.
        init_ptr => InitPtr = "init.ptr" { ptr: Ptr, src: Ptr, offset: U16 } [Panic]
        /// Stores a string into an object allocated since the last safepoint: no barrier.
        init_str => InitStr = "init.str" { ptr: Ptr, src: View, offset: U16 } [Panic]
        /// Stores a slice into an object allocated since the last safepoint: no barrier.
        init_slice => InitSlice = "init.slice" { ptr: Ptr, src: Slice, offset: U16 } [Panic]
        /// Stores an interface into an object allocated since the last safepoint: no barrier.
        init_iface => InitIface = "init.iface" { ptr: Ptr, src: Iface, offset: U16 } [Panic]
        /// Loads a value of the type at `ptr + offset`, leaf by leaf.
        load_val => LoadVal = "load.val" { dst: ValOut, ptr: Ptr, offset: U16, ty: Type } [Panic]
        /// Stores a value of the type at `ptr + offset`, with the write barrier.
        store_val => StoreVal = "store.val" { ptr: Ptr, src: Val, offset: U16, ty: Type } [Panic]
        /// `dst = ptr + offset`; panics if `ptr` is nil.
        field_addr => FieldAddr = "field.addr" { dst: PtrOut, ptr: Ptr, offset: U32 } [Panic]
        /// Panics if `ptr` is nil.
        nil_check => NilCheck = "nil.check" { ptr: Ptr } [Panic]
        /// Copies a value of the type from `src` to `dst`, which may overlap; with the write barrier.
        copy_mem => CopyMem = "copy.mem" { dst: Ptr, src: Ptr, ty: Type } [Panic]
        /// Zeroes a value of the type.
        zero_mem => ZeroMem = "zero.mem" { ptr: Ptr, ty: Type } [Panic]
        /// `dst =` the address of a package-level variable.
        global_addr => GlobalAddr = "global.addr" { dst: PtrOut, global: Global } []
        /// Loads i32, extended from a package-level variable.
        load_global_i32 => LoadGlobalI32 = "load.global.i32" { dst: NumOut, global: Global } []
        /// Loads u8, extended from a package-level variable.
        load_global_u8 => LoadGlobalU8 = "load.global.u8" { dst: NumOut, global: Global } []
        /// Loads u32, extended from a package-level variable.
        load_global_u32 => LoadGlobalU32 = "load.global.u32" { dst: NumOut, global: Global } []
        /// Loads 64 bits from a package-level variable.
        load_global_64 => LoadGlobal64 = "load.global.64" { dst: NumOut, global: Global } []
        /// Loads a pointer from a package-level variable.
        load_global_ptr => LoadGlobalPtr = "load.global.ptr" { dst: PtrOut, global: Global } []
        /// Loads a string from a package-level variable.
        load_global_str => LoadGlobalStr = "load.global.str" { dst: StrOut, global: Global } []
        /// Loads a slice from a package-level variable.
        load_global_slice => LoadGlobalSlice = "load.global.slice" { dst: SliceOut, global: Global } []
        /// Loads an interface from a package-level variable.
        load_global_iface => LoadGlobalIface = "load.global.iface" { dst: IfaceOut, global: Global } []
        /// Stores 8 bits to a package-level variable.
        store_global_8 => StoreGlobal8 = "store.global.8" { src: Num, global: Global } []
        /// Stores 32 bits to a package-level variable.
        store_global_32 => StoreGlobal32 = "store.global.32" { src: Num, global: Global } []
        /// Stores 64 bits to a package-level variable.
        store_global_64 => StoreGlobal64 = "store.global.64" { src: Num, global: Global } []
        /// Adds `imm` to a global that is a 64-bit integer, wrapping.
        global_add_imm => GlobalAddImm = "global.add.imm" { imm: I16, global: Global } []
        /// Adds `src` to a global that is a 64-bit integer, wrapping.
        global_add => GlobalAdd = "global.add" { src: Num, global: Global } []
        /// Stores a pointer to a package-level variable.
        store_global_ptr => StoreGlobalPtr = "store.global.ptr" { src: Ptr, global: Global } []
        /// Stores a string to a package-level variable.
        store_global_str => StoreGlobalStr = "store.global.str" { src: View, global: Global } []
        /// Stores a slice to a package-level variable.
        store_global_slice => StoreGlobalSlice = "store.global.slice" { src: Slice, global: Global } []
        /// Stores an interface to a package-level variable.
        store_global_iface => StoreGlobalIface = "store.global.iface" { src: Iface, global: Global } []

        // ---- allocation
        /// `dst = new(ty)`: zeroed memory.
        alloc => Alloc = "new" { dst: PtrOut, ty: Type } [Panic Safepoint]
        /// `dst = make([]elem, len, cap)`; without `cap` it is `len`.
        make_slice => MakeSlice = "make.slice" { dst: SliceOut, len: Num, cap: OptNum, elem: Type } [Panic Safepoint]
        /// `dst = make(ty, hint)` for a map type.
        make_map => MakeMap = "make.map" { dst: PtrOut, hint: OptNum, ty: Type } [Panic Safepoint]
        /// `dst = make(ty, size)` for a channel type; without `size` it is 0.
        make_chan => MakeChan = "make.chan" { dst: PtrOut, size: OptNum, ty: Type } [Panic Safepoint]
        /// `dst =` a new closure of the function, its captured words zero. They follow at offset 8 as the
        /// function's `captures` say; the code itself is the word at offset 0.
        closure => Closure = "closure" { dst: PtrOut, func: Func } [Panic Safepoint]
        /// `dst =` the function as a func value: the one immortal closure that captures nothing.
        func_value => FuncValue = "func.value" { dst: PtrOut, func: Func } []

        // ---- slices, arrays, strings
        /// Loads i8, extended from element `idx` (of that size) of a slice, bounds checked.
        index_i8 => IndexI8 = "index.i8" { dst: NumOut, s: View, idx: Num } [Panic]
        /// Loads i16, extended from element `idx` (of that size) of a slice, bounds checked.
        index_i16 => IndexI16 = "index.i16" { dst: NumOut, s: View, idx: Num } [Panic]
        /// Loads i32, extended from element `idx` (of that size) of a slice, bounds checked.
        index_i32 => IndexI32 = "index.i32" { dst: NumOut, s: View, idx: Num } [Panic]
        /// Loads u8, extended from element `idx` (of that size) of a slice or string, bounds checked.
        index_u8 => IndexU8 = "index.u8" { dst: NumOut, s: View, idx: Num } [Panic]
        /// Loads u16, extended from element `idx` (of that size) of a slice, bounds checked.
        index_u16 => IndexU16 = "index.u16" { dst: NumOut, s: View, idx: Num } [Panic]
        /// Loads u32, extended from element `idx` (of that size) of a slice, bounds checked.
        index_u32 => IndexU32 = "index.u32" { dst: NumOut, s: View, idx: Num } [Panic]
        /// Loads 64 bits from element `idx` (of that size) of a slice, bounds checked.
        index_64 => Index64 = "index.64" { dst: NumOut, s: View, idx: Num } [Panic]
        /// Loads a pointer from element `idx` (of that size) of a slice, bounds checked.
        index_ptr => IndexPtr = "index.ptr" { dst: PtrOut, s: View, idx: Num } [Panic]
        /// Loads a string from element `idx` (of that size) of a slice, bounds checked.
        index_str => IndexStr = "index.str" { dst: StrOut, s: View, idx: Num } [Panic]
        /// Loads a slice from element `idx` (of that size) of a slice, bounds checked.
        index_slice => IndexSlice = "index.slice" { dst: SliceOut, s: View, idx: Num } [Panic]
        /// Loads an interface from element `idx` (of that size) of a slice, bounds checked.
        index_iface => IndexIface = "index.iface" { dst: IfaceOut, s: View, idx: Num } [Panic]
        /// `dst = lhs +` element `idx`, a 64-bit integer, of a slice, wrapping, bounds checked.
        add_index => AddIndex = "add.index" { dst: NumOut, lhs: Num, s: View, idx: Num } [Panic]
        /// `dst = lhs +` element `idx`, an f64, of a slice, bounds checked.
        add_index_f64 => AddIndexF64 = "add.index.f64" { dst: NumOut, lhs: Num, s: View, idx: Num } [Panic]
        /// Loads u8, extended, from element `idx` of element `row` of a slice of slices, bounds checked.
        index_row_u8 => IndexRowU8 = "index.row.u8" { dst: NumOut, s: View, row: Num, idx: Num } [Panic]
        /// Loads 64 bits from element `idx` of element `row` of a slice of slices, bounds checked.
        index_row_64 => IndexRow64 = "index.row.64" { dst: NumOut, s: View, row: Num, idx: Num } [Panic]
        /// Stores 8 bits to element `idx` (of that size) of a slice, bounds checked.
        set_8 => Set8 = "set.8" { s: View, idx: Num, src: Num } [Panic]
        /// Stores 16 bits to element `idx` (of that size) of a slice, bounds checked.
        set_16 => Set16 = "set.16" { s: View, idx: Num, src: Num } [Panic]
        /// Stores 32 bits to element `idx` (of that size) of a slice, bounds checked.
        set_32 => Set32 = "set.32" { s: View, idx: Num, src: Num } [Panic]
        /// Stores 64 bits to element `idx` (of that size) of a slice, bounds checked.
        set_64 => Set64 = "set.64" { s: View, idx: Num, src: Num } [Panic]
        /// Stores 8 bits to element `idx` of element `row` of a slice of slices, bounds checked.
        set_row_8 => SetRow8 = "set.row.8" { s: View, row: Num, idx: Num, src: Num } [Panic]
        /// Stores 64 bits to element `idx` of element `row` of a slice of slices, bounds checked.
        set_row_64 => SetRow64 = "set.row.64" { s: View, row: Num, idx: Num, src: Num } [Panic]
        /// Exchanges elements `idx` and `other` of a slice of numbers of `size` bytes: 1, 2, 4 or 8.
        swap_num => SwapNum = "swap.num" { s: View, idx: Num, other: Num, size: U16 } [Panic]
        /// `s[idx] += imm` for 64-bit integers, wrapping.
        elem_add_imm => ElemAddImm = "elem.add.imm" { s: View, idx: Num, imm: I16 } [Panic]
        /// `s[idx] += src` for 64-bit integers, wrapping.
        elem_add => ElemAdd = "elem.add" { s: View, idx: Num, src: Num } [Panic]
        /// `s[idx] += src` for f64.
        elem_add_f64 => ElemAddF64 = "elem.add.f64" { s: View, idx: Num, src: Num } [Panic]
        /// Stores a pointer to element `idx` (of that size) of a slice, bounds checked.
        set_ptr => SetPtr = "set.ptr" { s: View, idx: Num, src: Ptr } [Panic]
        /// Stores a string to element `idx` (of that size) of a slice, bounds checked.
        set_str => SetStr = "set.str" { s: View, idx: Num, src: View } [Panic]
        /// Stores a slice to element `idx` (of that size) of a slice, bounds checked.
        set_slice => SetSlice = "set.slice" { s: View, idx: Num, src: Slice } [Panic]
        /// Stores an interface to element `idx` (of that size) of a slice, bounds checked.
        set_iface => SetIface = "set.iface" { s: View, idx: Num, src: Iface } [Panic]
        /// Loads i32, extended from a field of element `idx` of a slice, bounds checked.
        index_field_i32 => IndexFieldI32 = "index.field.i32" { dst: NumOut, s: View, idx: Num, offset: U16, size: U32 } [Panic]
        /// Loads u8, extended from a field of element `idx` of a slice, bounds checked.
        index_field_u8 => IndexFieldU8 = "index.field.u8" { dst: NumOut, s: View, idx: Num, offset: U16, size: U32 } [Panic]
        /// Loads u32, extended from a field of element `idx` of a slice, bounds checked.
        index_field_u32 => IndexFieldU32 = "index.field.u32" { dst: NumOut, s: View, idx: Num, offset: U16, size: U32 } [Panic]
        /// Loads 64 bits from a field of element `idx` of a slice, bounds checked.
        index_field_64 => IndexField64 = "index.field.64" { dst: NumOut, s: View, idx: Num, offset: U16, size: U32 } [Panic]
        /// Loads a pointer from a field of element `idx` of a slice, bounds checked.
        index_field_ptr => IndexFieldPtr = "index.field.ptr" { dst: PtrOut, s: View, idx: Num, offset: U16, size: U32 } [Panic]
        /// Loads a string from a field of element `idx` of a slice, bounds checked.
        index_field_str => IndexFieldStr = "index.field.str" { dst: StrOut, s: View, idx: Num, offset: U16, size: U32 } [Panic]
        /// Loads a slice from a field of element `idx` of a slice, bounds checked.
        index_field_slice => IndexFieldSlice = "index.field.slice" { dst: SliceOut, s: View, idx: Num, offset: U16, size: U32 } [Panic]
        /// Loads an interface from a field of element `idx` of a slice, bounds checked.
        index_field_iface => IndexFieldIface = "index.field.iface" { dst: IfaceOut, s: View, idx: Num, offset: U16, size: U32 } [Panic]
        /// Stores 8 bits to a field of element `idx` of a slice, bounds checked.
        set_field_8 => SetField8 = "set.field.8" { s: View, idx: Num, src: Num, offset: U16, size: U32 } [Panic]
        /// Stores 32 bits to a field of element `idx` of a slice, bounds checked.
        set_field_32 => SetField32 = "set.field.32" { s: View, idx: Num, src: Num, offset: U16, size: U32 } [Panic]
        /// Stores 64 bits to a field of element `idx` of a slice, bounds checked.
        set_field_64 => SetField64 = "set.field.64" { s: View, idx: Num, src: Num, offset: U16, size: U32 } [Panic]
        /// Stores a pointer to a field of element `idx` of a slice, bounds checked.
        set_field_ptr => SetFieldPtr = "set.field.ptr" { s: View, idx: Num, src: Ptr, offset: U16, size: U32 } [Panic]
        /// Stores a string to a field of element `idx` of a slice, bounds checked.
        set_field_str => SetFieldStr = "set.field.str" { s: View, idx: Num, src: View, offset: U16, size: U32 } [Panic]
        /// Stores a slice to a field of element `idx` of a slice, bounds checked.
        set_field_slice => SetFieldSlice = "set.field.slice" { s: View, idx: Num, src: Slice, offset: U16, size: U32 } [Panic]
        /// Stores an interface to a field of element `idx` of a slice, bounds checked.
        set_field_iface => SetFieldIface = "set.field.iface" { s: View, idx: Num, src: Iface, offset: U16, size: U32 } [Panic]
        /// `dst = &s[idx]` for elements of `size` bytes, bounds checked.
        index_addr => IndexAddr = "index.addr" { dst: PtrOut, s: View, idx: Num, size: U32 } [Panic]
        /// `dst = &ptr[idx]` for an array of `len` elements of `size` bytes; tests nil, then the bounds.
        array_addr => ArrayAddr = "array.addr" { dst: PtrOut, ptr: Ptr, idx: Num, len: U32, size: U32 } [Panic]
        /// Loads i32, extended from element `idx` (of that size) of an array of `len`; tests nil, then the bounds.
        array_i32 => ArrayI32 = "array.i32" { dst: NumOut, ptr: Ptr, idx: Num, len: U32 } [Panic]
        /// Loads u8, extended from element `idx` (of that size) of an array of `len`; tests nil, then the bounds.
        array_u8 => ArrayU8 = "array.u8" { dst: NumOut, ptr: Ptr, idx: Num, len: U32 } [Panic]
        /// Loads u32, extended from element `idx` (of that size) of an array of `len`; tests nil, then the bounds.
        array_u32 => ArrayU32 = "array.u32" { dst: NumOut, ptr: Ptr, idx: Num, len: U32 } [Panic]
        /// Loads 64 bits from element `idx` (of that size) of an array of `len`; tests nil, then the bounds.
        array_64 => Array64 = "array.64" { dst: NumOut, ptr: Ptr, idx: Num, len: U32 } [Panic]
        /// Loads a pointer from element `idx` (of that size) of an array of `len`; tests nil, then the bounds.
        array_ptr => ArrayPtr = "array.ptr" { dst: PtrOut, ptr: Ptr, idx: Num, len: U32 } [Panic]
        /// Loads a string from element `idx` (of that size) of an array of `len`; tests nil, then the bounds.
        array_str => ArrayStr = "array.str" { dst: StrOut, ptr: Ptr, idx: Num, len: U32 } [Panic]
        /// Loads an interface from element `idx` (of that size) of an array of `len`; tests nil, then the bounds.
        array_iface => ArrayIface = "array.iface" { dst: IfaceOut, ptr: Ptr, idx: Num, len: U32 } [Panic]
        /// Stores 8 bits to element `idx` (of that size) of an array of `len`; tests nil, then the bounds.
        array_set_8 => ArraySet8 = "array.set.8" { ptr: Ptr, idx: Num, src: Num, len: U32 } [Panic]
        /// Stores 32 bits to element `idx` (of that size) of an array of `len`; tests nil, then the bounds.
        array_set_32 => ArraySet32 = "array.set.32" { ptr: Ptr, idx: Num, src: Num, len: U32 } [Panic]
        /// Stores 64 bits to element `idx` (of that size) of an array of `len`; tests nil, then the bounds.
        array_set_64 => ArraySet64 = "array.set.64" { ptr: Ptr, idx: Num, src: Num, len: U32 } [Panic]
        /// Stores a pointer to element `idx` (of that size) of an array of `len`; tests nil, then the bounds.
        array_set_ptr => ArraySetPtr = "array.set.ptr" { ptr: Ptr, idx: Num, src: Ptr, len: U32 } [Panic]
        /// Stores a string to element `idx` (of that size) of an array of `len`; tests nil, then the bounds.
        array_set_str => ArraySetStr = "array.set.str" { ptr: Ptr, idx: Num, src: View, len: U32 } [Panic]
        /// Stores an interface to element `idx` (of that size) of an array of `len`; tests nil, then the bounds.
        array_set_iface => ArraySetIface = "array.set.iface" { ptr: Ptr, idx: Num, src: Iface, len: U32 } [Panic]
        /// Panics with an index out of range unless `0 <= idx < len`.
        check_index => CheckIndex = "check.index" { idx: Num, len: Num } [Panic]
        /// `dst = s[lo:hi:max]` of a slice with elements of `size` bytes; absent bounds are 0, len, cap.
        slice_slice => SliceSlice = "slice.slice" { dst: SliceOut, s: Slice, lo: OptNum, hi: OptNum, max: OptNum, size: U32 } [Panic]
        /// `dst = s[lo:hi]` of a string.
        slice_str => SliceStr = "slice.str" { dst: StrOut, s: View, lo: OptNum, hi: OptNum } [Panic]
        /// `dst = ptr[lo:hi:max]` of an array of `ty`; tests nil.
        slice_array => SliceArray = "slice.array" { dst: SliceOut, ptr: Ptr, lo: OptNum, hi: OptNum, max: OptNum, ty: Type } [Panic]
        /// `dst = (*[len]T)(s)`; panics if the slice is shorter.
        slice_to_array => SliceToArray = "slice.to.array" { dst: PtrOut, s: Slice, len: U32 } [Panic]
        /// `dst = append(s, src)` for elements of 8 bits.
        append_8 => Append8 = "append.8" { dst: SliceOut, s: Slice, src: Num, elem: Type } [Panic Safepoint]
        /// `dst = append(s, src)` for elements of 32 bits.
        append_32 => Append32 = "append.32" { dst: SliceOut, s: Slice, src: Num, elem: Type } [Panic Safepoint]
        /// `dst = append(s, src)` for elements of 64 bits.
        append_64 => Append64 = "append.64" { dst: SliceOut, s: Slice, src: Num, elem: Type } [Panic Safepoint]
        /// `dst = append(s, src)` for elements of a pointer.
        append_ptr => AppendPtr = "append.ptr" { dst: SliceOut, s: Slice, src: Ptr, elem: Type } [Panic Safepoint]
        /// `dst = append(s, src)` for elements of a string.
        append_str => AppendStr = "append.str" { dst: SliceOut, s: Slice, src: View, elem: Type } [Panic Safepoint]
        /// `dst = append(s, src)` for elements of an interface.
        append_iface => AppendIface = "append.iface" { dst: SliceOut, s: Slice, src: Iface, elem: Type } [Panic Safepoint]
        /// `dst = append(s, src)` for any element type.
        append_val => AppendVal = "append.val" { dst: SliceOut, s: Slice, src: Val, elem: Type } [Panic Safepoint]
        /// `dst = s` with `count` zeroed elements appended: the caller stores them.
        append_extend => AppendExtend = "append.extend" { dst: SliceOut, s: Slice, count: Count, elem: Type } [Panic Safepoint]
        /// `dst = append(s, tail...)`; `tail` may be a string.
        append_slice => AppendSlice = "append.slice" { dst: SliceOut, s: Slice, tail: View, elem: Type } [Panic Safepoint]
        /// `dst = copy(to, from)`, the number of elements copied; `from` may be a string.
        copy_slice => CopySlice = "copy.slice" { dst: NumOut, to: View, from: View, elem: Type } [Safepoint]
        /// `clear(s)` of a slice.
        clear_slice => ClearSlice = "clear.slice" { s: View, elem: Type } [Safepoint]
        /// `dst =` the `count` strings from `first` on, joined.
        concat => Concat = "concat" { dst: StrOut, first: Strings, count: Count } [Panic Safepoint]
        /// `dst, dst+1 =` the rune that begins at `s[idx]` and the index after it; `idx` is in range.
        next_rune => NextRune = "next.rune" { dst: Num2Out, s: View, idx: Num } [Panic]
        /// `dst = string(s)` of a byte slice.
        str_from_bytes => StrFromBytes = "str.from.bytes" { dst: StrOut, s: View } [Panic Safepoint]
        /// `dst = string(s)` of a rune slice.
        str_from_runes => StrFromRunes = "str.from.runes" { dst: StrOut, s: View } [Panic Safepoint]
        /// `dst = string(rune)` of an integer.
        str_from_rune => StrFromRune = "str.from.rune" { dst: StrOut, src: Num } [Panic Safepoint]
        /// `dst = []byte(s)`.
        bytes_from_str => BytesFromStr = "bytes.from.str" { dst: SliceOut, s: View } [Panic Safepoint]
        /// `dst = []rune(s)`.
        runes_from_str => RunesFromStr = "runes.from.str" { dst: SliceOut, s: View } [Panic Safepoint]

        // ---- maps; `ty` is the map type
        /// `dst =` the address of `m[key]`, or of a zero value if there is none: to be read at once.
        map_get => MapGet = "map.get" { dst: PtrOut, m: Ptr, key: Key, ty: Type } [Panic]
        /// As `map.get`, and whether the key is there.
        map_get_ok => MapGetOk = "map.get.ok" { dst: PtrOut, m: Ptr, key: Key, ok: NumOut, ty: Type } [Panic]
        /// `dst =` the address of `m[key]`, inserted as zero if there is none: to be written at once.
        map_set => MapSet = "map.set" { dst: PtrOut, m: Ptr, key: Key, ty: Type } [Panic Safepoint]
        /// `delete(m, key)`.
        map_delete => MapDelete = "map.delete" { m: Ptr, key: Key, ty: Type } [Panic]
        /// `clear(m)`.
        map_clear => MapClear = "map.clear" { m: Ptr, ty: Type } [Panic]
        /// `dst = len(m)`.
        map_len => MapLen = "map.len" { dst: NumOut, m: Ptr } []
        /// `dst =` an iterator over `m`, before its first entry.
        map_iter => MapIter = "map.iter" { dst: PtrOut, m: Ptr, ty: Type } [Panic Safepoint]
        /// `key, value =` the addresses of the next entry's key and value; `key` is nil at the end.
        map_next => MapNext = "map.next" { key: PtrOut, value: PtrOut, iter: Ptr } [Panic Safepoint]

        // ---- channels; `elem` is the element type
        /// `ch <- src`. May park.
        chan_send => ChanSend = "chan.send" { ch: Ptr, src: Val, elem: Type } [Panic Safepoint]
        /// `dst = <-ch`. May park.
        chan_recv => ChanRecv = "chan.recv" { dst: OptValOut, ch: Ptr, elem: Type } [Panic Safepoint]
        /// `dst, ok = <-ch`. May park.
        chan_recv_ok => ChanRecvOk = "chan.recv.ok" { dst: OptValOut, ch: Ptr, ok: NumOut, elem: Type } [Panic Safepoint]
        /// `close(ch)`.
        chan_close => ChanClose = "chan.close" { ch: Ptr } [Panic]
        /// `dst = len(ch)`.
        chan_len => ChanLen = "chan.len" { dst: NumOut, ch: Ptr } []
        /// `dst = cap(ch)`.
        chan_cap => ChanCap = "chan.cap" { dst: NumOut, ch: Ptr } []
        /// `dst =` the index of the case that went ahead, or the number of cases for `default`. May park.
        /// The table says the registers each case reads and writes.
        select => Select = "select" { dst: NumOut, table: Select } [Panic Safepoint]

        // ---- interfaces and type tests
        /// `dst = ty(src)` for a value that is one number.
        iface_num => IfaceNum = "iface.num" { dst: IfaceOut, src: Num, ty: Type } []
        /// `dst = ty(src)` for a value that is one pointer, or whose box is at `src`.
        iface_ptr => IfacePtr = "iface.ptr" { dst: IfaceOut, src: Ptr, ty: Type } []
        /// `dst = ty(src)`: the value is copied into a new box.
        iface_box => IfaceBox = "iface.box" { dst: IfaceOut, src: Val, ty: Type } [Panic Safepoint]
        /// `dst =` the data word, known to be a number.
        data_num => DataNum = "data.num" { dst: NumOut, src: Iface } []
        /// `dst =` the data word, known to be a pointer (the value itself, or its box).
        data_ptr => DataPtr = "data.ptr" { dst: PtrOut, src: Iface } []
        /// Panics unless the dynamic type of `src`, of static type `from`, is `ty`.
        assert_type => AssertType = "assert.type" { src: Iface, ty: Type, from: Type } [Panic]
        /// `dst = src`; panics unless `src`, of static type `from`, implements the interface `ty`.
        assert_iface => AssertIface = "assert.iface" { dst: IfaceOut, src: Iface, ty: Type, from: Type } [Panic]
        /// `dst = (type of src is ty)`.
        is_type => IsType = "is.type" { dst: NumOut, src: Iface, ty: Type } []
        /// `dst = (src implements the interface ty)`; false for nil.
        implements => Implements = "implements" { dst: NumOut, src: Iface, ty: Type } []

        // ---- calls: a window is link, context, results, parameters, then the callee's locals
        /// Calls a function.
        call => Call = "call" { base: Window, func: Func } [Call Panic Safepoint]
        /// Calls a func value; panics if it is nil. Slot `base + 1` receives the closure.
        call_closure => CallClosure = "call.closure" { base: Window, callee: Ptr, sig: Sig } [Call Panic Safepoint]
        /// Calls a method of the dynamic type; panics if `recv` is nil. The data word is put into the
        /// first parameter's slot; `sig` has the receiver as its first parameter, of kind `Data`.
        call_iface => CallIface = "call.iface" { base: Window, recv: Iface, method: Method, sig: Sig } [Call Panic Safepoint]
        /// Calls a native function: same window, no frame.
        call_native => CallNative = "call.native" { base: Window, func: Native } [Call Panic Safepoint]
        /// Returns; the results are in their slots.
        ret => Ret = "ret" {} [End]
        /// Returns `src` in the first slot of the results; the others have their values.
        ret_1 => Ret1 = "ret.1" { src: Any } [End]
        /// Returns `src` in the first two slots of the results.
        ret_2 => Ret2 = "ret.2" { src: Any2 } [End]
        /// Returns `src` in the first three slots of the results.
        ret_3 => Ret3 = "ret.3" { src: Any3 } [End]
        /// Returns `value`, sign-extended, in the first slot of the results.
        ret_i32 => RetI32 = "ret.i32" { value: I32 } [End]
        /// `go callee()`: a func value without parameters, its results dropped. Nil is fatal.
        go => Go = "go" { callee: Ptr } [Panic Safepoint]
        /// `defer callee()`: a func value without parameters. A nil one panics when it runs.
        defer => Defer = "defer" { callee: Ptr } [Panic Safepoint]
        /// Runs what this frame deferred, last first, each in the window at `base`; goes on when none is left.
        run_defers => RunDefers = "run.defers" { base: Window } [Call Panic Safepoint]
        /// `dst =` a number that names this activation of the function among those of the goroutine.
        frame_token => FrameToken = "frame.token" { dst: NumOut } []
        /// `defer callee()` in the activation that `token` names: the body of a range-over-func loop
        /// defers in the function around it.
        defer_outer => DeferOuter = "defer.outer" { callee: Ptr, token: Num } [Panic Safepoint]
        /// `dst = recover()`.
        recover => Recover = "recover" { dst: IfaceOut } []
        /// `panic(value)`.
        panic => Panic = "panic" { value: Iface } [Panic End]
        /// Panics with one of the runtime's own errors; `code` is a `RuntimeErrorCode`.
        panic_runtime => PanicRuntime = "panic.runtime" { code: U16 } [Panic End]

        /// `print(src)`: a value of a basic, pointer, slice, map, channel, func or interface type, written
        /// to standard error as Go's built-in function does.
        print => Print = "print" { src: Val, ty: Type } []

        // ---- unsafe
        /// `dst = uintptr(src)`.
        num_from_ptr => NumFromPtr = "num.from.ptr" { dst: NumOut, src: Ptr } []
        /// `dst = unsafe.Pointer(src)`: what the host allows is checked at compile time.
        ptr_from_num => PtrFromNum = "ptr.from.num" { dst: PtrOut, src: Num } [Panic]

        // ---- the runtime's own; never in a module
        /// The code of a function not yet compiled, or whose initialisers have not run: sees to that, then runs it.
        stub_compile => StubCompile = "stub.compile" { func: Func } [Internal Panic End]
        /// Where the first function of a goroutine returns to.
        stub_exit => StubExit = "stub.exit" {} [Internal End]
        /// Where a deferred call that the runtime made during a panic or Goexit returns to.
        stub_unwind => StubUnwind = "stub.unwind" {} [Internal End]
        /// Where a frame returns to below which no frame ran since the last minor collection.
        stub_barrier => StubBarrier = "stub.barrier" {} [Internal End]
        /// The body of a native function used as a func value or method: calls it, then returns.
        stub_native => StubNative = "stub.native" { func: Native } [Internal Call Panic Safepoint End]
        }
    };
}
