//! How the bank's own people come in.

use maud::html;

use crate::pages::fault::Answer;
use crate::pages::fields::Fields;
use crate::pages::forms::{Errors, Input, form as card};
use crate::pages::layout::page;
use crate::pages::session::Stage;
use crate::pages::visit::Visit;

pub(in crate::pages) async fn form(visit: Visit) -> Answer {
    draw_form(&visit, &Errors::default())
}

pub(in crate::pages) async fn enter(visit: Visit, mut fields: Fields) -> Answer {
    visit.count(&["operator", fields.text("operator")], false)?;
    let password = fields.password("password");
    match visit.bank().log_in_operator(fields.text("operator"), password).await? {
        Some(operator) => Ok(visit.enter(Stage::Operator(operator.id), "/operator")),
        None => draw_form(&visit, &Errors::one("operator", visit.t.get("login-wrong"))),
    }
}

fn draw_form(visit: &Visit, errors: &Errors) -> Answer {
    let t = visit.t;
    let content = html! {
        (errors.summary(t))
        (card(visit, "/operator/login", &html! {
            (Input { autocomplete: "username", max: Some(20), ..Input::new("operator", t.get("operator-id")) }.draw(&Errors::default()))
            (Input::password("password", t.get("password")).draw(&Errors::default()))
            p.actions { button.main type="submit" { (t.get("login")) } }
        }))
    };
    Ok(page(visit, &t.get("operator"), &content))
}
