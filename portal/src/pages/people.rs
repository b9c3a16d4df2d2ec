//! A person, as administrators and the bank see them.

use camtoken::Timestamp;
use maud::{Markup, html};

use crate::domain::certificate::Certificate;
use crate::domain::people::{Held, Person, Role};
use crate::text::Text;

/// The state of a person: what is suspended, or how far they are with the token.
pub(super) fn state(t: Text, person: &Person, held: &[Held]) -> String {
    if !held.is_empty() {
        let what: Vec<String> = held.iter().map(|held| t.get(held.as_str())).collect();
        return t.with("state-held", &[("what", &what.join(&t.get("list-comma")))]);
    }
    t.get(if person.gave_back() {
        "state-gave-back"
    } else if person.registered {
        "state-registered"
    } else if person.token.is_some() {
        "state-unregistered"
    } else {
        "state-no-token"
    })
}

/// Who resumes a person.
pub(super) fn resumed_by(t: Text, person: &Person) -> String {
    let by_bank = person.is_administrator() || person.stopped.is_some();
    t.get(if by_bank { "resumed-by-bank" } else { "resumed-by-administrator" })
}

/// Administrator or user.
pub(super) fn role(t: Text, role: Role) -> String {
    t.get(match role {
        Role::Administrator => "role-administrator",
        Role::User => "role-user",
    })
}

/// What administrators and the bank see of a person.
pub(super) fn facts(t: Text, person: &Person, held: &[Held], certificates: &[Certificate]) -> Markup {
    let credential = |suspended: bool, wrong: u8| {
        if suspended { t.get("state-suspended") } else { t.with("wrong-entries", &[("count", &wrong.to_string())]) }
    };
    html! {
        dl.facts {
            div { dt { (t.get("name")) } dd { (person.name) } }
            @if let Some(id) = &person.login_id { div { dt { (t.get("login-id")) } dd { (id) } } }
            div { dt { (t.get("mail")) } dd { (person.mail) @if person.mail_failed { " " b { (t.get("mail-undeliverable")) } } } }
            div { dt { (t.get("role")) } dd { (role(t, person.role)) } }
            div { dt { (t.get("state")) } dd { (state(t, person, held)) @if let Some(at) = person.stopped { br; (t.with("stopped-at", &[("at", &t.moment(Timestamp::from_unix(at)))])) } @if !held.is_empty() { br; span.muted { (resumed_by(t, person)) } } } }
            div { dt { (t.get("token")) } dd { @if person.gave_back() { (t.get("generator-title")) } @else { (person.token.as_deref().unwrap_or("－")) } } }
            div { dt { (t.get("login-password")) } dd { (credential(person.login.suspended, person.login.wrong)) } }
            div { dt { (t.get("transaction-password")) } dd { (credential(person.transaction.suspended, person.transaction.wrong)) } }
            @if let Some(first) = person.first_otp.as_ref().or(person.first_otp_used.as_ref().filter(|used| used.suspended)) {
                div { dt { (t.get("first-otp")) } dd { (credential(first.suspended, first.wrong)) } }
            }
            @if let Some(word) = &person.certificate { div { dt { (t.get("certificate-password")) } dd { (credential(word.suspended, word.wrong)) } } }
            @for known in certificates {
                div { dt { (t.get("menu-certificate")) } dd { (known.contract) "-" (known.number) " " span.muted { (t.get("valid-until")) " " (known.last_day().map_or_else(String::new, |day| t.day(day))) } } }
            }
            div { dt { (t.get("otp")) } dd { (t.get(if held.contains(&Held::Otp) { "state-suspended" } else { "state-ok" })) } }
        }
    }
}
