//! Syntax: tokens, the lexer with its automatic semicolons, the tree, and how it is shown.

pub mod ast;
pub mod lexer;
pub mod literal;
pub mod text;
pub mod token;
pub mod walk;
