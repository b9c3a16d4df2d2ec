//! The content that a person sees before anything is answered, as data.

use camtoken_core::language::{Label, Language};
use camtoken_core::token::screen::{Layout, Style};
use serde::Serialize;

/// One act as it is shown: the title, the rows, and a warning on every page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The title: what approval will do.
    pub title: Label,
    /// The warning below the title: what this code does not protect.
    pub warning: Option<Label>,
    /// The rows, in the order of reading.
    pub rows: Vec<Row>,
}

/// One value with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The name of the field, the same in every language: `service`, `user`, `host`, `message`, …
    pub role: &'static str,
    /// The label.
    pub label: Label,
    /// The value as it is in the code. It is not trusted: print it as [`Shown::layout`] does.
    pub value: String,
}

/// A row in one language, for documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownRow {
    /// [`Row::role`].
    pub role: &'static str,
    /// The label.
    pub label: &'static str,
    /// The value.
    pub value: String,
}

/// The warning for codes whose digits do not depend on a payment.
pub const NO_TRANSACTION: Label =
    Label { ja: "取引内容は表示されません", en: "This code carries no transaction" };

impl Shown {
    pub(crate) const fn new(title: Label) -> Self {
        Self { title, warning: None, rows: Vec::new() }
    }

    pub(crate) const fn warned(mut self, warning: Label) -> Self {
        self.warning = Some(warning);
        self
    }

    pub(crate) fn row(mut self, role: &'static str, label: Label, value: impl Into<String>) -> Self {
        self.rows.push(Row::new(role, label, value));
        self
    }

    /// The values of this role.
    pub fn values<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a str> {
        self.rows.iter().filter(move |row| row.role == role).map(|row| row.value.as_str())
    }

    /// The rows in one language.
    #[must_use]
    pub fn rows(&self, language: Language) -> Vec<ShownRow> {
        let row = |row: &Row| ShownRow { role: row.role, label: row.label.text(language), value: row.value.clone() };
        self.rows.iter().map(row).collect()
    }

    /// The pages of the token's screen, all values whole; buttons are the caller's.
    #[must_use]
    pub fn layout(&self, language: Language) -> Layout {
        let mut layout = Layout::new(self.title.text(language));
        if let Some(warning) = self.warning {
            layout = layout.owner(warning.text(language));
        }
        self.rows.iter().fold(layout, |layout, row| {
            if row.role == "message" {
                layout.text(row.role, &row.value, Style::Normal)
            } else {
                layout.row(row.role, row.label.text(language), &row.value, Style::Normal)
            }
        })
    }
}

impl Row {
    pub(crate) fn new(role: &'static str, label: Label, value: impl Into<String>) -> Self {
        Self { role, label, value: value.into() }
    }
}

/// The labels that several formats share.
pub(crate) mod labels {
    use camtoken_core::language::Label;

    const fn label(ja: &'static str, en: &'static str) -> Label {
        Label { ja, en }
    }

    pub(crate) const REGISTER: Label = label("登録", "Register");
    pub(crate) const LOG_IN: Label = label("ログイン", "Log in");
    pub(crate) const PASSWORD: Label = label("ワンタイムパスワード", "One-time password");
    pub(crate) const SIGN: Label = label("取引の確認", "Confirm");
    pub(crate) const SERVICE: Label = label("サービス", "Service");
    pub(crate) const PROVIDER: Label = label("発行元", "Provider");
    pub(crate) const USER: Label = label("ユーザー", "User");
    pub(crate) const NAME: Label = label("名前", "Name");
    pub(crate) const HOST: Label = label("送信先", "Sends to");
    pub(crate) const QUESTION: Label = label("チャレンジ", "Question");
    pub(crate) const MESSAGE: Label = label("内容", "Message");
}
