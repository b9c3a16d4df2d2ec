//! `/api/openapi.json` says what the API does: every route, every answer, every problem.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use camtoken_portal::books::BooksError;
use camtoken_portal::domain::linkage::Menu;
use camtoken_portal::domain::people::{self, Person, Role};
use camtoken_portal::linkage::requests::MAX_WAITING;
use serde_json::{Value, json};

use super::world::*;

/// What was answered, held against the description.
struct Described {
    document: Value,
    seen: BTreeSet<(String, String, u16)>,
}

impl Described {
    async fn new(world: &World) -> Self {
        let (status, document) = world.get("/api/openapi.json", "", None).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(document["openapi"], "3.1.0");
        Self { document, seen: BTreeSet::new() }
    }

    /// The path of the description that an address has.
    fn path(&self, address: &str) -> String {
        let paths = self.document["paths"].as_object().expect("paths");
        let parts: Vec<&str> = address.split('/').collect();
        let fits = |path: &&String| {
            let known: Vec<&str> = path.split('/').collect();
            known.len() == parts.len()
                && known.iter().zip(&parts).all(|(known, part)| known.starts_with('{') || known == part)
        };
        paths.keys().find(fits).unwrap_or_else(|| panic!("{address} is not described")).clone()
    }

    fn check(&mut self, method: &str, address: &str, (status, answer): &(StatusCode, Value)) {
        let path = self.path(address);
        let told = &self.document["paths"][&path][method]["responses"][status.as_str()];
        let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
        let mut schema = told["content"][kind]["schema"].clone();
        assert!(schema.is_object(), "{method} {path} answers {status}, which is not described");
        schema["components"] = self.document["components"].clone();
        let validator = jsonschema::validator_for(&schema).expect("a schema of JSON Schema 2020-12");
        let errors: Vec<String> = validator.iter_errors(answer).map(|error| error.to_string()).collect();
        assert_eq!(errors, [""; 0], "{method} {path} {status}: {answer}");
        // Nothing is answered that is not described.
        let name = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()).expect("a type");
        let known = &self.document["components"]["schemas"][name]["properties"];
        for member in answer.as_object().expect("an object").keys() {
            assert!(known[member].is_object(), "{name} has a member {member} that is not described");
        }
        self.seen.insert((method.to_owned(), path, status.as_u16()));
    }
}

async fn get(world: &World, described: &mut Described, path: &str, token: &str) {
    let answer = world.get(path, &format!("Bearer {token}"), None).await;
    described.check("get", path, &answer);
}

async fn post(world: &World, described: &mut Described, token: &str, key: &str, amount: u64) -> Value {
    let body = json!({
        "from": "102-0012345", "bankCode": "9902", "branchCode": "110", "accountType": "ordinary",
        "account": "0054321", "payee": "ミホンシヨウジ（カ", "amount": amount,
    });
    let request = Request::post("/api/transfers")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header("idempotency-key", key)
        .body(Body::from(body.to_string()));
    let answer = world.ask(request.expect("a request")).await;
    described.check("post", "/api/transfers", &answer);
    answer.1
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_and_every_answer_is_described() {
    let mut world = World::new().await;
    let person = world.register().await;
    let mut described = Described::new(&world).await;
    let (_, tokens) = world.link("choubo", &Menu::ALL).await;
    let (_, narrow) = world.link("choubo-keihi", &[Menu::Balance]).await;
    let gets = ["/api/accounts", "/api/accounts/102-0012345/balance", "/api/accounts/102-0012345/statement"];

    let transfer = post(&world, &mut described, &tokens.access, "order-1", 5_000).await;
    let waits = format!("/api/transfers/{}", transfer["id"].as_str().expect("an ID"));
    world.sign_request(&person, transfer["id"].as_str().expect("an ID")).await;
    for path in gets.iter().copied().chain([waits.as_str()]) {
        get(&world, &mut described, path, &tokens.access).await;
        get(&world, &mut described, path, "unknown").await;
        let posted = Request::put(path).body(Body::empty()).expect("a request");
        let answer = world.ask(posted).await;
        described.check("get", path, &answer);
    }
    for path in [
        "/api/accounts/001-0777001/balance",
        "/api/accounts/001-0777001/statement",
        "/api/transfers/R00000000000000000000",
    ] {
        get(&world, &mut described, path, &tokens.access).await;
    }
    get(&world, &mut described, "/api/accounts/102-0012345/statement", &narrow.access).await;
    get(&world, &mut described, &waits, &narrow.access).await;
    post(&world, &mut described, &tokens.access, "order-1", 6_000).await;
    post(&world, &mut described, &tokens.access, "order-2", 0).await;
    post(&world, &mut described, &narrow.access, "order-2", 1).await;
    post(&world, &mut described, "unknown", "order-2", 1).await;
    for number in 0..=MAX_WAITING {
        post(&world, &mut described, &tokens.access, &format!("more-{number}"), 1).await;
    }
    let posted = Request::put("/api/transfers").body(Body::empty()).expect("a request");
    let answer = world.ask(posted).await;
    described.check("post", "/api/transfers", &answer);
    let closed: Result<(), BooksError> = world.bank().books.change(|sheet| {
        let person = Person { role: Role::User, closed: vec![people::Menu::Inquiry], ..person };
        sheet.put(&person);
        Ok(())
    });
    closed.expect("the books answer");
    for path in &gets[..2] {
        get(&world, &mut described, path, &narrow.access).await;
    }

    // 503 alone is not seen: it needs a broken disk.
    for (path, item) in described.document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            for status in operation["responses"].as_object().expect("answers").keys() {
                let status: u16 = status.parse().expect("a status");
                let was_seen = described.seen.contains(&(method.clone(), path.clone(), status));
                assert!(was_seen || status == 503, "{method} {path} {status} is described, and was never answered");
            }
        }
    }
}
