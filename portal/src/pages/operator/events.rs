//! The bank's own events, and whether their chain was altered.

use axum::extract::Query;
use camtoken::Timestamp;
use maud::html;
use serde::Deserialize;

use super::guard::operator;
use crate::bank::Chain;
use crate::pages::fault::Answer;
use crate::pages::layout::page;
use crate::pages::visit::Visit;

/// Entries on a page of the chain. They are checked with each page, and all of them on request.
const SHOWN: usize = 200;

/// Which entries are wanted.
#[derive(Deserialize)]
pub(in crate::pages) struct Wanted {
    before: Option<u64>,
    #[serde(default)]
    all: bool,
}

/// The bank's own events, and whether their chain was altered.
pub(in crate::pages) async fn events(visit: Visit, Query(wanted): Query<Wanted>) -> Answer {
    operator(&visit)?;
    let t = visit.t;
    let Chain { events, broken } =
        if wanted.all { visit.bank().events()? } else { visit.bank().some_events(wanted.before, SHOWN)? };
    let older = events.len().checked_sub(SHOWN).and_then(|place| events.get(place)).filter(|event| event.number > 1);
    let is_newest = wanted.all || wanted.before.is_none();
    let content = html! {
        p { (t.get("events-intro")) }
        @match broken {
            Some(broken) => p.warning role="alert" { (t.with("events-broken", &[("number", &broken.number.to_string())])) },
            None => p.success { (t.with("trail-whole", &[("count", &events.len().to_string())])) },
        }
        @if let Some(last) = events.last().filter(|_| is_newest) { p.muted { (t.get("events-head")) " " code.long { (last.link()) } } }
        div.scroll tabindex="0" role="region" aria-label=(t.get("events")) {
            table.cards {
                thead { tr {
                    th.number scope="col" { (t.get("number")) } th scope="col" { (t.get("at")) }
                    th scope="col" { (t.get("event")) } th scope="col" { (t.get("events-by")) } th scope="col" { (t.get("events-about")) }
                } }
                tbody {
                    @for event in events.iter().rev().take(SHOWN) {
                        tr {
                            td.number data-label=(t.get("number")) { (event.number) }
                            td data-label=(t.get("at")) { (t.moment(Timestamp::from_unix(event.at))) }
                            td data-label=(t.get("event")) { (t.get(&format!("did-{}", event.what))) }
                            td data-label=(t.get("events-by")) {
                                div {
                                    @if event.by == "bank" { (t.get("who-bank")) } @else { (event.by) }
                                    @if let Some(second) = &event.approved_by { br; small.muted { (t.with("events-approved", &[("operator", second)])) } }
                                }
                            }
                            td data-label=(t.get("events-about")) { div { (event.about) @if let Some(reason) = &event.reason { br; small.muted { (t.with("events-reason", &[("reason", reason)])) } } } }
                        }
                    }
                }
            }
        }
        p.actions {
            @if let Some(older) = older { a.button href={ "/operator/events?before=" (older.number) } { (t.get("older")) } }
            @if !wanted.all { a.button href="/operator/events?all=true" { (t.get("events-check-all")) } }
        }
        p { a href="/operator" { (t.get("operator")) } }
    };
    Ok(page(&visit, &t.get("events"), &content))
}
