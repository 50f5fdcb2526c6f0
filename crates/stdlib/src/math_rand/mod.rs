//! Package `math/rand`: the sequences of real Go for seeded sources.

pub mod source;
mod warmed_up;

#[cfg(test)]
mod tests;
