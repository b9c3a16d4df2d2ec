//! The page with a code: read it, compare, enter the digits. It does not say what is signed: that is what the token is for.

use axum::response::Response;
use base16ct::mixed;
use maud::{Markup, html};

use super::behind::behind;
use super::fields::Fields;
use super::forms::{Errors, Input, code_picture, csrf, form as card};
use super::layout::page;
use super::visit::Visit;
use crate::bank::BankError;
use crate::domain::calendar::day_in_japan;
use crate::domain::order::{Act, Order};
use crate::system::random_hex;
use crate::text::Text;

/// What differs from one such page to the next.
pub(super) struct Signing {
    /// Where the digits go.
    pub action: String,
    /// The address to request a new code.
    pub new_code: String,
    /// The picture of the code.
    pub picture: String,
    /// The names of the texts: what to compare, what to do when it is right, what the button says.
    pub texts: [&'static str; 3],
    /// The way out.
    pub out: Markup,
    /// The address to report that the token shows something else.
    pub differs: Option<String>,
    /// The content below everything.
    pub below: Markup,
}

impl Signing {
    /// Draws it for an order.
    pub async fn draw(&self, visit: &Visit, order: &Order, errors: &Errors) -> Result<Markup, BankError> {
        let t = visit.t;
        // The challenge may have been issued after the caller has read the order.
        let order = visit.bank().books.get::<Order>(&order.id)?.unwrap_or_else(|| order.clone());
        let code = visit.bank().code(&order).await?;
        let token = visit.bank().person(&order.contract, &order.user)?.and_then(|person| person.token);
        let over = order.is_for_another_day(day_in_japan(visit.bank().now()));
        let behind = behind(visit, &order).await?;
        let [compare, approve, button] = self.texts;
        let again = html! {
            form method="post" action=(self.new_code) data-once {
                (csrf(visit))
                button type="submit" { (t.get("new-code")) }
            }
        };
        Ok(html! {
            @match &code {
                Some((code, expires_at)) => {
                    (errors.summary(t))
                    div.sign {
                        (code_picture(visit, token.as_deref(), code, &format!("{}?{}", self.picture, order.challenge.as_deref().unwrap_or("")), Some(*expires_at)))
                        div {
                            ol.how {
                                li { (t.get("sign-1")) }
                                li { b { (t.get(compare)) } }
                                li { (t.get(approve)) }
                            }
                            (card(visit, &self.action, &html! {
                                input type="hidden" name="attempt" value=(random_hex(16));
                                (Input { hint: Some(t.get("otp-hint")), ..Input::otp("otp", t.get("otp")) }.draw(errors))
                                p.actions { button.main type="submit" { (t.get(button)) } }
                            }))
                            div.actions { (again) (self.out) }
                            @if let Some(differs) = &self.differs {
                                form.differs method="post" action=(differs) data-once {
                                    (csrf(visit))
                                    button.danger type="submit" { (t.get("differs")) }
                                }
                            }
                            (self.below)
                            p.caution { (t.get("never-tell")) }
                        }
                    }
                    (behind)
                },
                None => {
                    (errors.without_inputs().summary(t))
                    p { (t.get(if over { "order-day" } else { "code-gone" })) }
                    div.actions { @if !over { (again) } (self.out) }
                }
            }
        })
    }
}

/// The page with the code of an order at the bank itself; `action` is where the digits go, `new_code` where a new code is asked
/// for; `below` is under the form.
pub(super) async fn sign_page(
    visit: &Visit,
    order: &Order,
    (action, new_code): (impl Into<String>, impl Into<String>),
    below: Markup,
    errors: &Errors,
) -> Result<Response, BankError> {
    let t = visit.t;
    let is_login = matches!(order.act, Act::Login);
    let action = action.into();
    let signing = Signing {
        differs: Some(format!("{action}/differs")),
        new_code: new_code.into(),
        picture: format!("/orders/{}/code.png", order.id),
        texts: if is_login { ["sign-2-login", "sign-3", "login"] } else { ["sign-2", "sign-3", "carry-out"] },
        out: html! {
            form method="post" action={ (action) "/stop" } { (csrf(visit)) button type="submit" { (t.get("give-up")) } }
        },
        below,
        action,
    };
    let content = signing.draw(visit, order, errors).await?;
    Ok(page(visit, &t.get("otp-title"), &content))
}

/// What a person should do whose token showed something else: nothing more in this browser.
pub(super) fn differs_page(t: Text, order: &str) -> Markup {
    html! {
        p.warning role="alert" { (t.get("differs-done")) }
        ol.how {
            li { (t.get("differs-1")) }
            li { (t.get("differs-2")) }
            li { (t.get("differs-3")) }
        }
        p { (t.get("order-number")) ": " b { (order) } }
        p { b { (t.get("contact-desk")) } }
    }
}

/// The attempt that the form carries, so that a form that is sent twice is one attempt.
pub(super) fn attempt(form: &Fields) -> Option<[u8; 16]> {
    let mut attempt = [0; 16];
    let read = mixed::decode(form.text("attempt"), &mut attempt).ok()?.len();
    (read == attempt.len()).then_some(attempt)
}
