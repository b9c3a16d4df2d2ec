//! The screen of each stage, and every text on it.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};

use secrecy::{ExposeSecret, SecretString};

use super::{Device, Done, LANGUAGES, MENU, PIN_END, Stage, as_response};
use crate::language::{Label, Language};
use crate::time::Timestamp;
use crate::token::screen::{Layout, Style};
use crate::token::{Opened, Refusal, pages};

impl Device {
    /// The screen; empty while it is off.
    pub(super) fn layout(&self, now: Timestamp) -> Option<Layout> {
        let language = self.token.language;
        Some(match &self.stage {
            Stage::Off => return None,
            Stage::Pin { digits, choice, tries_left } => {
                self.pin_entry(digits.expose_secret().len(), *choice, *tries_left)
            }
            Stage::Home => self.home(),
            Stage::Menu => self.list(self.say(MENU_TITLE), MENU.iter().map(|(label, _)| self.say(*label).to_owned())),
            Stage::Language => self.list(self.say(LANGUAGE), LANGUAGES.iter().map(|(_, name)| (*name).to_owned())),
            Stage::Delete => {
                let entries = self.token.activations().map(|(slot, known)| format!("{slot}  {}", known.introduction()));
                self.list(self.say(DELETE), entries)
            }
            Stage::Info => self.info(),
            Stage::List => self.registered(),
            Stage::DeleteSure { slot } => self.delete_sure(*slot),
            Stage::Showing { code } => match self.open(code) {
                Ok(opened) => self.showing(&opened, now),
                Err(refusal) => refused(refusal, language),
            },
            Stage::DeviceCode { digits } => self.device_code(digits.expose_secret()),
            Stage::Unconfirmed { code } => match self.confirmation(code) {
                Ok(digits) => answer(self.say(ACTIVATION), "", &digits, language),
                Err(refusal) => refused(refusal, language),
            },
            Stage::Response { owner, title, digits } => answer(title, owner, digits, language),
            Stage::Question { .. } => self.question(),
            Stage::Done(done) => self.done(done),
            Stage::Refused(refusal) => refused(*refusal, language),
        })
    }

    fn pin_entry(&self, entered: usize, choice: u8, tries_left: Option<u8>) -> Layout {
        let entered = "*".repeat(entered);
        let layout = Layout::new(self.say(ENTER_PIN)).gap(20);
        let layout = match choice {
            PIN_END => layout.centred("pin", &entered, Style::Huge),
            digit => layout.centred("pin", &format!("{entered}{digit}"), Style::Huge),
        };
        let layout = match tries_left {
            Some(tries) => layout.gap(16).text("message", &format!("{}{tries}", self.say(WRONG_PIN)), Style::Bold),
            None => layout,
        };
        let right = if choice == PIN_END { OK } else { NEXT };
        layout.softkeys([self.say(CANCEL), self.say(CHANGE), self.say(right)])
    }

    fn home(&self) -> Layout {
        let title = if self.token.is_test() { TEST_TOKEN } else { TOKEN };
        let task = if self.token.pending.is_some() { SCAN_SECOND } else { SCAN };
        Layout::new(self.say(title))
            .owner(self.token.id().as_str())
            .gap(40)
            .centred("message", self.say(task), Style::Normal)
            .softkeys([self.say(MENU_TITLE), "", ""])
    }

    fn info(&self) -> Layout {
        let slots = format!("{}/{}", self.token.activations().count(), self.token.slots());
        let layout = Layout::new(self.say(INFO))
            .row("tokenId", self.say(TOKEN_ID), self.token.id().as_str(), Style::Bold)
            .row("slots", self.say(REGISTERED), &slots, Style::Normal)
            .row("firmware", self.say(FIRMWARE), env!("CARGO_PKG_VERSION"), Style::Normal);
        let layout = match self.token.is_test() {
            true => layout.text("message", self.say(TEST_TOKEN), Style::Band),
            false => layout,
        };
        layout.softkeys([self.say(BACK), "", ""])
    }

    /// The activations on the token.
    fn registered(&self) -> Layout {
        let mut layout = Layout::new(self.say(LIST));
        for (slot, known) in self.token.activations() {
            let user = known.introduction();
            layout = layout.row("activation", &slot.to_string(), &user.to_string(), Style::Bold).row(
                "bank",
                "",
                user.bank(),
                Style::Normal,
            );
        }
        if self.token.activations().next().is_none() {
            layout = layout.text("message", self.say(NONE), Style::Normal);
        }
        layout.turning([self.say(BACK), "", self.say(NEXT)]).softkeys([self.say(BACK), "", ""])
    }

    fn delete_sure(&self, slot: usize) -> Layout {
        let known = self.token.activations().find(|(taken, _)| *taken == slot);
        let user = known.map(|(_, activation)| activation.introduction());
        Layout::new(self.say(DELETE))
            .row("bank", self.say(BANK), user.map_or("", |user| user.bank()), Style::Normal)
            .row("activation", self.say(USER), &user.map(ToString::to_string).unwrap_or_default(), Style::Bold)
            .gap(8)
            .text("message", self.say(DELETE_SURE), Style::Normal)
            .softkeys([self.say(NO), "", self.say(YES)])
    }

    fn device_code(&self, digits: &str) -> Layout {
        Layout::new(self.say(ACTIVATION))
            .text("advice", self.say(TYPE_DEVICE_CODE), Style::Normal)
            .gap(12)
            .centred("deviceCode", &pages::in_fours(digits), Style::Big)
            .gap(12)
            .text("warning", self.say(WARNING), Style::Normal)
            .softkeys(["", "", self.say(OK)])
    }

    /// Whether the bank has confirmed a registration.
    fn question(&self) -> Layout {
        Layout::new(self.say(ACTIVATION))
            .gap(24)
            .centred("question", self.say(CONFIRMED), Style::Big)
            .gap(16)
            .text("advice", self.say(CONFIRMED_HELP), Style::Normal)
            .softkeys([self.say(NO), "", self.say(YES)])
    }

    fn done(&self, done: &Done) -> Layout {
        let message = match done {
            Done::Registered => REGISTERED_DONE,
            Done::NotRegistered => NOT_REGISTERED,
            Done::Deleted => DELETED,
        };
        let layout = Layout::new(self.say(TOKEN)).gap(40).centred("message", self.say(message), Style::Normal);
        layout.softkeys(["", "", self.say(OK)])
    }

    /// The content of a code, with the question at its end.
    fn showing(&self, opened: &Opened, now: Timestamp) -> Layout {
        let language = self.token.language;
        let say = |label: Label| label.text(language);
        let challenge = opened.challenge();
        let mut layout = pages::layout(&challenge.transaction, language);
        let question = match opened {
            Opened::Transaction { slot, .. } | Opened::Deletion { slot, .. } => {
                let owner = self.token.slots.0[*slot].as_ref().map(|activation| activation.introduction().to_string());
                layout = layout.owner(&owner.unwrap_or_default());
                if matches!(opened, Opened::Deletion { .. }) { DELETE_SURE } else { SURE }
            }
            Opened::FirstCode { slot, .. } | Opened::SecondCode { slot, .. } => {
                let slot = format!("{}/{}", slot + 1, self.token.slots());
                layout = layout.row("slot", say(SLOT), &slot, Style::Normal);
                REGISTER_SURE
            }
        };
        if self.token.faults.clock(now) >= challenge.expires_at {
            layout = layout.gap(6).text("stale", say(STALE), Style::Bold);
        }
        layout.gap(6).text("question", say(question), Style::Normal).turning([say(CANCEL), "", say(NEXT)]).softkeys([
            say(CANCEL),
            "",
            say(OK),
        ])
    }

    fn list(&self, title: &str, entries: impl Iterator<Item = String>) -> Layout {
        let mut layout = Layout::new(title);
        let mut empty = true;
        for (place, entry) in entries.enumerate() {
            layout = layout.choice(&entry, place == self.page);
            empty = false;
        }
        if empty {
            return layout.text("message", self.say(NONE), Style::Normal).softkeys([self.say(BACK), "", ""]);
        }
        layout.softkeys([self.say(BACK), "▼", self.say(OK)])
    }

    pub(super) fn say(&self, label: Label) -> &'static str {
        label.text(self.token.language)
    }
}

fn answer(title: &str, owner: &str, digits: &SecretString, language: Language) -> Layout {
    Layout::new(title)
        .owner(owner)
        .text("advice", TYPE_RESPONSE.text(language), Style::Normal)
        .gap(8)
        .centred("response", &as_read_aloud(digits.expose_secret()), Style::Huge)
        .gap(8)
        .text("warning", WARNING.text(language), Style::Normal)
        .softkeys(["", "", OK.text(language)])
}

/// The digits of a response in groups.
fn as_read_aloud(digits: &str) -> String {
    as_response(digits).map_or_else(|| digits.to_owned(), |response| response.expose_grouped())
}

fn refused(refusal: Refusal, language: Language) -> Layout {
    Layout::new(REFUSED.text(language))
        .centred("code", refusal.code(), Style::Huge)
        .text("message", &refusal.text(language), Style::Bold)
        .gap(4)
        .text("help", refusal.help().text(language), Style::Normal)
        .turning([BACK.text(language), "", NEXT.text(language)])
        .softkeys([BACK.text(language), "", OK.text(language)])
}

const fn label(ja: &'static str, en: &'static str) -> Label {
    Label { ja, en }
}

const OK: Label = label("OK", "OK");
const NEXT: Label = label("次へ", "Next");
pub(super) const BACK: Label = label("戻る", "Back");
const CANCEL: Label = label("取消", "Cancel");
const YES: Label = label("はい", "Yes");
const NO: Label = label("いいえ", "No");
const CHANGE: Label = label("＋1", "+1");

const TOKEN: Label = label("カメラ付きトークン", "Camera token");
const TEST_TOKEN: Label = label("カメラ付きトークン（テスト用）", "Camera token: TEST DEVICE");
const SCAN: Label = label("画面の二次元コードを\n読み取ってください。", "Scan the 2D code\non the bank's page.");
const SCAN_SECOND: Label =
    label("2つ目の二次元コードを\n読み取ってください。", "Scan the second 2D code\non the bank's page.");
const MENU_TITLE: Label = label("メニュー", "Menu");
pub(super) const INFO: Label = label("トークン情報", "Token information");
pub(super) const LIST: Label = label("登録一覧", "Activations");
pub(super) const DELETE: Label = label("登録削除", "Delete activation");
pub(super) const LANGUAGE: Label = label("言語 / Language", "Language / 言語");
const TOKEN_ID: Label = label("トークンID", "Token ID");
const REGISTERED: Label = label("登録数", "Users");
const FIRMWARE: Label = label("版数", "Firmware");
const NONE: Label = label("登録はありません。", "There is none.");
const BANK: Label = label("銀行", "Bank");
const USER: Label = label("利用者", "User");
const SLOT: Label = label("登録先", "Slot");

const SURE: Label = label(
    "請求書などと照らし合わせ、正しければOKを押してください。",
    "Compare with your invoice. Press OK only if all of it is right.",
);
const REGISTER_SURE: Label = label("この利用者をトークンに登録しますか?", "Register this user on the token?");
const DELETE_SURE: Label = label("この登録をトークンから削除しますか?", "Delete this activation from the token?");
const STALE: Label = label(
    "このコードは有効期限を過ぎています。新しいコードを表示してください。",
    "The code's time is over. Have the page show a new one.",
);

const ACTIVATION: Label = label("利用開始登録", "Activation");
const TYPE_DEVICE_CODE: Label = label(
    "この番号を銀行の画面に入力し、OKを押して2つ目の二次元コードを読み取ってください。",
    "Type this number into the bank's page, then press OK and scan the second 2D code.",
);
const TYPE_RESPONSE: Label =
    label("ワンタイムパスワードを銀行の画面に入力してください。", "Type this one-time password into the bank's page.");
const WARNING: Label = label(
    "電話やメールでこの番号を聞かれても、絶対に教えないでください。銀行の職員が聞くことはありません。",
    "Nobody may ask you for this number by phone, not even the bank.",
);
const CONFIRMED: Label = label("登録できましたか?", "Registered?");
const CONFIRMED_HELP: Label = label(
    "銀行の画面に登録完了と表示されたときだけ「はい」を押してください。",
    "Press Yes only if the bank's page says that the registration is complete.",
);
const REGISTERED_DONE: Label = label("登録しました。", "The activation is kept.");
const NOT_REGISTERED: Label =
    label("登録しませんでした。\n最初からやり直してください。", "Nothing was kept.\nBegin again from the first code.");
const DELETED: Label = label("登録を削除しました。", "The activation is deleted.");

const REFUSED: Label = label("エラー", "Error");
const ENTER_PIN: Label = label("PINを入力してください", "Enter the PIN");
const WRONG_PIN: Label = label("PINが違います。残り回数: ", "Wrong PIN. Tries left: ");
