//! The pieces of forms: each input has its label above, its hint and its error beside it.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use camtoken::Timestamp;
use camtoken::code::ChallengeCode;
use camtoken::qr::{self, EcLevel};
use camtoken::transaction::{FieldSpec, Kind, TransactionError, Value, ValueError};
use camtoken::verifier::Rejection;
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::visit::Visit;
use crate::bank::Unissued;
use crate::domain::credential::Entry;
use crate::text::Text;

/// CSS pixels for one module of a code: at least two are needed, a phone's camera likes more.
const MODULE: usize = 4;

/// Pixels of the picture for one module, so that it is sharp on fine screens.
const MODULE_PX: u32 = 8;

/// The name of no input, for what is wrong with a form as a whole.
pub(super) const NOWHERE: &str = "form";

/// The errors of a form: the name of the input, and the message beside it.
#[derive(Default)]
pub(super) struct Errors(pub Vec<(String, String)>);

/// One input.
pub(super) struct Input<'a> {
    /// Its name in the form, and its ID in the page.
    pub name: &'a str,
    /// Its label.
    pub label: String,
    /// The hint under the label.
    pub hint: Option<String>,
    /// Its `type`.
    pub kind: &'a str,
    /// Its present value.
    pub value: &'a str,
    /// Its `autocomplete`.
    pub autocomplete: &'a str,
    /// Its `inputmode`.
    pub mode: Option<&'a str>,
    /// The most characters.
    pub max: Option<usize>,
    /// The text beside the label of an optional input.
    pub optional: Option<String>,
}

impl<'a> Input<'a> {
    /// A plain one.
    pub fn new(name: &'a str, label: String) -> Self {
        Self {
            name,
            label,
            hint: None,
            kind: "text",
            value: "",
            autocomplete: "off",
            mode: None,
            max: None,
            optional: None,
        }
    }

    /// One for a password.
    pub fn password(name: &'a str, label: String) -> Self {
        Self { kind: "password", autocomplete: "current-password", max: Some(64), ..Self::new(name, label) }
    }

    /// One for digits that a token shows.
    pub fn otp(name: &'a str, label: String) -> Self {
        Self { autocomplete: "one-time-code", mode: Some("numeric"), max: Some(64), ..Self::new(name, label) }
    }

    /// Draws it, with its error if there is one.
    pub fn draw(&self, errors: &Errors) -> Markup {
        let error = errors.of(self.name);
        let hint_id = format!("{}-hint", self.name);
        let error_id = format!("{}-error", self.name);
        let described: Vec<&str> = [(self.hint.is_some(), &hint_id), (error.is_some(), &error_id)]
            .into_iter()
            .filter(|(there, _)| *there)
            .map(|(_, id)| id.as_str())
            .collect();
        html! {
            div.field.wrong[error.is_some()] {
                label for=(self.name) { (self.label) @if let Some(optional) = &self.optional { " " span.optional { (optional) } } }
                @if let Some(hint) = &self.hint { p.hint id=(hint_id) { (hint) } }
                input id=(self.name) name=(self.name) type=(self.kind) value=(self.value) autocomplete=(self.autocomplete)
                    .digits[self.mode == Some("numeric")]
                    inputmode=[self.mode] maxlength=[self.max] required[self.optional.is_none()]
                    aria-invalid=[error.map(|_| "true")]
                    aria-describedby=[(!described.is_empty()).then(|| described.join(" "))];
                @if let Some(error) = error { p.error id=(error_id) { (error) } }
            }
        }
    }
}

impl Errors {
    /// One error.
    pub fn one(name: &str, text: String) -> Self {
        Self(vec![(name.to_owned(), text)])
    }

    /// The field that a transaction cannot hold, in words about what it can hold.
    pub fn of_transaction(t: Text, error: &TransactionError, specs: &'static [FieldSpec]) -> Self {
        let name = match error {
            TransactionError::Field { field, .. }
            | TransactionError::Missing { field }
            | TransactionError::Contradiction { field, .. }
            | TransactionError::Twice { field } => (*field).to_owned(),
            TransactionError::UnknownField { field, .. } => field.clone(),
            _ => NOWHERE.to_owned(),
        };
        let spec = specs.iter().find(|spec| spec.name == name);
        // Bank and branch are chosen together.
        let name =
            if ["bankCode", "bankName", "branchCode", "branchName"].contains(&&*name) { "branch" } else { &name };
        let is_zero = matches!(error, TransactionError::Field { source: ValueError::Zero, .. });
        let is_missing = matches!(error, TransactionError::Missing { .. });
        let text = match spec {
            _ if is_zero => t.get("amount-zero"),
            None => t.get("error-field"),
            Some(spec) if is_missing => t.with("error-missing", &[("field", spec.label.text(t.0))]),
            Some(spec) => {
                t.with("error-expected", &[("field", spec.label.text(t.0)), ("expected", &expected(t, spec))])
            }
        };
        Self::one(name, text)
    }

    /// Takes in others; beside one input one of them is enough.
    pub fn add(&mut self, others: Self) {
        for (name, text) in others.0 {
            if name == NOWHERE || self.of(&name).is_none() {
                self.0.push((name, text));
            }
        }
    }

    pub fn of(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// The same, where a field of the transaction has an input of another name.
    pub fn called(mut self, field: &str, input: &str) -> Self {
        for (name, _) in self.0.iter_mut().filter(|(name, _)| name == field) {
            input.clone_into(name);
        }
        self
    }

    /// The same, where an error of the first input stands for those of others that it leaves empty.
    pub fn beside(mut self, one: &str, others: &[&str]) -> Self {
        if self.of(one).is_some() {
            self.0.retain(|(name, _)| !others.contains(&name.as_str()));
        }
        self
    }

    /// The same, where none of the inputs is on the page.
    pub fn without_inputs(&self) -> Self {
        Self(self.0.iter().map(|(_, text)| (NOWHERE.to_owned(), text.clone())).collect())
    }

    /// The errors, above the form, with links to the inputs.
    pub fn summary(&self, t: Text) -> Markup {
        html! {
            @if !self.0.is_empty() {
                div.summary role="alert" tabindex="-1" {
                    p { (t.get("error-summary")) }
                    ul { @for (name, text) in &self.0 { li { @if name == NOWHERE { (text) } @else { a href={ "#" (name) } { (text) } } } } }
                }
            }
        }
    }
}

/// The values that a field of the catalogue can have.
pub(super) fn expected(t: Text, spec: &FieldSpec) -> String {
    let say = |key: &str, max: usize| t.with(key, &[("max", &max.to_string())]);
    match spec.kind {
        Kind::Kana { max } => say("expected-kana", max),
        Kind::Text { max } => say("expected-text", max),
        Kind::Ascii { max } => say("expected-ascii", max),
        Kind::Digits { min, max } if min == max => say("expected-digits-exactly", max),
        Kind::Digits { max, .. } => say("expected-digits", max),
        Kind::Yen { digits } | Kind::Count { digits } => say("expected-yen", usize::try_from(digits).unwrap_or(0)),
        Kind::Money { .. } => say("expected-money", 0),
        Kind::Account { max } => say("expected-account", max),
        Kind::Bic => say("expected-bic", 0),
        Kind::Country => say("expected-country", 0),
        _ => say("expected-other", 0),
    }
}

/// A list to choose from.
pub(super) fn select(name: &str, label: &str, options: &[(String, String)], chosen: &str, errors: &Errors) -> Markup {
    let error = errors.of(name);
    let error_id = format!("{name}-error");
    html! {
        div.field.wrong[error.is_some()] {
            label for=(name) { (label) }
            select id=(name) name=(name) aria-invalid=[error.map(|_| "true")] aria-describedby=[error.map(|_| &error_id)] {
                @for (value, text) in options {
                    option value=(value) selected[value == chosen] { (text) }
                }
            }
            @if let Some(error) = error { p.error id=(error_id) { (error) } }
        }
    }
}

/// Several choices of one kind, with the error of them all.
pub(super) fn choices(name: &str, class: &str, legend: &str, errors: &Errors, content: &Markup) -> Markup {
    let error = errors.of(name);
    let error_id = format!("{name}-error");
    html! {
        fieldset id=(name) class=[(!class.is_empty()).then_some(class)] aria-describedby=[error.map(|_| &error_id)] {
            legend { (legend) }
            (content)
            @if let Some(error) = error { p.error id=(error_id) { (error) } }
        }
    }
}

/// The hidden inputs of every form of this session.
pub(super) fn csrf(visit: &Visit) -> Markup {
    html! { input type="hidden" name="csrf" value=(visit.session.csrf); }
}

/// A form of this session.
pub(super) fn form(visit: &Visit, action: &str, content: &Markup) -> Markup {
    html! {
        form.card method="post" action=(action) novalidate data-once {
            (csrf(visit))
            (content)
        }
    }
}

/// The picture of a code, never smaller than a camera needs, white also in the dark. It says nothing of the transaction.
pub(super) fn code_picture(
    visit: &Visit,
    token: Option<&str>,
    code: &ChallengeCode,
    src: &str,
    expires_at: Option<Timestamp>,
) -> Markup {
    let t = visit.t;
    let side = qr::encode(code.as_str(), EcLevel::M).map_or(0, |symbol| (symbol.modules_per_side() + 8) * MODULE);
    html! {
        figure.code {
            img src=(src) width=(side) height=(side) alt=(t.get("code-alt"));
            @if let Some(face) = visit.site.face_of(token) {
                a.button href=(shown_to(&face, code)) target="camtoken" data-beside { (t.get("show-to-token")) }
            }
            @if let Some(expires_at) = expires_at {
                figcaption {
                    p.clock data-expires=(expires_at.as_unix()) data-left=(t.get("code-left")) data-over=(t.get("code-over"))
                        data-soon=(t.get("code-soon")) { (t.with("code-until", &[("time", &t.moment(expires_at))])) }
                    p.unseen role="status" data-say="" {}
                }
            }
        }
    }
}

/// The address of the virtual token's page that shows it a code.
fn shown_to(face: &str, code: &ChallengeCode) -> String {
    format!("{face}&code={}", utf8_percent_encode(code.as_str(), NON_ALPHANUMERIC))
}

/// The same as PNG.
pub(super) fn code_png(code: &ChallengeCode) -> Response {
    let png = qr::encode(code.as_str(), EcLevel::M).map(|symbol| symbol.to_png(MODULE_PX)).unwrap_or_default();
    ([(header::CONTENT_TYPE, "image/png")], png).into_response()
}

/// The transaction field by field, for the page before the password and the page after the booking.
pub(super) fn fields<'a>(t: Text, fields: impl Iterator<Item = (&'static FieldSpec, &'a Value)>) -> Markup {
    html! {
        dl.facts {
            @for (spec, value) in fields.filter(|(spec, _)| !matches!(spec.kind, Kind::Hash) && spec.name != "orderId") {
                div.money[matches!(value, Value::Yen(_) | Value::Money(_))] {
                    dt { (spec.label.text(t.0)) }
                    dd { (shown(t, value)) }
                }
            }
        }
    }
}

/// A value as people read it.
pub(super) fn shown(t: Text, value: &Value) -> String {
    match value {
        Value::Yen(yen) => t.yen(*yen),
        Value::Date(day) => t.day(*day),
        Value::Moment(moment) => t.moment(*moment),
        Value::Choice(choice) => choice.label.text(t.0).to_owned(),
        Value::CheckCode(_) => {
            let digits: Vec<char> = value.to_string().chars().collect();
            digits.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
        }
        Value::Flag(true) => t.get("yes"),
        other => other.to_string(),
    }
}

/// The message about a wrong entry of a credential, which is named.
pub(super) fn wrong_entry(t: Text, name: &str, entry: Entry) -> String {
    let text = match entry {
        Entry::Wrong { left: 0, .. } => "entry-suspended",
        Entry::Wrong { left: 1, .. } => "entry-one-left",
        _ => "entry-wrong",
    };
    t.with(text, &[("name", &t.get(name))])
}

/// What a browser learns of a rejection, or of a code that there is not: that it was one, how many tries are left, and what to
/// do.
pub(super) fn rejected(t: Text, why: impl Into<Unissued>) -> String {
    let Unissued::Rejected(rejection) = why.into() else { return t.get("order-day") };
    match rejection {
        Rejection::Wrong { suspended: true, .. } | Rejection::Suspended | Rejection::Revoked => t.get("otp-suspended"),
        Rejection::Wrong { tries_left: 0, .. } | Rejection::Exhausted => t.get("otp-exhausted"),
        Rejection::Wrong { tries_left: 1, .. } => t.get("otp-one-left"),
        Rejection::Wrong { tries_left, .. } => t.with("otp-wrong", &[("left", &tries_left.to_string())]),
        Rejection::Expired => t.get("otp-expired"),
        Rejection::AlreadySettled | Rejection::Superseded => t.get("otp-old"),
        Rejection::Malformed { digits } => t.with("otp-malformed", &[("digits", &digits.to_string())]),
        _ => t.get("otp-none"),
    }
}

#[cfg(test)]
mod tests {
    use camtoken::language::Language;
    use camtoken::transaction::Operation;

    use super::*;

    const T: Text = Text(Language::En);

    #[test]
    fn what_is_wrong_leads_to_an_input_or_nowhere() {
        let errors = Errors::one("otp", "wrong".to_owned());
        assert!(errors.summary(T).into_string().contains("href=\"#otp\""));
        assert!(!errors.without_inputs().summary(T).into_string().contains("href"));
        let missing = TransactionError::Missing { field: "bankCode" };
        let errors = Errors::of_transaction(T, &missing, Operation::PayeeRegistration.entry().fields);
        assert!(errors.of("branch").is_some(), "bank and branch are one input");
    }

    #[test]
    fn an_error_is_told_of_each_kind_of_input() {
        let errors = Errors::one("one", "wrong".to_owned());
        let input = Input::new("one", String::new()).draw(&errors);
        let list = select("one", "", &[], "", &errors);
        let several = choices("one", "", "", &errors, &html! {});
        for markup in [input, list, several] {
            let text = markup.into_string();
            assert!(text.contains("aria-describedby=\"one-error\"") && text.contains("id=\"one-error\""), "{text}");
        }
        assert!(select("one", "", &[], "", &errors).into_string().contains("aria-invalid"));
    }
}
