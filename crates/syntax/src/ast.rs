//! The syntax tree.
//!
//! Types and expressions share [`Expr`]: `[]T`, `func(...)` and `*T` are expressions to the parser
//! and told apart by the checker. Every expression and identifier has an id; facts about them live
//! in tables indexed by it. Ids are dense and unique within a session.
//!
//! Declarations, function literals and their bodies sit in `Arc`, so that the checker can hold one
//! while it changes itself.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use golite_source::{FileId, Span, Symbol};

/// The identity of an expression or of an occurrence of an identifier.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ExprId(pub u32);

impl ExprId {
    /// The index into side tables.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An identifier where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ident {
    /// The name.
    pub name: Symbol,
    /// Where it stands.
    pub span: Span,
    /// Its identity.
    pub id: ExprId,
}

/// A source file.
#[derive(Debug)]
pub struct File {
    /// `package name`.
    pub package: Ident,
    /// The imports, in order.
    pub imports: Vec<Arc<ImportSpec>>,
    /// All other declarations, in order.
    pub decls: Vec<Decl>,
    /// What a file without package clause has beside its declarations.
    pub script: Option<Script>,
    /// The whole file.
    pub span: Span,
}

/// A file without package clause: standard packages are imported by use.
#[derive(Debug)]
pub struct Script {
    /// Its statements, as the body of `main`; none if it declares `main` itself and has no statement.
    pub main: Option<Arc<FuncDecl>>,
}

/// An import.
#[derive(Debug)]
pub struct ImportSpec {
    /// The local name, `_` or `.`, if given.
    pub name: Option<Ident>,
    /// The span of the path's literal.
    pub path: Span,
    /// The path, decoded.
    pub path_text: String,
    /// The literal is malformed, which was reported.
    pub bad: bool,
}

/// A declaration other than an import.
#[derive(Clone, Debug)]
pub enum Decl {
    /// One constant specification.
    Const(Arc<ConstSpec>),
    /// One variable specification.
    Var(Arc<VarSpec>),
    /// One type specification.
    Type(Arc<TypeSpec>),
    /// A function or method.
    Func(Arc<FuncDecl>),
}

/// One line of a `const` declaration. Where type and values are left out the parser puts in the
/// ones of the line before: `implicit` tells.
#[derive(Debug)]
pub struct ConstSpec {
    /// The names.
    pub names: Vec<Ident>,
    /// The type, if any; shared by the lines that repeat it.
    pub ty: Option<Arc<Expr>>,
    /// The values; shared by the lines that repeat them.
    pub values: Arc<Vec<Expr>>,
    /// The value of `iota`.
    pub iota: u32,
    /// Type and values come from a line before.
    pub implicit: bool,
    /// The specification.
    pub span: Span,
}

/// One line of a `var` declaration.
#[derive(Debug)]
pub struct VarSpec {
    /// The names.
    pub names: Vec<Ident>,
    /// The type, if any.
    pub ty: Option<Expr>,
    /// The values.
    pub values: Vec<Expr>,
    /// The specification.
    pub span: Span,
}

/// One line of a `type` declaration.
#[derive(Debug)]
pub struct TypeSpec {
    /// The name.
    pub name: Ident,
    /// Type parameters.
    pub type_params: Vec<Field>,
    /// `type A = T`.
    pub alias: bool,
    /// The type.
    pub ty: Expr,
    /// The specification.
    pub span: Span,
}

/// A function or method declaration.
#[derive(Debug)]
pub struct FuncDecl {
    /// The receiver, for methods; more or fewer than one entry is an error of the user.
    pub receiver: Option<Vec<Field>>,
    /// The name.
    pub name: Ident,
    /// Type parameters.
    pub type_params: Vec<Field>,
    /// Parameters and results.
    pub ty: FuncType,
    /// The body that was read with the rest. See [`FuncDecl::body`].
    pub body: Option<Block>,
    /// The body that is read when it is needed.
    pub late: Option<LateBody>,
    /// The declaration.
    pub span: Span,
}

impl FuncDecl {
    /// The body, if there is one and it has been read.
    #[must_use]
    pub fn body(&self) -> Option<&Block> {
        self.body.as_ref().or_else(|| self.late.as_ref()?.block.get())
    }

    /// Whether there is a body; without one the function is implemented elsewhere.
    #[must_use]
    pub fn has_body(&self) -> bool {
        self.body.is_some() || self.late.is_some()
    }
}

/// The body of a function of a standard package: of most that are named in a program, only the signature is
/// needed.
#[derive(Debug)]
pub struct LateBody {
    /// The file it stands in.
    pub file: FileId,
    /// Where, with the braces.
    pub range: Range<u32>,
    /// What was read there.
    pub block: OnceLock<Block>,
}

/// A function literal.
#[derive(Debug)]
pub struct FuncLit {
    /// Parameters and results.
    pub ty: FuncType,
    /// The body.
    pub body: Block,
}

/// Parameters and results.
#[derive(Debug)]
pub struct FuncType {
    /// The `func` keyword.
    pub func: Span,
    /// Parameters, one entry a name (or one for an unnamed parameter).
    pub params: Vec<Field>,
    /// Results, likewise.
    pub results: Vec<Field>,
    /// From the parameters on.
    pub span: Span,
}

/// A parameter, result, receiver, or type parameter: one name or none. Names of one group share
/// the type.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name, if any.
    pub name: Option<Ident>,
    /// The type (an [`ExprKind::Ellipsis`] for `...T`); for type parameters the constraint.
    pub ty: Arc<Expr>,
    /// The entry.
    pub span: Span,
}

/// A block of statements.
#[derive(Debug)]
pub struct Block {
    /// The statements.
    pub stmts: Vec<Stmt>,
    /// With the braces.
    pub span: Span,
}

/// An expression or a type.
#[derive(Debug)]
pub struct Expr {
    /// Its identity.
    pub id: ExprId,
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// Kinds of literals.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LitKind {
    /// `1`, `0x1f`
    Int,
    /// `1.5`
    Float,
    /// `2i`
    Imag,
    /// `'a'`
    Char,
    /// `"a"`, `` `a` ``
    String,
}

/// What an expression is.
#[derive(Debug)]
pub enum ExprKind {
    /// A syntax error stood here.
    Bad,
    /// A name.
    Ident(Symbol),
    /// A literal; its text is the source of the span.
    BasicLit(LitKind),
    /// `func(...) {...}`
    FuncLit(Arc<FuncLit>),
    /// `T{...}`
    CompositeLit(CompositeLit),
    /// `(x)`
    Paren(Box<Expr>),
    /// `x.sel`
    Selector(Box<Expr>, Ident),
    /// `x[i]`, or an instantiation `x[T, U]`.
    Index(Box<Expr>, Vec<Expr>),
    /// `x[lo:hi:max]`
    Slice(Box<SliceExpr>),
    /// `x.(T)`; without a type `x.(type)`.
    TypeAssert(Box<Expr>, Option<Box<Expr>>),
    /// `f(...)`
    Call(CallExpr),
    /// `*x`: a dereference or a pointer type.
    Star(Box<Expr>),
    /// `op x`
    Unary(UnaryOp, Box<Expr>),
    /// `x op y`
    Binary(BinaryExpr),
    /// `key: value` in a composite literal.
    KeyValue(Box<Expr>, Box<Expr>),
    /// `[]T`, `[N]T`, `[...]T`
    Array(ArrayLen, Box<Expr>),
    /// `struct {...}`
    Struct(StructType),
    /// `func(...)`
    Func(Box<FuncType>),
    /// `interface {...}`
    Interface(InterfaceType),
    /// `map[K]V`
    Map(Box<Expr>, Box<Expr>),
    /// `chan T`
    Chan(ChanDir, Box<Expr>),
    /// `...T` as the type of a last parameter.
    Ellipsis(Box<Expr>),
}

/// The length of an array type.
#[derive(Debug)]
pub enum ArrayLen {
    /// `[]T`: a slice.
    Slice,
    /// `[...]T`
    Auto,
    /// `[N]T`
    Len(Box<Expr>),
}

/// Directions of a channel type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ChanDir {
    /// `chan T`
    Both,
    /// `chan<- T`
    Send,
    /// `<-chan T`
    Recv,
}

/// A composite literal.
#[derive(Debug)]
pub struct CompositeLit {
    /// The type; elided inside another literal.
    pub ty: Option<Box<Expr>>,
    /// The elements, [`ExprKind::KeyValue`] where there is a key.
    pub elements: Vec<Expr>,
    /// The closing brace.
    pub rbrace: Span,
}

/// A slice expression.
#[derive(Debug)]
pub struct SliceExpr {
    /// What is sliced.
    pub base: Expr,
    /// The low bound.
    pub lo: Option<Expr>,
    /// The high bound.
    pub hi: Option<Expr>,
    /// The capacity bound.
    pub max: Option<Expr>,
    /// There are two colons.
    pub three: bool,
}

/// A call or conversion.
#[derive(Debug)]
pub struct CallExpr {
    /// What is called.
    pub func: Box<Expr>,
    /// The arguments.
    pub args: Vec<Expr>,
    /// The `...` after the last argument.
    pub ellipsis: Option<Span>,
    /// The closing parenthesis.
    pub rparen: Span,
}

/// A binary expression.
#[derive(Debug)]
pub struct BinaryExpr {
    /// The operator.
    pub op: BinaryOp,
    /// Where the operator stands.
    pub op_span: Span,
    /// The left operand.
    pub left: Box<Expr>,
    /// The right operand.
    pub right: Box<Expr>,
}

/// Long chains lean to the left: they are taken apart in a loop, not by recursion.
impl Drop for BinaryExpr {
    fn drop(&mut self) {
        let bad = || Expr { id: ExprId(0), span: Span::default(), kind: ExprKind::Bad };
        while let ExprKind::Binary(inner) = &mut self.left.kind {
            let next = std::mem::replace(&mut *inner.left, bad());
            *self.left = next;
        }
    }
}

/// Unary operators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnaryOp {
    /// `+`
    Plus,
    /// `-`
    Neg,
    /// `!`
    Not,
    /// `^`
    BitNot,
    /// `&`
    Addr,
    /// `<-`
    Recv,
    /// `~`, in type constraints
    Tilde,
}

/// Binary operators.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
    /// `&^`
    AndNot,
    /// `<<`
    Shl,
    /// `>>`
    Shr,
    /// `&&`
    LogAnd,
    /// `||`
    LogOr,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl UnaryOp {
    /// As written.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            UnaryOp::Plus => "+",
            UnaryOp::Neg => "-",
            UnaryOp::Not => "!",
            UnaryOp::BitNot => "^",
            UnaryOp::Addr => "&",
            UnaryOp::Recv => "<-",
            UnaryOp::Tilde => "~",
        }
    }
}

impl BinaryOp {
    /// As written.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Rem => "%",
            BinaryOp::And => "&",
            BinaryOp::Or => "|",
            BinaryOp::Xor => "^",
            BinaryOp::AndNot => "&^",
            BinaryOp::Shl => "<<",
            BinaryOp::Shr => ">>",
            BinaryOp::LogAnd => "&&",
            BinaryOp::LogOr => "||",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Ge => ">=",
        }
    }

    /// `==`, `<` and the like: the result is a boolean.
    #[must_use]
    pub fn is_comparison(self) -> bool {
        matches!(
            self,
            BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge
        )
    }

    /// `<<`, `>>`.
    #[must_use]
    pub fn is_shift(self) -> bool {
        matches!(self, BinaryOp::Shl | BinaryOp::Shr)
    }

    /// `&&`, `||`.
    #[must_use]
    pub fn is_logical(self) -> bool {
        matches!(self, BinaryOp::LogAnd | BinaryOp::LogOr)
    }
}

/// A struct type.
#[derive(Debug)]
pub struct StructType {
    /// The fields, one entry a name.
    pub fields: Vec<StructField>,
}

/// A field of a struct type.
#[derive(Debug)]
pub struct StructField {
    /// The name; for embedded fields the type's own name.
    pub name: Ident,
    /// The field is embedded.
    pub embedded: bool,
    /// The type.
    pub ty: Arc<Expr>,
    /// The tag's literal, if any.
    pub tag: Option<Span>,
}

/// An interface type.
#[derive(Debug)]
pub struct InterfaceType {
    /// Its elements in order.
    pub elements: Vec<InterfaceElement>,
}

/// An element of an interface type.
#[derive(Debug)]
pub enum InterfaceElement {
    /// A method.
    Method(Ident, Box<FuncType>),
    /// An embedded type, a union (a [`BinaryOp::Or`] expression) or a `~T`.
    Embedded(Expr),
}

/// A statement.
#[derive(Debug)]
pub struct Stmt {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: StmtKind,
}

/// What a statement is.
#[derive(Debug)]
pub enum StmtKind {
    /// A syntax error stood here.
    Bad,
    /// Nothing.
    Empty,
    /// An expression.
    Expr(Expr),
    /// `ch <- x`
    Send(Expr, Expr),
    /// `x++` (true) or `x--`; the span of the operator.
    IncDec(Expr, bool, Span),
    /// `x, y = a, b`
    Assign(Vec<Expr>, Vec<Expr>, Span),
    /// `x op= y`
    OpAssign(Box<BinaryExpr>),
    /// `x, y := a, b`; the span of the operator.
    Define(Vec<Expr>, Vec<Expr>, Span),
    /// `var`, `const` or `type` in a function.
    Decl(Vec<Decl>),
    /// `go f()`
    Go(Expr),
    /// `defer f()`
    Defer(Expr),
    /// `return ...`
    Return(Vec<Expr>),
    /// `break`, `continue`, `goto`, `fallthrough`
    Branch(BranchKind, Option<Ident>),
    /// `{ ... }`
    Block(Block),
    /// `if`
    If(Box<IfStmt>),
    /// `switch`
    Switch(Box<SwitchStmt>),
    /// `switch x.(type)`
    TypeSwitch(Box<TypeSwitchStmt>),
    /// `select`
    Select(Vec<CommClause>),
    /// `for` with condition or three clauses
    For(Box<ForStmt>),
    /// `for ... range`
    Range(Box<RangeStmt>),
    /// `label: statement`
    Labeled(Ident, Box<Stmt>),
}

/// Kinds of branch statements.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BranchKind {
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `goto`
    Goto,
    /// `fallthrough`
    Fallthrough,
}

/// An `if` statement.
#[derive(Debug)]
pub struct IfStmt {
    /// The statement before the condition.
    pub init: Option<Stmt>,
    /// The condition.
    pub cond: Expr,
    /// Then.
    pub then: Block,
    /// `else`: a block or another `if`.
    pub otherwise: Option<Stmt>,
}

/// An expression switch.
#[derive(Debug)]
pub struct SwitchStmt {
    /// The statement before the tag.
    pub init: Option<Stmt>,
    /// The tag.
    pub tag: Option<Expr>,
    /// The clauses.
    pub clauses: Vec<CaseClause>,
    /// The body's braces.
    pub body: Span,
}

/// A clause of a switch.
#[derive(Debug)]
pub struct CaseClause {
    /// The expressions or types; `None` for `default`.
    pub exprs: Option<Vec<Expr>>,
    /// The statements.
    pub body: Vec<Stmt>,
    /// The clause; its start is the keyword.
    pub span: Span,
    /// The colon.
    pub colon: Span,
    /// Stands for the variable that a type switch declares here.
    pub id: ExprId,
}

/// A type switch.
#[derive(Debug)]
pub struct TypeSwitchStmt {
    /// The statement before the guard.
    pub init: Option<Stmt>,
    /// `x :=`
    pub binding: Option<Ident>,
    /// What is tested.
    pub subject: Expr,
    /// The clauses.
    pub clauses: Vec<CaseClause>,
    /// The body's braces.
    pub body: Span,
}

/// A clause of a `select`.
#[derive(Debug)]
pub struct CommClause {
    /// A send, a receive (expression, assignment or definition), or `None` for `default`.
    pub comm: Option<Stmt>,
    /// The statements.
    pub body: Vec<Stmt>,
    /// The clause; its start is the keyword.
    pub span: Span,
}

/// A `for` statement.
#[derive(Debug)]
pub struct ForStmt {
    /// The first clause.
    pub init: Option<Stmt>,
    /// The condition.
    pub cond: Option<Expr>,
    /// The third clause.
    pub post: Option<Stmt>,
    /// The body.
    pub body: Block,
}

/// A `for ... range` statement.
#[derive(Debug)]
pub struct RangeStmt {
    /// The first variable.
    pub key: Option<Expr>,
    /// The second variable.
    pub value: Option<Expr>,
    /// More variables than two: an error of the user.
    pub extra: Option<Expr>,
    /// `:=`
    pub define: bool,
    /// What is ranged over.
    pub subject: Expr,
    /// The body.
    pub body: Block,
    /// The `range` keyword.
    pub range: Span,
}

impl Expr {
    /// The expression inside any parentheses.
    #[must_use]
    pub fn unparen(&self) -> &Expr {
        let mut expr = self;
        while let ExprKind::Paren(inner) = &expr.kind {
            expr = inner;
        }
        expr
    }

    /// Whether one of the expressions that evaluating this one evaluates passes the test, asked in their
    /// order. A chain of binary operators (they lean to the left) is one expression with many operands; of a
    /// call the arguments are operands. Types, and bodies of function literals, are none.
    pub fn any_operand<'a>(&'a self, mut test: impl FnMut(&'a Expr) -> bool) -> bool {
        match &self.kind {
            ExprKind::Paren(inner)
            | ExprKind::Star(inner)
            | ExprKind::TypeAssert(inner, _)
            | ExprKind::Selector(inner, _)
            | ExprKind::Unary(_, inner) => test(inner),
            ExprKind::Index(base, index) => test(base) || index.iter().any(test),
            ExprKind::Slice(slice) => {
                test(&slice.base) || slice.lo.iter().chain(&slice.hi).chain(&slice.max).any(&mut test)
            }
            ExprKind::Call(call) => call.args.iter().any(test),
            ExprKind::CompositeLit(lit) => lit.elements.iter().any(test),
            ExprKind::KeyValue(key, value) => test(key) || test(value),
            ExprKind::Binary(binary) => {
                let mut rights = Vec::new();
                let (mut left, mut right) = (&binary.left, &binary.right);
                while let ExprKind::Binary(inner) = &left.kind {
                    rights.push(right);
                    (left, right) = (&inner.left, &inner.right);
                }
                test(left) || test(right) || rights.iter().rev().any(|right| test(right))
            }
            ExprKind::Bad
            | ExprKind::Ident(_)
            | ExprKind::BasicLit(_)
            | ExprKind::FuncLit(_)
            | ExprKind::Array(..)
            | ExprKind::Struct(_)
            | ExprKind::Func(_)
            | ExprKind::Interface(_)
            | ExprKind::Map(..)
            | ExprKind::Chan(..)
            | ExprKind::Ellipsis(_) => false,
        }
    }

    /// The name, if it is a plain identifier.
    #[must_use]
    pub fn as_ident(&self) -> Option<Ident> {
        match self.kind {
            ExprKind::Ident(name) => Some(Ident { name, span: self.span, id: self.id }),
            _ => None,
        }
    }
}
