//! The page with a code: read it, compare, enter the digits. It does not say what is signed: that is what the token is for.

use maud::{Markup, html};

use super::Visit;
use super::forms::{Errors, Input, code_picture, csrf, form as card};
use crate::bank::BankError;
use crate::domain::calendar::day_in_japan;
use crate::domain::order::Order;
use crate::system::random_hex;

/// What differs from one such page to the next.
pub(super) struct Signing {
    /// Where the digits go.
    pub action: String,
    /// Where a new code is asked for.
    pub new_code: String,
    /// The picture of the code.
    pub picture: String,
    /// The names of the texts: what to compare, what to do when it is right, what the button says.
    pub texts: [&'static str; 3],
    /// The way out.
    pub out: Markup,
    /// What stands under it all.
    pub below: Markup,
}

impl Signing {
    /// Draws it for an order.
    pub async fn draw(&self, visit: &Visit, order: &Order, errors: &Errors) -> Result<Markup, BankError> {
        let t = visit.t;
        // The challenge may have been issued after the caller has read the order.
        let order = visit.bank().books.get::<Order>(&order.id)?.unwrap_or_else(|| order.clone());
        let code = visit.bank().code(&order).await?;
        let over = order.is_for_another_day(day_in_japan(visit.bank().now()));
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
                        (code_picture(t, code, &format!("{}?{}", self.picture, order.challenge.as_deref().unwrap_or("")), Some(*expires_at)))
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
                            (self.below)
                            p.caution { (t.get("never-tell")) }
                        }
                    }
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
