//! New passwords: their inputs, whether they may be set, and the draft that sets one.

use camtoken::transaction::Operation;
use maud::{Markup, html};

use super::drafts::Entered;
use super::fault::Fault;
use super::fields::Fields;
use super::forms::{Errors, Input};
use super::visit::Visit;
use crate::bank::{Draft, NewPassword};
use crate::domain::credential::{Password, PasswordHash, WeakPassword};
use crate::domain::order::Act;
use crate::domain::people::Person;
use crate::text::Text;

/// The draft that sets a password of a person to what was typed twice; in words beside its input why it may not be.
pub(super) async fn set_password(
    visit: &Visit,
    person: &Person,
    which: &str,
    typed: &mut Fields,
) -> Result<Entered, Fault> {
    let hash = match new_hash(visit, person, which, typed).await? {
        Ok(hash) => hash,
        Err(errors) => return Ok(Entered::Wrong(errors)),
    };
    let fields = [("password", which.to_owned()), ("targetId", person.user.clone())];
    let fields = fields.map(|(name, text)| (name.to_owned(), text)).into();
    let act = Act::SetPassword { hash };
    Ok(Entered::Draft(Draft { operation: Operation::PasswordReset, fields, act }))
}

/// The hash of a password of a person that was typed twice; in words beside its input why it may not be set.
pub(super) async fn new_hash(
    visit: &Visit,
    person: &Person,
    which: &str,
    typed: &mut Fields,
) -> Result<Result<PasswordHash, Errors>, Fault> {
    let (new, again) = (typed.password("new"), typed.password("again"));
    if let Err(errors) = new_password(visit.t, &person.user, &new, &again) {
        return Ok(Err(errors));
    }
    Ok(match visit.bank().new_password(person, which, new).await? {
        NewPassword::Hash(hash) => Ok(hash),
        NewPassword::Weak(weak) => Err(weak_password(visit.t, weak)),
    })
}

/// Whether a new password may be set, in words beside its input when it may not.
pub(super) fn new_password(t: Text, user: &str, new: &Password, again: &Password) -> Result<(), Errors> {
    new.check(user).map_err(|weak| weak_password(t, weak))?;
    if new.expose() == again.expose() { Ok(()) } else { Err(Errors::one("again", t.get("password-again-wrong"))) }
}

fn weak_password(t: Text, weak: WeakPassword) -> Errors {
    Errors::one("new", t.get(weak_text(weak)))
}

/// The name of the text that says why a password is weak.
pub(super) fn weak_text(weak: WeakPassword) -> &'static str {
    match weak {
        WeakPassword::Length => "password-length",
        WeakPassword::Guessable => "password-guessable",
        WeakPassword::Reused => "password-reused",
    }
}

/// The two inputs of a new password.
pub(super) fn password_inputs(t: Text, errors: &Errors) -> Markup {
    html! {
        (Input { autocomplete: "new-password", hint: Some(t.get("password-hint")), ..Input::password("new", t.get("password-new")) }.draw(errors))
        (Input { autocomplete: "new-password", ..Input::password("again", t.get("password-again")) }.draw(errors))
    }
}

/// Whether a certificate password may be handed out, in words beside its input when it may not.
pub(super) fn certificate_password(t: Text, user: &str, word: &Password) -> Result<(), Errors> {
    word.check(user).map_err(|_| Errors::one("certificate-password", t.get("password-guessable")))
}
