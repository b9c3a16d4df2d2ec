//! 申込: what a company fills in before it is a contractor.

use maud::html;

use super::fault::Answer;
use super::fields::Fields;
use super::forms::{Errors, Input, form as card, select};
use super::layout::page;
use super::visit::Visit;
use super::words::method_name;
use crate::bank::{Unfit, Wish};
use crate::domain::contract::{LoginMethod, Profile};

pub(super) async fn form(visit: Visit) -> Answer {
    draw(&visit, None, &Errors::default())
}

pub(super) async fn enter(visit: Visit, typed: Fields) -> Answer {
    let t = visit.t;
    let wish = Wish {
        name: typed.text("company").to_owned(),
        kana: typed.text("kana").to_owned(),
        method: LoginMethod::from_name(typed.text("method")).unwrap_or(LoginMethod::Password),
        profile: Profile::from_name(typed.text("service")).unwrap_or(Profile::ContractAndUser),
        administrator: typed.text("administrator").to_owned(),
        mail: typed.text("mail").to_owned(),
    };
    if let Err(unfit) = wish.check() {
        let errors = match unfit {
            Unfit::Name => Errors::one("company", t.get("apply-name-wrong")),
            Unfit::Kana => Errors::one("kana", t.get("apply-kana-wrong")),
            Unfit::Administrator => Errors::one("administrator", t.get("apply-administrator-wrong")),
            Unfit::Mail => Errors::one("mail", t.get("apply-mail-wrong")),
        };
        return draw(&visit, Some(&typed), &errors);
    }
    visit.count_application(&wish.mail)?;
    let number = visit.bank().apply(&wish)?;
    let content = html! {
        p.success role="status" { (t.get("apply-done")) }
        dl.facts { div { dt { (t.get("order-number")) } dd { (number) } } }
        p { (t.get("apply-next")) }
        p { a.button href="/login" { (t.get("to-login")) } }
    };
    Ok(page(&visit, &t.get("apply"), &content))
}

fn draw(visit: &Visit, typed: Option<&Fields>, errors: &Errors) -> Answer {
    let t = visit.t;
    let text = |name: &str| typed.map_or("", |typed| typed.text(name));
    let methods = LoginMethod::ALL.map(|method| (method.as_str().to_owned(), method_name(t, method)));
    let services = [("business", "service-business"), ("direct", "service-direct")];
    let services = services.map(|(name, text)| (name.to_owned(), t.get(text)));
    let chosen = if text("method").is_empty() { LoginMethod::Password.as_str() } else { text("method") };
    let content = html! {
        p { (t.get("apply-intro")) }
        (errors.summary(t))
        (card(visit, "/apply", &html! {
            (Input { autocomplete: "organization", max: Some(40), value: text("company"), ..Input::new("company", t.get("apply-name")) }.draw(errors))
            (Input { max: Some(40), value: text("kana"), ..Input::new("kana", t.get("apply-kana")) }.draw(errors))
            (select("method", &t.get("method"), &methods, chosen, errors))
            (select("service", &t.get("login-services"), &services, text("service"), errors))
            (Input { max: Some(20), hint: Some(t.get("apply-administrator-hint")), value: text("administrator"), ..Input::new("administrator", t.get("apply-administrator")) }.draw(errors))
            (Input { kind: "email", autocomplete: "email", max: Some(100), value: text("mail"), ..Input::new("mail", t.get("mail")) }.draw(errors))
            p.actions { button.main type="submit" { (t.get("apply-send")) } }
        }))
    };
    Ok(page(visit, &t.get("apply"), &content))
}
