//! The site. Handlers hold no rules: they read a form, ask the bank once, and show what it says.
//!
//! A page names no other page. Code that several pages need is in files of its own: `visit` (the caller), `fields` (what a form
//! says), `fault` (why there is no page), `layout`, `forms`, `login_forms`, `drafts`, `passkey_forms`, `passwords`, `signing`, `people`, `batch_faults`,
//! `batch_rows`, `words`.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path};
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};

mod accounts;
mod api;
mod application;
mod attacks;
mod batch_faults;
mod batch_rows;
mod batches;
mod behind;
mod certificate;
mod clock;
mod contract;
mod download;
mod drafts;
mod fault;
mod fields;
mod flows;
mod forms;
mod headers;
mod home;
mod layout;
mod linkage;
mod login;
mod login_forms;
mod machine;
mod operator;
mod orders;
mod outbox;
mod passkey_forms;
mod passkeys;
mod passwords;
mod payments;
mod people;
mod registration;
mod rules;
mod session;
mod settings;
mod signing;
mod site;
mod stop;
mod users;
mod visit;
mod visitor;
mod words;

use fault::Fault;
pub use flows::Linkages;
use headers::guard_headers;
pub use session::IDLE;
pub use site::Site;
use visitor::visitor;

impl Site {
    /// The routes.
    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/", get(async || Redirect::to("/home")))
            .route("/apply", get(application::form).post(application::enter))
            .route("/login", get(login::form).post(login::enter))
            .route("/login/otp", get(login::otp).post(login::otp_enter))
            .route("/login/otp/code", post(login::otp_code).get(async || Redirect::to("/login/otp")))
            .route("/login/otp/stop", post(login::otp_stop).get(async || Redirect::to("/login/otp")))
            .route("/login/otp/differs", post(login::otp_differs).get(async || Redirect::to("/login/otp")))
            .route("/login/otp/initialise", post(login::initialise).get(async || Redirect::to("/login/otp")))
            .route("/login/passkey", post(passkeys::enter).get(async || Redirect::to("/login")))
            .route("/logout", post(login::leave))
            .route("/home", get(home::show))
            .route("/registration", get(registration::show).post(registration::begin))
            .route("/registration/code.png", get(registration::code))
            // Where a form may be shown again with what is wrong in it, the address leads to a page also by itself.
            .route(
                "/registration/device-code",
                post(registration::device_code).get(async || Redirect::to("/registration")),
            )
            .route("/registration/confirm", post(registration::confirm).get(async || Redirect::to("/registration")))
            .route("/registration/reset", post(registration::reset))
            .route("/certificate", get(certificate::show).post(certificate::fetch))
            .route("/certificate/file.p12", get(certificate::file))
            .route("/certificate/renew", post(certificate::renew))
            .route("/authority.pem", get(certificate::authority))
            .route("/accounts/{account}", get(accounts::show))
            .route("/orders", get(orders::list))
            .route("/orders/confirm", get(orders::confirm).post(orders::place))
            .route("/orders/{order}", get(orders::show).post(orders::sign))
            .route("/orders/{order}/code", post(orders::new_code).get(back_to_order))
            .route("/orders/confirm/stop", post(orders::forget).get(async || Redirect::to("/orders/confirm")))
            .route("/orders/{order}/stop", post(orders::stop).get(back_to_order))
            .route("/orders/{order}/differs", post(orders::differs).get(back_to_order))
            .route("/orders/{order}/code.png", get(orders::code))
            .route("/transfer", get(payments::transfer).post(payments::transfer_enter))
            .route("/payees", get(payments::payees).post(payments::payee_enter))
            .route("/pay-easy", get(payments::pay_easy).post(payments::pay_easy_enter))
            .route("/remittance", get(payments::remittance).post(payments::remittance_enter))
            .route("/bulk", get(batches::bulk).post(batches::bulk_enter))
            .route("/payroll", get(batches::payroll).post(batches::payroll_enter))
            .route("/bulk/sample.txt", get(batches::sample_bulk))
            .route("/payroll/sample.txt", get(batches::sample_payroll))
            .route("/limits", get(settings::limits).post(settings::limits_enter))
            .route("/password", get(settings::password).post(settings::password_enter))
            .route("/passkeys", get(passkeys::list).post(passkeys::change))
            .route("/passkeys/new", get(passkeys::new).post(passkeys::add))
            .route("/stop", get(stop::show).post(stop::stop))
            .route("/stopped", get(stop::stopped))
            .route("/contract", get(contract::show).post(contract::enter))
            .route("/users", get(users::list))
            .route("/users/new", get(users::new).post(users::new_enter))
            .route("/users/{user}", get(users::show).post(users::change))
            .route("/tokens/{token}/revoke", post(users::revoke_token))
            .route("/outbox", get(outbox::list))
            .route("/outbox/{number}", get(outbox::show))
            .route("/outbox/{number}/letter.png", get(outbox::sheet))
            .route("/outbox/{number}/code.png", get(outbox::code))
            .route("/operator", get(operator::home))
            .route("/operator/events", get(operator::events))
            .route("/operator/login", get(operator::form).post(operator::enter))
            .route("/operator/act", get(operator::act).post(operator::act_enter))
            .route("/operator/pending", get(operator::pending))
            .route("/operator/pending/{waiting}", get(operator::pending_one).post(operator::decide))
            .route("/operator/{contract}/{user}", get(operator::person))
            .route("/operator/{contract}/{user}/records", get(operator::records))
            .route("/clock", get(clock::show).post(clock::advance))
            .route("/rules", get(rules::show))
            .route("/rules/test", get(rules::test))
            .route("/attacks", get(attacks::show))
            .route("/attacks/you/{scene}", get(attacks::scene).post(attacks::decide))
            .route("/attacks/{attack}", post(attacks::play).get(async || Redirect::to("/attacks")))
            .merge(linkage::pages())
            .fallback(async || Fault::NotFound)
            .method_not_allowed_fallback(async || Fault::NotFound)
            .layer(from_fn_with_state(Arc::clone(&self), visitor))
            .layer(DefaultBodyLimit::max(1 << 20))
            .merge(layout::statics())
            .merge(linkage::endpoints())
            .merge(api::routes())
            .layer(from_fn(machine::this_machine))
            .layer(map_response(async |mut response: Response| {
                guard_headers(response.headers_mut());
                response
            }))
            .with_state(self)
    }
}

async fn back_to_order(Path(id): Path<String>) -> Redirect {
    Redirect::to(&format!("/orders/{id}"))
}
