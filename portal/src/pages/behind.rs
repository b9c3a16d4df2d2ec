//! Behind the page of an order: what was asked of the verifier, what is in the code, and what its audit says. For people who learn how
//! it works; a real bank has no such thing.

use camtoken::verifier::audit::{AuditEntry, History};
use maud::{Markup, html};

use super::operator::audit_event;
use super::visit::Visit;
use crate::bank::BankError;
use crate::domain::order::Order;

/// The drawer under the page of an order. Empty until a challenge was issued for it.
pub(super) async fn behind(visit: &Visit, order: &Order) -> Result<Markup, BankError> {
    let t = visit.t;
    let Some(challenge) = &order.challenge else { return Ok(html! {}) };
    let code = visit.bank().code(order).await?;
    let trail = visit.bank().trail(order).await?;
    Ok(html! {
        details.more.behind {
            summary { (t.get("behind")) }
            p { (t.get("behind-text")) }
            h3 { (t.get("behind-calls")) }
            ol {
                li { code { "issue(" (order.operation) ") → " (challenge) } }
                li { code { "verify(" (challenge) ", " (t.get("otp")) ")" } }
            }
            h3 { (t.get("behind-fields")) }
            dl.facts {
                @for (name, text) in &order.fields { div { dt { code { (name) } } dd { (text) } } }
            }
            @if let Some((code, _)) = &code {
                h3 { (t.get("behind-code")) }
                p { code.long { (code.as_str()) } }
            }
            h3 { (t.get("behind-audit")) }
            @match &trail {
                History::Broken(_) => p.warning { (t.get("trail-broken")) },
                History::Whole(entries) => ol.audit { @for entry in entries { (line(visit, entry)) } },
            }
        }
    })
}

fn line(visit: &Visit, entry: &AuditEntry) -> Markup {
    html! {
        li value=(entry.number) {
            (audit_event(visit.t, entry.event)) " " span.muted { (entry.at) }
            @if let Some(question) = &entry.question { br; code.long { "SHA-256 " (question) } }
        }
    }
}
