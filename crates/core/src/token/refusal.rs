//! The refusals of a token, which it shows instead of a transaction: T01 to T14.
//!
//! A refusal has no content of the transaction, so it cannot show any.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::code::{OpenError, ParseError};
use crate::language::{Label, Language};

/// Why a token does not show a code.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub enum Refusal {
    /// T01: the camera saw no 2D code.
    #[error("no 2D code found")]
    NoCode,
    /// T02: it saw one and could not read it.
    #[error("a 2D code was found and could not be read")]
    Unreadable {
        /// How large one module was in the picture, in pixels, where that is known.
        module_px: Option<f32>,
    },
    /// T03: another kind of 2D code, or a damaged one: a text without the form of a code has no seal to check.
    #[error("not a camtoken code")]
    Foreign,
    /// T04: made for another token, or for an activation that this one does not have.
    #[error("a code of another bank, contract or token")]
    Misdirected,
    /// T05: the seal is wrong. The code was altered, or sealed with another key.
    #[error("the seal is wrong")]
    Seal,
    /// T06: a version, a suite or a content that this token does not know.
    #[error("a version or suite that this token does not know")]
    Version,
    /// T07: an operation that is not in the catalogue.
    #[error("an operation that this token does not know")]
    Operation,
    /// T08: no user is registered on this token.
    #[error("the token is not activated")]
    NotActivated,
    /// T09: a registration was begun and not finished.
    #[error("the activation is not complete")]
    Incomplete,
    /// T10: the person pressed the button that says no.
    #[error("cancelled on the token")]
    Cancelled,
    /// T11: every slot is taken.
    #[error("no free slot on the token")]
    Full,
    /// T12: this token has answered this code before.
    #[error("the code was answered before")]
    Answered,
    /// T13: the battery is flat.
    #[error("the token's battery is flat")]
    Battery,
    /// T14: the PIN was not entered, or was wrong too often.
    #[error("the token is locked")]
    Locked,
}

impl Refusal {
    /// Every refusal, in the order of their codes.
    pub const ALL: [Self; 14] = [
        Self::NoCode,
        Self::Unreadable { module_px: None },
        Self::Foreign,
        Self::Misdirected,
        Self::Seal,
        Self::Version,
        Self::Operation,
        Self::NotActivated,
        Self::Incomplete,
        Self::Cancelled,
        Self::Full,
        Self::Answered,
        Self::Battery,
        Self::Locked,
    ];

    /// The code that is shown with it and never translated: `T01` to `T14`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoCode => "T01",
            Self::Unreadable { .. } => "T02",
            Self::Foreign => "T03",
            Self::Misdirected => "T04",
            Self::Seal => "T05",
            Self::Version => "T06",
            Self::Operation => "T07",
            Self::NotActivated => "T08",
            Self::Incomplete => "T09",
            Self::Cancelled => "T10",
            Self::Full => "T11",
            Self::Answered => "T12",
            Self::Battery => "T13",
            Self::Locked => "T14",
        }
    }

    /// What happened.
    #[must_use]
    pub const fn label(self) -> Label {
        match self {
            Self::NoCode => label("二次元コードが見つかりません", "No 2D code found"),
            Self::Unreadable { .. } => label("二次元コードを読み取れません", "The 2D code cannot be read"),
            Self::Foreign => label("このトークンの二次元コードではありません", "Not a code for a token"),
            Self::Misdirected => {
                label("別の銀行・契約・トークンの二次元コードです", "The code is for another bank, contract or token")
            }
            Self::Seal => label("二次元コードが正しくありません", "The code is not genuine"),
            Self::Version => {
                label("対応していない方式の二次元コードです", "The code is of a version this token does not know")
            }
            Self::Operation => label("対応していない取引です", "This token does not know the operation"),
            Self::NotActivated => label("利用開始登録がされていません", "The token is not activated"),
            Self::Incomplete => label("利用開始登録が完了していません", "The activation is not complete"),
            Self::Cancelled => label("取り消しました", "Cancelled"),
            Self::Full => label("空きがありません", "No free slot"),
            Self::Answered => label("この二次元コードは使用済みです", "The code was answered before"),
            Self::Battery => label("電池がありません", "The battery is flat"),
            Self::Locked => label("ロックされています", "The token is locked"),
        }
    }

    /// What to do now.
    #[must_use]
    pub const fn help(self) -> Label {
        match self {
            Self::NoCode => label(
                "画面の正面に10～20cm離して、コード全体が枠に入るように向けてください。画面の反射やレンズの汚れも確かめてください。",
                "Hold the token straight in front of the screen, 10 to 20 cm away, with the whole code in view. Avoid \
                     reflections and check that the lens is clean.",
            ),
            Self::Unreadable { .. } => label(
                "コードを大きく表示し、画面を明るくして、もう一度読み取ってください。",
                "Show the code larger, make the screen brighter, and scan again.",
            ),
            Self::Foreign => label(
                "銀行の画面に表示された二次元コードを読み取ってください。",
                "Scan the 2D code that the bank's page shows.",
            ),
            Self::Misdirected => label(
                "ログイン中の利用者と、お手元のトークンのトークンIDを確かめてください。",
                "Check which user is signed on, and the token ID on the back of this token.",
            ),
            Self::Seal => label(
                "改ざんされたか、別のトークンのものです。操作をやめ、最初からやり直しても同じときは銀行に連絡してください。",
                "It was altered or made for another token. Stop. If it happens again from the start, call the bank.",
            ),
            Self::Version => label("銀行に連絡してください。", "Call the bank."),
            Self::Operation => label("銀行に連絡してください。", "Call the bank."),
            Self::NotActivated => label("先に利用開始登録をしてください。", "Activate the token first."),
            Self::Incomplete => {
                label("利用開始登録を最初からやり直してください。", "Begin the activation again, from the first code.")
            }
            Self::Cancelled => label(
                "身に覚えのない取引のときは、銀行に連絡してください。",
                "If you did not ask for this, call the bank.",
            ),
            Self::Full => label(
                "メニューから不要な登録を削除してください。",
                "Delete an activation that is not needed, from the menu.",
            ),
            Self::Answered => label(
                "画面に古いコードが残っています。新しいコードを表示してください。",
                "An old code is still on the page. Have the bank's page show a new one.",
            ),
            Self::Battery => label("電池を交換してください。", "Replace the battery."),
            Self::Locked => label(
                "PINを入力してください。入力できないときは、銀行に連絡してください。",
                "Enter the PIN. If that is not possible any more, call the bank.",
            ),
        }
    }

    /// What happened, with the size of the modules if a camera has measured it.
    #[must_use]
    pub fn text(self, language: Language) -> String {
        let text = self.label().text(language);
        match (self, language) {
            (Self::Unreadable { module_px: Some(px) }, Language::Ja) => format!("{text}（1セル {px:.1} ピクセル）"),
            (Self::Unreadable { module_px: Some(px) }, Language::En) => format!("{text} ({px:.1} pixels per module)"),
            _ => text.to_owned(),
        }
    }
}

const fn label(ja: &'static str, en: &'static str) -> Label {
    Label { ja, en }
}

impl From<ParseError> for Refusal {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::Foreign | ParseError::Form => Self::Foreign,
            ParseError::Version => Self::Version,
        }
    }
}

/// Only the seal shows that a code was altered. A code with a right seal that is not understood comes from a newer bank.
impl From<OpenError> for Refusal {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Seal => Self::Seal,
            OpenError::Operation { .. } => Self::Operation,
            OpenError::Suite | OpenError::Content | OpenError::Purpose => Self::Version,
        }
    }
}

/// Reads the code alone: `T02` is [`Refusal::Unreadable`] without a size.
impl FromStr for Refusal {
    type Err = UnknownRefusal;

    fn from_str(text: &str) -> Result<Self, UnknownRefusal> {
        Self::ALL.into_iter().find(|refusal| refusal.code() == text).ok_or(UnknownRefusal)
    }
}

/// A string is none of `T01` to `T14`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a refusal of a token: expected T01 to T14")]
pub struct UnknownRefusal;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_run_from_t01_to_t14_and_lead_back() {
        for (number, refusal) in (1..).zip(Refusal::ALL) {
            assert_eq!(refusal.code(), format!("T{number:02}"));
            assert_eq!(refusal.code().parse(), Ok(refusal));
        }
        assert_eq!("T15".parse::<Refusal>(), Err(UnknownRefusal));
        assert_eq!("t01".parse::<Refusal>(), Err(UnknownRefusal));
    }

    #[test]
    fn an_unreadable_code_says_how_small_it_was() {
        let refusal = Refusal::Unreadable { module_px: Some(1.84) };
        assert!(refusal.text(Language::Ja).contains("1.8"));
        assert!(refusal.text(Language::En).contains("1.8 pixels per module"));
    }

    #[test]
    fn each_says_something_of_its_own_in_both_languages() {
        for language in [Language::Ja, Language::En] {
            let mut texts: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.text(language)).collect();
            texts.sort_unstable();
            texts.dedup();
            assert_eq!(texts.len(), Refusal::ALL.len());
            assert!(Refusal::ALL.iter().all(|refusal| !refusal.help().text(language).is_empty()));
        }
    }
}
