//! What administrators and the bank see of a person.

use maud::{Markup, html};

use crate::domain::certificate::Certificate;
use crate::domain::people::{Person, Role};
use crate::text::Text;

/// How somebody is doing, in one word.
pub(super) fn state(t: Text, person: &Person) -> String {
    let key = if person.suspended || person.login.suspended || person.transaction.suspended {
        "state-suspended"
    } else if person.registered {
        "state-registered"
    } else {
        "state-unregistered"
    };
    t.get(key)
}

/// Administrator or user.
pub(super) fn role(t: Text, role: Role) -> String {
    t.get(match role {
        Role::Administrator => "role-administrator",
        Role::User => "role-user",
    })
}

/// What administrators and the bank see of a person.
pub(super) fn facts(t: Text, person: &Person, otp_suspended: bool, certificates: &[Certificate]) -> Markup {
    let credential = |suspended: bool, wrong: u8| {
        if suspended { t.get("state-suspended") } else { t.with("wrong-entries", &[("count", &wrong.to_string())]) }
    };
    html! {
        dl.facts {
            div { dt { (t.get("name")) } dd { (person.name) } }
            @if let Some(id) = &person.login_id { div { dt { (t.get("login-id")) } dd { (id) } } }
            div { dt { (t.get("mail")) } dd { (person.mail) @if person.mail_failed { " " b { (t.get("mail-undeliverable")) } } } }
            div { dt { (t.get("role")) } dd { (role(t, person.role)) } }
            div { dt { (t.get("state")) } dd { (state(t, person)) } }
            div { dt { (t.get("token")) } dd { @if person.generator.is_some() { (t.get("generator-title")) } @else { (person.token.as_deref().unwrap_or("－")) } } }
            div { dt { (t.get("login-password")) } dd { (credential(person.login.suspended, person.login.wrong)) } }
            div { dt { (t.get("transaction-password")) } dd { (credential(person.transaction.suspended, person.transaction.wrong)) } }
            @if let Some(first) = &person.first_otp { div { dt { (t.get("first-otp")) } dd { (credential(first.suspended, first.wrong)) } } }
            @if let Some(word) = &person.certificate { div { dt { (t.get("certificate-password")) } dd { (credential(word.suspended, word.wrong)) } } }
            @for known in certificates {
                div { dt { (t.get("menu-certificate")) } dd { (known.contract) "-" (known.number) " " span.muted { (t.get("valid-until")) " " (known.last_day().map_or_else(String::new, |day| t.day(day))) } } }
            }
            div { dt { (t.get("otp")) } dd { @if otp_suspended { (t.get("state-suspended")) } @else { (t.get("state-ok")) } } }
        }
    }
}
