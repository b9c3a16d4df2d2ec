//! 外部サービス連携: the pages from the provider's request to the permission, and the page on which linkages are listed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use camtoken::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::forms::{Errors, Input, choices, code_picture, code_png, csrf, form as card, rejected, wrong_entry};
use super::layout::page;
use super::login::{generator_rejected, name};
use super::orders::{attempt, keep, outcome};
use super::session::{Stage as SessionStage, Who};
use super::{Answer, Fault, Fields, Site, Visit, cookie};
use crate::bank::{Bank, BankError, Numbers, Settled, random_hex};
use crate::domain::credential::{Entry, Password};
use crate::domain::ledger::{Account, Outcome};
use crate::domain::order::Order;
use crate::domain::people::{LoginField, Person, Profile};
use crate::linkage::consent::{Permitted, PinEntry, PinLetter};
use crate::linkage::grants::{Asked, Begun, Grants};
use crate::linkage::requests::{Request as Wish, RequestState};
use crate::linkage::{
    AccountState, Ended, Linkage, Menu, NotReady, Proof, Provider, Standard, menus, not_ready, proof,
};
use crate::text::Text;

/// What the site needs for linkages: the authorization servers, and who is in the middle of linking.
pub struct Linkages {
    /// The bank's address, without a slash at its end.
    pub url: String,
    /// The server of each standard.
    pub servers: HashMap<Standard, Arc<dyn Grants>>,
    flows: Mutex<HashMap<String, Flow>>,
}

/// Somebody in the middle of linking.
#[derive(Clone)]
struct Flow {
    id: String,
    /// The session that it belongs to, as a hash of its name.
    owner: [u8; 32],
    begun: Timestamp,
    standard: Standard,
    asked: Asked,
    provider: Provider,
    /// Who has shown to be the customer, and how.
    who: Option<(Who, Proof)>,
    /// The order that the token signs.
    order: Option<String>,
    /// What the flow is taken on with under TLS, once, to show a certificate there.
    ticket: Option<String>,
    /// Whether all the proof that is asked for was given.
    proved: bool,
    menus: Vec<Menu>,
    /// The accounts whose PIN was right, before they are confirmed.
    chosen: Vec<String>,
}

/// How long linking may take, in seconds.
const PATIENCE: u64 = 1_800;

/// More than this are not kept. Those in which nobody has proved anything make room first, then those that began first.
const MAX: usize = 10_000;

impl Linkages {
    /// At this address, with these servers.
    #[must_use]
    pub fn new(url: String, servers: HashMap<Standard, Arc<dyn Grants>>) -> Self {
        Self { url, servers, flows: Mutex::default() }
    }

    fn flows(&self) -> MutexGuard<'_, HashMap<String, Flow>> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a new flow.
    fn begin(&self, flow: Flow) {
        let mut flows = self.flows();
        for gone in make_room(&mut flows, flow.begun) {
            self.servers[&gone.standard].refuse(&gone.asked.ticket);
        }
        flows.insert(flow.id.clone(), flow);
    }

    /// Keeps what has become of a flow, unless it was stopped or permitted meanwhile.
    fn keep(&self, flow: Flow) {
        if let Some(known) = self.flows().get_mut(&flow.id) {
            *known = flow;
        }
    }

    /// Ends all that was given out for linkages that have ended.
    pub(super) fn end(&self, ids: &[String]) -> Result<(), BankError> {
        for (id, server) in ids.iter().flat_map(|id| self.servers.values().map(move |server| (id, server))) {
            server.end(id).map_err(|_| BankError::Closing)?;
        }
        Ok(())
    }

    /// Ends what is over by itself, and forgets what was given out and is good no more.
    pub(super) fn tidy(&self, bank: &Bank) -> Result<(), BankError> {
        self.end(&bank.lapse()?)?;
        for server in self.servers.values() {
            server.sweep().map_err(|_| BankError::Closing)?;
        }
        Ok(())
    }
}

/// Takes out what is over, and one more if need be, when there is no room for another flow.
fn make_room(flows: &mut HashMap<String, Flow>, now: Timestamp) -> Vec<Flow> {
    if flows.len() < MAX {
        return Vec::new();
    }
    let mut gone: Vec<Flow> = flows.extract_if(|_, flow| flow.is_over(now)).map(|(_, flow)| flow).collect();
    if flows.len() >= MAX {
        let first = flows.values().min_by_key(|flow| (flow.who.is_some(), flow.begun)).map(|flow| flow.id.clone());
        gone.extend(first.and_then(|first| flows.remove(&first)));
    }
    gone
}

impl Flow {
    fn is_over(&self, now: Timestamp) -> bool {
        now.as_unix() >= self.begun.as_unix() + PATIENCE
    }
}

/// The pages.
pub(super) fn pages() -> Router<Arc<Site>> {
    Router::new()
        .route("/oauth/authorize", get(|visit, query| authorize(Standard::Plain, visit, query)))
        .route("/fapi/authorize", get(|visit, query| authorize(Standard::Fapi, visit, query)))
        .route("/link/{flow}/terms", get(terms).post(agree))
        .route("/link/{flow}/stop", post(stop))
        .route("/link/{flow}/login", get(login).post(login_enter))
        .route("/link/{flow}/certificate", get(certificate))
        .route("/link/{flow}/otp", get(otp).post(otp_enter))
        .route("/link/{flow}/otp/code", post(otp_code).get(back_to_otp))
        .route("/link/{flow}/code.png", get(code))
        .route("/link/{flow}/menus", get(choose).post(choose_enter))
        .route("/link/{flow}/accounts", get(accounts).post(accounts_enter))
        .route("/link/{flow}/accounts/check", get(accounts_check).post(accounts_confirm))
        .route("/link/{flow}/accounts/letter", post(accounts_letter))
        .route("/link/{flow}/permission", get(permission).post(permit))
        .route("/linkages", get(list))
        .route("/linkages/{linkage}/end", post(end))
        .route("/linkages/requests/{request}", post(sign_request))
        .route("/operator/mail/{contract}/{user}", post(mail_switched))
        .route("/operator/pin/{contract}/{user}", post(pin_resumed))
}

/// What providers ask without a customer.
pub(super) fn endpoints() -> Router<Arc<Site>> {
    let mut router = Router::new();
    for standard in Standard::ALL {
        let path = standard.path();
        let provider = move |State(site): State<Arc<Site>>, request: Request| answer(site, standard, request);
        router = router
            .route(
                &format!("/.well-known/oauth-authorization-server{path}"),
                get(move |State(site): State<Arc<Site>>, request: Request| metadata(site, standard, request)),
            )
            .route(
                &format!("{path}/token"),
                post(move |State(site): State<Arc<Site>>, request: Request| token(site, standard, request)),
            )
            .route(
                &format!("{path}/revoke"),
                post(move |State(site): State<Arc<Site>>, request: Request| revoke(site, standard, request)),
            )
            .route(&format!("{path}/par"), post(provider))
            .route(&format!("{path}/jwks"), get(provider));
    }
    router
}

async fn authorize(standard: Standard, visit: Visit, Query(query): Query<Vec<(String, String)>>) -> Answer {
    visit.count_address()?;
    let linkages = linkages(&visit)?;
    let server = &linkages.servers[&standard];
    let asked = match server.begin(&query).await {
        Begun::Redirect(to) => return Ok(Redirect::to(&to).into_response()),
        Begun::Refused(_) => return Ok(refused(&visit, "linkage-refused")),
        Begun::Asked(asked) => asked,
    };
    let known = visit.bank().provider(&asked.client)?.filter(|provider| provider.standard == standard);
    let Some(provider) = known else {
        server.refuse(&asked.ticket);
        return Ok(refused(&visit, "linkage-refused"));
    };
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

async fn terms(visit: Visit, Path(id): Path<String>) -> Answer {
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
        div.actions {
            (button(&visit, &flow, "terms", &t.get("linkage-agree"), "main"))
            (stop_button(&visit, &flow))
        }
    };
    Ok(draw(&visit, &flow, 0, &t.get("linkage-terms-title"), &content))
}

async fn agree(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let flow = flow(&visit, &id)?;
    Ok(to(&flow, "login"))
}

/// 中断: back to the provider, which learns that its customer did not want to.
async fn stop(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let flow = flow(&visit, &id)?;
    let linkages = linkages(&visit)?;
    linkages.flows().remove(&id);
    let Some(location) = linkages.servers[&flow.standard].refuse(&flow.asked.ticket) else { return Err(Fault::Form) };
    Ok(leave(&visit, &flow, &location))
}

#[derive(Deserialize)]
struct Service {
    service: Option<String>,
}

async fn login(visit: Visit, Path(id): Path<String>, Query(service): Query<Service>) -> Answer {
    let flow = flow(&visit, &id)?;
    let profile = service.service.as_deref().and_then(Profile::from_name).unwrap_or(Profile::ContractAndUser);
    Ok(draw_login(&visit, &flow, profile, &Errors::default()))
}

async fn login_enter(visit: Visit, Path(id): Path<String>, mut typed: Fields) -> Answer {
    let mut flow = flow(&visit, &id)?;
    let profile = Profile::from_name(typed.text("service")).ok_or(Fault::NotFound)?;
    let numbers = profile.fields().iter().map(|field| (*field, typed.text(name(*field)).to_owned())).collect();
    let names: Vec<&str> = profile.fields().iter().map(|field| typed.text(name(*field))).collect();
    visit.count(&names)?;
    visit.count_address()?;
    let password = typed.password("password");
    let Some(person) = visit.bank().prove(profile, &Numbers(numbers), password).await? else {
        let error = Errors::one(name(profile.fields()[0]), visit.t.get("login-wrong"));
        return Ok(draw_login(&visit, &flow, profile, &error));
    };
    let contract = visit.contract(&person)?;
    let asked_for = proof(contract.method, &offer(&flow), person.generator().is_some());
    if let Some(why) = not_ready(&person, asked_for) {
        return Ok(draw_not_ready(&visit, &flow, why));
    }
    flow.who = Some((Who::new(&person), asked_for));
    flow.menus = menus(&flow.provider, &flow.asked.scopes, &person);
    (flow.order, flow.ticket, flow.proved) = (None, None, false);
    let next = match asked_for {
        Proof::Password => {
            flow.proved = true;
            after_proof(&visit, &flow)?
        }
        Proof::CameraToken => {
            let order = visit.bank().place_linkage(&person, &flow.provider, &flow.menus)?;
            // What the verifier says against it is said on the next page.
            let _issued = visit.bank().issue(&person, &order.id).await?;
            flow.order = Some(order.id);
            to(&flow, "otp")
        }
        Proof::Generator => to(&flow, "otp"),
        Proof::Certificate => {
            let ticket = random_hex(16);
            let tls = visit.site.tls.as_deref().unwrap_or_default();
            let mut response =
                Redirect::to(&format!("{tls}/link/{}/certificate?ticket={ticket}", flow.id)).into_response();
            allow_return(&visit, &flow, &mut response);
            flow.ticket = Some(ticket);
            response
        }
    };
    Ok(renamed(&visit, flow, None, next))
}

#[derive(Deserialize)]
struct Ticket {
    ticket: String,
}

/// The flow goes on under TLS, where a certificate can be shown. The session there is another one, so the flow is handed over by
/// a ticket that is good once and for nothing without the certificate of the person whose password was right.
async fn certificate(visit: Visit, Path(id): Path<String>, Query(Ticket { ticket }): Query<Ticket>) -> Answer {
    let mut flow = {
        let mut flows = linkages(&visit)?.flows();
        let flow = flows.get_mut(&id).ok_or(Fault::Form)?;
        let known = flow.ticket.take().ok_or(Fault::Form)?;
        if !bool::from(known.as_bytes().ct_eq(ticket.as_bytes())) || flow.is_over(visit.bank().now()) {
            return Err(Fault::Form);
        }
        flow.clone()
    };
    let Some((who, Proof::Certificate)) = &flow.who else { return Err(Fault::Form) };
    let person = visit.look_up(who)?;
    let shown = visit.peer.certificate.clone();
    let is_theirs = match &shown {
        Some(shown) => visit.bank().is_certificate_of(&person, shown)?,
        None => false,
    };
    if !is_theirs {
        return Ok(refused(&visit, "linkage-no-certificate"));
    }
    flow.proved = true;
    let next = after_proof(&visit, &flow)?;
    Ok(renamed(&visit, flow, shown, next))
}

async fn otp(visit: Visit, Path(id): Path<String>) -> Answer {
    let flow = flow(&visit, &id)?;
    if let Some((_, Proof::Generator)) = &flow.who {
        return Ok(draw_generator(&visit, &flow, &Errors::default()));
    }
    let (flow, _, order) = signing(&visit, &id)?;
    draw_otp(&visit, &flow, &order, &Errors::default()).await
}

async fn otp_code(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let (flow, person, order) = signing(&visit, &id)?;
    match visit.bank().issue(&person, &order.id).await? {
        Ok(_) => Ok(to(&flow, "otp")),
        Err(rejection) => draw_otp(&visit, &flow, &order, &Errors::one("otp", rejected(visit.t, rejection))).await,
    }
}

async fn back_to_otp(Path(id): Path<String>) -> Redirect {
    Redirect::to(&format!("/link/{id}/otp"))
}

async fn code(visit: Visit, Path(id): Path<String>) -> Answer {
    let (_, _, order) = signing(&visit, &id)?;
    let (code, _) = visit.bank().code(&order).await?.ok_or(Fault::NotFound)?;
    Ok(code_png(&code))
}

async fn otp_enter(visit: Visit, Path(id): Path<String>, typed: Fields) -> Answer {
    let attempt = attempt(&typed).ok_or(Fault::Form)?;
    let mut flow = flow(&visit, &id)?;
    if let Some((who, Proof::Generator)) = &flow.who {
        let person = visit.look_up(who)?;
        if let Err(rejection) = visit.bank().enter_generator(&person, &typed.digits("otp"), attempt).await? {
            let errors = Errors::one("otp", generator_rejected(visit.t, rejection));
            return Ok(draw_generator(&visit, &flow, &errors));
        }
        flow.proved = true;
        let next = after_proof(&visit, &flow)?;
        return Ok(renamed(&visit, flow, None, next));
    }
    let (mut flow, person, order) = signing(&visit, &id)?;
    match visit.bank().settle(&person, &order.id, &typed.digits("otp"), attempt).await? {
        Settled::Booked(_) => {
            flow.proved = true;
            let next = after_proof(&visit, &flow)?;
            Ok(renamed(&visit, flow, None, next))
        }
        Settled::LoggedIn | Settled::None => Err(Fault::Form),
        Settled::Rejected(rejection) => {
            draw_otp(&visit, &flow, &order, &Errors::one("otp", rejected(visit.t, rejection))).await
        }
    }
}

async fn choose(visit: Visit, Path(id): Path<String>) -> Answer {
    let (flow, person) = proved(&visit, &id)?;
    Ok(draw_menus(&visit, &flow, &person, &Errors::default()))
}

async fn choose_enter(visit: Visit, Path(id): Path<String>, typed: Fields) -> Answer {
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

async fn accounts(visit: Visit, Path(id): Path<String>) -> Answer {
    let (flow, person) = inquiring(&visit, &id)?;
    draw_accounts(&visit, &flow, &person, None, &Errors::default())
}

async fn accounts_enter(visit: Visit, Path(id): Path<String>, mut typed: Fields) -> Answer {
    let (mut flow, person) = inquiring(&visit, &id)?;
    visit.count_address()?;
    let states = visit.bank().account_states(&person.contract)?;
    let is_chosen = |account: &Account| typed.0.iter().any(|(name, text)| name == "account" && *text == account.key());
    let chosen: Vec<String> = states
        .iter()
        .filter(|(account, state)| *state == AccountState::Unregistered && is_chosen(account))
        .map(|(account, _)| account.key())
        .collect();
    if chosen.is_empty() {
        let errors = Errors::one("accounts", visit.t.get("linkage-accounts-none"));
        return draw_accounts(&visit, &flow, &person, Some(&typed), &errors);
    }
    let mut errors = Errors::default();
    for account in &chosen {
        let field = format!("pin-{account}");
        let pin = Password::new(typed.digits(&field));
        // Wiped here as elsewhere; the digits above are all that is looked at.
        drop(typed.password(&field));
        let text = match visit.bank().enter_pin(&person, account, pin).await? {
            PinEntry::Entered(Entry::Right) => continue,
            PinEntry::Entered(Entry::Wrong { left: 0, .. }) => visit.t.get("linkage-pin-suspended"),
            PinEntry::Entered(entry) => wrong_entry(visit.t, entry),
            PinEntry::None => visit.t.get("linkage-pin-none"),
        };
        errors.0.push((field, text));
    }
    if !errors.0.is_empty() {
        return draw_accounts(&visit, &flow, &person, Some(&typed), &errors);
    }
    flow.chosen = chosen;
    let next = to(&flow, "accounts/check");
    linkages(&visit)?.keep(flow);
    Ok(next)
}

async fn accounts_check(visit: Visit, Path(id): Path<String>) -> Answer {
    let (flow, person) = inquiring(&visit, &id)?;
    let t = visit.t;
    let states = visit.bank().account_states(&person.contract)?;
    let content = html! {
        p { (t.get("linkage-accounts-check")) }
        ul.rows {
            @for (account, _) in states.iter().filter(|(account, _)| flow.chosen.contains(&account.key())) {
                li { span { (account_name(t, account)) } span.muted { (account.holder) } }
            }
        }
        p.muted { (t.get("linkage-accounts-mail")) }
        div.actions {
            (button(&visit, &flow, "accounts/check", &t.get("linkage-confirm"), "main"))
            a.button href={ "/link/" (flow.id) "/accounts" } { (t.get("linkage-back")) }
            (stop_button(&visit, &flow))
        }
    };
    Ok(draw(&visit, &flow, 3, &t.get("linkage-accounts-check-title"), &content))
}

async fn accounts_confirm(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let (mut flow, person) = inquiring(&visit, &id)?;
    let chosen = std::mem::take(&mut flow.chosen);
    if !chosen.is_empty() && visit.bank().register_accounts(&person, &chosen)? {
        visit.tell("linkage-accounts-done");
    }
    let next = to(&flow, "accounts");
    linkages(&visit)?.keep(flow);
    Ok(next)
}

async fn accounts_letter(visit: Visit, Path(id): Path<String>, typed: Fields) -> Answer {
    let (flow, person) = inquiring(&visit, &id)?;
    visit.count_address()?;
    match visit.bank().send_pin(&person, typed.text("account")).await? {
        PinLetter::Sent => visit.tell("linkage-letter-sent"),
        PinLetter::TooSoon => visit.tell("linkage-letter-soon"),
        PinLetter::None => return Err(Fault::Form),
    }
    Ok(to(&flow, "accounts"))
}

async fn permission(visit: Visit, Path(id): Path<String>) -> Answer {
    let (flow, person) = proved(&visit, &id)?;
    draw_permission(&visit, &flow, &person, &Errors::default())
}

async fn permit(visit: Visit, Path(id): Path<String>, typed: Fields) -> Answer {
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

async fn list(visit: Visit) -> Answer {
    let (t, person) = (visit.t, visit.person()?);
    let linkages = visit.bank().linkages(&person)?;
    let requests = visit.bank().requests(&person)?;
    let accounts = visit.bank().accounts_of(&person.contract)?;
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
        @for (linkage, ended) in &linkages { (draw_linkage(&visit, linkage, *ended, &provider(&linkage.client), &accounts)) }
    };
    Ok(page(&visit, &t.get("menu-linkages"), &content))
}

async fn end(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
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

async fn sign_request(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let person = visit.person()?;
    let waiting = |(request, state): &(Wish, RequestState)| request.id == id && *state == RequestState::Pending;
    let known = visit.bank().requests(&person)?.into_iter().find(waiting);
    let Some((request, _)) = known else { return Err(Fault::NotFound) };
    let draft = visit.bank().draft(&request)?;
    Ok(keep(&visit, draft))
}

/// What stands in the way of a person's linkages and the bank's operator can clear away: mail that came back, inquiry PINs that
/// are suspended.
pub(super) fn desk(visit: &Visit, person: &Person) -> Result<Markup, Fault> {
    let t = visit.t;
    let comes_back = person.mail_failed;
    let suspended = visit.bank().suspended_pins(&person.contract)?;
    Ok(html! {
        h2 { (t.get("mail-delivery")) }
        p { (person.mail) " — " b { (t.get(if comes_back { "mail-comes-back" } else { "mail-arrives" })) } }
        form method="post" action={ "/operator/mail/" (person.contract) "/" (person.user) } {
            (csrf(visit))
            input type="hidden" name="comes-back" value=(if comes_back { "no" } else { "yes" });
            button type="submit" { (t.get(if comes_back { "mail-set-arrives" } else { "mail-set-comes-back" })) }
        }
        @if !suspended.is_empty() { h2 { (t.get("pins-suspended")) } }
        @for account in &suspended {
            form method="post" action={ "/operator/pin/" (person.contract) "/" (person.user) } {
                (csrf(visit))
                input type="hidden" name="account" value=(account.key());
                p { button type="submit" { (t.with("pin-resume", &[("account", &account_name(t, account))])) } }
            }
        }
    })
}

async fn mail_switched(visit: Visit, Path((contract, user)): Path<(String, String)>, typed: Fields) -> Answer {
    let person = at_the_desk(&visit, &contract, &user)?;
    visit.bank().set_mail_failed(&person, typed.text("comes-back") == "yes")?;
    Ok(Redirect::to(&format!("/operator/{contract}/{user}")).into_response())
}

async fn pin_resumed(visit: Visit, Path((contract, user)): Path<(String, String)>, typed: Fields) -> Answer {
    let person = at_the_desk(&visit, &contract, &user)?;
    let suspended = visit.bank().suspended_pins(&person.contract)?;
    let account = suspended.iter().map(Account::key).find(|key| key == typed.text("account")).ok_or(Fault::NotFound)?;
    visit.bank().resume_pin(&account)?;
    visit.tell("done-resumed");
    Ok(Redirect::to(&format!("/operator/{contract}/{user}")).into_response())
}

/// Whom the bank's operator sees to.
fn at_the_desk(visit: &Visit, contract: &str, user: &str) -> Result<Person, Fault> {
    if !matches!(visit.session.stage, SessionStage::Operator(_)) {
        return Err(Fault::NotFound);
    }
    visit.bank().person(contract, user)?.ok_or(Fault::NotFound)
}

async fn answer(site: Arc<Site>, standard: Standard, request: Request) -> Answer {
    let linkages = site.linkages.as_ref().ok_or(Fault::NotFound)?;
    Ok(linkages.servers[&standard].answer(request).await)
}

/// Tokens. A linkage that is over gets no more of them.
async fn token(site: Arc<Site>, standard: Standard, request: Request) -> Answer {
    let linkages = site.linkages.as_ref().ok_or(Fault::NotFound)?;
    let server = &linkages.servers[&standard];
    let (request, refresh) = with_field(request, "refresh_token").await?;
    if let Some(subject) = server.subject_of(&refresh).await
        && site.bank.is_over(&subject)?
    {
        linkages.end(&[subject])?;
    }
    Ok(server.answer(request).await)
}

/// The metadata (RFC 8414), without what the bank does not offer.
async fn metadata(site: Arc<Site>, standard: Standard, request: Request) -> Answer {
    let response = answer(site, standard, request).await?;
    let (mut parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 16).await.map_err(|_| Fault::NotFound)?;
    let mut known: serde_json::Value = serde_json::from_slice(&body).map_err(|_| Fault::NotFound)?;
    if let Some(known) = known.as_object_mut() {
        for not_offered in ["device_authorization_endpoint", "introspection_endpoint"] {
            known.remove(not_offered);
        }
        known.insert("grant_types_supported".to_owned(), serde_json::json!(["authorization_code", "refresh_token"]));
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, known.to_string().into()))
}

/// Revocation (RFC 7009): with the token ends the linkage, for that is what "unlink" at a provider's means.
async fn revoke(site: Arc<Site>, standard: Standard, request: Request) -> Answer {
    let linkages = site.linkages.as_ref().ok_or(Fault::NotFound)?;
    let server = &linkages.servers[&standard];
    let (request, token) = with_field(request, "token").await?;
    let before = server.subject_of(&token).await;
    let response = server.answer(request).await;
    if let Some(subject) = before
        && response.status() == StatusCode::OK
        && server.subject_of(&token).await.is_none()
    {
        site.bank.end_linkage(&subject, Ended::Unlinked)?;
        linkages.end(&[subject])?;
    }
    Ok(response)
}

/// A field of the form that a provider sends, and the request as it was. What is no form has no field.
async fn with_field(request: Request, name: &str) -> Result<(Request, String), Fault> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 16).await.map_err(|_| Fault::Form)?;
    let uri: Option<Uri> = std::str::from_utf8(&body).ok().and_then(|text| format!("/?{text}").parse().ok());
    let uri = uri.unwrap_or_default();
    let fields = Query::<Vec<(String, String)>>::try_from_uri(&uri).map_or_else(|_| Vec::new(), |Query(fields)| fields);
    let field = fields.into_iter().find(|(known, _)| known == name).map(|(_, text)| text);
    Ok((Request::from_parts(parts, body.into()), field.unwrap_or_default()))
}

pub(super) fn linkages(visit: &Visit) -> Result<&Linkages, Fault> {
    visit.site.linkages.as_ref().ok_or(Fault::NotFound)
}

/// The flow of this name, if it belongs to this session.
fn flow(visit: &Visit, id: &str) -> Result<Flow, Fault> {
    let known = linkages(visit)?.flows().get(id).cloned();
    let now = visit.bank().now();
    known.filter(|flow| flow.owner == owner(&visit.name) && !flow.is_over(now)).ok_or(Fault::Form)
}

/// A flow whose token's answer is awaited, with who is asked and for what.
fn signing(visit: &Visit, id: &str) -> Result<(Flow, Person, Order), Fault> {
    let flow = flow(visit, id)?;
    let (Some((who, _)), Some(order)) = (&flow.who, &flow.order) else { return Err(Fault::Form) };
    let person = visit.look_up(who)?;
    let order = visit.bank().order(&person, order)?.ok_or(Fault::Form)?;
    Ok((flow, person, order))
}

/// A flow whose customer has given all the proof that is asked for.
fn proved(visit: &Visit, id: &str) -> Result<(Flow, Person), Fault> {
    let flow = flow(visit, id)?;
    let Some((who, _)) = flow.who.as_ref().filter(|_| flow.proved) else { return Err(Fault::Form) };
    let person = visit.look_up(who)?;
    Ok((flow, person))
}

/// The same, for the pages with accounts: they are there for inquiries alone.
fn inquiring(visit: &Visit, id: &str) -> Result<(Flow, Person), Fault> {
    let (flow, person) = proved(visit, id)?;
    let inquires = flow.menus.iter().any(|menu| menu.is_inquiry() && menu.is_open_to(&person));
    if inquires { Ok((flow, person)) } else { Err(Fault::Form) }
}

/// Keeps the flow under a new name of the session, for nobody can have known that one before the proof; and binds the session
/// to the certificate that was shown.
fn renamed(visit: &Visit, mut flow: Flow, certificate: Option<String>, mut response: Response) -> Response {
    let sessions = &visit.site.sessions;
    sessions.end(&visit.name);
    let (name, _) = sessions.begin(visit.session.stage.clone(), visit.bank().now());
    let certificate = certificate.or_else(|| visit.session.certificate.clone());
    sessions.change(&name, |session| {
        session.certificate = certificate;
        session.links = true;
    });
    flow.owner = owner(&name);
    if let Ok(linkages) = linkages(visit) {
        linkages.keep(flow);
    }
    response.headers_mut().append(header::SET_COOKIE, cookie(&name, visit.peer.secure));
    response
}

fn after_proof(visit: &Visit, flow: &Flow) -> Result<Response, Fault> {
    if flow.menus.is_empty() {
        return Ok(draw_not_ready(visit, flow, NotReady::OtpRegistration));
    }
    if flow.provider.chooses && flow.menus.len() > 1 { Ok(to(flow, "menus")) } else { after_menus(visit, flow) }
}

/// The page with the accounts is skipped where no inquiry is used, or no account is left to register.
fn after_menus(visit: &Visit, flow: &Flow) -> Result<Response, Fault> {
    let Some((who, _)) = &flow.who else { return Err(Fault::Form) };
    let states = visit.bank().account_states(&who.contract)?;
    let uses = flow.menus.iter().any(|menu| menu.is_inquiry());
    let left = states.iter().any(|(_, state)| *state == AccountState::Unregistered);
    Ok(to(flow, if uses && left { "accounts" } else { "permission" }))
}

fn to(flow: &Flow, step: &str) -> Response {
    Redirect::to(&format!("/link/{}/{step}", flow.id)).into_response()
}

/// Sends the customer back to the provider.
fn leave(visit: &Visit, flow: &Flow, location: &str) -> Response {
    let mut response = Redirect::to(location).into_response();
    allow_return(visit, flow, &mut response);
    response
}

/// Browsers hold a form to its page's policy through every redirect that follows it, so the provider's address stands in it.
fn allow_return(visit: &Visit, flow: &Flow, response: &mut Response) {
    let (back, tls) = (origin(&flow.provider.redirect_uri), visit.site.tls.as_deref().unwrap_or_default());
    let policy = super::CSP.replace("form-action 'self'", format!("form-action 'self' {back} {tls}").trim_end());
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

fn origin(uri: &str) -> &str {
    let start = uri.find("://").map_or(0, |at| at + 3);
    let end = uri[start..].find('/').map_or(uri.len(), |at| start + at);
    &uri[..end]
}

fn owner(session: &str) -> [u8; 32] {
    Sha256::digest(format!("flow of {session}")).into()
}

fn offer(flow: &Flow) -> Vec<Menu> {
    let asked = |menu: &Menu| flow.asked.scopes.iter().any(|scope| scope == menu.scope());
    flow.provider.menus.iter().copied().filter(asked).collect()
}

/// A page of the flow: no menu of the bank's own service, for the customer has not come for that.
fn draw(visit: &Visit, flow: &Flow, step: usize, title: &str, content: &Markup) -> Response {
    let t = visit.t;
    let mut apart = visit.clone();
    apart.session.stage = SessionStage::Nobody;
    let steps = [
        "linkage-step-terms",
        "linkage-step-proof",
        "linkage-step-menus",
        "linkage-step-accounts",
        "linkage-step-permission",
    ];
    let content = html! {
        ol.steps aria-label=(t.get("steps")) {
            @for (at, name) in steps.into_iter().enumerate() {
                li.past[at < step] aria-current=[(at == step).then_some("step")] { (t.get(name)) }
            }
        }
        (content)
    };
    let mut response = page(&apart, title, &content);
    allow_return(visit, flow, &mut response);
    response
}

fn refused(visit: &Visit, text: &str) -> Response {
    let mut response = super::layout::message(visit, &visit.t.get(text));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}

fn button(visit: &Visit, flow: &Flow, step: &str, text: &str, class: &str) -> Markup {
    html! {
        form method="post" action={ "/link/" (flow.id) "/" (step) } data-once {
            (csrf(visit))
            button class=(class) type="submit" { (text) }
        }
    }
}

fn stop_button(visit: &Visit, flow: &Flow) -> Markup {
    button(visit, flow, "stop", &visit.t.get("linkage-stop"), "stop")
}

fn draw_login(visit: &Visit, flow: &Flow, profile: Profile, errors: &Errors) -> Response {
    let t = visit.t;
    let none = Errors::default();
    let content = html! {
        p { (t.with("linkage-login-intro", &[("provider", &flow.provider.name)])) }
        nav.tabs aria-label=(t.get("login-services")) {
            @for known in [Profile::ContractAndUser, Profile::LoginId] {
                a href={ "/link/" (flow.id) "/login?service=" (known.as_str()) } aria-current=[(known == profile).then_some("page")] {
                    @match known {
                        Profile::ContractAndUser => (t.get("service-business")),
                        Profile::LoginId => (t.get("service-direct")),
                    }
                }
            }
        }
        (errors.summary(t))
        (card(visit, &format!("/link/{}/login", flow.id), &html! {
            input type="hidden" name="service" value=(profile.as_str());
            @for field in profile.fields() {
                @match field {
                    LoginField::Contract => (Input { mode: Some("numeric"), max: Some(10), ..Input::new("contract", t.get("contract")) }.draw(&none)),
                    LoginField::User => (Input { autocomplete: "username", max: Some(10), ..Input::new("user", t.get("user")) }.draw(&none)),
                    LoginField::LoginId => (Input { autocomplete: "username", max: Some(40), ..Input::new("login-id", t.get("login-id")) }.draw(&none)),
                }
            }
            (Input::password("password", t.get("login-password")).draw(&none))
            p.actions { button.main type="submit" { (t.get("next")) } }
        }))
        div.actions { (stop_button(visit, flow)) }
    };
    draw(visit, flow, 1, &t.get("linkage-login-title"), &content)
}

fn draw_not_ready(visit: &Visit, flow: &Flow, why: NotReady) -> Response {
    let t = visit.t;
    let (what, next) = match why {
        NotReady::OtpRegistration => ("linkage-not-registered", "linkage-not-registered-next"),
        NotReady::Mail => ("linkage-no-mail", "linkage-no-mail-next"),
        NotReady::FirstSettings => ("linkage-first-settings", "linkage-first-settings-next"),
    };
    let content = html! {
        p.warning role="alert" { (t.get(what)) }
        p { (t.get(next)) }
        div.actions {
            a.button href="/login" { (t.get("to-login")) }
            (stop_button(visit, flow))
        }
    };
    draw(visit, flow, 1, &t.get("linkage-not-ready-title"), &content)
}

/// The page with the code; as everywhere it does not say what is signed, but what to compare it with.
async fn draw_otp(visit: &Visit, flow: &Flow, order: &Order, errors: &Errors) -> Answer {
    let t = visit.t;
    let order = visit.bank().books.get::<Order>(&order.id)?.unwrap_or_else(|| order.clone());
    let code = visit.bank().code(&order).await?;
    let again = button(visit, flow, "otp/code", &t.get("new-code"), "");
    let token = flow.who.as_ref().and_then(|(who, _)| visit.look_up(who).ok()).and_then(|person| person.token);
    let face = visit.site.face.as_ref().zip(token).map(|(face, token)| format!("{face}{token}"));
    let content = html! {
        (errors.summary(t))
        @match &code {
            Some((code, expires_at)) => div.sign {
                (code_picture(t, code, &format!("/link/{}/code.png?{}", flow.id, order.challenge.as_deref().unwrap_or("")), Some(*expires_at)))
                div {
                    ol.how {
                        li { (t.get("sign-1")) }
                        li { b { (t.get("sign-2-linkage")) } }
                        li { (t.get("sign-3-linkage")) }
                    }
                    (card(visit, &format!("/link/{}/otp", flow.id), &html! {
                        input type="hidden" name="attempt" value=(random_hex(16));
                        (Input { hint: Some(t.get("otp-hint")), ..Input::otp("otp", t.get("otp")) }.draw(errors))
                        p.actions { button.main type="submit" { (t.get("next")) } }
                    }))
                    div.actions { (again) (stop_button(visit, flow)) }
                    @if let Some(face) = &face { p { a href=(face) target="_blank" rel="noopener" { (t.get("open-token")) } } }
                    p.caution { (t.get("never-tell")) }
                }
            },
            None => {
                p { (t.get("code-gone")) }
                div.actions { (again) (stop_button(visit, flow)) }
            }
        }
    };
    Ok(draw(visit, flow, 1, &t.get("otp-title"), &content))
}

/// For those who read no code: digits alone.
fn draw_generator(visit: &Visit, flow: &Flow, errors: &Errors) -> Response {
    let t = visit.t;
    let content = html! {
        p { (t.get("generator-intro")) }
        (errors.summary(t))
        (card(visit, &format!("/link/{}/otp", flow.id), &html! {
            input type="hidden" name="attempt" value=(random_hex(16));
            (Input { hint: Some(t.get("generator-hint")), ..Input::otp("otp", t.get("otp")) }.draw(errors))
            p.actions { button.main type="submit" { (t.get("next")) } }
        }))
        div.actions { (stop_button(visit, flow)) }
        p.caution { (t.get("never-tell")) }
    };
    draw(visit, flow, 1, &t.get("generator-title"), &content)
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

fn draw_accounts(visit: &Visit, flow: &Flow, person: &Person, typed: Option<&Fields>, errors: &Errors) -> Answer {
    let t = visit.t;
    let states = visit.bank().account_states(&person.contract)?;
    let first = states.first().map(|(account, _)| account.key());
    let left = states.iter().any(|(_, state)| *state == AccountState::Unregistered);
    let ready = states.iter().any(|(_, state)| *state != AccountState::Unregistered);
    let is_chosen =
        |key: &str| typed.is_some_and(|typed| typed.0.iter().any(|(name, text)| name == "account" && text == key));
    let content = html! {
        p { (t.get("linkage-accounts-intro")) }
        (errors.summary(t))
        (card(visit, &format!("/link/{}/accounts", flow.id), &html! {
            (choices("accounts", "pins", &t.get("accounts"), errors, &html! {
                @for (account, state) in &states {
                    @let key = account.key();
                    @let role = t.get(if first.as_deref() == Some(&key) { "linkage-account-main" } else { "linkage-account-other" });
                    @if *state == AccountState::Unregistered {
                        div.pin {
                            label.choice {
                                input type="checkbox" name="account" value=(key) checked[is_chosen(&key)];
                                span { (account_name(t, account)) small.muted { (role) " · " (state_name(t, *state)) } }
                            }
                            (Input { mode: Some("numeric"), max: Some(4), autocomplete: "off", optional: Some(String::new()), ..Input::password(&format!("pin-{key}"), t.get("inquiry-pin")) }.draw(errors))
                        }
                    } @else {
                        p.choice.fixed { span { (account_name(t, account)) small.muted { (role) " · " (state_name(t, *state)) } } }
                    }
                }
            }))
            @if left { p.actions { button.main[!ready] type="submit" { (t.get("linkage-register")) } } }
        }))
        p.muted { (t.get("linkage-accounts-star")) }
        div.actions {
            @if ready { a.button.main href={ "/link/" (flow.id) "/permission" } { (t.get("next")) } }
            (stop_button(visit, flow))
        }
        @if left {
            details.more {
                summary { (t.get("linkage-pin-forgotten")) }
                p { (t.get("linkage-pin-forgotten-text")) }
                @for (account, _) in states.iter().filter(|(_, state)| *state == AccountState::Unregistered) {
                    form method="post" action={ "/link/" (flow.id) "/accounts/letter" } {
                        (csrf(visit))
                        input type="hidden" name="account" value=(account.key());
                        p { button type="submit" { (t.with("linkage-pin-send", &[("account", &account.number)])) } }
                    }
                }
            }
        }
    };
    Ok(draw(visit, flow, 3, &t.get("linkage-accounts-title"), &content))
}

fn draw_permission(visit: &Visit, flow: &Flow, person: &Person, errors: &Errors) -> Answer {
    let t = visit.t;
    let covered = visit.bank().covered(&person.contract, &flow.menus)?;
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

fn draw_request(visit: &Visit, request: &Wish, state: RequestState, provider: &str) -> Markup {
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
    linkage: &Linkage,
    ended: Option<Ended>,
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
                div { dt { (t.get("linkage-menus")) } dd { (menu_names(t, &linkage.menus)) } }
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

fn menu_names(t: Text, menus: &[Menu]) -> String {
    menus.iter().map(|menu| menu_name(t, *menu)).collect::<Vec<_>>().join(&t.get("list-comma"))
}

fn menu_name(t: Text, menu: Menu) -> String {
    t.get(&format!("link-menu-{}", menu.as_str()))
}

fn account_name(t: Text, account: &Account) -> String {
    format!("{} {}-{}", t.get(&format!("account-{}", account.kind)), account.branch, account.number)
}

fn state_name(t: Text, state: AccountState) -> String {
    t.get(match state {
        AccountState::Unregistered => "account-unregistered",
        AccountState::Pending => "account-pending",
        AccountState::Registered => "account-registered",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(id: usize, who: Option<&str>, begun: u64) -> Flow {
        let who = who.map(|user| Who { contract: "1".to_owned(), user: user.to_owned(), login: String::new() });
        Flow {
            id: id.to_string(),
            owner: [0; 32],
            begun: Timestamp::from_unix(begun),
            standard: Standard::Plain,
            asked: Asked {
                ticket: id.to_string(),
                client: String::new(),
                redirect_uri: String::new(),
                scopes: Vec::new(),
            },
            provider: Provider {
                client: String::new(),
                name: String::new(),
                purpose: String::new(),
                menus: Vec::new(),
                chooses: false,
                standard: Standard::Plain,
                redirect_uri: String::new(),
                days: 90,
            },
            who: who.map(|who| (who, Proof::Password)),
            order: None,
            ticket: None,
            proved: false,
            menus: Vec::new(),
            chosen: Vec::new(),
        }
    }

    #[test]
    fn a_flood_of_strangers_throws_nobody_out_of_the_middle_of_linking() {
        let customer = flow(0, Some("KEIRI01"), 1_000);
        let mut flows = HashMap::from([(customer.id.clone(), customer)]);
        for id in 1..MAX + 5 {
            let stranger = flow(id, None, 1_001);
            let gone = make_room(&mut flows, stranger.begun);
            assert!(gone.iter().all(|gone| gone.who.is_none()));
            flows.insert(stranger.id.clone(), stranger);
        }
        assert_eq!(flows.len(), MAX);
        assert!(flows.contains_key("0"));
        let gone = make_room(&mut flows, Timestamp::from_unix(1_001 + PATIENCE));
        assert_eq!((gone.len(), flows.len()), (MAX, 0), "what is over makes room first");
    }
}
