//! The provider's request, the terms, and the way back for a user who declines.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect};
use maud::html;

use super::endpoints::is_reached;
use super::flow::{flow, linkages, offer, owner};
use super::frame::{button, draw, leave, origin, refused, stop_button, to};
use super::names::menu_names;
use super::proof::{Service, login_forms};
use crate::bank::Numbers;
use crate::domain::linkage::{Provider, Standard};
use crate::domain::order::GivenUp;
use crate::linkage::grants::Begun;
use crate::pages::fault::{Answer, Fault};
use crate::pages::fields::Fields;
use crate::pages::flows::Flow;
use crate::pages::forms::Errors;
use crate::pages::signing::differs_page;
use crate::pages::visit::Visit;
use crate::system::random_hex;

pub(super) async fn authorize(standard: Standard, visit: Visit, Query(query): Query<Vec<(String, String)>>) -> Answer {
    visit.count_address()?;
    let linkages = linkages(&visit)?;
    let server = &linkages.servers[&standard];
    if !is_reached(server.as_ref(), &visit.peer) {
        let why = format!("this issuer answers under TLS alone: {}{}", server.url(), standard.path());
        return Ok(refused(&visit, "linkage-refused", Some(&why)));
    }
    let asked = match server.begin(&query).await {
        Begun::Redirect(to) => return Ok(Redirect::to(&to).into_response()),
        Begun::Refused(why) => return Ok(refused(&visit, "linkage-refused", Some(&why))),
        Begun::Asked(asked) => asked,
    };
    let known = visit.bank().provider(&asked.client)?.filter(|provider| provider.standard == standard);
    let Some(provider) = known else {
        server.refuse(&asked.ticket);
        return Ok(refused(&visit, "linkage-refused", None));
    };
    // A client may have several addresses: this flow leads to the one that it has asked for.
    let provider = Provider { redirect_uri: asked.redirect_uri.clone(), ..provider };
    let flow = Flow {
        id: random_hex(16),
        owner: owner(&visit.name),
        begun: visit.bank().now(),
        standard,
        asked,
        provider,
        who: None,
        order: None,
        ticket: None,
        proved: false,
        menus: Vec::new(),
        chosen: Vec::new(),
    };
    let to = format!("/link/{}/terms", flow.id);
    linkages.begin(flow);
    Ok(Redirect::to(&to).into_response())
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>, Query(service): Query<Service>) -> Answer {
    let flow = flow(&visit, &id)?;
    let t = visit.t;
    let offered = offer(&flow);
    let content = html! {
        p { (t.with("linkage-terms-intro", &[("provider", &flow.provider.name)])) }
        dl.facts {
            div { dt { (t.get("provider")) } dd { b { (flow.provider.name) } } }
            div { dt { (t.get("linkage-purpose")) } dd { (t.get(&format!("purpose-{}", flow.provider.purpose))) } }
            div { dt { (t.get("linkage-menus")) } dd { (menu_names(t, &offered)) } }
            div { dt { (t.get("linkage-until")) } dd { (t.with("linkage-days", &[("days", &flow.provider.days.to_string())])) } }
            div { dt { (t.get("linkage-return")) } dd { (origin(&flow.provider.redirect_uri)) } }
        }
        h2 { (t.get("linkage-terms")) }
        ul.terms {
            @for term in ["linkage-term-1", "linkage-term-2", "linkage-term-3", "linkage-term-4", "linkage-term-5"] {
                li { (t.get(term)) }
            }
        }
        p.muted { (t.get("linkage-questions")) }
        @if flow.provider.one_page {
            p { (t.get("linkage-agree-below")) }
            (login_forms(&visit, &flow, service.profile(), (&Numbers::default(), &Errors::default())))
        } @else {
            div.actions {
                (button(&visit, &flow, "terms", &t.get("linkage-agree"), "main"))
                (stop_button(&visit, &flow))
            }
        }
    };
    Ok(draw(&visit, &flow, 0, &t.get("linkage-terms-title"), &content))
}

pub(super) async fn agree(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let flow = flow(&visit, &id)?;
    Ok(to(&flow, "login"))
}

/// 中断: back to the provider, which learns that its customer did not want to.
pub(super) async fn stop(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let flow = withdrawn(&visit, &id, GivenUp::Stopped).await?;
    let linkages = linkages(&visit)?;
    linkages.flows().remove(&id);
    let Some(location) = linkages.servers[&flow.standard].refuse(&flow.asked.ticket) else { return Err(Fault::Form) };
    Ok(leave(&visit, &flow, &location))
}

/// トークンの表示が違う: the linkage ends here, and the operator gets a report.
pub(super) async fn differs(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let flow = withdrawn(&visit, &id, GivenUp::Differs).await?;
    let linkages = linkages(&visit)?;
    linkages.flows().remove(&id);
    linkages.servers[&flow.standard].refuse(&flow.asked.ticket);
    let order = flow.order.as_deref().unwrap_or_default();
    Ok(draw(&visit, &flow, 1, &visit.t.get("differs-title"), &differs_page(visit.t, order)))
}

/// A flow whose code, if there is one, is withdrawn.
async fn withdrawn(visit: &Visit, id: &str, why: GivenUp) -> Result<Flow, Fault> {
    let flow = flow(visit, id)?;
    if let (Some((who, _)), Some(order)) = (&flow.who, &flow.order) {
        let person = visit.look_up(who)?;
        visit.bank().give_up_order(&person, order, why).await?;
    }
    Ok(flow)
}
