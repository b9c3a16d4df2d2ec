use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use super::*;
use camtoken::store::{Change, MemoryStore, RecordId, Replaced, Revision, Versioned};
use camtoken::verifier::{LocalKeyWrapper, Policy};

fn verifier<S: Store>(store: S) -> Verifier<S> {
    let vault = Box::new(LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes"));
    Verifier::new(store, vault, Policy::default(), "架空中央銀行", &mut rng()).expect("the default policy")
}

/// Asks the routes without a socket.
fn ask<S: Store + 'static>(verifier: Option<Verifier<S>>, options: &Options, path: &str) -> (StatusCode, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let request = Request::get(path).header("host", "localhost").body(Body::empty()).expect("a request");
        let routes = TowerToHyperService::new(Service::new(verifier, options).router());
        let response = routes.call(request).await.expect("routes do not fail");
        let status = response.status();
        let body = response.into_body().collect().await.expect("a whole body").to_bytes();
        (status, String::from_utf8_lossy(&body).into_owned())
    })
}

#[test]
fn a_build_without_the_virtual_token_has_none_of_its_routes() {
    let options = Options { virtual_token: true, ..Options::default() };
    let (_, described) = ask::<MemoryStore>(None, &options, "/openapi.json");
    assert_eq!(described.contains("/v1/sessions"), cfg!(feature = "emulator"));
    let (_, described) = ask::<MemoryStore>(None, &Options::default(), "/openapi.json");
    assert!(!described.contains("/v1/sessions") && !described.contains("/v1/challenges"));
    let (_, described) = ask(Some(verifier(MemoryStore::new())), &Options::default(), "/openapi.json");
    assert!(!described.contains("/v1/sessions") && described.contains("/v1/challenges"));
}

/// A store that fails, or never answers.
struct Broken(Option<StoreError>);

impl Broken {
    async fn answer<T>(&self) -> Result<T, StoreError> {
        match &self.0 {
            Some(error) => Err(error.clone()),
            None => std::future::pending().await,
        }
    }
}

impl Store for Broken {
    async fn load(&self, _: &RecordId) -> Result<Option<Versioned>, StoreError> {
        self.answer().await
    }

    async fn replace(&self, _: &RecordId, _: Revision, _: Change) -> Result<Replaced, StoreError> {
        self.answer().await
    }

    async fn list(&self, _: Option<&RecordId>, _: usize) -> Result<Vec<RecordId>, StoreError> {
        self.answer().await
    }

    async fn audit_page(&self, _: &RecordId, _: Revision, _: usize) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        self.answer().await
    }
}

#[test]
fn without_its_store_the_service_lives_and_is_not_ready() {
    for (error, code) in [
        (StoreError::Stopped { reason: "EIO".to_owned() }, "CT-E014"),
        (StoreError::Unknown { reason: "EIO".to_owned() }, "CT-E015"),
        (StoreError::Unavailable { reason: "full".to_owned() }, "CT-E107"),
    ] {
        let broken = || Some(verifier(Broken(Some(error.clone()))));
        assert_eq!(ask(broken(), &Options::default(), "/healthz").0, StatusCode::OK);
        for path in ["/readyz", "/v1/tokens/KKK0000001", "/v1/activations/0123456789ab"] {
            let (status, body) = ask(broken(), &Options::default(), path);
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
            assert!(body.contains(code) && !body.contains("EIO"), "{path}: {body}");
        }
    }
}

/// A stale secret in one of several deployments would make a mixed store.
#[test]
fn with_the_key_of_another_store_the_service_is_not_ready() {
    let store = Arc::new(MemoryStore::new());
    let with = |kek: u8| {
        let vault = Box::new(LocalKeyWrapper::new(&[Key::new((kek..kek + 32).collect())]).expect("a key of 32 bytes"));
        let verifier = Verifier::new(Arc::clone(&store), vault, Policy::default(), "Bank", &mut rng());
        ask(Some(verifier.expect("the default policy")), &Options::default(), "/readyz")
    };
    assert_eq!(with(9).0, StatusCode::OK);
    let (status, body) = with(10);
    assert!(status == StatusCode::SERVICE_UNAVAILABLE && body.contains("CT-E050"), "{body}");
    assert_eq!(with(9).0, StatusCode::OK);
}

#[test]
fn what_a_self_check_finds_is_said_by_readyz_and_the_metrics() {
    let checks = || vec![SelfCheck::new("kek_file", || Err(Code::UnsafeFile)), SelfCheck::new("fine", || Ok(()))];
    let options = Options { self_checks: checks(), ..Options::default() };
    let (status, body) = ask(Some(verifier(MemoryStore::new())), &options, "/readyz");
    assert!(
        status == StatusCode::SERVICE_UNAVAILABLE && body.contains("CT-E051") && body.contains("kek_file"),
        "{body}"
    );
    assert_eq!(ask(Some(verifier(MemoryStore::new())), &options, "/healthz").0, StatusCode::OK, "it lives");
    let (_, metrics) = ask(Some(verifier(MemoryStore::new())), &options, "/metrics");
    for line in ["camtoken_self_check_failed{check=\"kek_file\"} 1", "camtoken_self_check_failed{check=\"fine\"} 0"] {
        assert!(metrics.contains(line), "{metrics}");
    }
}

/// A store that has stopped although no request comes any more.
struct Stopping;

impl Store for Stopping {
    async fn load(&self, _: &RecordId) -> Result<Option<Versioned>, StoreError> {
        Ok(None)
    }

    async fn replace(&self, _: &RecordId, _: Revision, _: Change) -> Result<Replaced, StoreError> {
        Ok(Replaced::Conflict)
    }

    async fn list(&self, _: Option<&RecordId>, _: usize) -> Result<Vec<RecordId>, StoreError> {
        Ok(Vec::new())
    }

    async fn audit_page(&self, _: &RecordId, _: Revision, _: usize) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        Ok(Vec::new())
    }

    async fn stopped(&self) -> StoreError {
        StoreError::Stopped { reason: "EIO".to_owned() }
    }
}

/// It once went on until the next request, and `/healthz` said that it was well.
#[test]
fn a_service_whose_store_has_stopped_ends_without_being_asked() {
    let (status, body) = ask(Some(verifier(Stopping)), &Options::default(), "/healthz");
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("CT-E014") && !body.contains("EIO"), "{body}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = listen("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let service = Service::new(Some(verifier(Stopping)), &Options::default());
        let ended = tokio::time::timeout(Duration::from_secs(5), service.serve(listener, std::future::pending()));
        assert!(matches!(ended.await, Ok(Err(StoreStopped))));
    });
}

/// No other process can open the store again: the process that serves it has to end.
#[test]
fn a_service_whose_store_has_stopped_ends() {
    use std::io::{Read, Write};

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let broken = verifier(Broken(Some(StoreError::Stopped { reason: "EIO".to_owned() })));
        let listener = listen("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let asked = tokio::task::spawn_blocking(move || {
            let mut answer = String::new();
            let mut stream = std::net::TcpStream::connect(address).expect("it listens");
            let request = "GET /v1/tokens/KKK0000001 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
            stream.write_all(request.as_bytes()).expect("it reads");
            stream.read_to_string(&mut answer).expect("it answers");
            answer
        });
        let service = Service::new(Some(broken), &Options::default());
        let ended = tokio::time::timeout(Duration::from_secs(20), service.serve(listener, std::future::pending()));
        assert!(matches!(ended.await, Ok(Err(StoreStopped))));
        let answer = asked.await.expect("no panic");
        assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("CT-E014"), "{answer}");
    });
}

#[test]
fn a_store_that_does_not_answer_has_an_unknown_outcome() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let routes = Service::new(Some(verifier(Broken(None))), &Options::default()).router();
        let routes = TowerToHyperService::new(routes);
        let request = Request::get("/readyz").header("host", "localhost").body(Body::empty()).expect("a request");
        let start = tokio::time::Instant::now();
        let response = routes.call(request).await.expect("routes do not fail");
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(start.elapsed(), Duration::from_secs(30));
    });
}
