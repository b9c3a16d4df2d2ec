//! Rules: what to press when the screen says something. And the words for both.

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::problem::{Code, Problem};

/// What is looked for on a screen: `/a regular expression/`, or a piece of text.
#[derive(Debug)]
pub(super) enum Pattern {
    Text(String),
    Expression(Regex),
}

/// Bytes that an expression may take once it is compiled.
const EXPRESSION_SIZE: usize = 1 << 18;

impl Pattern {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let wrong = |why: String| Problem::from(Code::Value).because(why);
        if text.is_empty() || text.len() > 1024 {
            return Err(wrong("a pattern has 1 to 1024 bytes".to_owned()));
        }
        let Some(inner) = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) else {
            return Ok(Self::Text(text.to_owned()));
        };
        let built = RegexBuilder::new(inner).size_limit(EXPRESSION_SIZE).dfa_size_limit(EXPRESSION_SIZE).build();
        built.map(Self::Expression).map_err(|_| wrong("not a regular expression".to_owned()))
    }

    pub fn fits(&self, said: &str) -> bool {
        match self {
            Self::Text(text) => said.contains(text),
            Self::Expression(expression) => expression.is_match(said),
        }
    }
}

/// What to press.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Act {
    /// 戻る, 取消
    Left,
    /// The next entry of a list.
    Center,
    /// OK
    Right,
    /// On and off: the centre button held.
    HoldCenter,
}

/// A rule that was understood.
pub(super) struct Rule {
    described: Described,
    pattern: Pattern,
    pub buttons: Vec<Act>,
}

/// A rule as it is written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Described {
    /// When it fits
    when: When,
    /// What is pressed then, one after the other
    #[schemars(length(min = 1, max = 32))]
    r#do: Vec<Act>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    /// A piece of the screen's text, or /a regular expression/ on it; lines end with a line feed
    #[schemars(length(min = 1, max = 256))]
    screen: String,
}

impl Rule {
    pub fn parse(described: Described) -> Result<Self, Problem> {
        let wrong = |why: &str| Problem::from(Code::Request).because(why);
        if described.r#do.is_empty() || described.r#do.len() > 32 {
            return Err(wrong("do: expected 1 to 32 buttons"));
        }
        let pattern = Pattern::parse(&described.when.screen)?;
        Ok(Self { buttons: described.r#do.clone(), described, pattern })
    }

    pub fn fits(&self, said: &str) -> bool {
        self.pattern.fits(said)
    }

    pub fn described(&self) -> &Described {
        &self.described
    }
}
