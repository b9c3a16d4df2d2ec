//! A client of the reader's own: its metadata in a file, with the names of RFC 7591.
//!
//! ```json
//! { "client_id": "my-client", "client_name": "My ledger", "redirect_uris": ["http://127.0.0.1:9000/callback"],
//!   "token_endpoint_auth_method": "private_key_jwt", "scope": "balances statements",
//!   "jwks": { "keys": [{ "kty": "EC", "crv": "P-256", "x": "…", "y": "…" }] } }
//! ```

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use camtoken::transaction::{Operation, Transaction, TransactionError};
use oauth_as::jwt::Jwk;
use serde_json::{Map, Value};

use super::consent::linkage_fields;
use super::grants::{Keys, Server};
use crate::bank::Bank;
use crate::books::BooksError;
use crate::domain::linkage::{Menu, Provider, Standard};

/// How many days a linkage is good for.
pub const DAYS: u32 = 90;

/// The shortest secret: 128 bits in base64url (RFC 6749, section 10.10).
const SECRET: usize = 22;

/// A client as its file describes it.
pub struct Registration {
    provider: Provider,
    redirect_uris: Vec<String>,
    keys: Keys,
    /// The members of the file that this bank does not use.
    pub ignored: Vec<String>,
}

/// Why a client's file is not taken: the member, and what it needs.
#[derive(Debug, thiserror::Error)]
#[error("{member}: {why}")]
pub struct Wrong {
    /// The member of the file, such as `redirect_uris[0]`.
    pub member: String,
    /// What it needs.
    pub why: String,
}

impl Registration {
    /// Reads the file of a client.
    ///
    /// # Errors
    ///
    /// That the file cannot be read, or the first member that is wrong, with what it needs.
    pub fn read(path: &Path) -> Result<Self, String> {
        let at = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
        let text = std::fs::read(path).map_err(|error| at(&error))?;
        let metadata: Map<String, Value> = serde_json::from_slice(&text).map_err(|error| at(&error))?;
        Self::new(&metadata).map_err(|error| at(&error))
    }

    /// Checks the metadata of a client.
    ///
    /// # Errors
    ///
    /// [`Wrong`]: the first member that is wrong.
    pub fn new(metadata: &Map<String, Value>) -> Result<Self, Wrong> {
        let client = client_id(metadata)?;
        let name = text(metadata, "client_name")?.ok_or_else(|| wrong("client_name", "is missing"))?;
        let redirect_uris = redirect_uris(metadata)?;
        let (standard, keys) = authentication(metadata)?;
        let menus = menus(metadata)?;
        only(metadata, "grant_types", &["authorization_code", "refresh_token"])?;
        only(metadata, "response_types", &["code"])?;
        let bound = metadata.get("dpop_bound_access_tokens").and_then(Value::as_bool);
        if bound == Some(true) && standard == Standard::Plain {
            return Err(wrong("dpop_bound_access_tokens", "tokens are bound to keys for private_key_jwt alone"));
        }
        let provider = Provider {
            client,
            name: name.to_owned(),
            purpose: "other".to_owned(),
            chooses: menus.len() > 1,
            menus,
            one_page: false,
            standard,
            redirect_uri: redirect_uris[0].clone(),
            days: DAYS,
        };
        for (at, uri) in redirect_uris.iter().enumerate() {
            fits_the_token(&Provider { redirect_uri: uri.clone(), ..provider.clone() }, at)?;
        }
        let ignored = metadata.keys().filter(|name| !USED.contains(&name.as_str())).cloned().collect();
        Ok(Self { provider, redirect_uris, keys, ignored })
    }

    /// The client ID.
    #[must_use]
    pub fn client(&self) -> &str {
        &self.provider.client
    }

    /// By which standard it speaks to the bank: the one of its authentication method.
    #[must_use]
    pub const fn standard(&self) -> Standard {
        self.provider.standard
    }

    /// Registers it at the server of its standard, and at no other.
    ///
    /// # Errors
    ///
    /// Why the bank refuses it.
    pub async fn register(self, bank: &Bank, servers: &HashMap<Standard, Arc<Server>>) -> Result<(), String> {
        let Self { provider, redirect_uris, keys, .. } = self;
        register(bank, servers, &provider, &redirect_uris, keys).await
    }
}

/// Registers a provider at the server of its standard, and at no other.
///
/// # Errors
///
/// Why the bank refuses it.
pub async fn register(
    bank: &Bank,
    servers: &HashMap<Standard, Arc<Server>>,
    provider: &Provider,
    redirect_uris: &[String],
    keys: Keys,
) -> Result<(), String> {
    for (_, server) in servers.iter().filter(|(standard, _)| **standard != provider.standard) {
        server.forget(&provider.client).await.map_err(|error| error.to_string())?;
    }
    if let Some(server) = servers.get(&provider.standard) {
        server.register(provider, redirect_uris, keys).await?;
    }
    let done: Result<(), BooksError> = bank.books.change(|sheet| {
        sheet.put(provider);
        Ok(())
    });
    done.map_err(|error| error.to_string())
}

/// The members that are used, or whose only value is the one that this bank has anyway.
const USED: [&str; 12] = [
    "client_id",
    "client_name",
    "client_secret",
    "dpop_bound_access_tokens",
    "grant_types",
    "jwks",
    "redirect_uris",
    "require_pushed_authorization_requests",
    "response_types",
    "scope",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
];

fn wrong(member: impl Into<String>, why: impl Into<String>) -> Wrong {
    Wrong { member: member.into(), why: why.into() }
}

/// A member that is a text, if it is there.
fn text<'a>(metadata: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Wrong> {
    match metadata.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text)),
        Some(_) => Err(wrong(name, "has to be a text that is not empty")),
    }
}

/// A member that is a list of texts, if it is there.
fn texts<'a>(metadata: &'a Map<String, Value>, name: &str) -> Result<Option<Vec<&'a str>>, Wrong> {
    let Some(value) = metadata.get(name) else { return Ok(None) };
    let list = value.as_array().and_then(|list| list.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    list.map(Some).ok_or_else(|| wrong(name, "has to be a list of texts"))
}

fn client_id(metadata: &Map<String, Value>) -> Result<String, Wrong> {
    let id = text(metadata, "client_id")?.ok_or_else(|| wrong("client_id", "is missing"))?;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if id.len() > 40 || !id.chars().all(is_allowed) {
        return Err(wrong("client_id", "has to be 1 to 40 letters, digits, '-', '.' or '_' of ASCII"));
    }
    Ok(id.to_owned())
}

fn redirect_uris(metadata: &Map<String, Value>) -> Result<Vec<String>, Wrong> {
    let uris = texts(metadata, "redirect_uris")?.unwrap_or_default();
    if uris.is_empty() || uris.len() > 10 {
        return Err(wrong("redirect_uris", "has to be a list of 1 to 10 addresses"));
    }
    for (at, uri) in uris.iter().enumerate() {
        let refused = |why: &str| Err(wrong(format!("redirect_uris[{at}]"), why));
        let (scheme, rest) = uri.split_once("://").unwrap_or_default();
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.contains(']') { host } else { name });
        if host.is_empty() || host.contains('@') || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
            return refused("has to be a whole address, such as http://127.0.0.1:9000/callback");
        }
        if uri.contains('#') {
            return refused("has a fragment (#), which no redirect URI may have (RFC 6749, section 3.1.2)");
        }
        let is_here = ["127.0.0.1", "[::1]", "localhost"].contains(&name);
        if scheme != "https" && !(scheme == "http" && is_here) {
            return refused("has to begin with https, or with http on 127.0.0.1, [::1] or localhost");
        }
    }
    Ok(uris.into_iter().map(str::to_owned).collect())
}

/// How the client proves to be itself, and the standard that goes with it.
fn authentication(metadata: &Map<String, Value>) -> Result<(Standard, Keys), Wrong> {
    const METHOD: &str = "token_endpoint_auth_method";
    let method = text(metadata, METHOD)?.unwrap_or("client_secret_basic");
    match method {
        "client_secret_basic" | "client_secret_post" => {
            let secret = text(metadata, "client_secret")?;
            let secret =
                secret.ok_or_else(|| wrong("client_secret", format!("is missing, for {METHOD} is {method}")))?;
            if secret.len() < SECRET || secret.len() > 256 || !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(wrong(
                    "client_secret",
                    format!("has to be {SECRET} to 256 printable characters of ASCII without spaces"),
                ));
            }
            Ok((Standard::Plain, Keys::Secret(secret.to_owned())))
        }
        "private_key_jwt" => {
            if text(metadata, "token_endpoint_auth_signing_alg")?.is_some_and(|alg| alg != "ES256") {
                return Err(wrong("token_endpoint_auth_signing_alg", "has to be ES256"));
            }
            Ok((Standard::Fapi, Keys::Public(jwks(metadata)?)))
        }
        _ => Err(wrong(METHOD, "has to be client_secret_basic, client_secret_post or private_key_jwt")),
    }
}

fn jwks(metadata: &Map<String, Value>) -> Result<Vec<Value>, Wrong> {
    if metadata.contains_key("jwks_uri") {
        return Err(wrong("jwks_uri", "is not fetched: put the public keys into jwks"));
    }
    let keys = metadata.get("jwks").and_then(|jwks| jwks["keys"].as_array());
    let keys = keys.filter(|keys| (1..=4).contains(&keys.len()));
    let keys = keys.ok_or_else(|| wrong("jwks", "has to be {\"keys\": […]} with 1 to 4 public keys"))?;
    for (at, key) in keys.iter().enumerate() {
        let refused = |why: &str| Err(wrong(format!("jwks.keys[{at}]"), why));
        if key.get("d").is_some() {
            return refused("has the private key (d): it stays with the client");
        }
        if key["kty"] != "EC" || key["crv"] != "P-256" {
            return refused("has to be of kty EC and crv P-256, for ES256");
        }
        if key.get("alg").is_some_and(|alg| alg != "ES256") || key.get("use").is_some_and(|used| used != "sig") {
            return refused("is for something else: alg has to be ES256, and use sig");
        }
        if let Err(error) = Jwk::from_json(key) {
            return refused(&error.to_string());
        }
    }
    Ok(keys.clone())
}

/// The menus of `scope`; all of them, where it is not there.
fn menus(metadata: &Map<String, Value>) -> Result<Vec<Menu>, Wrong> {
    let Some(scope) = text(metadata, "scope")? else { return Ok(Menu::ALL.to_vec()) };
    let asked: Vec<&str> = scope.split(' ').filter(|scope| !scope.is_empty()).collect();
    if let Some(unknown) = asked.iter().find(|scope| Menu::of_scope(scope).is_none()) {
        return Err(wrong("scope", format!("{unknown:?} is none of balances, statements, transfers")));
    }
    Ok(Menu::ALL.into_iter().filter(|menu| asked.contains(&menu.scope())).collect())
}

/// A list that may have nothing but these.
fn only(metadata: &Map<String, Value>, name: &str, known: &[&str]) -> Result<(), Wrong> {
    let asked = texts(metadata, name)?.unwrap_or_default();
    match asked.iter().find(|asked| !known.contains(asked)) {
        Some(other) => Err(wrong(name, format!("{other:?} is none of {}", known.join(", ")))),
        None => Ok(()),
    }
}

/// The token shows the provider, so what it shows has to fit.
fn fits_the_token(provider: &Provider, at: usize) -> Result<(), Wrong> {
    let fields = linkage_fields(provider, &provider.menus, "2026-01-01", &[]);
    let Err(error) = Transaction::new(Operation::ExternalLinkage, fields) else { return Ok(()) };
    let field = match &error {
        TransactionError::Field { field, .. } => *field,
        _ => "",
    };
    let member = match field {
        "provider" => "client_name".to_owned(),
        "redirectHost" => format!("redirect_uris[{at}]"),
        _ => "client_id".to_owned(),
    };
    Err(wrong(member, format!("cannot be shown on the token: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn client() -> Value {
        // The public key of RFC 7517, appendix A.1.
        let key = json!({
            "kty": "EC", "crv": "P-256", "kid": "1", "use": "sig",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        });
        json!({
            "client_id": "my-client", "client_name": "My ledger", "redirect_uris": ["http://127.0.0.1:9000/callback"],
            "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key] }, "logo_uri": "https://example.com/logo",
        })
    }

    fn read(change: impl FnOnce(&mut Value)) -> Result<Registration, Wrong> {
        let mut client = client();
        change(&mut client);
        Registration::new(client.as_object().expect("an object"))
    }

    #[test]
    fn a_client_is_read_with_what_it_may_ask_for() {
        let known = read(|_| ()).expect("a client");
        assert_eq!((known.client(), known.standard()), ("my-client", Standard::Fapi));
        assert_eq!(known.provider.menus, Menu::ALL, "without a scope it may ask for everything");
        assert_eq!(known.ignored, ["logo_uri"]);
        let plain = read(|client| {
            client["token_endpoint_auth_method"] = "client_secret_post".into();
            client["client_secret"] = "0123456789abcdefghijkl".into();
            client["scope"] = "transfers balances".into();
            client["redirect_uris"] = json!(["https://ledger.example/back", "http://[::1]:1/back"]);
        });
        let plain = plain.expect("a client");
        assert_eq!(plain.standard(), Standard::Plain);
        assert_eq!(plain.provider.menus, [Menu::Balance, Menu::Transfer]);
    }

    #[test]
    fn each_mistake_names_its_member() {
        let mistakes: [(&str, Value, &str); 22] = [
            ("client_id", Value::Null, "client_id"),
            ("client_id", json!("a b"), "client_id"),
            ("client_name", json!(""), "client_name"),
            ("client_name", json!("長い名前".repeat(11)), "client_name"),
            ("client_name", json!(7), "client_name"),
            ("redirect_uris", json!([]), "redirect_uris"),
            ("redirect_uris", json!("http://127.0.0.1/"), "redirect_uris"),
            ("redirect_uris", json!(["https://a.example/", "http://a.example/"]), "redirect_uris[1]"),
            ("redirect_uris", json!(["http://localhost.a.example/"]), "redirect_uris[0]"),
            ("redirect_uris", json!(["http://127.0.0.1@a.example/"]), "redirect_uris[0]"),
            ("redirect_uris", json!(["https://a.example/#part"]), "redirect_uris[0]"),
            ("redirect_uris", json!(["/callback"]), "redirect_uris[0]"),
            ("token_endpoint_auth_method", json!("none"), "token_endpoint_auth_method"),
            ("token_endpoint_auth_method", json!("client_secret_basic"), "client_secret"),
            ("token_endpoint_auth_signing_alg", json!("PS256"), "token_endpoint_auth_signing_alg"),
            ("jwks", json!({ "keys": [] }), "jwks"),
            ("jwks", json!({ "keys": [{ "kty": "RSA" }] }), "jwks.keys[0]"),
            ("jwks", json!({ "keys": [{ "kty": "EC", "crv": "P-256", "d": "1" }] }), "jwks.keys[0]"),
            ("jwks_uri", json!("https://a.example/jwks"), "jwks_uri"),
            ("scope", json!("balances openid"), "scope"),
            ("grant_types", json!(["client_credentials"]), "grant_types"),
            ("response_types", json!(["token"]), "response_types"),
        ];
        for (member, value, named) in mistakes {
            let refused = read(|client| {
                if value.is_null() {
                    client.as_object_mut().expect("an object").remove(member);
                } else {
                    client[member] = value.clone();
                }
            });
            let Err(refused) = refused else { panic!("{member} = {value} was taken") };
            assert_eq!(refused.member, named, "{member} = {value}: {refused}");
            assert!(refused.why.len() > 9, "{refused}");
        }
    }
}
