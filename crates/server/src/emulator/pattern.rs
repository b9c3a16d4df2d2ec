//! Patterns that are searched for on a screen.

use regex::{Regex, RegexBuilder};

use super::super::problem::{Code, Problem};

/// `/a regular expression/`, or a piece of text.
#[derive(Debug)]
pub(super) enum Pattern {
    Text(String),
    Expression(Regex),
}

/// Bytes that an expression may take once it is compiled, and each of the two caches with which it looks. The first that
/// is enough is taken: how much an expression really takes is not told.
const EXPRESSION_SIZES: [usize; 3] = [1 << 14, 1 << 16, 1 << 18];

impl Pattern {
    /// Understands a pattern, and says how many bytes it takes at most.
    pub fn parse(text: &str) -> Result<(Self, usize), Problem> {
        let wrong = |why: String| Problem::from(Code::Value).because(why);
        if text.is_empty() || text.len() > 1024 {
            return Err(wrong("a pattern has 1 to 1024 bytes".to_owned()));
        }
        let Some(inner) = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) else {
            return Ok((Self::Text(text.to_owned()), 0));
        };
        let built = EXPRESSION_SIZES.iter().find_map(|&size| {
            let built = RegexBuilder::new(inner).size_limit(size).dfa_size_limit(size).build();
            built.ok().map(|built| (Self::Expression(built), 3 * size))
        });
        built.ok_or_else(|| wrong("not a regular expression".to_owned()))
    }

    pub fn fits(&self, said: &str) -> bool {
        match self {
            Self::Text(text) => said.contains(text),
            Self::Expression(expression) => expression.is_match(said),
        }
    }
}
