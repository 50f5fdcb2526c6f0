//! The environment of a program.

use crate::host::{HostError, HostResult};

/// Variables by name, in the order in which they were set first.
#[derive(Clone, Default, Debug)]
pub struct Environment {
    variables: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Environment {
    /// The value of a variable.
    #[must_use]
    pub fn get(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    /// Visits all variables.
    pub fn each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        self.variables.iter().for_each(|(name, value)| visit(name, value));
    }

    /// Gives a variable a value, or takes it away.
    ///
    /// # Errors
    /// `HostError::INVALID` for names and values that no environment can hold.
    pub fn set(&mut self, name: &[u8], value: Option<&[u8]>) -> HostResult<()> {
        let has_nul = |text: &[u8]| text.contains(&0);
        if name.is_empty() || name.contains(&b'=') || has_nul(name) || value.is_some_and(has_nul) {
            return Err(HostError::INVALID);
        }
        let known = self.variables.iter().position(|(known, _)| known == name);
        match (value, known) {
            (Some(value), Some(known)) => self.variables[known].1 = value.to_vec(),
            (Some(value), None) => self.variables.push((name.to_vec(), value.to_vec())),
            (None, Some(known)) => {
                self.variables.remove(known);
            }
            (None, None) => {}
        }
        Ok(())
    }
}

impl FromIterator<(Vec<u8>, Vec<u8>)> for Environment {
    fn from_iter<I: IntoIterator<Item = (Vec<u8>, Vec<u8>)>>(variables: I) -> Environment {
        Environment { variables: variables.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_set_replaced_and_taken_away() {
        let mut env: Environment =
            [(b"A".to_vec(), b"1".to_vec()), (b"B".to_vec(), Vec::new())].into_iter().collect();
        env.set(b"A", Some(b"2=3")).unwrap();
        env.set(b"C", Some(b"")).unwrap();
        env.set(b"B", None).unwrap();
        env.set(b"D", None).unwrap();
        let list = |env: &Environment| {
            let mut found = Vec::new();
            env.each(&mut |name, value| found.push((name.to_vec(), value.to_vec())));
            found
        };
        assert_eq!(list(&env), [(b"A".to_vec(), b"2=3".to_vec()), (b"C".to_vec(), Vec::new())]);
        assert_eq!((env.get(b"A"), env.get(b"B")), (Some(b"2=3".to_vec()), None));
        for (name, value) in [(&b""[..], &b"x"[..]), (b"A=", b"x"), (b"A\0", b"x"), (b"A", b"x\0")] {
            assert_eq!(env.set(name, Some(value)), Err(HostError::INVALID));
        }
        assert_eq!(list(&env).len(), 2);
    }
}
