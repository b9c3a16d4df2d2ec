//! Forms that a browser fills with the answer of a passkey, and what stands in them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::{Markup, html};

use super::fields::Fields;
use super::forms::csrf;
use super::visit::Visit;

/// Bytes that a script has put into a form. What it cannot have put there is nothing.
pub(super) fn bytes(fields: &Fields, name: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(fields.text(name)).unwrap_or_default()
}

/// Hexadecimal digits as a script takes them.
pub(super) fn for_script(hex: &str) -> String {
    URL_SAFE_NO_PAD.encode(base16ct::mixed::decode_vec(hex).unwrap_or_default())
}

/// The login by passkey, or the way to the address where there is one.
pub(super) fn passkey_login(visit: &Visit) -> Markup {
    let t = visit.t;
    if let Some(address) = visit.passkey_address() {
        return html! { p { (t.get("passkey-question")) " " a href={ (address) "/login" } { (t.get("passkey-login")) } } };
    }
    let Some(site) = visit.passkey_site() else { return html! {} };
    let ceremony = visit.begin_ceremony("");
    html! {
        form.passkey method="post" action="/login/passkey" data-passkey="get" data-challenge=(ceremony.challenge)
            data-site=(site.id) data-stopped=(t.get("passkey-stopped")) hidden {
            (csrf(visit))
            @for name in ["id", "handle", "client-data", "authenticator-data", "signature"] { input type="hidden" name=(name); }
            button type="submit" { (t.get("passkey-login")) }
            p.muted { (t.get("passkey-login-hint")) }
            p.error role="status" {}
        }
        p.muted { (t.get("passkey-no-script")) }
    }
}
