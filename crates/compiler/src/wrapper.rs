//! Functions that the compiler makes itself: method values, method expressions, methods called
//! through interfaces, and the closures without arguments of `go` and `defer`.

use golite_bytecode::{Body, CONTEXT, FuncIx, Function, Kind, LINK_SLOTS, MethodIx, Reg, SigIx, Signature};
use golite_source::{Span, Symbol};
use golite_types::{Builtin, PkgId, TypeId};

use crate::capture::capture_offset;
use crate::func::FuncCompiler;
use crate::method::{Resolved, Target};
use crate::place::Place;
use crate::program::Compiler;

/// What is called later, with arguments evaluated now.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Later {
    /// A function.
    Static(FuncIx),
    /// A func value: the first captured word.
    Closure(SigIx),
    /// A method of an interface: the first two captured words.
    Iface(MethodIx, SigIx),
}

/// A function made by the compiler.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Wrapper {
    /// A method of a dynamic type, called with the data word of an interface.
    Dynamic {
        /// The dynamic type.
        ty: TypeId,
        /// The method's name.
        name: Symbol,
        /// Its package, for names that are not exported.
        pkg: PkgId,
    },
    /// A method value: captures the receiver's slots.
    Bound {
        /// The method.
        func: FuncIx,
        /// How many slots the receiver takes.
        receiver: u16,
    },
    /// A method value of an interface: captures its two words.
    BoundIface {
        /// The method.
        method: MethodIx,
        /// Its signature with the data word.
        sig: SigIx,
    },
    /// A method expression where the method itself does not fit.
    Expr {
        /// The receiver's type as written.
        ty: TypeId,
        /// The method's name.
        name: Symbol,
        /// Its package, for names that are not exported.
        pkg: PkgId,
        /// Own type arguments.
        args: Vec<TypeId>,
    },
    /// The closure of a `go` or `defer` statement: captures all arguments.
    Later(Later),
    /// The same for a built-in function, with the types of its arguments.
    Builtin(Builtin, Vec<TypeId>),
}

impl Wrapper {
    /// Whether it is the closure of a `go` or `defer` statement: nobody but the runtime has it.
    #[must_use]
    pub fn is_statement(&self) -> bool {
        matches!(self, Wrapper::Later(_) | Wrapper::Builtin(..))
    }
}

impl Compiler {
    /// The entry of a wrapper in the table of functions.
    pub(crate) fn wrapper_function(&mut self, wrapper: &Wrapper) -> Function {
        let mut captures = Vec::new();
        let (name, signature) = match wrapper {
            Wrapper::Dynamic { ty, name, pkg } => {
                let shape = self.shape(*ty);
                let direct = shape.slots == 1 && !shape.is_memory();
                let first = if direct { shape.kinds().next().unwrap_or(Kind::Ptr) } else { Kind::Ptr };
                let entry = self.checker.method_set(*ty).into_iter().find(|entry| {
                    entry.name == *name
                        && (entry.pkg == *pkg || self.checker.session.names.is_exported(*name))
                });
                let sig = entry.map(|entry| entry.ty);
                let signature = match sig {
                    Some(sig) => self.signature(&[first], sig),
                    None => Signature::default(),
                };
                (format!("{}.{}", self.checker.runtime_name(*ty), self.checker.name(*name)), signature)
            }
            Wrapper::Bound { func, receiver } => {
                let mut signature = self.module.signature_of(*func).clone();
                captures = signature.params.drain(..usize::from(*receiver)).collect();
                (format!("{}-fm", self.module.functions[func.index()].name), signature)
            }
            Wrapper::BoundIface { method, sig } => {
                let mut signature = self.module.signatures[sig.index()].clone();
                signature.params.remove(0);
                captures = vec![Kind::Type, Kind::Data];
                (format!("{}-fm", self.module.method_name(*method).name), signature)
            }
            Wrapper::Expr { ty, name, pkg, .. } => {
                let receiver: Vec<Kind> = self.shape(*ty).kinds().collect();
                let sig = self.method_type(*ty, *name, *pkg);
                let signature = match sig {
                    Some(sig) => self.signature(&receiver, sig),
                    None => Signature::default(),
                };
                (format!("{}.{}", self.checker.runtime_name(*ty), self.checker.name(*name)), signature)
            }
            Wrapper::Later(later) => {
                captures = self.later_captures(*later);
                let name = match later {
                    // In traces a goroutine has the name of its function.
                    Later::Static(func) => format!("{}.gowrap", self.module.functions[func.index()].name),
                    Later::Closure(_) | Later::Iface(..) => "gowrap".to_string(),
                };
                (name, Signature::default())
            }
            Wrapper::Builtin(_, types) => {
                for ty in types {
                    captures.extend(self.shape(*ty).kinds());
                }
                ("gowrap".to_string(), Signature::default())
            }
        };
        let signature = self.sig_ix(signature);
        let (file, line) = match wrapper {
            Wrapper::Later(Later::Static(func)) => {
                let function = &self.module.functions[func.index()];
                (function.file, function.line)
            }
            _ => (0, 0),
        };
        Function { name: name.into(), signature, body: Body::Pending, captures, wrapper: true, file, line }
    }

    /// The function type of a method, by name.
    pub(crate) fn method_type(&mut self, ty: TypeId, name: Symbol, pkg: PkgId) -> Option<TypeId> {
        let exported = self.checker.session.names.is_exported(name);
        if matches!(self.checker.types.under(ty), golite_types::Type::Interface(_)) {
            let set = self.checker.types.type_set(ty);
            return set.methods.iter().find(|method| method.name == name).map(|method| method.sig);
        }
        let entries = self.checker.method_set(ty);
        entries
            .into_iter()
            .find(|entry| entry.name == name && (exported || pkg == PkgId(0) || entry.pkg == pkg))
            .map(|entry| entry.ty)
    }

    fn later_captures(&self, later: Later) -> Vec<Kind> {
        match later {
            Later::Static(func) => self.module.signature_of(func).params.clone(),
            Later::Closure(sig) => {
                let mut kinds = vec![Kind::Ptr];
                kinds.extend(self.module.signatures[sig.index()].params.iter().copied());
                kinds
            }
            Later::Iface(_, sig) => {
                let mut kinds = vec![Kind::Type];
                kinds.extend(self.module.signatures[sig.index()].params.iter().copied());
                kinds
            }
        }
    }
}

impl FuncCompiler<'_> {
    /// The body of a wrapper.
    pub fn wrapper(&mut self, wrapper: &Wrapper) {
        let own = self.c.module.signature_of(self.f.func).clone();
        self.f.capture_kinds = self.c.module.functions[self.f.func.index()].captures.clone();
        let _ = self.f.asm.take(own.first_local().0);
        match wrapper {
            Wrapper::Dynamic { ty, name, pkg } => {
                let shape = self.shape(*ty);
                let direct = shape.slots == 1 && !shape.is_memory();
                let first = own.first_param();
                let place = if direct { Place::Regs(first) } else { Place::Mem { ptr: first, offset: 0 } };
                let resolved = self.by_name(*ty, *name, *pkg, Vec::new());
                self.forward(place, *ty, &resolved, first.plus(1), &own);
            }
            Wrapper::Expr { ty, name, pkg, args } => {
                let shape = self.shape(*ty);
                let first = own.first_param();
                let place =
                    if shape.is_memory() { Place::Mem { ptr: first, offset: 0 } } else { Place::Regs(first) };
                let resolved = self.by_name(*ty, *name, *pkg, args.clone());
                self.forward(place, *ty, &resolved, first.plus(shape.slots), &own);
            }
            Wrapper::Bound { func, receiver } => {
                let inner = self.c.module.signature_of(*func).clone();
                let base = self.window(&inner);
                let kinds = self.f.capture_kinds.clone();
                let to = base.plus(inner.first_param().0);
                self.load_words(&kinds, 0, to);
                let args = own.params.len() as u16;
                self.mov(to.plus(*receiver), own.first_param(), args);
                self.emit_call(base, *func);
                self.hand_back(base, &own);
            }
            Wrapper::BoundIface { method, sig } => {
                let inner = self.c.module.signatures[sig.index()].clone();
                let iface = self.f.asm.take(2);
                self.load_words(&[Kind::Type, Kind::Data], 0, iface);
                let base = self.window(&inner);
                let to = base.plus(inner.first_param().0);
                self.mov(to.plus(1), own.first_param(), own.params.len() as u16);
                self.f.asm.line().call_iface(base, iface, *method, *sig);
                self.hand_back(base, &own);
            }
            Wrapper::Later(later) => self.later(*later),
            Wrapper::Builtin(builtin, types) => {
                let mut args = Vec::new();
                let mut word = 0;
                for ty in types {
                    let shape = self.shape(*ty);
                    let reg = self.take(&shape);
                    self.load_captured(word, reg, &shape);
                    word += shape.slots;
                    args.push((reg, *ty));
                }
                self.builtin_regs(*builtin, &args, Span::default());
                self.f.asm.line().ret();
            }
        }
    }

    /// A call window at the top.
    pub fn window(&mut self, signature: &Signature) -> Reg {
        let base = self.f.asm.top();
        let slots = LINK_SLOTS + (signature.results.len() + signature.params.len()) as u16;
        self.f.asm.take(slots);
        base
    }

    /// Loads captured words by their kinds.
    fn load_words(&mut self, kinds: &[Kind], first: u16, to: Reg) {
        let mut i = 0;
        while i < kinds.len() {
            let offset = capture_offset(first + i as u16) as u16;
            let reg = to.plus(i as u16);
            let b = self.f.asm.line();
            i += match kinds[i] {
                Kind::Ptr => {
                    b.load_ptr(reg, CONTEXT, offset);
                    1
                }
                Kind::Type => {
                    b.load_iface(reg, CONTEXT, offset);
                    2
                }
                Kind::Num | Kind::Unset | Kind::Data => {
                    b.load_64(reg, CONTEXT, offset);
                    1
                }
            };
        }
    }

    /// Calls a function, native or not.
    pub fn emit_call(&mut self, base: Reg, func: FuncIx) {
        if matches!(self.c.module.functions[func.index()].body, Body::Native { .. }) {
            self.f.asm.line().call_native(base, func);
        } else {
            self.f.asm.line().call(base, func);
        }
    }

    /// Calls a resolved method on the receiver at a place with this function's own arguments, and
    /// returns its results.
    fn forward(&mut self, place: Place, ty: TypeId, resolved: &Resolved, args: Reg, own: &Signature) {
        let inner = self.target_signature(resolved.target);
        match resolved.target {
            Target::Static { func, .. } => {
                let base = self.window(&inner);
                let to = base.plus(inner.first_param().0);
                self.receiver_of(place, ty, resolved, Span::default(), Some(to));
                let count = own.params.len() as u16 - (args.0 - own.first_param().0);
                let receiver = inner.params.len() as u16 - count;
                self.mov(to.plus(receiver), args, count);
                self.emit_call(base, func);
                self.hand_back(base, own);
            }
            Target::Iface { method, sig } => {
                let iface = self.receiver_of(place, ty, resolved, Span::default(), None);
                let base = self.window(&inner);
                let to = base.plus(inner.first_param().0);
                let count = own.params.len() as u16 - (args.0 - own.first_param().0);
                self.mov(to.plus(1), args, count);
                self.f.asm.line().call_iface(base, iface, method, sig);
                self.hand_back(base, own);
            }
        }
    }

    fn hand_back(&mut self, base: Reg, own: &Signature) {
        self.mov(Reg(LINK_SLOTS), base.plus(LINK_SLOTS), own.results.len() as u16);
        self.f.asm.line().ret();
    }

    fn later(&mut self, later: Later) {
        let kinds = self.f.capture_kinds.clone();
        match later {
            Later::Static(func) => {
                let inner = self.c.module.signature_of(func).clone();
                let base = self.window(&inner);
                self.load_words(&kinds, 0, base.plus(inner.first_param().0));
                self.emit_call(base, func);
            }
            Later::Closure(sig) => {
                let inner = self.c.module.signatures[sig.index()].clone();
                let callee = self.f.asm.take(1);
                self.load_words(&kinds[..1], 0, callee);
                let base = self.window(&inner);
                self.load_words(&kinds[1..], 1, base.plus(inner.first_param().0));
                self.f.asm.line().call_closure(base, callee, sig);
            }
            Later::Iface(method, sig) => {
                let inner = self.c.module.signatures[sig.index()].clone();
                let iface = self.f.asm.take(2);
                self.load_words(&kinds[..2], 0, iface);
                let base = self.window(&inner);
                self.load_words(&kinds[2..], 2, base.plus(inner.first_param().0).plus(1));
                self.f.asm.line().call_iface(base, iface, method, sig);
            }
        }
        self.f.asm.line().ret();
    }
}
