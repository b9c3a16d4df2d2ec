//! 照会用暗証番号登録: the accounts whose balances and statements the provider may read.

use axum::extract::Path;
use maud::html;

use super::flow::{linkages, proved};
use super::frame::{button, draw, stop_button, to};
use super::names::state_name;
use crate::domain::credential::{Entry, Password};
use crate::domain::ledger::Account;
use crate::domain::linkage::AccountState;
use crate::domain::people::Person;
use crate::linkage::accounts::{PinEntry, PinLetter};
use crate::pages::fault::{Answer, Fault};
use crate::pages::fields::Fields;
use crate::pages::flows::Flow;
use crate::pages::forms::{Errors, Input, choices, csrf, form as card};
use crate::pages::visit::Visit;
use crate::pages::words::account_name;

pub(super) async fn choose(visit: Visit, Path(id): Path<String>) -> Answer {
    let (flow, person) = inquiring(&visit, &id)?;
    draw_accounts(&visit, &flow, &person, None, &Errors::default())
}

pub(super) async fn enter(visit: Visit, Path(id): Path<String>, mut typed: Fields) -> Answer {
    let (mut flow, person) = inquiring(&visit, &id)?;
    visit.count_address()?;
    let states = visit.bank().account_states(&person)?;
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
    // Entries that are no PIN at all are errors for all accounts at once, and are not counted.
    for account in &chosen {
        let (field, typed) = (format!("pin-{account}"), typed.number(&format!("pin-{account}")));
        if typed.len() != 4 || !typed.bytes().all(|byte| byte.is_ascii_digit()) {
            errors.0.push((field, visit.t.get("linkage-pin-form")));
        }
    }
    if !errors.0.is_empty() {
        return draw_accounts(&visit, &flow, &person, Some(&typed), &errors);
    }
    for account in &chosen {
        let field = format!("pin-{account}");
        let pin = Password::new(typed.number(&field));
        // Wiped here as elsewhere; the digits above are all that is looked at.
        drop(typed.password(&field));
        let text = match visit.bank().enter_pin(&person, account, pin).await? {
            PinEntry::Entered(Entry::Right) => continue,
            PinEntry::Entered(Entry::Wrong { left: 0, .. }) => visit.t.get("linkage-pin-suspended"),
            PinEntry::Entered(Entry::Wrong { left: 1, .. }) => visit.t.get("linkage-pin-one-left"),
            PinEntry::Entered(_) => visit.t.get("linkage-pin-wrong"),
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

pub(super) async fn check(visit: Visit, Path(id): Path<String>) -> Answer {
    let (flow, person) = inquiring(&visit, &id)?;
    let t = visit.t;
    let states = visit.bank().account_states(&person)?;
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

pub(super) async fn confirm(visit: Visit, Path(id): Path<String>, _: Fields) -> Answer {
    let (mut flow, person) = inquiring(&visit, &id)?;
    let chosen = std::mem::take(&mut flow.chosen);
    if !chosen.is_empty() && visit.bank().register_accounts(&person, &chosen)? {
        visit.tell("linkage-accounts-done");
    }
    let next = to(&flow, "accounts");
    linkages(&visit)?.keep(flow);
    Ok(next)
}

pub(super) async fn letter(visit: Visit, Path(id): Path<String>, typed: Fields) -> Answer {
    let (flow, person) = inquiring(&visit, &id)?;
    visit.count_address()?;
    match visit.bank().send_pin(&person, typed.text("account")).await? {
        PinLetter::Sent => visit.tell("linkage-letter-sent"),
        PinLetter::TooSoon => visit.tell("linkage-letter-soon"),
        PinLetter::None => return Err(Fault::Form),
    }
    Ok(to(&flow, "accounts"))
}

/// The same, for the pages with accounts: they are there for inquiries alone.
fn inquiring(visit: &Visit, id: &str) -> Result<(Flow, Person), Fault> {
    let (flow, person) = proved(visit, id)?;
    let inquires = flow.menus.iter().any(|menu| menu.is_inquiry() && menu.is_open_to(&person));
    if inquires { Ok((flow, person)) } else { Err(Fault::Form) }
}

fn draw_accounts(visit: &Visit, flow: &Flow, person: &Person, typed: Option<&Fields>, errors: &Errors) -> Answer {
    let t = visit.t;
    let states = visit.bank().account_states(person)?;
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
