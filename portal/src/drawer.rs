//! The drawer with the demonstration's tokens: the library's virtual token, served on a port of its own.
//!
//! The tokens are in memory there. The drawer keeps a file of each beside the bank's database, and writes it again when the token
//! has changed, so that bank and tokens go on together after a restart.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use camtoken::key::TokenId;
use camtoken::store::MemoryStore;
use camtoken_server::{Options, Service};
use tower::ServiceExt;

/// Where the tokens of the demonstration are.
pub struct Drawer {
    router: Router,
    dir: PathBuf,
    session: String,
    tokens: Vec<(TokenId, String)>,
}

/// How often a token that has changed is stored.
const EVERY: Duration = Duration::from_secs(1);

/// The largest token file.
const MAX_FILE: usize = 1 << 20;

impl Drawer {
    /// Puts new tokens into the drawer, or takes the existing ones, and gives them to a service.
    ///
    /// # Errors
    ///
    /// That a file cannot be read or written, or is no token.
    pub async fn open(dir: &Path, new: Vec<(TokenId, String)>) -> io::Result<(Self, Service)> {
        std::fs::create_dir_all(dir)?;
        for (id, file) in &new {
            write(dir, id, file)?;
        }
        let service = Service::new::<MemoryStore>(None, &Options { virtual_token: true, ..Options::default() });
        let router = service.router();
        let opened = ask(&router, Method::POST, "/v1/sessions", r#"{"lang":"ja","ttl":"PT86400S"}"#.to_owned()).await?;
        let opened: serde_json::Value = serde_json::from_str(&opened)?;
        let session = opened["id"].as_str().unwrap_or_default().to_owned();
        let mut tokens = Vec::new();
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            if let Ok(id) = name.parse::<TokenId>()
                && path.extension().is_some_and(|extension| extension == "json")
            {
                let file = std::fs::read_to_string(&path)?;
                ask(&router, Method::PUT, &state(&session, &id), file.clone()).await?;
                tokens.push((id, file));
            }
        }
        tokens.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        Ok((Self { router, dir: dir.to_owned(), session, tokens }, service))
    }

    /// The session that the tokens are in.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Moves the tokens' clock on.
    pub fn clock(
        &self,
    ) -> impl Fn(Duration) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send>> + Send + Sync + use<> {
        let (router, path) = (self.router.clone(), format!("/v1/sessions/{}/clock", self.session));
        move |by| {
            let (router, path) = (router.clone(), path.clone());
            let change = format!(r#"{{"advance":"{}"}}"#, span(by));
            Box::pin(async move { ask(&router, Method::POST, &path, change).await.map(drop) })
        }
    }

    /// Whether the service has a page with the token's face.
    pub async fn has_face(&self) -> bool {
        ask(&self.router, Method::GET, "/ui", String::new()).await.is_ok()
    }

    /// Stores every change, until the process ends.
    ///
    /// # Errors
    ///
    /// That a file cannot be written, or a token has gone.
    pub async fn keep(mut self) -> io::Result<()> {
        loop {
            tokio::time::sleep(EVERY).await;
            for (id, known) in &mut self.tokens {
                let now = ask(&self.router, Method::GET, &state(&self.session, id), String::new()).await?;
                if now != *known {
                    write(&self.dir, id, &now)?;
                    *known = now;
                }
            }
        }
    }
}

/// A span as the service reads it: at most six digits of each unit.
fn span(by: Duration) -> String {
    let seconds = by.as_secs();
    format!("{}h{}s", seconds / 3_600, seconds % 3_600)
}

fn state(session: &str, id: &TokenId) -> String {
    format!("/v1/sessions/{session}/tokens/{id}/state")
}

/// Asks the service without a socket.
async fn ask(router: &Router, method: Method, path: &str, body: String) -> io::Result<String> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("content-type", "application/json")
        .body(Body::from(body))
        .expect("a path of ours is a URI");
    let response = router.clone().oneshot(request).await.map_err(io::Error::other)?;
    let status = response.status();
    let body = to_bytes(response.into_body(), MAX_FILE).await.map_err(io::Error::other)?;
    if status != StatusCode::OK && status != StatusCode::CREATED {
        return Err(io::Error::other(format!("the virtual token answers {status} to {path}")));
    }
    String::from_utf8(body.into()).map_err(io::Error::other)
}

/// Replaces a file as a whole.
fn write(dir: &Path, id: &TokenId, file: &str) -> io::Result<()> {
    let new = dir.join(format!("{id}.new"));
    std::fs::write(&new, file)?;
    std::fs::rename(new, dir.join(format!("{id}.json")))
}
