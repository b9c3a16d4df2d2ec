//! The pages, the metadata and the mails of a linkage.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use camtoken_portal::demo::{LOGIN, SAMPLE};
use camtoken_portal::domain::linkage::{Menu, Proof, Standard};
use camtoken_portal::domain::mail::Mail;
use camtoken_portal::linkage::consent::Permitted;
use serde_json::{Value, json};

use tower::ServiceExt;

use super::world::*;

#[tokio::test(flavor = "multi_thread")]
async fn mails_go_to_the_right_people() {
    let mut world = World::new().await;
    world.register().await;
    let person = world.person("KEIRI01");
    world.bank().register_accounts(&person, &["102-0012345".to_owned()]).expect("the books answer");
    let keihi = world.provider("choubo-keihi");
    let done = world.bank().permit(&person, &keihi, &[Menu::Balance], Proof::Password, None).expect("the books answer");
    assert!(matches!(done.0, Permitted::Linked(_)));
    let mails = world.bank().books.list::<Mail>("").expect("the books answer");
    let to = |text: &str| {
        let mut to: Vec<&str> = mails.iter().filter(|mail| mail.text == text).map(|mail| mail.to.as_str()).collect();
        to.sort_unstable();
        to
    };
    let all = ["admin01@1234567890.example", "admin02@1234567890.example", "keiri01@1234567890.example"];
    assert_eq!(to("mail-pin"), all, "the operator and the administrators");
    assert_eq!(to("mail-linked"), ["keiri01@1234567890.example"], "the operator alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metadata_promises_what_is_there() {
    let world = World::new().await;
    for standard in Standard::ALL {
        let path = format!("/.well-known/oauth-authorization-server{}", standard.path());
        let (status, known) = world.get(&path, "none", None).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(known["issuer"], format!("{URL}{}", standard.path()));
        assert_eq!(known["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(known["authorization_response_iss_parameter_supported"], true);
        let (methods, algorithms, dpop) = match standard {
            Standard::Plain => (json!(["client_secret_basic", "client_secret_post"]), Value::Null, false),
            _ => (json!(["private_key_jwt"]), json!(["ES256"]), true),
        };
        assert_eq!(known["token_endpoint_auth_methods_supported"], methods);
        assert_eq!(known["token_endpoint_auth_signing_alg_values_supported"], algorithms);
        assert_eq!(known["dpop_signing_alg_values_supported"].is_array(), dpop);
        for (name, value) in known.as_object().expect("an object") {
            let Some(endpoint) = value.as_str().filter(|_| name.ends_with("_endpoint") || name == "jwks_uri") else {
                continue;
            };
            let path = endpoint.strip_prefix(URL).expect("an address of ours").to_owned();
            let asked = if name == "jwks_uri" || name == "authorization_endpoint" {
                Request::get(&path)
            } else {
                Request::post(&path)
            };
            let (status, _) = world.ask(asked.body(Body::empty()).expect("a request")).await;
            assert_ne!(status, StatusCode::NOT_FOUND, "{name}");
            assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{name}");
        }
    }
    // A proof at the issuer that binds nothing is refused with a reason, not answered with a token that is good for nothing.
    let (status, answer) = world.post("/oauth/token", Some("choubo"), Some("a proof"), "grant_type=x").await;
    assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
    assert!(answer["error_description"].as_str().is_some_and(|why| why.contains("DPoP")));
    let (_, keys) = world.get("/fapi/jwks", "none", None).await;
    assert_eq!(keys["keys"].as_array().map(Vec::len), Some(1));
    assert!(keys["keys"][0]["d"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_a_flow_belong_to_the_browser_that_began_it() {
    let world = World::new().await;
    let query = World::asked("choubo")
        .iter()
        .map(|(name, text)| format!("{name}={}", text.replace(' ', "+")))
        .collect::<Vec<_>>();
    let begun = Request::get(format!("/oauth/authorize?{}", query.join("&"))).body(Body::empty()).expect("a request");
    let response = world.router.clone().oneshot(begun).await.expect("routes do not fail");
    let headers = response.headers();
    let to = headers[header::LOCATION].to_str().expect("ASCII").to_owned();
    let cookie = headers[header::SET_COOKIE].to_str().expect("ASCII").split(';').next().expect("a pair").to_owned();
    let ask = |path: String, cookie: Option<String>| {
        let mut request = Request::get(path);
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        world.router.clone().oneshot(request.body(Body::empty()).expect("a request"))
    };
    assert_eq!(ask(to.clone(), Some(cookie.clone())).await.expect("an answer").status(), StatusCode::OK);
    assert_eq!(ask(to.clone(), None).await.expect("an answer").status(), StatusCode::FORBIDDEN);
    // No page behind the proof opens before the proof.
    for step in ["otp", "menus", "accounts", "accounts/check", "permission", "code.png"] {
        let path = to.replace("terms", step);
        assert_eq!(ask(path, Some(cookie.clone())).await.expect("an answer").status(), StatusCode::FORBIDDEN, "{step}");
    }
    let page = ask(to, Some(cookie)).await.expect("an answer");
    let policy = page.headers()[header::CONTENT_SECURITY_POLICY].to_str().expect("ASCII").to_owned();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:4882;"), "{policy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_for_a_linkage_is_no_login_to_the_bank() {
    use camtoken_portal::bank::Numbers;
    use camtoken_portal::domain::contract::{LoginField, Profile};
    let world = World::new().await;
    let numbers = Numbers(vec![(LoginField::Contract, SAMPLE.to_owned()), (LoginField::User, "KEIRI01".to_owned())]);
    let proved = world.bank().prove(Profile::ContractAndUser, &numbers, password(LOGIN), None).await.expect("decided");
    assert!(proved.is_some());
    assert_eq!(world.person("KEIRI01").last_login, None, "or the first settings would seem done");
}
