//! Codes and tokens: made by a signature, good for what was permitted, ended by whatever ends a linkage.

use crate::clerk::clerk;
use axum::http::StatusCode;
use camtoken_portal::bank::Settled;
use camtoken_portal::demo::{LOGIN, SAMPLE};
use camtoken_portal::domain::desk::DeskAct;
use camtoken_portal::domain::linkage::{Ended, Linkage, Menu, Proof, Provider, Standard};
use camtoken_portal::domain::people::Person;
use camtoken_portal::linkage::consent::Permitted;
use camtoken_portal::linkage::grants::Begun;
use camtoken_portal::linkage::sealed::Kept;
use p256::ecdsa::SigningKey;
use serde_json::json;
use std::sync::Arc;

use super::world::*;
use crate::visitor::Visitor;

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_makes_one_linkage() {
    let mut world = World::new().await;
    let (person, provider) = (world.register().await, world.provider("choubo-fapi"));
    world.bank().register_accounts(&person, &["102-0012345".to_owned()]).expect("the books answer");
    let order = world.bank().place_linkage(&person, &provider, &Menu::ALL).expect("an order");
    assert!(matches!(world.settle(&person, &order.id).await, Settled::Booked(_)));
    let order = world.bank().order(&person, &order.id).expect("the books answer");
    let permit = || {
        let bank = world.bank();
        bank.permit(&person, &provider, &Menu::ALL, Proof::CameraToken, order.as_ref()).expect("the books answer").0
    };
    assert!(matches!(permit(), Permitted::Linked(_)));
    assert!(matches!(permit(), Permitted::NotSigned));
    let linkages = world.bank().linkages(&person).expect("the books answer");
    assert_eq!(linkages.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_good_for_what_was_permitted_and_for_no_more() {
    let mut world = World::new().await;
    world.register().await;
    let (linkage, tokens) = world.link("choubo", &[Menu::Balance]).await;
    let bearer = format!("Bearer {}", tokens.access);
    let (status, answer) = world.get("/api/accounts", &bearer, None).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["accounts"].as_array().map(Vec::len), Some(1), "the account that was registered");
    let (status, answer) = world.get("/api/accounts/102-0012345/balance", &bearer, None).await;
    assert_eq!((status, answer["balance"].as_u64()), (StatusCode::OK, Some(58_420_000)));
    let refused = [
        ("/api/accounts/102-0012345/statement", StatusCode::FORBIDDEN),
        ("/api/accounts/102-0200789/balance", StatusCode::NOT_FOUND),
        ("/api/accounts/001-0777001/balance", StatusCode::NOT_FOUND),
    ];
    for (path, expected) in refused {
        assert_eq!(world.get(path, &bearer, None).await.0, expected, "{path}");
    }
    assert_eq!(world.transfer(&tokens, "1", 1).await.0, StatusCode::FORBIDDEN);
    let used = world.bank().books.get::<Linkage>(&linkage.id).expect("the books answer").expect("the linkage");
    assert_eq!(used.last_used, Some(START));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_comes_twice_ends_the_tokens_it_gave() {
    let mut world = World::new().await;
    world.register().await;
    let person = world.person("ADMIN01");
    let linkage = world.permit(&person, "choubo", &[Menu::Balance]).await;
    let code = world.code("choubo", &linkage).await;
    let (_, answer) = world.redeem("choubo", &code).await;
    let tokens = tokens(&answer);
    assert_eq!(world.accounts(&tokens).await, StatusCode::OK);
    let (status, answer) = world.redeem("choubo", &code).await;
    assert_eq!((status, answer["error"].as_str()), (StatusCode::BAD_REQUEST, Some("invalid_grant")));
    assert_eq!(world.accounts(&tokens).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.refresh("choubo", &tokens).await, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_pkce_or_with_another_address_is_refused() {
    let world = World::new().await;
    let server = &world.servers[&Standard::Plain];
    let without =
        |name: &str| World::asked("choubo").into_iter().filter(|(known, _)| known != name).collect::<Vec<_>>();
    let Begun::Redirect(to) = server.begin(&without("code_challenge")).await else { panic!("taken without PKCE") };
    assert!(to.starts_with(CALLBACK) && to.contains("error=invalid_request"), "{to}");
    let with = |name: &str, text: &str| {
        let mut query = without(name);
        query.push((name.to_owned(), text.to_owned()));
        query
    };
    assert!(matches!(server.begin(&with("code_challenge_method", "plain")).await, Begun::Redirect(_)));
    for address in
        ["http://127.0.0.1:4882/callback/", "http://127.0.0.1:4882/callback?x=1", "http://127.0.0.1:1/callback"]
    {
        assert!(matches!(server.begin(&with("redirect_uri", address)).await, Begun::Refused(_)), "{address}");
    }
    assert!(matches!(server.begin(&with("client_id", "choubo-fapi")).await, Begun::Refused(_)), "the other profile's");
    let Begun::Redirect(to) = server.begin(&with("scope", "balances everything")).await else { panic!("taken") };
    assert!(to.contains("error=invalid_scope"), "{to}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_verifier_redeems_nothing() {
    let mut world = World::new().await;
    world.register().await;
    let person = world.person("ADMIN01");
    let linkage = world.permit(&person, "choubo", &[Menu::Balance]).await;
    let code = world.code("choubo", &linkage).await;
    let body = format!(
        "grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={}",
        VERIFIER.replace('d', "e")
    );
    let (status, answer) = world.post("/oauth/token", Some("choubo"), None, &body).await;
    assert_eq!((status, answer["error"].as_str()), (StatusCode::BAD_REQUEST, Some("invalid_grant")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fapi_profile_takes_pushed_requests_alone() {
    let mut world = World::new().await;
    let server = Arc::clone(&world.servers[&Standard::Fapi]);
    assert!(!matches!(server.begin(&World::asked("choubo-fapi")).await, Begun::Asked(_)));
    let assertion = world.assertion(&[]);
    assert_eq!(world.push(&assertion).await.0, StatusCode::CREATED);
    assert_ne!(world.push(&assertion).await.0, StatusCode::CREATED, "an assertion is good once");
    let token_endpoint = world.assertion(&[("aud", json!(format!("{URL}/fapi/token")))]);
    assert_ne!(world.push(&token_endpoint).await.0, StatusCode::CREATED, "the audience is the issuer alone");
    let now = world.clock.now().as_unix();
    let over = world.assertion(&[("exp", json!(now - 600)), ("iat", json!(now - 700))]);
    assert_ne!(world.push(&over).await.0, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_token_is_worth_nothing_without_its_key() {
    let mut world = World::new().await;
    world.register().await;
    let (_, tokens) = world.link_fapi().await;
    let path = "/api/accounts";
    let (own, bound) = (world.key.clone(), format!("DPoP {}", tokens.access));
    let good = world.proof(&own, "GET", path, Some(&tokens.access));
    assert_eq!(world.get(path, &bound, Some(&good)).await.0, StatusCode::OK);
    assert_eq!(world.get(path, &bound, Some(&good)).await.0, StatusCode::UNAUTHORIZED, "a proof is good once");

    let thief = SigningKey::from_slice(&[9; 32]).expect("a scalar");
    let proofs = [
        ("another key", world.proof(&thief, "GET", path, Some(&tokens.access))),
        ("another method", world.proof(&own, "POST", path, Some(&tokens.access))),
        ("another address", world.proof(&own, "GET", "/api/transfers", Some(&tokens.access))),
        ("no token", world.proof(&own, "GET", path, None)),
        ("another token", world.proof(&own, "GET", path, Some("another"))),
    ];
    for (what, proof) in proofs {
        assert_eq!(world.get(path, &bound, Some(&proof)).await.0, StatusCode::UNAUTHORIZED, "{what}");
    }
    let old = world.proof(&own, "GET", path, Some(&tokens.access));
    world.later(400);
    assert_eq!(world.get(path, &bound, Some(&old)).await.0, StatusCode::UNAUTHORIZED, "an old proof");
    assert_eq!(world.get(path, &bound, None).await.0, StatusCode::UNAUTHORIZED, "no proof");
    let bearer = format!("Bearer {}", tokens.access);
    assert_eq!(world.get(path, &bearer, None).await.0, StatusCode::UNAUTHORIZED, "as a bearer token");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_ends_a_linkage_ends_its_tokens() {
    let mut world = World::new().await;
    world.register().await;

    let (linkage, tokens) = world.link("choubo", &[Menu::Balance]).await;
    let (again, newer) = world.link("choubo", &[Menu::Balance]).await;
    assert_eq!(world.accounts(&tokens).await, StatusCode::UNAUTHORIZED, "replaced");
    assert_eq!(world.accounts(&newer).await, StatusCode::OK);
    let ended = |world: &World, id: &str| {
        let known = world.bank().linkages(&world.person("ADMIN01")).expect("the books answer");
        known.into_iter().find(|(linkage, _)| linkage.id == id).expect("the linkage").1
    };
    assert_eq!((ended(&world, &linkage.id), ended(&world, &again.id)), (Some(Ended::Replaced), None));

    let body = format!("token={}", newer.refresh);
    assert_eq!(world.post("/oauth/revoke", Some("choubo-keihi"), None, &body).await.0, StatusCode::OK);
    assert_eq!(ended(&world, &again.id), None, "another client ends nothing");
    assert_eq!(world.post("/oauth/revoke", Some("choubo"), None, &body).await.0, StatusCode::OK);
    assert_eq!(world.accounts(&newer).await, StatusCode::UNAUTHORIZED);
    assert_eq!(ended(&world, &again.id), Some(Ended::Unlinked));

    let (linkage, tokens) = world.link("choubo", &[Menu::Balance]).await;
    let other = world.bank().hash(password("Yama-no-ne-77")).await.expect("hashed");
    let changed: Result<(), camtoken_portal::books::BooksError> = world.bank().books.change(|sheet| {
        let mut person = sheet.get::<Person>(&Person::key(SAMPLE, "ADMIN01"))?.expect("a person");
        person.login.hash = other;
        sheet.put(&person);
        Ok(())
    });
    changed.expect("the books answer");
    assert_eq!(world.accounts(&tokens).await, StatusCode::UNAUTHORIZED, "another login password");
    assert_eq!(world.refresh("choubo", &tokens).await, StatusCode::BAD_REQUEST);
    assert_eq!(ended(&world, &linkage.id), Some(Ended::LoginChanged));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emergency_stop_ends_the_linkages_of_its_person() {
    let mut world = World::new().await;
    world.register().await;
    let (linkage, tokens) = world.link("choubo", &[Menu::Balance]).await;
    assert_eq!(world.accounts(&tokens).await, StatusCode::OK);
    let mut administrator = Visitor::new(world.router.clone());
    assert!(administrator.log_in(SAMPLE, "ADMIN01", LOGIN).await);
    administrator.ask("/stop", None).await;
    administrator.go("/stop", Some("")).await;
    assert_eq!(world.accounts(&tokens).await, StatusCode::UNAUTHORIZED);
    clerk(world.bank(), DeskAct::Resume, &world.person("ADMIN01")).await;
    assert_eq!(world.accounts(&tokens).await, StatusCode::UNAUTHORIZED, "it is linked anew, if at all");
    let known = world.bank().linkages(&world.person("ADMIN01")).expect("the books answer");
    let ended = known.into_iter().find(|(known, _)| known.id == linkage.id).expect("the linkage").1;
    assert_eq!(ended, Some(Ended::Revoked));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_good_no_more_is_swept_away_and_what_has_ended_is_told() {
    let mut world = World::new().await;
    world.register().await;
    let (linkage, tokens) = world.link("choubo", &[Menu::Balance]).await;
    let kept = |world: &World| world.bank().books.list::<Kept>("").expect("the books answer").len();
    let (own, path) = (world.key.clone(), "/api/accounts");
    let (_, bound) = world.link_fapi().await;
    let before = kept(&world);
    for _ in 0..5 {
        let proof = world.proof(&own, "GET", path, Some(&bound.access));
        let (status, _) = world.get(path, &format!("DPoP {}", bound.access), Some(&proof)).await;
        assert_eq!(status, StatusCode::OK);
    }
    assert_eq!(kept(&world), before + 5, "the proofs that were used");
    world.site.tidy().expect("the books answer");
    assert_eq!(kept(&world), before + 5, "all of it is good yet");
    world.later(3_600);
    world.site.tidy().expect("the books answer");
    assert!(kept(&world) < before, "proofs, codes, pushed requests and access tokens are gone");
    assert_eq!(world.refresh("choubo", &tokens).await, StatusCode::OK, "a refresh token is good for longer");

    world.later(91 * 86_400);
    world.site.tidy().expect("the books answer");
    let known = world.bank().books.get::<Linkage>(&linkage.id).expect("the books answer").expect("the linkage");
    assert_eq!(known.ended.map(|(_, why)| why), Some(Ended::Expired), "nobody had to ask");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linkage_is_over_with_its_last_day_in_japan() {
    let mut world = World::new().await;
    world.register().await;
    let (linkage, tokens) = world.link("choubo", &[Menu::Balance]).await;
    assert_eq!(linkage.until, "2027-02-19", "90 days after 21 November");
    // Noon in Japan to the last minute of the ninetieth day.
    world.later(90 * 86_400 + 12 * 3_600 - 60);
    assert_eq!(world.refresh("choubo", &tokens).await, StatusCode::OK);
    let (_, later) = world.link("choubo-keihi", &[Menu::Balance]).await;
    assert_eq!(world.accounts(&later).await, StatusCode::OK);
    world.later(60);
    let known = world.bank().linkages(&world.person("ADMIN01")).expect("the books answer");
    assert_eq!(known.iter().find(|(known, _)| known.id == linkage.id).expect("it").1, Some(Ended::Expired));
    assert_eq!(world.refresh("choubo", &tokens).await, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_out_of_service_is_so_at_the_providers_too() {
    let mut world = World::new().await;
    let person = world.register().await;
    let (_, tokens) = world.link("choubo", &[Menu::Balance]).await;
    clerk(world.bank(), DeskAct::Suspend, &person).await;
    assert_eq!(world.accounts(&tokens).await, StatusCode::UNAUTHORIZED);
    clerk(world.bank(), DeskAct::Resume, &person).await;
    assert_eq!(world.accounts(&tokens).await, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_permitted_that_the_token_has_not_shown() {
    let mut world = World::new().await;
    let person = world.register().await;
    let (choubo, keihi) = (world.provider("choubo"), world.provider("choubo-keihi"));
    world.bank().register_accounts(&person, &["102-0012345".to_owned()]).expect("the books answer");
    let order = world.bank().place_linkage(&person, &choubo, &[Menu::Balance]).expect("an order");
    let permit = |world: &World, provider: &Provider, menus: &[Menu], id: Option<&str>| {
        let order = id.and_then(|id| world.bank().order(&person, id).expect("the books answer"));
        let done = world.bank().permit(&person, provider, menus, Proof::CameraToken, order.as_ref());
        matches!(done.expect("the books answer").0, Permitted::Linked(_))
    };
    assert!(!permit(&world, &choubo, &[Menu::Balance], Some(&order.id)), "not signed yet");
    assert!(matches!(world.settle(&person, &order.id).await, Settled::Booked(_)));
    assert!(!permit(&world, &choubo, &[Menu::Balance], None));
    assert!(!permit(&world, &choubo, &[Menu::Balance, Menu::Transfer], Some(&order.id)), "more than was shown");
    assert!(!permit(&world, &keihi, &[Menu::Balance], Some(&order.id)), "another provider");
    assert!(permit(&world, &choubo, &[Menu::Balance], Some(&order.id)));
}
