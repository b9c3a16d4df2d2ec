//! Rules: what to press when the screen says something. And the words for both.

use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::places::Holder;
use super::super::problem::{Code, Problem};
use super::room::{Kept, Room};

/// What is looked for on a screen: `/a regular expression/`, or a piece of text.
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
    pattern: Arc<Kept>,
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
    /// Understands the rules of a caller. Expressions take a moment to compile: for a thread where it may.
    pub fn parse_all(
        described: Vec<Described>,
        room: &Arc<Room>,
        holder: Option<&Holder>,
    ) -> Result<Vec<Self>, Problem> {
        let wrong = |why: &str| Problem::from(Code::Request).because(why);
        let parse = |Described { when, r#do: buttons }: Described| {
            if buttons.is_empty() || buttons.len() > 32 {
                return Err(wrong("do: expected 1 to 32 buttons"));
            }
            Ok(Self { pattern: room.pattern(holder, &when.screen)?, buttons })
        };
        described.into_iter().map(parse).collect()
    }

    pub fn fits(&self, said: &str) -> bool {
        self.pattern.fits(said)
    }

    pub fn described(&self) -> Described {
        Described { when: When { screen: self.pattern.text.clone() }, r#do: self.buttons.clone() }
    }
}
