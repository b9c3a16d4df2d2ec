//! What the verifier has of a person's activations: the bank's evidence, also when the person or the token is gone.

use axum::extract::Path;
use camtoken::Timestamp;
use camtoken::verifier::audit::{AuditEvent, History};
use maud::{Markup, html};

use super::guard::operator;
use crate::domain::contract::Contract;
use crate::domain::desk::ActivationRecord;
use crate::pages::fault::{Answer, Fault};
use crate::pages::layout::page;
use crate::pages::visit::Visit;
use crate::pages::words::operation;
use crate::text::Text;

pub(in crate::pages) async fn records(visit: Visit, Path((contract, user)): Path<(String, String)>) -> Answer {
    operator(&visit)?;
    let t = visit.t;
    let trails = visit.bank().trails(&contract, &user).await?;
    let known = visit.bank().books.get::<Contract>(&contract)?.ok_or(Fault::NotFound)?;
    let person = visit.bank().person(&contract, &user)?;
    if trails.is_empty() && person.is_none() {
        return Err(Fault::NotFound);
    }
    let content = html! {
        p.lead { (known.name) " " span.muted { (contract) } }
        @if person.is_none() { p.notice { (t.get("records-gone")) } }
        @if trails.is_empty() { p { (t.get("trail-empty")) } }
        @for (record, trail) in &trails { (drawn(t, record, trail)) }
        p.actions {
            @if person.is_some() { a.button href={ "/operator/" (contract) "/" (user) } { (user) } }
            a.button href={ "/operator?q=" (contract) } { (t.get("operator")) }
        }
    };
    Ok(page(&visit, &t.with("records-of", &[("user", &user)]), &content))
}

/// An activation with its record.
pub(super) fn drawn(t: Text, record: &ActivationRecord, trail: &History) -> Markup {
    let device =
        if record.token.is_empty() { t.get("generator-title") } else { format!("{} {}", t.get("token"), record.token) };
    html! {
        h2 { (device) @if record.from > 0 { " " small.muted { (t.with("records-from", &[("at", &t.moment(Timestamp::from_unix(record.from)))])) } } }
        @match trail {
            History::Broken(_) => p.warning role="alert" { (t.get("trail-broken")) },
            History::Whole(entries) if entries.is_empty() => p { (t.get("trail-empty")) },
            History::Whole(entries) => {
                p.success { (t.with("trail-whole", &[("count", &entries.len().to_string())])) }
                div.scroll tabindex="0" role="region" aria-label={ (t.get("trail")) " " (record.token) " " (record.activation) } {
                    table.cards {
                        thead { tr {
                            th.number scope="col" { (t.get("number")) } th scope="col" { (t.get("at")) }
                            th scope="col" { (t.get("event")) } th scope="col" { (t.get("operation")) } th.number scope="col" { (t.get("failures")) }
                        } }
                        tbody {
                            @for entry in entries.iter().rev() {
                                tr {
                                    td.number data-label=(t.get("number")) { (entry.number) }
                                    td data-label=(t.get("at")) { (entry.at.parse::<Timestamp>().map_or_else(|_| entry.at.clone(), |at| t.moment(at))) }
                                    td data-label=(t.get("event")) { (audit_event(t, entry.event)) }
                                    td data-label=(t.get("operation")) { (entry.operation.as_deref().map_or_else(String::new, |name| operation(t, name))) }
                                    td.number data-label=(t.get("failures")) { (entry.failures) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// An entry's event, in words.
pub(in crate::pages) fn audit_event(t: Text, event: AuditEvent) -> String {
    let name = serde_json::to_value(event).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
    t.get(&format!("event-{name}"))
}
