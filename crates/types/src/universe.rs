//! Predeclared names and package unsafe. Spec: Predeclared identifiers, Package unsafe.

use std::sync::Arc;

use golite_source::{Span, Symbol, sym};

use crate::check::Checker;
use crate::constant::Const;
use crate::object::{Builtin, ObjKind, Object, Package, PkgId, ScopeId};
use crate::ty::{Basic, InterfaceInfo, MethodInfo, NamedInfo, Type, TypeId, TypeTable};

impl Checker {
    pub(crate) fn declare_universe(&mut self) {
        self.packages.push(Package {
            path: "".into(),
            name: sym::EMPTY,
            scope: ScopeId(0),
            imports: Vec::new(),
            vars: Vec::new(),
            funcs: Vec::new(),
            inits: Vec::new(),
            std: true,
            fake: false,
        });
        // Object 0 is no object.
        self.predeclare(sym::BLANK, Basic::Invalid.id(), ObjKind::Nil);
        let types: &[(Symbol, Basic)] = &[
            (sym::BOOL, Basic::Bool),
            (sym::STRING, Basic::String),
            (sym::INT, Basic::Int),
            (sym::INT8, Basic::Int8),
            (sym::INT16, Basic::Int16),
            (sym::INT32, Basic::Int32),
            (sym::INT64, Basic::Int64),
            (sym::UINT, Basic::Uint),
            (sym::UINT8, Basic::Uint8),
            (sym::UINT16, Basic::Uint16),
            (sym::UINT32, Basic::Uint32),
            (sym::UINT64, Basic::Uint64),
            (sym::UINTPTR, Basic::Uintptr),
            (sym::FLOAT32, Basic::Float32),
            (sym::FLOAT64, Basic::Float64),
            (sym::COMPLEX64, Basic::Complex64),
            (sym::COMPLEX128, Basic::Complex128),
        ];
        for (name, basic) in types {
            self.predeclare(*name, basic.id(), ObjKind::TypeName);
        }
        self.predeclare(sym::BYTE, TypeTable::BYTE, ObjKind::TypeName);
        self.predeclare(sym::RUNE, TypeTable::RUNE, ObjKind::TypeName);
        let any = self.types.any();
        self.predeclare(sym::ANY, any, ObjKind::TypeName);
        let error_method = self.types.func(&[], &[Basic::String.id()], false);
        let method =
            MethodInfo { name: sym::ERROR_METHOD, pkg: PkgId(0), sig: error_method, span: Span::default() };
        let info = InterfaceInfo { methods: vec![method], ..InterfaceInfo::default() };
        let error = self.types.intern(Type::Interface(Arc::new(info)));
        self.error_type = self.predeclared_named(sym::ERROR, error);
        self.comparable_type = self.predeclared_named(sym::COMPARABLE, any);
        // It is an interface that embeds itself, so that types defined by it have its property.
        let info = InterfaceInfo {
            embeds: vec![(self.comparable_type, Span::default())],
            ..InterfaceInfo::default()
        };
        let under = self.types.intern(Type::Interface(Arc::new(info)));
        if let Some(named) = self.types.as_named(self.comparable_type) {
            self.types.set_underlying(named, under);
        }
        self.predeclare(sym::NIL, Basic::UntypedNil.id(), ObjKind::Nil);
        for (name, value) in [(sym::TRUE, true), (sym::FALSE, false)] {
            let kind = ObjKind::Const(Some(Const::Bool(value)));
            self.predeclare(name, Basic::UntypedBool.id(), kind);
        }
        self.predeclare(sym::IOTA, Basic::UntypedInt.id(), ObjKind::Const(Some(Const::int(0))));
        let builtins: &[(Symbol, Builtin)] = &[
            (sym::APPEND, Builtin::Append),
            (sym::CAP, Builtin::Cap),
            (sym::CLEAR, Builtin::Clear),
            (sym::CLOSE, Builtin::Close),
            (sym::COMPLEX, Builtin::Complex),
            (sym::COPY, Builtin::Copy),
            (sym::DELETE, Builtin::Delete),
            (sym::IMAG, Builtin::Imag),
            (sym::LEN, Builtin::Len),
            (sym::MAKE, Builtin::Make),
            (sym::MAX, Builtin::Max),
            (sym::MIN, Builtin::Min),
            (sym::NEW, Builtin::New),
            (sym::PANIC, Builtin::Panic),
            (sym::PRINT, Builtin::Print),
            (sym::PRINTLN, Builtin::Println),
            (sym::REAL, Builtin::Real),
            (sym::RECOVER, Builtin::Recover),
        ];
        for (name, builtin) in builtins {
            self.predeclare(*name, Basic::Invalid.id(), ObjKind::Builtin(*builtin));
        }
    }

    fn predeclare(&mut self, name: Symbol, ty: TypeId, kind: ObjKind) {
        let object: Object = self.plain_object(name, Span::default(), ty, kind);
        let obj = self.new_object(object);
        if obj.0 != 0 {
            self.scopes[0].names.insert(name, obj);
        }
    }

    fn predeclared_named(&mut self, name: Symbol, underlying: TypeId) -> TypeId {
        self.predeclare(name, Basic::Invalid.id(), ObjKind::TypeName);
        let obj = self.scopes[0].names[&name];
        let ty = self.types.new_named(NamedInfo {
            obj,
            underlying,
            resolved: true,
            type_params: Vec::new(),
            hidden: Vec::new(),
            origin: None,
            methods: Vec::new(),
        });
        self.object_mut(obj).ty = ty;
        ty
    }

    /// The predeclared type `error`.
    #[must_use]
    pub fn error_type(&self) -> TypeId {
        self.error_type
    }

    pub(crate) fn unsafe_package(&mut self) -> PkgId {
        let id = self.new_package("unsafe", sym::UNSAFE, true);
        self.by_path.insert("unsafe".into(), id);
        let scope = self.package(id).scope;
        let add = |checker: &mut Checker, name: Symbol, ty: TypeId, kind: ObjKind| {
            let mut object = checker.plain_object(name, Span::default(), ty, kind);
            object.pkg = id;
            let obj = checker.new_object(object);
            checker.scopes[scope.0 as usize].names.insert(name, obj);
        };
        add(self, sym::POINTER, Basic::UnsafePointer.id(), ObjKind::TypeName);
        let builtins = [
            (sym::SIZEOF, Builtin::UnsafeSizeof),
            (sym::OFFSETOF, Builtin::UnsafeOffsetof),
            (sym::ALIGNOF, Builtin::UnsafeAlignof),
            (sym::ADD, Builtin::UnsafeAdd),
            (sym::SLICE, Builtin::UnsafeSlice),
            (sym::SLICE_DATA, Builtin::UnsafeSliceData),
            (sym::UNSAFE_STRING, Builtin::UnsafeString),
            (sym::STRING_DATA, Builtin::UnsafeStringData),
        ];
        for (name, builtin) in builtins {
            add(self, name, Basic::Invalid.id(), ObjKind::Builtin(builtin));
        }
        id
    }
}
