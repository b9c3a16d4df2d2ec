//! 申込: what a company fills in before it is a contractor.

use maud::{Markup, html};

use super::fault::Answer;
use super::fields::Fields;
use super::forms::{Errors, Input, choices, form as card, select};
use super::layout::page;
use super::passwords::weak_text;
use super::visit::Visit;
use super::words::method_name;
use crate::bank::{NewAdministrator, Unfit, Wish};
use crate::domain::contract::{LoginMethod, Profile};
use crate::text::Text;

/// The parts of an administrator in the form, each with the place in the list at its end.
const PARTS: [&str; 5] = ["name", "mail", "user", "new", "again"];

pub(super) async fn form(visit: Visit) -> Answer {
    draw(&visit, None, &Errors::default())
}

pub(super) async fn enter(visit: Visit, mut typed: Fields) -> Answer {
    let t = visit.t;
    let method = LoginMethod::from_name(typed.text("method"));
    let has_second = PARTS.iter().any(|part| !typed.text(&input(part, 1)).is_empty());
    let mut errors = Errors::default();
    let mut administrators = Vec::new();
    for place in 0..if has_second { 2 } else { 1 } {
        let (login, again) = (typed.password(&input("new", place)), typed.password(&input("again", place)));
        if login.expose() != again.expose() {
            errors.add(Errors::one(&input("again", place), t.get("password-again-wrong")));
        }
        administrators.push(NewAdministrator {
            name: typed.text(&input("name", place)).to_owned(),
            mail: typed.text(&input("mail", place)).to_owned(),
            user: typed.text(&input("user", place)).to_ascii_uppercase(),
            login,
        });
    }
    let wish = Wish {
        name: typed.text("company").to_owned(),
        kana: typed.text("kana").to_owned(),
        method: method.unwrap_or(LoginMethod::Password),
        profile: Profile::from_name(typed.text("service")).unwrap_or(Profile::ContractAndUser),
        administrators,
    };
    for unfit in wish.unfit() {
        errors.add(told(t, unfit));
    }
    if method.is_none() {
        errors.add(Errors::one("method", t.get("method-missing")));
    }
    if !errors.0.is_empty() {
        return draw(&visit, Some(&typed), &errors);
    }
    visit.count_application(&wish.administrators[0].mail)?;
    let number = visit.bank().apply(&wish).await?;
    let content = html! {
        p.success role="status" { (t.get("apply-done")) }
        dl.facts { div { dt { (t.get("order-number")) } dd { (number) } } }
        p { (t.get("apply-next")) }
        p { a.button href="/login" { (t.get("to-login")) } }
    };
    Ok(page(&visit, &t.get("apply"), &content))
}

/// What is said beside which input.
fn told(t: Text, unfit: Unfit) -> Errors {
    match unfit {
        Unfit::Name => Errors::one("company", t.get("apply-name-wrong")),
        Unfit::Kana => Errors::one("kana", t.get("apply-kana-wrong")),
        Unfit::Administrator(place) => Errors::one(&input("name", place), t.get("apply-administrator-wrong")),
        Unfit::Mail(place) => Errors::one(&input("mail", place), t.get("apply-mail-wrong")),
        Unfit::User(place) => Errors::one(&input("user", place), t.get("apply-user-wrong")),
        Unfit::Login(place, weak) => Errors::one(&input("new", place), t.get(weak_text(weak))),
        _ => Errors::one(&input("name", 0), t.get("apply-administrator-wrong")),
    }
}

/// The name of an input of the administrator in this place.
fn input(part: &str, place: usize) -> String {
    format!("{part}-{}", place + 1)
}

fn draw(visit: &Visit, typed: Option<&Fields>, errors: &Errors) -> Answer {
    let t = visit.t;
    let text = |name: &str| typed.map_or("", |typed| typed.text(name));
    let services = [("business", "apply-service-business"), ("direct", "apply-service-direct")];
    let services = services.map(|(name, text)| (name.to_owned(), t.get(text)));
    let methods = html! {
        p.hint { (t.get("method-responsibility")) }
        @for method in LoginMethod::ALL {
            label.choice {
                input type="radio" name="method" value=(method.as_str()) checked[text("method") == method.as_str()];
                span { b { (method_name(t, method)) } small.muted { (t.get(&format!("method-{}-text", method.as_str()))) } }
            }
        }
    };
    let content = html! {
        p { (t.get("apply-intro")) }
        (errors.summary(t))
        (card(visit, "/apply", &html! {
            (Input { autocomplete: "organization", max: Some(40), value: text("company"), ..Input::new("company", t.get("apply-name")) }.draw(errors))
            (Input { max: Some(40), value: text("kana"), ..Input::new("kana", t.get("apply-kana")) }.draw(errors))
            (choices("method", "", &t.get("method"), errors, &methods))
            (select("service", &t.get("login-services"), &services, text("service"), errors))
            (administrator(t, 0, typed, errors))
            details.more open[PARTS.iter().any(|part| !text(&input(part, 1)).is_empty() || errors.of(&input(part, 1)).is_some())] {
                summary { (t.get("apply-second")) }
                (administrator(t, 1, typed, errors))
            }
            p.actions { button.main type="submit" { (t.get("apply-send")) } }
        }))
    };
    Ok(page(visit, &t.get("apply"), &content))
}

/// The inputs of an administrator. Only the first has to be filled in.
fn administrator(t: Text, place: usize, typed: Option<&Fields>, errors: &Errors) -> Markup {
    let text = |name: &str| typed.map_or("", |typed| typed.text(name));
    let [name, mail, user, new, again] = PARTS.map(|part| input(part, place));
    let optional = || (place > 0).then(String::new);
    html! {
        fieldset {
            legend { (t.get(if place == 0 { "apply-first" } else { "apply-second" })) }
            (Input { max: Some(20), hint: Some(t.get("apply-administrator-hint")), value: text(&name), optional: optional(), ..Input::new(&name, t.get("apply-administrator")) }.draw(errors))
            (Input { kind: "email", autocomplete: "email", max: Some(100), value: text(&mail), optional: optional(), ..Input::new(&mail, t.get("mail")) }.draw(errors))
            (Input { max: Some(10), hint: Some(t.get("apply-user-hint")), value: text(&user), optional: optional(), ..Input::new(&user, t.get("user")) }.draw(errors))
            (Input { autocomplete: "new-password", hint: Some(t.get("password-hint")), optional: optional(), ..Input::password(&new, t.get("login-password")) }.draw(errors))
            (Input { autocomplete: "new-password", optional: optional(), ..Input::password(&again, t.get("login-password-again")) }.draw(errors))
            @if place == 0 { p.hint { (t.get("apply-password-text")) } }
        }
    }
}
