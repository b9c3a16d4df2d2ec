//! Linking external services, rule by rule: the bank with its site, without a socket, and a provider that signs by itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use camtoken::Timestamp;
use camtoken::key::TokenId;
use camtoken::token::{Received, Token, file};
use camtoken::verifier::Step;
use camtoken_portal::bank::{Bank, Chain, First, NewChallenge, Placed, Progress, Settled};
use camtoken_portal::demo::{self, FIRST_OTP, INQUIRY_PIN, LOGIN, SAMPLE, TRANSACTION};
use camtoken_portal::domain::contract::{Contract, Limit};
use camtoken_portal::domain::credential::Password;
use camtoken_portal::domain::ledger::{Account, LedgerLine, Outcome, Refusal};
use camtoken_portal::domain::linkage::{AccountState, Ended, Linkage, Menu, Proof, Provider, Standard};
use camtoken_portal::domain::mail::Mail;
use camtoken_portal::domain::people::{self, Person};
use camtoken_portal::domain::request::RequestState;
use camtoken_portal::linkage::accounts::{PinEntry, PinLetter};
use camtoken_portal::linkage::consent::Permitted;
use camtoken_portal::linkage::grants::{Begun, Grants, Server};
use camtoken_portal::linkage::requests::{MAX_WAITING, PATIENCE};
use camtoken_portal::linkage::sealed::Kept;
use camtoken_portal::pages::{Linkages, Site};
use camtoken_portal::provider;
use camtoken_portal::provider::client::Credentials;
use camtoken_portal::system::rng;
use camtoken_portal::test_clock::TestClock;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tower::ServiceExt;

/// 2026-11-21T03:00:00Z, noon in Japan.
const START: u64 = 1_795_230_000;
const URL: &str = "http://127.0.0.1:4880";
const CALLBACK: &str = "http://127.0.0.1:4882/callback";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// RFC 7636, appendix B.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct World {
    site: Arc<Site>,
    router: Router,
    servers: HashMap<Standard, Arc<dyn Grants>>,
    clock: Arc<TestClock>,
    token: Token,
    secret: String,
    key: SigningKey,
    drawn: u64,
    _dir: tempfile::TempDir,
}

/// What a provider got for a code.
struct Tokens {
    access: String,
    refresh: String,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let clock = TestClock::open(dir.path(), Arc::new(|| Timestamp::from_unix(START))).expect("a clock");
        let bank = Bank::open(dir.path(), clock.clock()).expect("the bank opens");
        let files: Vec<(TokenId, String)> = demo::seed(&bank).await.expect("a new bank");
        let (_, first) =
            files.iter().find(|(id, _)| id.as_str() == "KKK0000001").expect("a token of the demonstration");
        let token = file::from_str(first, None).expect("a token file").into_token();
        let path = dir.path().join("provider.json");
        let credentials = Credentials::open(&path).expect("new credentials");
        let kept: Value = serde_json::from_slice(&std::fs::read(&path).expect("a file")).expect("JSON");
        let scalar = BASE64_URL_SAFE_NO_PAD.decode(kept["jwk"]["d"].as_str().expect("a key")).expect("base64url");
        let key = SigningKey::from_slice(&scalar).expect("a scalar");
        let server = |standard| {
            let server = Server::new(&bank, standard, URL, &[7; 32]).expect("a server");
            (standard, Arc::new(server))
        };
        let servers: HashMap<Standard, Arc<Server>> = Standard::ALL.into_iter().map(server).collect();
        provider::register(&bank, &servers, CALLBACK.trim_end_matches("/callback"), &credentials)
            .await
            .expect("registered");
        let servers: HashMap<Standard, Arc<dyn Grants>> =
            servers.into_iter().map(|(standard, server)| (standard, server as Arc<dyn Grants>)).collect();
        let linkages = Linkages::new(URL.to_owned(), servers.clone());
        let site = Arc::new(Site::new(bank, None, dir.path().join("attacks")).with_linkages(linkages));
        let router = Arc::clone(&site).router();
        let secret = credentials.expose_secret().to_owned();
        Self { site, router, servers, clock, token, secret, key, drawn: 0, _dir: dir }
    }

    fn bank(&self) -> &Bank {
        &self.site.bank
    }

    fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds)).expect("it moves");
    }

    fn person(&self, user: &str) -> Person {
        self.bank().person(SAMPLE, user).expect("the books answer").expect("a person of the demonstration")
    }

    fn provider(&self, client: &str) -> Provider {
        self.bank().provider(client).expect("the books answer").expect("a registered provider")
    }

    async fn register(&mut self) -> Person {
        let person = self.person("ADMIN01");
        let begun = self.bank().begin_registration(&person, Some(password(FIRST_OTP)), "KKK0000001").await;
        assert!(matches!(begun.expect("the bank decides"), First::Begun));
        let person = self.person("ADMIN01");
        let Progress::First(first) = self.bank().progress(&person).await.expect("an answer") else { panic!("no code") };
        let Ok(Received::FirstCode(received)) = self.token.receive(&first.code) else { panic!("refused") };
        let device_code = received.approve(&mut rng()).expose_digits();
        let step = self.bank().second_code(&person, &device_code).await.expect("an answer");
        assert!(matches!(step, Step::Done(())), "it is right");
        let Progress::Second(second) = self.bank().progress(&person).await.expect("an answer") else {
            panic!("no code")
        };
        let Ok(Received::SecondCode(received)) = self.token.receive(&second.code) else { panic!("refused") };
        let unconfirmed = received.approve();
        let response = unconfirmed.response().expose_str().to_owned();
        unconfirmed.keep();
        let step = self.site.bank.confirm(&person, &response).await.expect("an answer");
        assert!(matches!(step, Step::Done(())), "it is right");
        self.person("ADMIN01")
    }

    /// The token answers the order's challenge, and the bank settles it.
    async fn settle(&mut self, person: &Person, order: &str) -> Settled {
        let issued = self.bank().issue(person, order).await.expect("the bank decides");
        assert!(matches!(issued, NewChallenge::Issued(_)), "a challenge");
        let order = self.bank().order(person, order).expect("the books answer").expect("the order");
        let (code, _) = self.bank().code(&order).await.expect("an answer").expect("a code");
        let Ok(Received::Transaction(received)) = self.token.receive(&code) else { panic!("refused") };
        let response = received.approve().expose_str().to_owned();
        self.drawn += 1;
        let attempt = [u8::try_from(self.drawn).expect("few attempts"); 16];
        self.bank().settle(person, &order.id, &response, attempt).await.expect("the bank decides")
    }

    /// The customer's part, as the pages do it: accounts, signature, permission.
    async fn permit(&mut self, person: &Person, client: &str, menus: &[Menu]) -> Linkage {
        let provider = self.provider(client);
        self.bank().register_accounts(person, &["102-0012345".to_owned()]).expect("the books answer");
        let (proof, order) = if menus.contains(&Menu::Transfer) {
            let order = self.bank().place_linkage(person, &provider, menus).expect("an order");
            assert!(matches!(self.settle(person, &order.id).await, Settled::Booked(_)));
            (Proof::CameraToken, self.bank().order(person, &order.id).expect("the books answer"))
        } else {
            (Proof::Password, None)
        };
        let (permitted, replaced) =
            self.bank().permit(person, &provider, menus, proof, order.as_ref()).expect("the books answer");
        for id in replaced {
            self.servers[&provider.standard].end(&id).expect("the books answer");
        }
        let Permitted::Linked(linkage) = permitted else { panic!("not linked: {permitted:?}") };
        *linkage
    }

    fn asked(client: &str) -> Vec<(String, String)> {
        [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", CALLBACK),
            ("scope", "balances statements transfers"),
            ("state", "s"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into()
    }

    /// A code for a linkage, by the plain standard.
    async fn code(&self, client: &str, linkage: &Linkage) -> String {
        let server = &self.servers[&Standard::Plain];
        let mut query = Self::asked(client);
        if client == "choubo-keihi" {
            query.retain(|(name, _)| name != "scope");
        }
        let Begun::Asked(asked) = server.begin(&query).await else { panic!("the request was refused") };
        let scopes: Vec<&str> = linkage.menus.iter().map(|menu| menu.scope()).collect();
        let location = server.permit(&asked.ticket, &linkage.id, &scopes).await.expect("a code");
        part(&location, "code")
    }

    async fn redeem(&self, client: &str, code: &str) -> (StatusCode, Value) {
        let body =
            format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={VERIFIER}");
        self.post("/oauth/token", Some(client), None, &body).await
    }

    async fn link(&mut self, client: &str, menus: &[Menu]) -> (Linkage, Tokens) {
        let person = self.person("ADMIN01");
        let linkage = self.permit(&person, client, menus).await;
        let code = self.code(client, &linkage).await;
        let (status, answer) = self.redeem(client, &code).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        (linkage, tokens(&answer))
    }

    async fn refresh(&self, client: &str, tokens: &Tokens) -> StatusCode {
        let body = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
        self.post("/oauth/token", Some(client), None, &body).await.0
    }

    async fn post(&self, path: &str, basic: Option<&str>, dpop: Option<&str>, body: &str) -> (StatusCode, Value) {
        let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(client) = basic {
            let pair = BASE64_STANDARD.encode(format!("{client}:{}", self.secret));
            request = request.header(header::AUTHORIZATION, format!("Basic {pair}"));
        }
        if let Some(proof) = dpop {
            request = request.header("dpop", proof);
        }
        self.ask(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    async fn get(&self, path: &str, authorization: &str, dpop: Option<&str>) -> (StatusCode, Value) {
        let mut request = Request::get(path).header(header::AUTHORIZATION, authorization);
        if let Some(proof) = dpop {
            request = request.header("dpop", proof);
        }
        self.ask(request.body(Body::empty()).expect("a request")).await
    }

    async fn accounts(&self, tokens: &Tokens) -> StatusCode {
        self.get("/api/accounts", &format!("Bearer {}", tokens.access), None).await.0
    }

    async fn transfer(&self, tokens: &Tokens, key: &str, amount: u64) -> (StatusCode, Value) {
        let wanted = json!({
            "from": "102-0012345", "bankCode": "9902", "branchCode": "110", "accountType": "ordinary",
            "account": "0054321", "payee": "ミホンシヨウジ（カ", "amount": amount,
        });
        let request = Request::post("/api/transfers")
            .header(header::AUTHORIZATION, format!("Bearer {}", tokens.access))
            .header("idempotency-key", key)
            .body(Body::from(wanted.to_string()));
        self.ask(request.expect("a request")).await
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.expect("routes do not fail");
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// Places the order for a provider's request and signs it.
    async fn sign_request(&mut self, person: &Person, id: &str) -> Outcome {
        let (request, _) = self.known_request(person, id);
        let draft = self.bank().draft(&request).expect("the books answer");
        let placed = self.bank().place(person, draft, password(TRANSACTION)).await.expect("the bank decides");
        let Placed::Order(order) = placed else { panic!("not taken: {placed:?}") };
        let settled = self.settle(person, &order.id).await;
        let Settled::Booked(booking) = settled else { panic!("not booked: {settled:?}") };
        booking.outcome
    }

    fn known_request(&self, person: &Person, id: &str) -> (camtoken_portal::domain::request::Request, RequestState) {
        let known = self.bank().requests(person).expect("the books answer");
        known.into_iter().find(|(request, _)| request.id == id).expect("the request")
    }

    fn balance(&self) -> u64 {
        self.bank().books.get::<Account>("102-0012345").expect("the books answer").expect("the account").balance
    }

    fn jws(&self, key: &SigningKey, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature: Signature = key.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    fn assertion(&mut self, claims: &[(&str, Value)]) -> String {
        self.drawn += 1;
        let now = self.clock.now().as_unix();
        let mut all = json!({
            "iss": "choubo-fapi", "sub": "choubo-fapi", "aud": format!("{URL}/fapi"),
            "iat": now, "exp": now + 60, "jti": format!("assertion-{}", self.drawn),
        });
        for (name, value) in claims {
            all[*name] = value.clone();
        }
        self.jws(&self.key.clone(), &json!({ "alg": "ES256", "typ": "JWT", "kid": "provider-1" }), &all)
    }

    fn proof(&mut self, key: &SigningKey, method: &str, path: &str, token: Option<&str>) -> String {
        self.drawn += 1;
        let point = key.verifying_key().to_sec1_point(false);
        let jwk = json!({
            "kty": "EC", "crv": "P-256",
            "x": BASE64_URL_SAFE_NO_PAD.encode(point.x().expect("x")), "y": BASE64_URL_SAFE_NO_PAD.encode(point.y().expect("y")),
        });
        let now = self.clock.now().as_unix();
        let mut claims =
            json!({ "jti": format!("proof-{}", self.drawn), "htm": method, "htu": format!("{URL}{path}"), "iat": now });
        if let Some(token) = token {
            claims["ath"] = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(token)).into();
        }
        self.jws(key, &json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": jwk }), &claims)
    }

    async fn push(&mut self, assertion: &str) -> (StatusCode, Value) {
        let fields = Self::asked("choubo-fapi");
        let pairs = fields.iter().map(|(name, text)| format!("{name}={}", text.replace(' ', "+")));
        let mut pairs: Vec<String> = pairs.collect();
        pairs.push("client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned());
        pairs.push(format!("client_assertion={assertion}"));
        self.post("/fapi/par", None, None, &pairs.join("&")).await
    }

    /// A linkage by the FAPI 2.0 profile, with a token bound to the provider's key.
    async fn link_fapi(&mut self) -> (Linkage, Tokens) {
        let person = self.person("ADMIN01");
        let linkage = self.permit(&person, "choubo-fapi", &Menu::ALL).await;
        let assertion = self.assertion(&[]);
        let (status, pushed) = self.push(&assertion).await;
        assert_eq!(status, StatusCode::CREATED, "{pushed}");
        let uri = pushed["request_uri"].as_str().expect("an address").to_owned();
        let server = Arc::clone(&self.servers[&Standard::Fapi]);
        let query = [("client_id", "choubo-fapi"), ("request_uri", uri.as_str())];
        let query = query.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let Begun::Asked(asked) = server.begin(&query).await else { panic!("the request was refused") };
        let scopes: Vec<&str> = Menu::ALL.map(Menu::scope).into();
        let location = server.permit(&asked.ticket, &linkage.id, &scopes).await.expect("a code");
        assert_eq!(part(&location, "iss").replace("%3A", ":").replace("%2F", "/"), format!("{URL}/fapi"), "RFC 9207");
        let code = part(&location, "code");
        let assertion = self.assertion(&[]);
        let key = self.key.clone();
        let proof = self.proof(&key, "POST", "/fapi/token", None);
        let body = format!(
            "grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={VERIFIER}&client_id=choubo-fapi\
             &client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion={assertion}"
        );
        let (status, answer) = self.post("/fapi/token", None, Some(&proof), &body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert_eq!(answer["token_type"], "DPoP");
        (linkage, tokens(&answer))
    }
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

fn tokens(answer: &Value) -> Tokens {
    let text = |name: &str| answer[name].as_str().expect("a token").to_owned();
    Tokens { access: text("access_token"), refresh: text("refresh_token") }
}

fn part(location: &str, name: &str) -> String {
    let (_, query) = location.split_once('?').expect("a query");
    let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.expect("a part of the query").to_owned()
}

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
async fn no_more_requests_wait_than_a_customer_can_look_at() {
    let mut world = World::new().await;
    world.register().await;
    let (_, tokens) = world.link("choubo", &Menu::ALL).await;
    for number in 0..MAX_WAITING {
        assert_eq!(world.transfer(&tokens, &format!("order-{number}"), 1).await.0, StatusCode::ACCEPTED, "{number}");
    }
    assert_eq!(world.transfer(&tokens, "one-more", 1).await.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(world.transfer(&tokens, "order-7", 1).await.0, StatusCode::ACCEPTED, "it waits already");
}

#[tokio::test(flavor = "multi_thread")]
async fn not_even_the_accounts_are_told_after_the_menu_was_closed() {
    let mut world = World::new().await;
    let person = world.register().await;
    let (_, tokens) = world.link("choubo", &[Menu::Balance]).await;
    assert_eq!(world.accounts(&tokens).await, StatusCode::OK);
    let closed: Result<(), camtoken_portal::books::BooksError> = world.bank().books.change(|sheet| {
        let role = people::Role::User;
        sheet.put(&Person { role, closed: vec![people::Menu::Inquiry], ..person });
        Ok(())
    });
    closed.expect("the books answer");
    assert_eq!(world.accounts(&tokens).await, StatusCode::FORBIDDEN);
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
    world.bank().set_service(&person, false).await.expect("the bank decides");
    assert_eq!(world.accounts(&tokens).await, StatusCode::UNAUTHORIZED);
    world.bank().set_service(&person, true).await.expect("the bank decides");
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

#[tokio::test(flavor = "multi_thread")]
async fn what_one_person_has_registered_another_one_can_permit() {
    let world = World::new().await;
    let (first, second) = (world.person("KEIRI01"), world.person("ADMIN01"));
    let (keihi, account) = (world.provider("choubo-keihi"), "102-0012345".to_owned());
    world.bank().register_accounts(&first, std::slice::from_ref(&account)).expect("the books answer");
    let shown = |menus: &[Menu]| -> Vec<String> {
        let covered = world.bank().covered(SAMPLE, menus).expect("the books answer");
        covered.iter().map(Account::key).collect()
    };
    assert_eq!(shown(&[Menu::Balance]), [account.as_str()]);
    assert!(shown(&[Menu::Transfer]).is_empty(), "nothing is inquired");
    let done = world.bank().permit(&second, &keihi, &[Menu::Balance], Proof::Password, None).expect("the books answer");
    let Permitted::Linked(linkage) = done.0 else { panic!("not linked") };
    assert_eq!(linkage.accounts, [account], "the browser was closed before the first one gave the permission");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_permitted_to_somebody_else_than_was_proved() {
    let world = World::new().await;
    let proved = world.person("KEIRI01");
    let keihi = world.provider("choubo-keihi");
    world.bank().register_accounts(&proved, &["102-0012345".to_owned()]).expect("the books answer");
    let permitted_to = |now: Person| {
        let changed: Result<(), camtoken_portal::books::BooksError> = world.bank().books.change(|sheet| {
            sheet.put(&now);
            Ok(())
        });
        changed.expect("the books answer");
        let done = world.bank().permit(&proved, &keihi, &[Menu::Balance], Proof::Password, None);
        done.expect("the books answer").0
    };
    let other = world.bank().hash(password("Yama-no-ne-77")).await.expect("hashed");
    let mut renewed = proved.clone();
    renewed.login.hash = other;
    assert!(matches!(permitted_to(renewed), Permitted::Closed), "another login password");
    assert!(matches!(permitted_to(Person { suspended: true, ..proved.clone() }), Permitted::Closed));
    let closed = vec![people::Menu::Inquiry];
    assert!(matches!(permitted_to(Person { closed, ..proved.clone() }), Permitted::Closed));
    assert!(matches!(permitted_to(proved.clone()), Permitted::Linked(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_not_permitted_on_its_day_is_not_registered() {
    let world = World::new().await;
    let person = world.person("KEIRI01");
    let keihi = world.provider("choubo-keihi");
    let account = "102-0012345".to_owned();
    let state = |world: &World| world.bank().account_states(SAMPLE).expect("the books answer")[0].1;
    let permit = |world: &World| {
        let done = world.bank().permit(&person, &keihi, &[Menu::Balance], Proof::Password, None);
        done.expect("the books answer").0
    };
    assert_eq!(state(&world), AccountState::Unregistered);
    world.bank().register_accounts(&person, std::slice::from_ref(&account)).expect("the books answer");
    assert_eq!(state(&world), AccountState::Pending);
    // Noon to midnight in Japan.
    world.later(12 * 3_600 - 1);
    assert_eq!(state(&world), AccountState::Pending);
    world.later(1);
    assert_eq!(state(&world), AccountState::Unregistered);
    assert!(matches!(permit(&world), Permitted::NoAccount));

    world.bank().register_accounts(&person, &[account]).expect("the books answer");
    let Permitted::Linked(linkage) = permit(&world) else { panic!("not linked") };
    assert_eq!(linkage.accounts, ["102-0012345"]);
    world.later(365 * 86_400);
    assert_eq!(state(&world), AccountState::Registered);
}

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
async fn an_inquiry_pin_is_counted_and_belongs_to_its_company() {
    let world = World::new().await;
    let person = world.person("KEIRI01");
    let enter = async |account: &str, pin: &str| {
        world.bank().enter_pin(&person, account, password(pin)).await.expect("an answer")
    };
    use camtoken_portal::domain::credential::Entry;
    assert_eq!(enter("001-0777001", INQUIRY_PIN).await, PinEntry::None, "another company's account");
    assert_eq!(enter("102-0012345", INQUIRY_PIN).await, PinEntry::Entered(Entry::Right));
    for left in [4, 3, 2, 1] {
        let entry = Entry::Wrong { left, just_suspended: false };
        assert_eq!(enter("102-0012345", "0000").await, PinEntry::Entered(entry));
    }
    assert_eq!(enter("102-0012345", "0000").await, PinEntry::Entered(Entry::Wrong { left: 0, just_suspended: true }));
    assert_ne!(enter("102-0012345", INQUIRY_PIN).await, PinEntry::Entered(Entry::Right), "suspended");
    assert_eq!(enter("102-0200789", INQUIRY_PIN).await, PinEntry::Entered(Entry::Right), "each account has its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_inquiry_pin_comes_once_a_day_and_lifts_no_suspension() {
    use camtoken_portal::domain::credential::Entry;
    let world = World::new().await;
    let person = world.person("KEIRI01");
    let account = "102-0012345";
    let enter = async |pin: &str| world.bank().enter_pin(&person, account, password(pin)).await.expect("an answer");
    let letter = async || world.bank().send_pin(&person, account).await.expect("an answer");
    let sent = || {
        let mails = world.bank().books.list::<Mail>("").expect("the books answer");
        mails
            .into_iter()
            .filter(|mail| mail.text == "letter-pin")
            .map(|mail| mail.word("pin").to_owned())
            .collect::<Vec<_>>()
    };
    for _ in 0..4 {
        enter("none").await;
    }
    assert_eq!(letter().await, PinLetter::Sent);
    assert_eq!(letter().await, PinLetter::TooSoon);
    assert_eq!(enter(&sent()[0]).await, PinEntry::Entered(Entry::Right));
    for _ in 0..5 {
        enter("none").await;
    }
    assert_eq!(world.bank().suspended_pins(SAMPLE).expect("the books answer").len(), 1);
    world.later(86_399);
    assert_eq!(letter().await, PinLetter::TooSoon);
    world.later(1);
    assert_eq!(letter().await, PinLetter::Sent);
    let pin = sent().pop().expect("a letter");
    assert_ne!(enter(&pin).await, PinEntry::Entered(Entry::Right), "suspended as before");
    world.bank().resume_pin(account).expect("the books answer");
    assert_eq!(enter(&pin).await, PinEntry::Entered(Entry::Right));
    let Chain { events, broken } = world.bank().events().expect("the books answer");
    assert_eq!(broken, None, "nobody has touched them");
    let about: Vec<&str> =
        events.iter().filter(|event| event.about == account).map(|event| event.what.as_str()).collect();
    assert_eq!(about, ["suspended", "resumed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_inquire_has_nothing_to_do_with_pins_and_accounts() {
    let world = World::new().await;
    let before = world.person("KEIRI01");
    let account = "102-0012345".to_owned();
    let closed: Result<(), camtoken_portal::books::BooksError> = world.bank().books.change(|sheet| {
        sheet.put(&Person { closed: vec![people::Menu::Inquiry], ..before.clone() });
        Ok(())
    });
    closed.expect("the books answer");
    assert_eq!(
        world.bank().enter_pin(&before, &account, password(INQUIRY_PIN)).await.expect("an answer"),
        PinEntry::None
    );
    assert_eq!(world.bank().send_pin(&before, &account).await.expect("an answer"), PinLetter::None);
    assert!(!world.bank().register_accounts(&before, std::slice::from_ref(&account)).expect("the books answer"));
    let states = world.bank().account_states(SAMPLE).expect("the books answer");
    assert!(states.iter().all(|(_, state)| *state == AccountState::Unregistered));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requested_transfer_is_booked_once_and_as_it_was_asked_for() {
    let mut world = World::new().await;
    let person = world.register().await;
    let (_, tokens) = world.link("choubo", &Menu::ALL).await;
    let (status, answer) = world.transfer(&tokens, "order-1", 5_000).await;
    assert_eq!((status, answer["state"].as_str()), (StatusCode::ACCEPTED, Some("pending")));
    let id = answer["id"].as_str().expect("an ID").to_owned();
    assert_eq!(world.transfer(&tokens, "order-1", 5_000).await.1["id"], id.as_str(), "the same key, the same request");
    assert_eq!(world.transfer(&tokens, "order-1", 6_000).await.0, StatusCode::CONFLICT);
    assert_eq!(world.bank().requests(&person).expect("the books answer").len(), 1);
    assert_eq!(world.balance(), 58_420_000, "nothing moves before the customer signs");

    // Two orders for one request, as from two tabs: both are signed, one is booked.
    let (request, _) = world.known_request(&person, &id);
    let draft = world.bank().draft(&request).expect("the books answer");
    let placed = world.bank().place(&person, draft, password(TRANSACTION)).await.expect("the bank decides");
    let Placed::Order(second) = placed else { panic!("not taken: {placed:?}") };
    assert_eq!(world.sign_request(&person, &id).await, Outcome::Done);
    let Settled::Booked(booking) = world.settle(&person, &second.id).await else { panic!("not settled") };
    assert_eq!(booking.outcome, Outcome::Refused(Refusal::Changed));
    assert_eq!(world.balance(), 58_415_000);
    let lines = world.bank().books.list::<LedgerLine>("102-0012345/").expect("the books answer");
    assert_eq!(lines.iter().map(|line| (line.amount, line.text.as_str())).collect::<Vec<_>>(), [(-5_000, "ﾐﾎﾝｼﾖｳｼﾞ(ｶ")]);

    let (_, answer) = world.get(&format!("/api/transfers/{id}"), &format!("Bearer {}", tokens.access), None).await;
    assert_eq!(answer["state"], "done");
    assert_eq!(answer["order"], lines[0].order.as_str());
    assert_eq!(world.transfer(&tokens, "order-1", 5_000).await.1["state"], "done", "asking again pays nothing again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requested_transfer_that_lacks_money_stays_open_and_says_why() {
    let mut world = World::new().await;
    let person = world.register().await;
    let (_, tokens) = world.link("choubo", &Menu::ALL).await;
    let (_, answer) = world.transfer(&tokens, "order-1", 20_000_000).await;
    let id = answer["id"].as_str().expect("an ID").to_owned();
    assert_eq!(answer["refused"], Value::Null);
    assert_eq!(world.sign_request(&person, &id).await, Outcome::Refused(Refusal::Limit));
    assert_eq!(world.known_request(&person, &id).1, RequestState::Pending);
    assert_eq!(world.balance(), 58_420_000);
    let seen = async |world: &World, id: &str| {
        let (_, answer) = world.get(&format!("/api/transfers/{id}"), &format!("Bearer {}", tokens.access), None).await;
        (answer["state"].as_str().map(str::to_owned), answer["refused"].as_str().map(str::to_owned))
    };
    let said = |state: &str, refused: Option<&str>| (Some(state.to_owned()), refused.map(str::to_owned));
    assert_eq!(seen(&world, &id).await, said("pending", Some("limit")));

    // With a higher limit the same request is signed again and carried out; another one lacks the money.
    let raised: Result<(), camtoken_portal::books::BooksError> = world.bank().books.change(|sheet| {
        let mut contract = sheet.get::<Contract>(SAMPLE)?.expect("a contract of the demonstration");
        contract.set_limit(Limit::Transfer, 100_000_000);
        sheet.put(&contract);
        Ok(())
    });
    raised.expect("the books answer");
    assert_eq!(world.sign_request(&person, &id).await, Outcome::Done);
    assert_eq!(seen(&world, &id).await, said("done", None));
    let (_, answer) = world.transfer(&tokens, "order-2", 50_000_000).await;
    let id = answer["id"].as_str().expect("an ID").to_owned();
    assert_eq!(world.sign_request(&person, &id).await, Outcome::Refused(Refusal::Funds));
    assert_eq!(seen(&world, &id).await, said("pending", Some("funds")));
    world.later(PATIENCE.as_secs());
    assert_eq!(world.known_request(&person, &id).1, RequestState::Expired);
    assert_eq!(world.balance(), 38_420_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_over_with_its_time_or_its_linkage() {
    let mut world = World::new().await;
    let person = world.register().await;
    let (linkage, tokens) = world.link("choubo", &Menu::ALL).await;
    let (_, answer) = world.transfer(&tokens, "order-1", 5_000).await;
    let late = answer["id"].as_str().expect("an ID").to_owned();
    let (request, _) = world.known_request(&person, &late);
    // In time, and of the day on which it is signed.
    world.later(PATIENCE.as_secs() - 60);
    let draft = world.bank().draft(&request).expect("the books answer");
    let Placed::Order(order) = world.bank().place(&person, draft, password(TRANSACTION)).await.expect("decided") else {
        panic!("not taken")
    };
    world.later(60);
    assert_eq!(world.known_request(&person, &late).1, RequestState::Expired);
    let Settled::Booked(booking) = world.settle(&person, &order.id).await else { panic!("not settled") };
    assert_eq!(booking.outcome, Outcome::Refused(Refusal::Changed), "signed too late");

    let body = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
    let (_, answer) = world.post("/oauth/token", Some("choubo"), None, &body).await;
    let tokens = self::tokens(&answer);
    let (_, answer) = world.transfer(&tokens, "order-2", 5_000).await;
    let id = answer["id"].as_str().expect("an ID").to_owned();
    assert_eq!(world.known_request(&person, &id).1, RequestState::Pending);
    world.bank().end_linkage(&linkage.id, Ended::Revoked).expect("the books answer");
    assert_eq!(world.known_request(&person, &id).1, RequestState::Ended);
    world.later(PATIENCE.as_secs());
    assert_eq!(world.known_request(&person, &id).1, RequestState::Expired, "in time or not, it is over");
    assert_eq!(world.balance(), 58_420_000);
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
