//! 連携の一覧: what was permitted, and the transfers that wait to be signed.

use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use camtoken::Timestamp;
use maud::{Markup, html};

use super::flow::linkages;
use super::names::menu_names;
use crate::domain::ledger::{Account, Outcome};
use crate::domain::linkage::{Ended, Linkage, Menu, Provider};
use crate::domain::people::Person;
use crate::domain::request::{Request, RequestState};
use crate::pages::drafts::keep;
use crate::pages::fault::{Answer, Fault};
use crate::pages::fields::Fields;
use crate::pages::forms::csrf;
use crate::pages::layout::page;
use crate::pages::visit::Visit;
use crate::pages::words::{account_name, outcome};

pub(super) async fn show(visit: Visit) -> Answer {
    let (t, person) = (visit.t, visit.person()?);
    let linkages = visit.bank().linkages(&person)?;
    let requests = visit.bank().requests(&person)?;
    let accounts = visit.bank().accounts_for(&person)?;
    let providers = visit.bank().books.list::<Provider>("")?;
    let provider = |client: &str| {
        providers.iter().find(|known| known.client == client).map_or(client.to_owned(), |known| known.name.clone())
    };
    let content = html! {
        h2 { (t.get("requests")) }
        @if requests.is_empty() { p { (t.get("requests-none")) } }
        @for (request, state) in &requests { (draw_request(&visit, request, *state, &provider(&request.client))) }
        h2 { (t.get("linkages")) }
        p { (t.get("linkages-intro")) }
        @if linkages.is_empty() { p { (t.get("linkages-none")) } }
        @for (linkage, ended) in &linkages { (draw_linkage(&visit, &person, (linkage, *ended), &provider(&linkage.client), &accounts)) }
    };
    Ok(page(&visit, &t.get("menu-linkages"), &content))
}

pub(super) async fn end(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let person = visit.person()?;
    let own = visit.bank().linkages(&person)?.into_iter().any(|(linkage, _)| linkage.id == id);
    if !own {
        return Err(Fault::NotFound);
    }
    visit.bank().end_linkage(&id, Ended::Revoked)?;
    linkages(&visit)?.end(&[id])?;
    visit.tell("linkage-ended");
    Ok(Redirect::to("/linkages").into_response())
}

pub(super) async fn sign_request(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let person = visit.person()?;
    let waiting = |(request, state): &(Request, RequestState)| request.id == id && *state == RequestState::Pending;
    let known = visit.bank().requests(&person)?.into_iter().find(waiting);
    let Some((request, _)) = known else { return Err(Fault::NotFound) };
    let draft = visit.bank().draft(&request)?;
    Ok(keep(&visit, draft))
}

fn draw_request(visit: &Visit, request: &Request, state: RequestState, provider: &str) -> Markup {
    let t = visit.t;
    let text = |name: &str| request.text(name);
    let amount = text("amount").parse().map_or_else(|_| text("amount").to_owned(), |yen| t.yen(yen));
    html! {
        section.todo.over[state != RequestState::Pending] {
            h3 { (provider) " " span.tag { (t.get(&format!("request-{}", state.as_str()))) } }
            dl.facts {
                div.money { dt { (t.get("amount-plain")) } dd { (amount) } }
                div { dt { (t.get("payee")) } dd { span.kana { (text("payee")) } " " (text("bankCode")) "-" (text("branchCode")) " " (text("account")) } }
                div { dt { (t.get("from-account")) } dd { (request.from) } }
                div { dt { (t.get("at")) } dd { (t.moment(Timestamp::from_unix(request.at))) } }
                @if state == RequestState::Pending { div { dt { (t.get("request-until")) } dd { (t.moment(Timestamp::from_unix(request.expires_at))) } } }
                div { dt { (t.get("order-number")) } dd { @if let Some(order) = &request.order { a href={ "/orders/" (order) } { (order) } } @else { (request.id) } } }
            }
            @if let Some(refusal) = request.refused {
                p.warning {
                    (t.with("request-refused", &[("reason", &outcome(t, Outcome::Refused(refusal)))]))
                    @if state == RequestState::Pending { " " (t.get("request-again")) }
                }
            }
            @if state == RequestState::Pending {
                form method="post" action={ "/linkages/requests/" (request.id) } {
                    (csrf(visit))
                    p { button.main type="submit" { (t.get("request-sign")) } }
                }
            }
        }
    }
}

fn draw_linkage(
    visit: &Visit,
    person: &Person,
    (linkage, ended): (&Linkage, Option<Ended>),
    provider: &str,
    accounts: &[Account],
) -> Markup {
    let t = visit.t;
    let until = linkage.until.parse().map_or_else(|_| linkage.until.clone(), |day| t.day(day));
    let covered = accounts.iter().filter(|account| linkage.accounts.contains(&account.key()));
    let status = match ended {
        None => "linkage-in-force",
        Some(Ended::Expired) => "linkage-ended-expired",
        Some(Ended::Revoked) => "linkage-ended-revoked",
        Some(Ended::Unlinked) => "linkage-ended-unlinked",
        Some(Ended::LoginChanged) => "linkage-ended-login",
        Some(Ended::Replaced) => "linkage-ended-replaced",
    };
    html! {
        section.todo.over[ended.is_some()] {
            h3 { (provider) " " span.tag { (t.get(status)) } }
            dl.facts {
                div { dt { (t.get("linkage-menus")) } dd { (menu_names(t, &linkage.menus)) @if ended.is_none() && linkage.menus.contains(&Menu::Transfer) && !Menu::Transfer.is_open_to(person) { br; span.muted { (t.get("linkage-transfer-closed")) } } } }
                @if !linkage.accounts.is_empty() { div { dt { (t.get("accounts")) } dd { @for account in covered { (account_name(t, account)) br; } } } }
                div { dt { (t.get("linkage-since")) } dd { (t.moment(Timestamp::from_unix(linkage.since))) } }
                div { dt { (t.get("linkage-until")) } dd { (until) } }
                div { dt { (t.get("linkage-last-used")) } dd { @match linkage.last_used { Some(at) => (t.moment(Timestamp::from_unix(at))), None => (t.get("linkage-never-used")) } } }
            }
            @if ended.is_none() {
                form method="post" action={ "/linkages/" (linkage.id) "/end" } {
                    (csrf(visit))
                    p { button.danger type="submit" { (t.get("linkage-end")) } }
                }
            }
        }
    }
}
