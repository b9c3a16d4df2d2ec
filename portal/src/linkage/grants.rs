//! The authorization server, behind the trait [`Grants`], which has what the pages and the API need.
//!
//! The protocol is that of the crate `oauth-as`; who the customer is, what was permitted, and whether a linkage is in force
//! is the bank's own business. Each [`Standard`] has a server with an issuer of its own, so neither can be talked into the
//! other's rules.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use oauth_as::authorization::{AuthorizationError, AuthorizationRequest, ValidatedAuthorizationRequest};
use oauth_as::client::{Client, ClientAuth, ClientId, SecretHash};
use oauth_as::client_assertion::AssertionKeys;
use oauth_as::dpop::{DPOP_HEADER, DpopFailure, verify_proof};
use oauth_as::grant::GrantType;
use oauth_as::http::{AuthorizationService, ServiceBuilder};
use oauth_as::jwt::{
    AccessTokenFormat, AlgAllowList, CompactJws, EcdsaP256Key, Jwk, JwsAlg, JwsVerifiers, JwtConfig, P256Verifier,
};
use oauth_as::par::ParConfig;
use oauth_as::scope::ScopeSet;
use oauth_as::server::{AssertionAudience, AuthorizationServer, Clock, RefreshRotation, ServerConfig, UserApproval};
use oauth_as::store::{RevocationWindow, Storage, StorageError};
use sha2::{Digest, Sha256};

use super::reasons::{self, Reasons, explained};
use super::store::BooksStorage;
use crate::bank::Bank;
use crate::domain::linkage::{Menu, Provider, Standard};
use crate::system::random_hex;

/// What comes later.
pub type Soon<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An authorization server, as the bank uses it.
pub trait Grants: Send + Sync {
    /// The bank's address for the clients of this server: issuer and API are under it. Under TLS, where it begins with `https`.
    fn url(&self) -> &str;

    /// Reads a request that a customer's browser brings from a provider.
    fn begin<'a>(&'a self, query: &'a [(String, String)]) -> Soon<'a, Begun>;

    /// Permits what was asked, within `scopes`, and gives the address to which the customer returns.
    fn permit<'a>(&'a self, ticket: &'a str, subject: &'a str, scopes: &'a [&'a str]) -> Soon<'a, Option<String>>;

    /// Refuses what was asked, in the customer's name, and gives the address to which the customer returns. Also for a customer
    /// who does not come back: what waits is forgotten with it.
    fn refuse(&self, ticket: &str) -> Option<String>;

    /// Answers a provider: metadata, keys, pushed requests, tokens, revocation.
    fn answer(&self, request: Request) -> Soon<'_, Response>;

    /// The caller with a token, for this method and address of the API.
    fn access<'a>(&'a self, headers: &'a HeaderMap, method: &'a str, url: &'a str) -> Soon<'a, Result<Access, Denied>>;

    /// Whose token a provider wants to see ended: the subject, if the token is good.
    fn subject_of<'a>(&'a self, token: &'a str) -> Soon<'a, Option<String>>;

    /// Ends every code and token of a subject.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database does not answer.
    fn end(&self, subject: &str) -> Result<(), StorageError>;

    /// Deletes codes and tokens that are not valid any more, and says how many. They are deleted nowhere else.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database does not answer.
    fn sweep(&self) -> Result<u64, StorageError>;
}

/// The result of an authorization request.
#[derive(Debug)]
pub enum Begun {
    /// The customer is to be asked.
    Asked(Asked),
    /// The provider gets the error at this address.
    Redirect(String),
    /// Only the customer can see the error, for provider or address are not known here: OAuth's word, and the reason for the
    /// provider's developer.
    Refused(String),
}

/// The request of a provider.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Under which name the server keeps the request.
    pub ticket: String,
    /// The provider's client ID.
    pub client: String,
    /// Where the customer returns to.
    pub redirect_uri: String,
    /// The requested scopes.
    pub scopes: Vec<String>,
}

/// The caller with a token.
#[derive(Debug, Clone)]
pub struct Access {
    /// The linkage.
    pub subject: String,
    /// The scopes of the token.
    pub scopes: Vec<String>,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// There is none.
    Missing,
    /// Unknown, over, ended, or sent in another way than it was given for: the reason.
    Token(&'static str),
    /// The proof of possession is missing, wrong, of another key, or was used before (RFC 9449, section 4.3): the reason.
    Proof(&'static str),
    /// Nothing was decided.
    Store,
}

/// How a provider proves to be itself.
pub enum Keys {
    /// By a secret.
    Secret(String),
    /// By keys of its own (`private_key_jwt`), as public JWKs.
    Public(Vec<serde_json::Value>),
}

/// Why most tokens are not taken.
const NOT_GOOD: &str =
    "the access token is unknown, has expired after 10 minutes, or has ended with its linkage: refresh it";

/// How long a request may wait for its customer.
const PATIENCE: Duration = Duration::from_secs(1800);
/// More requests than this do not wait; the oldest make room.
const MAX: usize = 10_000;
/// How long an access token is good for.
const ACCESS_TTL: Duration = Duration::from_secs(600);
/// How long a refresh token is good for: beyond the longest linkage, which itself ends its tokens earlier.
const REFRESH_TTL: Duration = Duration::from_secs(400 * 24 * 3600);

/// The authorization server of one standard, by `oauth-as`.
pub struct Server {
    standard: Standard,
    url: String,
    server: Arc<AuthorizationServer<BooksStorage, BankClock>>,
    service: AuthorizationService<BooksStorage, BankClock>,
    storage: BooksStorage,
    clock: BankClock,
    /// What waits for a customer. A restart forgets it, and the customer begins again.
    pending: Mutex<HashMap<String, Pending>>,
}

struct Pending {
    request: ValidatedAuthorizationRequest,
    received: SystemTime,
}

/// The bank's clock, as the server reads it.
#[derive(Clone)]
pub struct BankClock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock for BankClock {
    fn now(&self) -> SystemTime {
        (self.0)()
    }
}

impl Server {
    /// The server of a standard, at the bank's address. `key` is 32 bytes that sign the tokens which are signed.
    ///
    /// # Errors
    ///
    /// The part of the configuration that cannot be served.
    pub fn new(bank: &Bank, standard: Standard, url: &str, key: &[u8]) -> Result<Self, String> {
        let clock = bank.clock();
        let clock = BankClock(Arc::new(move || UNIX_EPOCH + Duration::from_secs(clock().as_unix())));
        let issuer = format!("{url}{}", standard.path());
        let mut config = ServerConfig::new(issuer.clone(), format!("{issuer}/device"));
        config.scopes_supported = Some(Menu::ALL.map(|menu| menu.scope().to_owned()).into());
        config.access_token_ttl = ACCESS_TTL;
        config.revocation_endpoint = Some(format!("{issuer}/revoke"));
        config.refresh_token_ttl = Some(REFRESH_TTL);
        if standard == Standard::Fapi {
            let mut pushed = ParConfig::new();
            pushed.require_pushed_authorization_requests = true;
            pushed.require_redirect_uri = true;
            pushed.request_uri_ttl = Duration::from_secs(90);
            config.par = Some(Box::new(pushed));
            config.require_dpop = true;
            config = config
                .with_assertion_audience(AssertionAudience::IssuerOnly)
                .with_jws_alg_allow_list(AlgAllowList::fapi())
                // FAPI 2.0, section 5.3.2.1: tokens that are bound to a key are not rotated.
                .with_refresh_rotation(RefreshRotation::Reuse);
            let signer = EcdsaP256Key::from_scalar_bytes("bank-1", key).map_err(|error| error.to_string())?;
            let signed = JwtConfig::new(signer, format!("{url}/api")).with_jwks_uri(format!("{issuer}/jwks"));
            config.access_token_format = AccessTokenFormat::Jwt(Box::new(signed));
        }
        let name = standard.path().trim_start_matches('/');
        let storage = || BooksStorage::new(Arc::clone(&bank.books), name);
        let server = AuthorizationServer::with_clock(config, storage(), clock.clone());
        let server = Arc::new(server.with_event_sink(Box::new(Reasons)));
        let service = ServiceBuilder::new(Arc::clone(&server)).build().map_err(|error| error.to_string())?;
        let url = url.to_owned();
        Ok(Self { standard, url, server, service, storage: storage(), clock, pending: Mutex::default() })
    }

    /// Registers a provider, or what has changed of it. Its customers may return to each of `redirect_uris`.
    ///
    /// # Errors
    ///
    /// The part of it that cannot be registered.
    pub async fn register(&self, provider: &Provider, redirect_uris: &[String], keys: Keys) -> Result<(), String> {
        let auth = match keys {
            Keys::Secret(secret) => ClientAuth::ConfidentialSecretHash { hash: SecretHash::sha256(&secret) },
            Keys::Public(jwks) => ClientAuth::ConfidentialAssertion {
                keys: AssertionKeys::PublicKeys {
                    alg: JwsAlg::Es256,
                    keys: jwks
                        .iter()
                        .map(Jwk::from_json)
                        .collect::<Result<_, _>>()
                        .map_err(|error| error.to_string())?,
                },
            },
        };
        let scopes = ScopeSet::from_tokens(provider.menus.iter().map(|menu| menu.scope()));
        let scopes = scopes.map_err(|error| format!("{error:?}"))?;
        let client = Client {
            client_id: ClientId::new(provider.client.clone()),
            auth,
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            redirect_uris: redirect_uris.to_vec(),
            allowed_scopes: scopes.clone(),
            default_scopes: scopes,
            name: Some(provider.name.clone()),
            registration: None,
        };
        self.server.register_client(client).await.map_err(|error| error.to_string())
    }

    /// Forgets a client that is registered at the server of another standard now, with all that it was given here.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database does not answer.
    pub async fn forget(&self, client: &str) -> Result<(), StorageError> {
        let client = ClientId::new(client.to_owned());
        if self.storage.get_client(&client).await?.is_some() {
            let now = self.clock.now();
            self.storage
                .delete_client(&client, RevocationWindow { recorded_at: now, until: now + REFRESH_TTL })
                .await?;
        }
        Ok(())
    }

    fn pending(&self) -> MutexGuard<'_, HashMap<String, Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn validate(&self, query: &[(String, String)]) -> Result<ValidatedAuthorizationRequest, AuthorizationError> {
        let text = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
        match (text("client_id"), text("request_uri")) {
            (Some(client), Some(pushed)) => self.server.validate_pushed_authorization_request(client, pushed).await,
            _ => {
                let pairs = query.iter().map(|(name, text)| (name.as_str(), text.as_str()));
                self.server.validate_authorization_request(&AuthorizationRequest::from_pairs(pairs)).await
            }
        }
    }

    async fn check(&self, headers: &HeaderMap, method: &str, url: &str) -> Result<Access, Denied> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or(Denied::Missing)?;
        let (scheme, token) = given.split_once(' ').ok_or(Denied::Missing)?;
        let expected = match self.standard {
            Standard::Plain => "Bearer",
            Standard::Fapi => "DPoP",
        };
        if !scheme.eq_ignore_ascii_case(expected) {
            return Err(Denied::Token(
                "the Authorization header needs Bearer, or DPoP for a token of the issuer for FAPI",
            ));
        }
        let now = self.clock.now();
        let known = self.storage.get_token(token).await.map_err(|_| Denied::Store)?;
        let known = known.filter(|known| now < known.expires_at).ok_or(Denied::Token(NOT_GOOD))?;
        if let Some(key) = &known.jkt {
            self.check_proof(headers, method, url, token, key).await?;
        } else if self.standard == Standard::Fapi {
            return Err(Denied::Token(NOT_GOOD));
        }
        let subject = known.subject.clone().ok_or(Denied::Token(NOT_GOOD))?;
        Ok(Access { subject, scopes: known.scope.iter().map(|scope| scope.as_str().to_owned()).collect() })
    }

    /// RFC 9449, section 4.3, with the parts that a resource server has to see to: `ath`, the key, single use.
    async fn check_proof(
        &self,
        headers: &HeaderMap,
        method: &str,
        url: &str,
        token: &str,
        key: &str,
    ) -> Result<(), Denied> {
        let mut proofs = headers.get_all(DPOP_HEADER).iter();
        let (Some(proof), None) = (proofs.next().and_then(|proof| proof.to_str().ok()), proofs.next()) else {
            return Err(Denied::Proof("each request needs one DPoP header with a proof"));
        };
        let mut verifiers = JwsVerifiers::new();
        verifiers.install(Arc::new(P256Verifier));
        let refused = |failure| Denied::Proof(reasons::of_proof(failure));
        let verified = verify_proof(&verifiers, proof, method, url, self.clock.now()).map_err(refused)?;
        let parsed = CompactJws::parse(proof).map_err(|_| refused(DpopFailure::Malformed))?;
        let hash = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(token));
        if verified.jkt != key {
            return Err(Denied::Proof("the DPoP proof is signed with another key than the one of the token"));
        }
        if parsed.claim_str("ath") != Some(hash.as_str()) {
            return Err(Denied::Proof("ath of the DPoP proof has to be the SHA-256 of the access token, in base64url"));
        }
        let used = format!("proof {} {}", verified.jkt, verified.jti);
        match self.storage.claim_replay_id(&used, verified.replay_until).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(refused(DpopFailure::Replayed)),
            Err(_) => Err(Denied::Store),
        }
    }
}

impl Grants for Server {
    fn url(&self) -> &str {
        &self.url
    }

    fn begin<'a>(&'a self, query: &'a [(String, String)]) -> Soon<'a, Begun> {
        Box::pin(async move {
            let received = self.clock.now();
            match self.validate(query).await {
                Err(AuthorizationError::Direct(error)) => Begun::Refused(error.to_string()),
                Err(AuthorizationError::Redirect(to)) => Begun::Redirect(to.location()),
                Ok(request) => {
                    let asked = Asked {
                        ticket: random_hex(16),
                        client: request.client_id.as_str().to_owned(),
                        redirect_uri: request.redirect_uri.clone(),
                        scopes: request.scope.iter().map(|scope| scope.as_str().to_owned()).collect(),
                    };
                    let mut pending = self.pending();
                    if pending.len() >= MAX {
                        pending.retain(|_, other| received < other.received + PATIENCE);
                        let oldest = pending.iter().min_by_key(|(_, other)| other.received);
                        if let Some(oldest) = oldest.map(|(ticket, _)| ticket.clone()).filter(|_| pending.len() >= MAX)
                        {
                            pending.remove(&oldest);
                        }
                    }
                    pending.insert(asked.ticket.clone(), Pending { request, received });
                    Begun::Asked(asked)
                }
            }
        })
    }

    fn permit<'a>(&'a self, ticket: &'a str, subject: &'a str, scopes: &'a [&'a str]) -> Soon<'a, Option<String>> {
        Box::pin(async move {
            let Pending { mut request, received } = self.pending().remove(ticket)?;
            if self.clock.now() >= received + PATIENCE {
                return None;
            }
            let granted = ScopeSet::from_tokens(scopes.iter().copied()).ok()?;
            // A customer may permit less than was requested, never more (RFC 6749, section 3.3).
            if !granted.is_subset(&request.scope) {
                return None;
            }
            request.scope = granted;
            let approval = UserApproval::granted_at(&request, subject, received);
            Some(match self.server.issue_authorization_code(approval).await {
                Ok(issued) => issued.location(&request.redirect_uri),
                Err(AuthorizationError::Redirect(to)) => to.location(),
                Err(AuthorizationError::Direct(_)) => return None,
            })
        })
    }

    fn refuse(&self, ticket: &str) -> Option<String> {
        self.pending().remove(ticket).map(|pending| pending.request.denied().location())
    }

    fn answer(&self, request: Request) -> Soon<'_, Response> {
        Box::pin(explained(async move {
            let (parts, body) = self.service.handle(request).await.into_parts();
            Response::from_parts(parts, Body::from(body.into_bytes()))
        }))
    }

    fn access<'a>(&'a self, headers: &'a HeaderMap, method: &'a str, url: &'a str) -> Soon<'a, Result<Access, Denied>> {
        Box::pin(self.check(headers, method, url))
    }

    fn subject_of<'a>(&'a self, token: &'a str) -> Soon<'a, Option<String>> {
        Box::pin(async move {
            if let Ok(Some(known)) = self.storage.get_token(token).await {
                return known.subject.clone();
            }
            self.storage.get_refresh_token(token).await.ok().flatten()?.subject.clone()
        })
    }

    fn end(&self, subject: &str) -> Result<(), StorageError> {
        let now = self.clock.now();
        self.storage.end_subject(subject, now, now + REFRESH_TTL)
    }

    fn sweep(&self) -> Result<u64, StorageError> {
        self.storage.sweep(self.clock.now())
    }
}
