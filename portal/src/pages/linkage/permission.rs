//! The permission: the choice of menus, and 許可.

use axum::extract::Path;
use axum::response::Response;
use maud::html;

use super::flow::{linkages, proved};
use super::frame::{after_menus, draw, leave, stop_button, to};
use super::names::{menu_name, menu_names};
use crate::domain::linkage::{Ended, Menu, menus};
use crate::domain::people::Person;
use crate::linkage::consent::Permitted;
use crate::pages::fault::{Answer, Fault};
use crate::pages::fields::Fields;
use crate::pages::flows::Flow;
use crate::pages::forms::{Errors, choices, form as card};
use crate::pages::visit::Visit;
use crate::pages::words::account_name;

pub(super) async fn choose(visit: Visit, Path(id): Path<String>) -> Answer {
    let (flow, person) = proved(&visit, &id)?;
    Ok(draw_menus(&visit, &flow, &person, &Errors::default()))
}

pub(super) async fn choose_enter(visit: Visit, Path(id): Path<String>, typed: Fields) -> Answer {
    let (mut flow, person) = proved(&visit, &id)?;
    let open = menus(&flow.provider, &flow.asked.scopes, &person);
    let chosen: Vec<Menu> = open
        .into_iter()
        .filter(|menu| typed.0.iter().any(|(name, text)| name == "menu" && text == menu.as_str()))
        .collect();
    if chosen.is_empty() {
        let errors = Errors::one("menus", visit.t.get("linkage-menus-none"));
        return Ok(draw_menus(&visit, &flow, &person, &errors));
    }
    flow.menus = chosen;
    let next = after_menus(&visit, &flow)?;
    linkages(&visit)?.keep(flow);
    Ok(next)
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    let (flow, person) = proved(&visit, &id)?;
    draw_permission(&visit, &flow, &person, &Errors::default())
}

pub(super) async fn permit(visit: Visit, Path(id): Path<String>, typed: Fields) -> Answer {
    let (flow, person) = proved(&visit, &id)?;
    if typed.text("seen") != "yes" {
        let errors = Errors::one("seen", visit.t.get("linkage-seen-missing"));
        return draw_permission(&visit, &flow, &person, &errors);
    }
    let Some((_, proof)) = &flow.who else { return Err(Fault::Form) };
    let order = flow.order.as_ref().map(|id| visit.bank().order(&person, id)).transpose()?.flatten();
    let linkages = linkages(&visit)?;
    // A flow comes to one linkage, however often the form is sent: the second one would replace the first.
    linkages.flows().remove(&id).ok_or(Fault::Form)?;
    let (permitted, replaced) = visit.bank().permit(&person, &flow.provider, &flow.menus, *proof, order.as_ref())?;
    linkages.end(&replaced)?;
    match permitted {
        Permitted::Linked(linkage) => {
            let scopes: Vec<&str> = flow.menus.iter().map(|menu| menu.scope()).collect();
            let server = &linkages.servers[&flow.standard];
            match server.permit(&flow.asked.ticket, &linkage.id, &scopes).await {
                Some(location) => Ok(leave(&visit, &flow, &location)),
                // The provider's request is too old: nothing was given out, so nothing is in force.
                None => {
                    visit.bank().end_linkage(&linkage.id, Ended::Revoked)?;
                    Err(Fault::Form)
                }
            }
        }
        Permitted::NoAccount => {
            visit.tell("linkage-accounts-again");
            let next = to(&flow, "accounts");
            linkages.flows().insert(id, flow);
            Ok(next)
        }
        Permitted::NotSigned | Permitted::Closed => Err(Fault::Form),
    }
}

fn draw_menus(visit: &Visit, flow: &Flow, person: &Person, errors: &Errors) -> Response {
    let t = visit.t;
    let open = menus(&flow.provider, &flow.asked.scopes, person);
    let content = html! {
        p { (t.with("linkage-menus-intro", &[("provider", &flow.provider.name)])) }
        (errors.summary(t))
        (card(visit, &format!("/link/{}/menus", flow.id), &html! {
            (choices("menus", "", &t.get("linkage-menus"), errors, &html! {
                @for menu in &open {
                    label.choice {
                        input type="checkbox" name="menu" value=(menu.as_str()) checked[flow.menus.contains(menu)];
                        span { (menu_name(t, *menu)) small.muted { (t.get(&format!("menu-{}-hint", menu.as_str()))) } }
                    }
                }
            }))
            p.actions { button.main type="submit" { (t.get("next")) } }
        }))
        div.actions { (stop_button(visit, flow)) }
    };
    draw(visit, flow, 2, &t.get("linkage-menus-title"), &content)
}

fn draw_permission(visit: &Visit, flow: &Flow, person: &Person, errors: &Errors) -> Answer {
    let t = visit.t;
    let covered = visit.bank().covered(person, &flow.menus)?;
    let content = html! {
        p { (t.with("linkage-permission-intro", &[("provider", &flow.provider.name)])) }
        dl.facts {
            div { dt { (t.get("provider")) } dd { b { (flow.provider.name) } } }
            div { dt { (t.get("linkage-purpose")) } dd { (t.get(&format!("purpose-{}", flow.provider.purpose))) } }
            div { dt { (t.get("linkage-menus")) } dd { (menu_names(t, &flow.menus)) } }
            @if !covered.is_empty() { div { dt { (t.get("accounts")) } dd { @for account in &covered { (account_name(t, account)) br; } } } }
            div { dt { (t.get("linkage-until")) } dd { (t.day(flow.provider.until(visit.bank().now()))) } }
        }
        @if flow.menus.contains(&Menu::Transfer) { p.muted { (t.get("linkage-transfer-note")) } }
        (errors.summary(t))
        (card(visit, &format!("/link/{}/permission", flow.id), &html! {
            div.field {
                label.choice for="seen" { input #seen type="checkbox" name="seen" value="yes"; span { (t.get("linkage-seen")) } }
                @for (_, text) in &errors.0 { p.error { (text) } }
            }
            p.actions { button.main type="submit" { (t.get("linkage-permit")) } }
        }))
        div.actions { (stop_button(visit, flow)) }
    };
    Ok(draw(visit, flow, 4, &t.get("linkage-permission-title"), &content))
}
