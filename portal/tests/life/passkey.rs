//! The third diagram: the passkey.

use camtoken_portal::bank::Added;
use camtoken_portal::domain::passkey::digest;
use camtoken_portal::domain::permit::PERMIT;
use camtoken_portal::webauthn::{Created, RelyingParty};

use super::authenticator::Authenticator;
use super::*;

/// The state of a person's passkeys.
fn passkey_state(walk: &Walk) -> &'static str {
    let bank = &walk.world.bank;
    let Some(person) = bank.person(SAMPLE, USER).expect("the books answer") else { return "[*]" };
    let now = bank.now().as_unix();
    match bank.passkeys(&person).expect("the books answer").len() {
        _ if person.passkey_permit.as_ref().is_some_and(|permit| now < permit.until) => "Permitted",
        0 => "NoPasskey",
        _ if person.passkey_only => "Alone",
        _ => "BesidePassword",
    }
}

/// Signs something about the person's passkeys, and arrives. The order.
async fn sign_passkey(walk: &mut Walk, act: Act, to: &'static str, by: &str) -> String {
    let me = walk.me();
    let bound = match &act {
        Act::AddPasskey { name } => digest(&me, "add", name),
        Act::RemovePasskey { id } => digest(&me, "remove", id),
        _ => digest(&me, "only", if matches!(act, Act::PasskeyOnly { only: true }) { "yes" } else { "no" }),
    };
    let fields = [("act", "change"), ("targetName", me.name.as_str()), ("after", bound.as_str())];
    let order = walk.world.order(&me, about(&me, Operation::UserManagement, &fields, act)).await;
    assert_eq!(walk.world.send(&me, &order).await, Outcome::Done);
    assert_eq!(passkey_state(walk), to, "{by}");
    walk.to(to, by);
    order.id
}

/// Signs for a passkey and adds it. Its ID.
async fn add_passkey(walk: &mut Walk, number: u8) -> String {
    let act = Act::AddPasskey { name: "PC".to_owned() };
    let order = sign_passkey(walk, act, "Permitted", "the person signs for a passkey").await;
    let site = RelyingParty { id: "localhost".to_owned(), origins: vec!["http://localhost:4880".to_owned()] };
    let (client_data, attestation) = Authenticator::new(number).create("challenge", "AAAA");
    let created = Created { client_data, attestation };
    let me = walk.me();
    let added = walk.world.bank.add_passkey(&me, &order, &site, ("challenge", "00"), &created);
    let Ok(Added::Passkey(passkey)) = added else { panic!("not added: {added:?}") };
    assert_eq!(passkey_state(walk), "BesidePassword");
    walk.to("BesidePassword", "the device makes the passkey");
    passkey.id
}

#[tokio::test(flavor = "multi_thread")]
async fn every_state_of_the_passkey_has_its_way_out() {
    let mut walk = Walk::new().await;
    walk.world.register(SAMPLE, "ADMIN01").await;
    walk.world.register(SAMPLE, USER).await;
    walk.to("NoPasskey", "the token is registered");
    let act = Act::AddPasskey { name: "PC".to_owned() };
    sign_passkey(&mut walk, act, "Permitted", "the person signs for a passkey").await;
    walk.world.later(PERMIT);
    assert_eq!(passkey_state(&walk), "NoPasskey");
    walk.to("NoPasskey", "10 minutes");

    let id = add_passkey(&mut walk, 1).await;
    let only = |only| Act::PasskeyOnly { only };
    sign_passkey(&mut walk, only(true), "Alone", "the person closes the login by password").await;
    sign_passkey(&mut walk, only(false), "BesidePassword", "the person opens it again").await;
    sign_passkey(&mut walk, Act::RemovePasskey { id }, "NoPasskey", "the person removes the passkey").await;
    let id = add_passkey(&mut walk, 2).await;
    sign_passkey(&mut walk, only(true), "Alone", "the person closes the login by password").await;
    sign_passkey(&mut walk, Act::RemovePasskey { id }, "NoPasskey", "the person removes the last passkey").await;
    add_passkey(&mut walk, 3).await;
    sign_passkey(&mut walk, only(true), "Alone", "the person closes the login by password").await;
    clerk(&walk.world.bank, DeskAct::Passkeys, &walk.me()).await;
    assert_eq!(passkey_state(&walk), "NoPasskey");
    walk.to("NoPasskey", "it is lost, the bank removes it");

    add_passkey(&mut walk, 4).await;
    let activations = walk.me().activations().map(|activation| activation.to_string()).collect();
    let (me, before) = (walk.me(), walk.me().digest());
    let fields = [("act", "delete"), ("before", before.as_str())];
    walk.by_the_other(about(&me, Operation::UserManagement, &fields, Act::RemovePerson { activations })).await;
    assert_eq!(passkey_state(&walk), "[*]");
    walk.to("[*]", "an administrator removes the person");

    walk.walked.sort();
    walk.walked.dedup();
    assert_eq!(walk.walked, drawn(2));
}
