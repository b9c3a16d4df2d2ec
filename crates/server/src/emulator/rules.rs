//! Rules: what to press when the screen says something. And the words for both.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::places::Holder;
use super::super::problem::{Code, Problem};
use super::room::{Kept, Room};

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
