//! The tables of a module: signatures, method names, functions, variables. Types have a file of their
//! own.

use super::VerifyError;
use super::types::{check_cycles, check_methods, check_type};
use crate::module::{Body, Function, LINK_SLOTS, Module, Signature};
use crate::operand::{Kind, TypeIx};
use crate::types::{TypeDef, TypeKind};

/// How much of a module's tables was verified. A module only grows, so the rest is all that is left
/// to do.
#[derive(Default, Debug)]
pub struct Verifier {
    signatures: usize,
    types: usize,
    /// Types that were declared and not yet filled in.
    open: Vec<TypeIx>,
    methods: usize,
    functions: usize,
    filled: usize,
    globals: usize,
}

impl Verifier {
    /// Nothing was verified.
    #[must_use]
    pub fn new() -> Verifier {
        Verifier::default()
    }

    /// The module has lost the last entries of its tables, and has forgotten which types got methods.
    pub fn shrunk(&mut self, module: &Module) {
        self.functions = self.functions.min(module.functions.len());
        self.globals = self.globals.min(module.globals.len());
        self.types = self.types.min(module.types.len());
        self.methods = self.methods.min(module.methods.len());
        self.filled = self.filled.min(module.methods_filled.len());
        self.open.retain(|ty| ty.index() < module.types.len());
    }

    /// Checks what is new in the module's tables. The bodies of functions are checked one by one, by
    /// `verify_function`.
    ///
    /// # Errors
    /// With the first thing found wrong.
    pub fn verify_tables(&mut self, module: &Module) -> Result<(), VerifyError> {
        for (i, signature) in module.signatures.iter().enumerate().skip(self.signatures) {
            check_signature(signature)
                .map_err(|reason| VerifyError::new(&format!("signature {i}"), reason))?;
        }
        self.signatures = module.signatures.len();
        self.verify_types(module)?;
        for method in &module.methods[self.methods..] {
            if !matches!(
                module.types.get(method.ty.index()),
                Some(TypeDef { kind: TypeKind::Func { .. }, .. })
            ) {
                return Err(VerifyError::new(&method.name, "a method without function type"));
            }
        }
        self.methods = module.methods.len();
        for function in &module.functions[self.functions..] {
            check_function(module, function).map_err(|reason| VerifyError::new(&function.name, reason))?;
        }
        self.functions = module.functions.len();
        self.verify_methods(module)?;
        for global in &module.globals[self.globals..] {
            let ty = module.types.get(global.ty.index());
            if ty.is_none_or(|ty| matches!(ty.kind, TypeKind::Incomplete)) {
                return Err(VerifyError::new(&global.name, "no such type"));
            }
        }
        self.globals = module.globals.len();
        Ok(())
    }

    fn verify_types(&mut self, module: &Module) -> Result<(), VerifyError> {
        // Index 0 is reserved.
        let from = self.types.max(1);
        let open = std::mem::take(&mut self.open);
        let new = (from..module.types.len()).map(|i| TypeIx(i as u32));
        let fresh: Vec<TypeIx> = open.into_iter().chain(new).collect();
        for &ty in &fresh {
            let def = &module.types[ty.index()];
            check_type(module, def).map_err(|reason| VerifyError::new(&def.name, reason))?;
            if matches!(def.kind, TypeKind::Incomplete) {
                self.open.push(ty);
            }
        }
        if let Some(ty) = check_cycles(module, &fresh) {
            return Err(VerifyError::new(&module.types[ty.index()].name, "a type that holds itself"));
        }
        self.types = module.types.len();
        Ok(())
    }

    /// Methods of types that have got them, and of all types that came with them.
    fn verify_methods(&mut self, module: &Module) -> Result<(), VerifyError> {
        let filled = module.methods_filled.get(self.filled..).unwrap_or_default();
        self.filled = module.methods_filled.len();
        for ty in filled {
            let def = module.types.get(ty.index());
            let def = def.ok_or_else(|| VerifyError::new(&format!("type {}", ty.0), "does not exist"))?;
            check_methods(module, def).map_err(|reason| VerifyError::new(&def.name, reason))?;
        }
        Ok(())
    }
}

/// What callers see of a function, and what its closures hold.
fn check_function(module: &Module, function: &Function) -> Result<(), &'static str> {
    let Some(signature) = module.signatures.get(function.signature.index()) else {
        return Err("no such signature");
    };
    if signature.params.first() == Some(&Kind::Data) {
        return Err("half of an interface as first parameter");
    }
    check_kinds(&function.captures, None)?;
    if function.captures.len() > MOST_CAPTURES {
        return Err("too many captured words");
    }
    if matches!(function.body, Body::Native { .. }) && !function.captures.is_empty() {
        return Err("a native function that captures");
    }
    if function.file != 0 && function.file as usize >= module.files.len() {
        return Err("no such file");
    }
    Ok(())
}

/// So many captured words can be named by the offsets of instructions.
const MOST_CAPTURES: usize = (u16::MAX as usize - 8) / 8;

fn check_signature(signature: &Signature) -> Result<(), &'static str> {
    let slots = usize::from(LINK_SLOTS) + signature.results.len() + signature.params.len();
    if slots > usize::from(u16::MAX) {
        return Err("too many slots");
    }
    check_kinds(&signature.results, None)?;
    // The data word alone is the receiver of a method that is called by interface.
    let before = (signature.params.first() == Some(&Kind::Data)).then_some(Kind::Type);
    check_kinds(&signature.params, before)
}

/// Interfaces are whole, and nothing is unset.
fn check_kinds(kinds: &[Kind], mut before: Option<Kind>) -> Result<(), &'static str> {
    for &kind in kinds {
        if kind == Kind::Unset {
            return Err("a slot of no kind");
        }
        if (kind == Kind::Data) != (before == Some(Kind::Type)) {
            return Err("half of an interface");
        }
        before = Some(kind);
    }
    if before == Some(Kind::Type) { Err("half of an interface") } else { Ok(()) }
}
