//! 限度額変更 and パスワード変更.

use axum::response::{IntoResponse, Redirect};
use camtoken::transaction::Operation;
use camtoken::verifier::Step;
use maud::html;

use super::drafts::{Entered, checked, keep};
use super::fault::{Answer, Fault};
use super::fields::Fields;
use super::forms::{Errors, Input, form as card, select};
use super::layout::page;
use super::login_forms::generator_rejected;
use super::passwords::{new_hash, password_inputs, set_password};
use super::session::{Stage, Who};
use super::signing::attempt;
use super::visit::Visit;
use crate::bank::Draft;
use crate::domain::caution::Bound;
use crate::domain::contract::Limit;
use crate::domain::order::Act;
use crate::domain::people::Person;
use crate::system::random_hex;
use crate::text::Text;

pub(super) async fn limits(visit: Visit) -> Answer {
    draw_limits(&visit, &visit.administrator()?, Fields::typed(&visit).as_ref(), &Errors::default())
}

pub(super) async fn limits_enter(visit: Visit, typed: Fields) -> Answer {
    let (t, person) = (visit.t, visit.administrator()?);
    let contract = visit.contract(&person)?;
    let limit = Limit::from_name(typed.text("limit")).ok_or(Fault::NotFound)?;
    let fields = [
        ("limit", limit.as_str().to_owned()),
        ("old", contract.limit(limit).to_string()),
        ("new", typed.amount("limit-new")),
    ]
    .map(|(name, text)| (name.to_owned(), text));
    match checked(t, Draft { operation: Operation::LimitChange, fields: fields.into(), act: Act::ChangeLimit }) {
        Ok(draft) => Ok(keep(&visit, draft)),
        Err(errors) => draw_limits(&visit, &person, Some(&typed), &errors.called("new", "limit-new")),
    }
}

fn draw_limits(visit: &Visit, person: &Person, typed: Option<&Fields>, errors: &Errors) -> Answer {
    let t = visit.t;
    let contract = visit.contract(person)?;
    let options: Vec<_> = Limit::ALL
        .iter()
        .map(|limit| {
            (limit.as_str().to_owned(), format!("{}  {}", limit_name(t, *limit), t.yen(contract.limit(*limit))))
        })
        .collect();
    let text = |name: &str| typed.map_or("", |typed| typed.text(name));
    let (now, caution) = (visit.bank().now(), visit.bank().caution);
    let raised = Limit::ALL.into_iter().filter_map(|limit| match caution.limit(&contract, limit, now) {
        (yen, Bound::Raised(until)) => Some((limit, yen, until)),
        _ => None,
    });
    let raised: Vec<_> = raised.collect();
    let content = html! {
        p { (t.get("limits-intro")) }
        @if !caution.cooling.is_zero() { p { (t.with("limits-cooling", &[("wait", &t.wait(caution.cooling.as_secs()))])) } }
        @for (limit, yen, until) in &raised {
            p.notice { (t.with("limits-raised", &[("limit", &limit_name(t, *limit)), ("yen", &t.yen(*yen)), ("until", &t.moment(*until))])) }
        }
        (errors.summary(t))
        (card(visit, "/limits", &html! {
            (select("limit", &t.get("limit"), &options, text("limit"), errors))
            (Input { mode: Some("numeric"), max: Some(18), hint: Some(t.get("amount-hint")), value: text("limit-new"), ..Input::new("limit-new", t.get("limit-new")) }.draw(errors))
            p.actions { button.main type="submit" { (t.get("to-confirm")) } }
        }))
    };
    Ok(page(visit, &t.get("menu-limits"), &content))
}

pub(super) async fn password(visit: Visit) -> Answer {
    draw_password(&visit, &visit.person()?, "login", &Errors::default())
}

pub(super) async fn password_enter(visit: Visit, mut typed: Fields) -> Answer {
    let person = visit.person()?;
    if person.gave_back() {
        return set_by_generator(&visit, &person, &mut typed).await;
    }
    let which = if typed.text("which") == "transaction" { "transaction" } else { "login" };
    match set_password(&visit, &person, which, &mut typed).await? {
        Entered::Draft(draft) => Ok(keep(&visit, draft)),
        Entered::Wrong(errors) => draw_password(&visit, &person, which, &errors),
    }
}

/// The login password of a person who gave the camera token back, set by the generator's digits.
async fn set_by_generator(visit: &Visit, person: &Person, typed: &mut Fields) -> Answer {
    let t = visit.t;
    let hash = match new_hash(visit, person, "login", typed).await? {
        Ok(hash) => hash,
        Err(errors) => return draw_password(visit, person, "login", &errors),
    };
    let attempt = attempt(typed).ok_or(Fault::Form)?;
    match visit.bank().set_password_by_generator(person, &hash, typed.text("otp"), attempt).await? {
        Step::Done(()) => {
            visit.site.sessions.end_all_of(&person.contract, &person.user, Some(&visit.name));
            let mut person = person.clone();
            person.login.hash = hash;
            visit.change(|session| session.stage = Stage::In(Who::new(&person)));
            visit.tell("password-done");
            Ok(Redirect::to("/home").into_response())
        }
        Step::Rejected(rejection) => {
            draw_password(visit, person, "login", &Errors::one("otp", generator_rejected(t, rejection)))
        }
    }
}

fn draw_password(visit: &Visit, person: &Person, which: &str, errors: &Errors) -> Answer {
    let t = visit.t;
    if person.gave_back() {
        let content = html! {
            p { (t.with("password-generator-intro", &[("user", &person.user)])) }
            (errors.summary(t))
            (card(visit, "/password", &html! {
                input type="hidden" name="attempt" value=(random_hex(16));
                (password_inputs(t, errors))
                (Input { hint: Some(t.get("generator-hint")), ..Input::otp("otp", t.get("otp")) }.draw(errors))
                p.actions { button.main type="submit" { (t.get("password-set")) } }
            }))
        };
        return Ok(page(visit, &t.get("menu-password"), &content));
    }
    let options = ["login", "transaction"].map(|name| (name.to_owned(), t.get(&format!("{name}-password"))));
    let content = html! {
        p { (t.with("password-intro", &[("user", &person.user)])) }
        (errors.summary(t))
        (card(visit, "/password", &html! {
            (select("which", &t.get("password-which"), &options, which, errors))
            (password_inputs(t, errors))
            p.actions { button.main type="submit" { (t.get("to-confirm")) } }
        }))
    };
    Ok(page(visit, &t.get("menu-password"), &content))
}

/// The name of a limit, as tokens name it.
fn limit_name(t: Text, limit: Limit) -> String {
    t.get(&format!("op-{}", limit.as_str()))
}
