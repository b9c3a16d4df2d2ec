//! The pages of the site.

use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use camtoken::language::Language;
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use super::client::Linked;
use super::office::{Visit, cookie};
use super::services::SERVICES;
use crate::domain::directory::BANKS;
use crate::domain::linkage::{Menu, Standard};
use crate::system::random_hex;
use crate::text::Text;

/// The content of a linked customer's page.
pub(super) struct Seen {
    /// The accounts, with the balance where it may be asked for.
    pub accounts: Vec<(Value, Option<u64>)>,
    /// The ordered transfers, the latest first.
    pub requests: Vec<Value>,
    /// Whether the customer may ask for transfers at present.
    pub transfers_open: bool,
    /// Why a part of it is missing, in the customer's language.
    pub trouble: Option<String>,
}

/// The text for a word of the bank; another one for a word that is not in the list.
fn said(t: Text, start: &str, words: &[&str], word: &Value, otherwise: &str) -> String {
    match word.as_str().filter(|word| words.contains(word)) {
        Some(word) => t.get(&format!("{start}-{word}")),
        None => t.get(otherwise),
    }
}

const ACCOUNT_TYPES: [&str; 4] = ["ordinary", "current", "savings", "other"];

const STATES: [&str; 4] = ["pending", "done", "expired", "ended"];

const REFUSALS: [&str; 5] = ["funds", "limit", "account", "changed", "day"];

fn csrf(visit: &Visit) -> Markup {
    html! { input type="hidden" name="csrf" value=(visit.visitor.csrf); }
}

/// The page of a customer who is not linked. `authority` is where the certificate for the bank's pages under TLS is.
pub(super) fn begin_page(visit: &Visit, authority: Option<&str>) -> Markup {
    let t = visit.t;
    html! {
        p.lead { (t.get("provider-intro")) }
        form.card method="post" action="/link" {
            (csrf(visit))
            fieldset {
                legend { (t.get("provider-choose")) }
                @for (at, service) in SERVICES.iter().enumerate() {
                    label.choice {
                        input type="radio" name="service" value=(service.client) checked[at == 0];
                        span {
                            (t.get(if service.purpose == "accounting" { "provider-accounting" } else { "provider-expenses" }))
                            small.muted { (t.get(match service.standard { Standard::Plain => "provider-plain", Standard::Fapi => "provider-fapi" })) }
                        }
                    }
                }
            }
            p.actions { button.main type="submit" { (t.get("provider-link")) } }
        }
        @if let Some(authority) = authority { p.muted { (t.get("provider-tls")) " " a href=(authority) { (t.get("provider-authority")) } } }
        p.muted { (t.get("provider-password")) }
    }
}

pub(super) fn linked_page(visit: &Visit, linked: &Linked, seen: &Seen) -> Markup {
    let t = visit.t;
    let may = |menu: Menu| linked.scopes.iter().any(|scope| scope == menu.scope());
    let branches = BANKS.iter().flat_map(|bank| bank.branches.iter().map(move |branch| (bank, branch)));
    html! {
        p.lead { (t.get("provider-is-linked")) " " span.tag { (t.get(match linked.standard { Standard::Plain => "provider-plain", Standard::Fapi => "provider-fapi" })) } }
        @if let Some(trouble) = &seen.trouble { p.warning role="status" { (t.get("provider-part-missing")) " " (trouble) } }
        h2 { (t.get("accounts")) }
        @if seen.accounts.is_empty() { p { (t.get("provider-no-accounts")) } }
        ul.accounts {
            @for (account, balance) in &seen.accounts {
                @let id = account["id"].as_str().unwrap_or_default();
                li {
                    a href={ "/accounts/" (id) } {
                        span { (said(t, "account", &ACCOUNT_TYPES, &account["accountType"], "account-other")) " " (id) }
                        @match balance { Some(yen) => b { (t.yen(*yen)) }, None => b { "—" } }
                    }
                }
            }
        }
        @if may(Menu::Transfer) {
            h2 { (t.get("provider-transfers")) }
            @for request in &seen.requests {
                section.todo {
                    h3 { (t.yen(request["amount"].as_u64().unwrap_or_default())) " " span.tag { (said(t, "request", &STATES, &request["state"], "provider-state-unknown")) } }
                    p { span.kana { (request["payee"].as_str().unwrap_or_default()) } " " small.muted { (request["id"].as_str().unwrap_or_default()) } }
                    @if request["refused"].is_string() {
                        p.warning {
                            (t.with("request-refused", &[("reason", &said(t, "outcome", &REFUSALS, &request["refused"], "provider-reason-unknown"))]))
                            @if request["state"] == "pending" { " " (t.get("request-again")) }
                        }
                    }
                    @if request["state"] == "pending" { p { a.button href=(request["signAt"].as_str().unwrap_or_default()) target="_blank" rel="noopener" { (t.get("provider-sign")) } } }
                }
            }
            @if !seen.transfers_open { p.warning role="status" { (t.get("provider-transfers-closed")) } }
            @else { form.card method="post" action="/transfers" {
                (csrf(visit))
                input type="hidden" name="key" value=(random_hex(12));
                h3 { (t.get("provider-ask")) }
                div.field { label for="from" { (t.get("from-account")) }
                    // For transfers alone the bank names no account.
                    @if seen.accounts.is_empty() { input #from name="from" placeholder="102-0012345" required; } @else {
                        select #from name="from" {
                            @for (account, _) in &seen.accounts { @let id = account["id"].as_str().unwrap_or_default(); option value=(id) { (id) } }
                        }
                    }
                }
                div.field { label for="branch" { (t.get("bank-and-branch")) }
                    select #branch name="branch" {
                        @for (bank, branch) in branches { option value={ (bank.code) "-" (branch.code) } selected[bank.code == "9902" && branch.code == "110"] { (bank.name) " " (branch.name) } }
                    }
                }
                div.field { label for="account" { (t.get("account-number")) } input #account name="account" inputmode="numeric" value="0054321" required; }
                div.field { label for="payee" { (t.get("payee-name")) } input #payee name="payee" value="ミホンシヨウジ（カ" required; }
                div.field { label for="amount" { (t.get("amount")) } input #amount name="amount" inputmode="numeric" required; }
                p.actions { button.main type="submit" { (t.get("provider-send")) } }
            } }
        }
        (end(visit))
    }
}

/// The page of a linked customer when the bank tells nothing.
pub(super) fn troubled_page(visit: &Visit, trouble: &str) -> Markup {
    let t = visit.t;
    html! {
        p.lead { (t.get("provider-is-linked")) }
        p.warning role="alert" { (t.get("provider-trouble")) " " (trouble) }
        p { a.button href="/" { (t.get("provider-again")) } }
        (end(visit))
    }
}

/// A page that is not there.
pub(super) fn missing_page(t: Text) -> Markup {
    html! {
        p { (t.get("provider-no-page")) }
        p { a.button href="/" { (t.get("provider-back")) } }
    }
}

fn end(visit: &Visit) -> Markup {
    let t = visit.t;
    html! {
        h2 { (t.get("provider-end")) }
        form method="post" action="/unlink" {
            (csrf(visit))
            p { button.danger type="submit" { (t.get("provider-unlink")) } }
        }
    }
}

pub(super) fn statement_page(t: Text, account: &str, answer: &Value) -> Markup {
    let empty = Vec::new();
    let lines = answer["lines"].as_array().unwrap_or(&empty);
    html! {
        p.lead { (account) }
        @if lines.is_empty() { p { (t.get("no-lines")) } } @else {
            div.scroll tabindex="0" role="region" aria-label=(t.get("statement")) {
                table.cards {
                    thead { tr {
                        th scope="col" { (t.get("day")) } th scope="col" { (t.get("content")) }
                        th.number scope="col" { (t.get("amount-plain")) } th.number scope="col" { (t.get("balance")) }
                    } }
                    tbody {
                        @for line in lines.iter().rev() {
                            @let amount = line["amount"].as_i64().unwrap_or_default();
                            tr {
                                td data-label=(t.get("day")) { (line["day"].as_str().unwrap_or_default()) }
                                td data-label=(t.get("content")) {
                                    div { span.kana { (line["text"].as_str().unwrap_or_default()) } br; small.muted { (line["order"].as_str().unwrap_or_default()) } }
                                }
                                td.number data-label=(t.get("amount-plain")) { @if amount < 0 { "−" } (t.yen(amount.unsigned_abs())) }
                                td.number data-label=(t.get("balance")) { (t.yen(line["balance"].as_u64().unwrap_or_default())) }
                            }
                        }
                    }
                }
            }
        }
        p { a href="/" { (t.get("provider-back")) } }
    }
}

pub(super) fn draw(visit: &Visit, title: &str, content: &Markup) -> Response {
    let t = visit.t;
    let (other, label) = match t.0 {
        Language::Ja => ("en", "English"),
        Language::En => ("ja", "日本語"),
    };
    let markup = html! {
        (DOCTYPE)
        html lang=(t.0) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " | " (t.get("provider-name")) }
                link rel="icon" href="/mark.svg" type="image/svg+xml";
                link rel="stylesheet" href="/style.css";
            }
            body.provider {
                header.top { div.wide {
                    a.brand href="/" { img src="/mark.svg" alt="" width="32" height="32"; span { b { (t.get("provider-name")) } small { (t.get("provider-slogan")) } } }
                    div.tools { a.quiet hreflang=(other) lang=(other) href={ "/?lang=" (other) } { (label) } }
                } }
                p.demo-strip { (t.get("provider-strip")) }
                div.wide.columns {
                    main #content tabindex="-1" {
                        h1 { (title) }
                        @if let Some((key, detail)) = &visit.visitor.notice {
                            p.notice role="status" { (t.get(key)) @if !detail.is_empty() { " " small { (detail) } } }
                        }
                        (content)
                    }
                }
                footer { div.wide { p { (t.get("provider-footer")) } } }
            }
        }
    };
    let mut response = Html(markup.into_string()).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie(&visit.name));
    response
}
