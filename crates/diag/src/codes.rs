//! The catalogue of diagnostics: one row a kind of message.
//!
//! A code is a readable name; it never changes its meaning.

macro_rules! catalogue {
    ($($(#[doc = $doc:literal])* $text:literal $name:ident;)*) => {
        /// The kind of a diagnostic.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Code {
            $($(#[doc = $doc])* $name,)*
        }

        impl Code {
            /// All codes, in the order of the catalogue.
            pub const ALL: &[Code] = &[$(Code::$name),*];

            /// The name, in kebab case.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// What the code stands for.
            #[must_use]
            pub fn description(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc, "\n"),*),)* }
            }
        }
    };
}

catalogue! {
    /// The text is not a token of the language.
    "bad-token" BadToken;
    /// The tokens do not form a declaration, statement or expression.
    "syntax" Syntax;
    /// The source is nested more deeply than go-lite reads.
    "nesting" Nesting;
    /// An import cannot be found or read.
    "bad-import" BadImport;
    /// Packages import each other in a circle.
    "import-cycle" ImportCycle;
    /// A package clause is wrong or differs between files.
    "package-clause" PackageClause;
    /// A name is declared twice in one block.
    "redeclared" Redeclared;
    /// A name is not declared.
    "undefined" Undefined;
    /// A package, type or value has no member of that name.
    "missing-member" MissingMember;
    /// A name of another package begins with a lower-case letter.
    "unexported" Unexported;
    /// A name is promoted from two embedded fields at the same depth.
    "ambiguous-selector" AmbiguousSelector;
    /// A local variable is declared but its value is never read.
    "unused-variable" UnusedVariable;
    /// A package is imported and not used.
    "unused-import" UnusedImport;
    /// A label is defined and not used.
    "unused-label" UnusedLabel;
    /// The value of an expression is not used.
    "unused-result" UnusedResult;
    /// A type contains itself.
    "type-cycle" TypeCycle;
    /// A package variable or constant depends on itself.
    "initialization-cycle" InitializationCycle;
    /// A generic type grows with each of its instances.
    "instantiation-cycle" InstantiationCycle;
    /// A value cannot be used where another type is needed.
    "type-mismatch" TypeMismatch;
    /// A type lacks a method of an interface.
    "missing-method" MissingMethod;
    /// A method of an interface is declared on the pointer type only.
    "pointer-receiver" PointerReceiver;
    /// An operator does not exist for its operands.
    "bad-operator" BadOperator;
    /// Two values cannot be compared.
    "bad-comparison" BadComparison;
    /// A conversion does not exist.
    "bad-conversion" BadConversion;
    /// A constant does not fit its type.
    "constant-overflow" ConstantOverflow;
    /// A constant would lose digits.
    "constant-truncated" ConstantTruncated;
    /// An expression must be constant.
    "not-constant" NotConstant;
    /// A division by the constant zero.
    "division-by-zero" DivisionByZero;
    /// A shift is wrong.
    "bad-shift" BadShift;
    /// An index or slice expression is wrong.
    "bad-index" BadIndex;
    /// A call has too few, too many or wrong arguments.
    "bad-call" BadCall;
    /// The number of values differs from what is needed.
    "wrong-count" WrongCount;
    /// A call of a built-in function is wrong.
    "bad-builtin" BadBuiltin;
    /// The operand of a statement or operator cannot be assigned to.
    "not-assignable" NotAssignable;
    /// The address of a value cannot be taken.
    "not-addressable" NotAddressable;
    /// A pointer is needed, or a value cannot be dereferenced.
    "bad-indirection" BadIndirection;
    /// `:=` declares nothing new.
    "no-new-variables" NoNewVariables;
    /// A composite literal is wrong.
    "bad-literal" BadLiteral;
    /// A key, index or case appears twice.
    "duplicate" Duplicate;
    /// A type is needed.
    "not-a-type" NotAType;
    /// A type stands where a value is needed.
    "not-a-value" NotAValue;
    /// `_` is used as a value.
    "blank-value" BlankValue;
    /// `nil` has no type here.
    "untyped-nil" UntypedNil;
    /// A type is malformed.
    "bad-type" BadType;
    /// A map key cannot be compared.
    "bad-map-key" BadMapKey;
    /// A receiver is wrong.
    "bad-receiver" BadReceiver;
    /// An embedded field is wrong.
    "bad-embedding" BadEmbedding;
    /// A declaration is wrong.
    "bad-declaration" BadDeclaration;
    /// A type assertion or type switch is wrong.
    "bad-assertion" BadAssertion;
    /// A type assertion can never succeed.
    "impossible-assertion" ImpossibleAssertion;
    /// A function with results may end without `return`.
    "missing-return" MissingReturn;
    /// A label is not where a branch statement needs it.
    "bad-label" BadLabel;
    /// A `break`, `continue` or `fallthrough` is out of place.
    "misplaced-branch" MisplacedBranch;
    /// A `goto` jumps into a block or over a declaration.
    "bad-goto" BadGoto;
    /// A range clause is wrong.
    "bad-range" BadRange;
    /// A send, receive or close does not fit the channel.
    "bad-channel" BadChannel;
    /// A type argument cannot be found out.
    "cannot-infer" CannotInfer;
    /// A type argument does not satisfy its constraint.
    "constraint-not-satisfied" ConstraintNotSatisfied;
    /// A generic function or type is used without type arguments, or with wrong ones.
    "bad-instantiation" BadInstantiation;
    /// A type parameter or constraint is used where it cannot stand.
    "bad-type-parameter" BadTypeParameter;
    /// `defer` or `go` needs a call.
    "needs-call" NeedsCall;
    /// The declared language version lacks a feature.
    "language-version" LanguageVersion;
    /// A comment for the compiler is out of place or malformed.
    "bad-directive" BadDirective;
    /// The program has no `main`, or `main` or `init` is declared wrongly.
    "bad-main" BadMain;
    /// A function has no body.
    "missing-body" MissingBody;
    /// Something of Go that go-lite does not have.
    "unsupported" Unsupported;
    /// A limit of go-lite is exceeded.
    "limit" Limit;
    /// A format and its operands do not fit.
    "printf" Printf;
    /// A lock is copied.
    "copied-lock" CopiedLock;
    /// A statement is never reached.
    "unreachable" Unreachable;
    /// A variable is assigned to itself.
    "self-assignment" SelfAssignment;
    /// A closure uses a variable that the loop goes on to change.
    "loop-capture" LoopCapture;
    /// A new error variable hides the one that is looked at later.
    "shadowed-error" ShadowedError;
    /// The result of a function that only computes is dropped.
    "ignored-result" IgnoredResult;
    /// An error is not looked at.
    "unchecked-error" UncheckedError;
    /// An unbuffered channel is used by one goroutine only.
    "lonely-channel" LonelyChannel;
    /// A function calls itself without end.
    "endless-recursion" EndlessRecursion;
    /// A comparison always has the same result.
    "constant-comparison" ConstantComparison;
    /// A nil map is written to.
    "nil-map-write" NilMapWrite;
    /// A division drops its fraction although one is written beside.
    "integer-division" IntegerDivision;
    /// A number becomes a character, not digits.
    "int-to-string" IntToString;
    /// A nil pointer in an interface is not nil.
    "nil-in-interface" NilInInterface;
}
