//! The forms with which a user proves who they are, at the bank itself and on the way to an external service.

use camtoken::verifier::Rejection;
use maud::{Markup, html};

use super::fault::Fault;
use super::fields::Fields;
use super::forms::{Errors, Input, form as card};
use super::visit::Visit;
use crate::bank::Numbers;
use crate::domain::contract::{LoginField, Profile};
use crate::domain::credential::Password;
use crate::system::random_hex;
use crate::text::Text;

/// The entries of a login form; one more try under that name.
pub(super) fn typed(visit: &Visit, fields: &mut Fields) -> Result<(Profile, Numbers, Password), Fault> {
    let profile = Profile::from_name(fields.text("service")).ok_or(Fault::NotFound)?;
    let numbers: Vec<_> = profile.fields().iter().map(|field| (*field, fields.text(name(*field)).to_owned())).collect();
    let names = numbers.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>();
    let numbers = Numbers(numbers);
    let is_known = visit.bank().knows_browser(profile, &numbers, visit.browser.as_deref())?;
    visit.count(&names.iter().map(String::as_str).collect::<Vec<_>>(), is_known)?;
    Ok((profile, numbers, fields.password("password")))
}

/// The message about it, the same for every error.
pub(super) fn wrong(t: Text, profile: Profile) -> Errors {
    Errors::one(name(profile.fields()[0]), t.get("login-wrong"))
}

fn name(field: LoginField) -> &'static str {
    match field {
        LoginField::Contract => "contract",
        LoginField::User => "user",
        LoginField::LoginId => "login-id",
    }
}

/// The form for what is known of a person beside the proof by device. It does not say which part was wrong.
pub(super) fn login_card(
    visit: &Visit,
    path: &str,
    profile: Profile,
    button: &str,
    (numbers, errors): (&Numbers, &Errors),
) -> Markup {
    let (t, none) = (visit.t, Errors::default());
    let typed = |field| numbers.0.iter().find(|(known, _)| *known == field).map_or("", |(_, text)| text.as_str());
    html! {
        nav.tabs aria-label=(t.get("login-services")) {
            @for known in [Profile::ContractAndUser, Profile::LoginId] {
                a href={ (visit.path) "?service=" (known.as_str()) } aria-current=[(known == profile).then_some("page")] {
                    @match known {
                        Profile::ContractAndUser => (t.get("service-business")),
                        Profile::LoginId => (t.get("service-direct")),
                    }
                }
            }
        }
        (errors.summary(t))
        (card(visit, path, &html! {
            input type="hidden" name="service" value=(profile.as_str());
            @for field in profile.fields() {
                @match field {
                    LoginField::Contract => (Input { mode: Some("numeric"), max: Some(10), hint: Some(t.get("contract-hint")), value: typed(LoginField::Contract), ..Input::new("contract", t.get("contract")) }.draw(&none)),
                    LoginField::User => (Input { autocomplete: "username", max: Some(10), value: typed(LoginField::User), ..Input::new("user", t.get("user")) }.draw(&none)),
                    LoginField::LoginId => (Input { autocomplete: "username", max: Some(40), value: typed(LoginField::LoginId), ..Input::new("login-id", t.get("login-id")) }.draw(&none)),
                }
            }
            (Input::password("password", t.get("login-password")).draw(&none))
            p.actions { button.main type="submit" { (button) } }
        }))
    }
}

/// The form for those who read no code: digits alone.
pub(super) fn generator_card(visit: &Visit, path: &str, button: &str, errors: &Errors) -> Markup {
    let t = visit.t;
    html! {
        p { (t.get("generator-intro")) }
        (errors.summary(t))
        (card(visit, path, &html! {
            input type="hidden" name="attempt" value=(random_hex(16));
            (Input { hint: Some(t.get("generator-hint")), ..Input::otp("otp", t.get("otp")) }.draw(errors))
            p.actions { button.main type="submit" { (button) } }
        }))
    }
}

/// A time-based password has no code that another could take the place of.
pub(super) fn generator_rejected(t: Text, rejection: Rejection) -> String {
    match rejection {
        Rejection::Wrong { suspended: true, .. } | Rejection::Suspended | Rejection::Revoked => t.get("otp-suspended"),
        Rejection::Malformed { digits } => t.with("otp-malformed", &[("digits", &digits.to_string())]),
        _ => t.get("generator-wrong"),
    }
}
