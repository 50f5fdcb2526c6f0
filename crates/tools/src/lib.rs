//! What is made of the records of a run: texts for people.

pub mod profile;
pub mod trace;
