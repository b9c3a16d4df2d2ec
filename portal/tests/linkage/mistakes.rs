//! Each mistake of a client gets a reason that its developer can act on.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use camtoken_portal::domain::linkage::Menu;
use p256::ecdsa::SigningKey;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::world::*;

const FORM: &str = "application/x-www-form-urlencoded";
const ASSERTED: &str = "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=";

/// Whether an OAuth error has this word and, in its description, this reason (RFC 6749, section 5.2).
fn check(what: &str, (status, answer): &(StatusCode, Value), error: &str, reason: &str) {
    assert!(status.is_client_error(), "{what}: {status} {answer}");
    assert_eq!(answer["error"], error, "{what}: {answer}");
    let told = answer["error_description"].as_str().unwrap_or_default();
    assert!(told.contains(reason), "{what}: {told:?} does not tell {reason:?}");
    let allowed = |c: char| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
    assert!(told.chars().all(allowed), "{what}: {told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_at_the_plain_issuer_has_its_reason() {
    let mut world = World::new().await;
    world.register().await;
    let (linkage, tokens) = world.link("choubo", &Menu::ALL).await;
    let secret = world.secret.clone();
    let own = format!("client_id=choubo&client_secret={secret}");
    let code = world.code("choubo", &linkage).await;
    let fresh = format!("grant_type=authorization_code&redirect_uri={CALLBACK}&code={code}");
    let refresh = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
    let unknown =
        format!("grant_type=authorization_code&redirect_uri={CALLBACK}&code_verifier={VERIFIER}&code=unknown");
    let mistakes = [
        (
            "client_id=nobody&client_secret=x&grant_type=refresh_token&refresh_token=x".to_owned(),
            "invalid_client",
            "no client of this ID",
        ),
        (
            "client_id=choubo&client_secret=x&grant_type=refresh_token&refresh_token=x".to_owned(),
            "invalid_client",
            "another secret",
        ),
        ("grant_type=refresh_token&refresh_token=x".to_owned(), "invalid_client", "client_id"),
        (own.clone(), "invalid_request", "grant_type"),
        (format!("{own}&grant_type=password"), "unsupported_grant_type", "grant"),
        (format!("{own}&grant_type=client_credentials"), "unauthorized_client", "authorization_code and refresh_token"),
        (format!("{own}&{unknown}"), "invalid_grant", "Begin again with an authorization request"),
        (format!("{own}&grant_type=authorization_code"), "invalid_request", "code"),
        (format!("{own}&{fresh}&code_verifier={}", "x".repeat(43)), "invalid_grant", "code_verifier"),
        (format!("{own}&grant_type=refresh_token&refresh_token=unknown"), "invalid_grant", "refresh token is unknown"),
        (format!("{own}&{refresh}&scope=admin"), "invalid_scope", "scope"),
    ];
    for (body, error, reason) in mistakes {
        check(&body, &world.post("/oauth/token", None, None, &body).await, error, reason);
    }
    let bound = world.post("/oauth/token", Some("choubo"), Some("proof"), &refresh).await;
    check("a proof", &bound, "invalid_request", "leave the DPoP header out");
    assert_eq!(world.refresh("choubo", &tokens).await, StatusCode::OK, "none of this has ended anything");
    check("used", &world.post("/oauth/token", Some("choubo"), None, &refresh).await, "invalid_grant", "");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_at_the_issuer_for_fapi_has_its_reason() {
    let mut world = World::new().await;
    let now = world.clock.now().as_unix();
    for (name, value, reason) in [
        ("aud", json!(format!("{URL}/fapi/token")), "aud of client_assertion has to be the issuer"),
        ("aud", json!([format!("{URL}/fapi")]), "not in an array"),
        ("iss", json!("choubo"), "iss and sub"),
        ("exp", json!(now + 3_600), "more than 600 seconds ahead"),
        ("exp", json!(now - 1), "has passed"),
        ("iat", json!(now + 100), "check the clock"),
        ("jti", json!(""), "no jti"),
    ] {
        let assertion = world.assertion(&[(name, value)]);
        check(name, &world.push(&assertion).await, "invalid_client", reason);
    }
    check("no JWS", &world.push("x").await, "invalid_client", "compact JWS");
    let stranger = SigningKey::from_slice(&[9; 32]).expect("a scalar");
    let claims = json!({
        "iss": "choubo-fapi", "sub": "choubo-fapi", "aud": format!("{URL}/fapi"), "iat": now, "exp": now + 60, "jti": "one",
    });
    for (alg, reason) in [("ES256", "no registered key"), ("HS256", "signed with ES256")] {
        let assertion = world.jws(&stranger, &json!({ "alg": alg, "typ": "JWT" }), &claims);
        check(alg, &world.push(&assertion).await, "invalid_client", reason);
    }
    let once = world.assertion(&[]);
    assert_eq!(world.push(&once).await.0, StatusCode::CREATED);
    check("again", &world.push(&once).await, "invalid_client", "make a new client_assertion");

    let own = world.key.clone();
    let good = world.proof(&own, "POST", "/fapi/token", None);
    let proofs = [
        (None, "DPoP proof"),
        (Some("x".to_owned()), "compact JWS"),
        (Some(world.proof(&own, "GET", "/fapi/token", None)), "htm"),
        (Some(world.proof(&own, "POST", "/fapi/par", None)), "htu"),
        (Some(good.clone()), "used before"),
    ];
    let assertion = world.assertion(&[]);
    let body = format!("grant_type=refresh_token&refresh_token=x&client_id=choubo-fapi&{ASSERTED}{assertion}");
    check(
        "code",
        &world.post("/fapi/token", None, Some(&good), &body).await,
        "invalid_grant",
        "refresh token is unknown",
    );
    for (proof, reason) in proofs {
        let assertion = world.assertion(&[]);
        let body = format!("grant_type=refresh_token&refresh_token=x&client_id=choubo-fapi&{ASSERTED}{assertion}");
        let answer = world.post("/fapi/token", None, proof.as_deref(), &body).await;
        check(reason, &answer, "invalid_dpop_proof", reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_leads_nowhere_tells_the_developer_why() {
    let world = World::new().await;
    let request =
        "response_type=code&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    for (path, reason) in [
        (format!("/oauth/authorize?{request}&client_id=nobody"), "client"),
        (format!("/oauth/authorize?{request}"), "client_id"),
        (format!("/oauth/authorize?{request}&client_id=choubo&redirect_uri=http://127.0.0.1:1/"), "redirect_uri"),
        (format!("/fapi/authorize?{request}&client_id=choubo-fapi"), "PAR"),
        ("/fapi/authorize?client_id=choubo-fapi&request_uri=urn:x".to_owned(), "already used request_uri"),
    ] {
        let asked = Request::get(&path).body(Body::empty()).expect("a request");
        let response = world.router.clone().oneshot(asked).await.expect("routes do not fail");
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path}");
        let page = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        let page = String::from_utf8(page.into()).expect("UTF-8");
        let (_, told) = page.split_once("<code lang=\"en\">").expect("a text for the developer");
        let (told, _) = told.split_once("</code>").expect("its end");
        assert!(told.contains(reason), "{path}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_at_the_api_has_its_reason() {
    let mut world = World::new().await;
    world.register().await;
    let (_, tokens) = world.link("choubo", &Menu::ALL).await;
    let bearer = format!("Bearer {}", tokens.access);
    let good = json!({
        "from": "102-0012345", "bankCode": "9902", "branchCode": "110", "accountType": "ordinary",
        "account": "0054321", "payee": "ミホンシヨウジ（カ", "amount": 1_000,
    });
    let mistakes = [
        ("from", json!("001-0777001"), "from", "GET /api/accounts"),
        ("bankCode", json!("0001"), "bankCode", "no bank of this code"),
        ("branchCode", json!("999"), "branchCode", "no branch of this code"),
        ("accountType", json!("gold"), "accountType", "accountType"),
        ("account", json!("12"), "account", "account"),
        ("payee", json!("漢字"), "payee", "payee"),
        ("payee", json!("ア".repeat(60)), "payee", "payee"),
        ("amount", json!(0), "amount", "at least 1"),
        ("amount", json!(u64::MAX), "amount", "amount"),
        ("amount", json!("1000"), "body", "expected u64"),
        ("memo", json!("more"), "body", "unknown field `memo`"),
    ];
    let send = async |key: Option<&str>, body: String| {
        let mut request = Request::post("/api/transfers").header(header::AUTHORIZATION, &bearer);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        world.ask(request.body(Body::from(body)).expect("a request")).await
    };
    for (name, value, part, reason) in mistakes {
        let mut wanted = good.clone();
        wanted[name] = value;
        let (status, answer) = send(Some("order-1"), wanted.to_string()).await;
        assert_eq!(
            (status, answer["code"].as_str(), answer["part"].as_str()),
            (StatusCode::BAD_REQUEST, Some("part"), Some(part)),
            "{answer}"
        );
        assert!(answer["detail"].as_str().is_some_and(|told| told.contains(reason)), "{name}: {answer}");
    }
    let (_, answer) = send(Some("order-1"), "{".to_owned()).await;
    assert!(answer["detail"].as_str().is_some_and(|told| told.contains("line 1 column 1")), "{answer}");
    for key in [None, Some(""), Some("x".repeat(65).as_str())] {
        let (status, answer) = send(key, good.to_string()).await;
        assert_eq!((status, answer["part"].as_str()), (StatusCode::BAD_REQUEST, Some("Idempotency-Key")), "{answer}");
    }
    for (authorization, status, code, reason) in [
        ("Bearer unknown", StatusCode::UNAUTHORIZED, "token", "refresh it"),
        ("Basic x", StatusCode::UNAUTHORIZED, "token", "needs Bearer"),
        ("DPoP unknown", StatusCode::UNAUTHORIZED, "token", "refresh it"),
    ] {
        let (found, answer) = world.get("/api/accounts", authorization, None).await;
        assert_eq!((found, answer["code"].as_str()), (status, Some(code)), "{authorization}");
        assert!(answer["detail"].as_str().is_some_and(|told| told.contains(reason)), "{authorization}: {answer}");
    }
    let (status, answer) = world.get("/api/accounts/102-0012345/limits", &bearer, None).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::NOT_FOUND, Some("not-found")));
    let posted = Request::post("/api/accounts").header(header::CONTENT_TYPE, FORM).body(Body::empty());
    let (status, answer) = world.ask(posted.expect("a request")).await;
    assert_eq!((status, answer["code"].as_str()), (StatusCode::METHOD_NOT_ALLOWED, Some("method")));
}
