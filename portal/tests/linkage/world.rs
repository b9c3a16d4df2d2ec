//! The bank with its site, without a socket, and a provider that signs by itself.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use camtoken::Timestamp;
use camtoken::key::TokenId;
use camtoken::token::{Received, Token, file};
use camtoken::verifier::Step;
use camtoken_portal::bank::{Bank, First, NewChallenge, Placed, Progress, Settled};
use camtoken_portal::demo::{self, FIRST_OTP, SAMPLE, TRANSACTION};
use camtoken_portal::domain::credential::Password;
use camtoken_portal::domain::ledger::{Account, Outcome};
use camtoken_portal::domain::linkage::{Linkage, Menu, Proof, Provider, Standard};
use camtoken_portal::domain::people::Person;
use camtoken_portal::domain::request::RequestState;
use camtoken_portal::linkage::consent::Permitted;
use camtoken_portal::linkage::grants::{Begun, Grants, Server};
use camtoken_portal::pages::{Linkages, Site};
use camtoken_portal::provider;
use camtoken_portal::provider::client::Credentials;
use camtoken_portal::system::rng;
use camtoken_portal::test_clock::TestClock;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

/// 2026-11-21T03:00:00Z, noon in Japan.
pub(super) const START: u64 = 1_795_230_000;

pub(super) const URL: &str = "http://127.0.0.1:4880";

pub(super) const CALLBACK: &str = "http://127.0.0.1:4882/callback";

pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// RFC 7636, appendix B.
pub(super) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(super) struct World {
    pub(super) site: Arc<Site>,
    pub(super) router: Router,
    pub(super) servers: HashMap<Standard, Arc<dyn Grants>>,
    pub(super) clock: Arc<TestClock>,
    pub(super) token: Token,
    pub(super) secret: String,
    pub(super) key: SigningKey,
    pub(super) drawn: u64,
    pub(super) _dir: tempfile::TempDir,
}

/// What a provider got for a code.
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: String,
}

impl World {
    pub(super) async fn new() -> Self {
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
        let linkages = Linkages::new(servers.clone());
        let site = Arc::new(Site::new(bank, None, dir.path().join("attacks")).with_linkages(linkages));
        let router = Arc::clone(&site).router();
        let secret = credentials.expose_secret().to_owned();
        Self { site, router, servers, clock, token, secret, key, drawn: 0, _dir: dir }
    }

    pub(super) fn bank(&self) -> &Bank {
        &self.site.bank
    }

    pub(super) fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds)).expect("it moves");
    }

    pub(super) fn person(&self, user: &str) -> Person {
        self.bank().person(SAMPLE, user).expect("the books answer").expect("a person of the demonstration")
    }

    pub(super) fn provider(&self, client: &str) -> Provider {
        self.bank().provider(client).expect("the books answer").expect("a registered provider")
    }

    pub(super) async fn register(&mut self) -> Person {
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
    pub(super) async fn settle(&mut self, person: &Person, order: &str) -> Settled {
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
    pub(super) async fn permit(&mut self, person: &Person, client: &str, menus: &[Menu]) -> Linkage {
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

    pub(super) fn asked(client: &str) -> Vec<(String, String)> {
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
    pub(super) async fn code(&self, client: &str, linkage: &Linkage) -> String {
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

    pub(super) async fn redeem(&self, client: &str, code: &str) -> (StatusCode, Value) {
        let body =
            format!("grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={VERIFIER}");
        self.post("/oauth/token", Some(client), None, &body).await
    }

    pub(super) async fn link(&mut self, client: &str, menus: &[Menu]) -> (Linkage, Tokens) {
        let person = self.person("ADMIN01");
        let linkage = self.permit(&person, client, menus).await;
        let code = self.code(client, &linkage).await;
        let (status, answer) = self.redeem(client, &code).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        (linkage, tokens(&answer))
    }

    pub(super) async fn refresh(&self, client: &str, tokens: &Tokens) -> StatusCode {
        let body = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh);
        self.post("/oauth/token", Some(client), None, &body).await.0
    }

    pub(super) async fn post(
        &self,
        path: &str,
        basic: Option<&str>,
        dpop: Option<&str>,
        body: &str,
    ) -> (StatusCode, Value) {
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

    pub(super) async fn get(&self, path: &str, authorization: &str, dpop: Option<&str>) -> (StatusCode, Value) {
        let mut request = Request::get(path).header(header::AUTHORIZATION, authorization);
        if let Some(proof) = dpop {
            request = request.header("dpop", proof);
        }
        self.ask(request.body(Body::empty()).expect("a request")).await
    }

    pub(super) async fn accounts(&self, tokens: &Tokens) -> StatusCode {
        self.get("/api/accounts", &format!("Bearer {}", tokens.access), None).await.0
    }

    pub(super) async fn transfer(&self, tokens: &Tokens, key: &str, amount: u64) -> (StatusCode, Value) {
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

    pub(super) async fn ask(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.expect("routes do not fail");
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// Places the order for a provider's request and signs it.
    pub(super) async fn sign_request(&mut self, person: &Person, id: &str) -> Outcome {
        let (request, _) = self.known_request(person, id);
        let draft = self.bank().draft(&request).expect("the books answer");
        let placed = self.bank().place(person, draft, password(TRANSACTION)).await.expect("the bank decides");
        let Placed::Order(order) = placed else { panic!("not taken: {placed:?}") };
        let settled = self.settle(person, &order.id).await;
        let Settled::Booked(booking) = settled else { panic!("not booked: {settled:?}") };
        booking.outcome
    }

    pub(super) fn known_request(
        &self,
        person: &Person,
        id: &str,
    ) -> (camtoken_portal::domain::request::Request, RequestState) {
        let known = self.bank().requests(person).expect("the books answer");
        known.into_iter().find(|(request, _)| request.id == id).expect("the request")
    }

    pub(super) fn balance(&self) -> u64 {
        self.bank().books.get::<Account>("102-0012345").expect("the books answer").expect("the account").balance
    }

    pub(super) fn jws(&self, key: &SigningKey, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature: Signature = key.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    pub(super) fn assertion(&mut self, claims: &[(&str, Value)]) -> String {
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

    pub(super) fn proof(&mut self, key: &SigningKey, method: &str, path: &str, token: Option<&str>) -> String {
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

    pub(super) async fn push(&mut self, assertion: &str) -> (StatusCode, Value) {
        let fields = Self::asked("choubo-fapi");
        let pairs = fields.iter().map(|(name, text)| format!("{name}={}", text.replace(' ', "+")));
        let mut pairs: Vec<String> = pairs.collect();
        pairs.push("client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned());
        pairs.push(format!("client_assertion={assertion}"));
        self.post("/fapi/par", None, None, &pairs.join("&")).await
    }

    /// A linkage by the FAPI 2.0 profile, with a token bound to the provider's key.
    pub(super) async fn link_fapi(&mut self) -> (Linkage, Tokens) {
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

pub(super) fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

pub(super) fn tokens(answer: &Value) -> Tokens {
    let text = |name: &str| answer[name].as_str().expect("a token").to_owned();
    Tokens { access: text("access_token"), refresh: text("refresh_token") }
}

pub(super) fn part(location: &str, name: &str) -> String {
    let (_, query) = location.split_once('?').expect("a query");
    let found = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    found.expect("a part of the query").to_owned()
}
