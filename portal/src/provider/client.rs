//! The provider's side of OAuth 2.0: plain with PKCE, and by the FAPI 2.0 profile. It knows the bank by its metadata alone.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use rustls::crypto::ring;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use ureq::Agent;
use ureq::config::ConfigBuilder;
use ureq::http::Response;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::AgentScope;

use crate::domain::linkage::Standard;
use crate::secrets::write_secret;
use crate::system::{Clock, random_hex, rng};

/// The provider's credentials: a secret for one standard, a key for the other.
#[derive(Clone)]
pub struct Credentials {
    secret: String,
    key: SigningKey,
}

/// The provider as a client of the bank.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    bank: String,
    /// The bank's address for FAPI.
    secure_bank: String,
    callback: String,
    credentials: Credentials,
    clock: Clock,
}

/// A visitor on the way to the bank.
#[derive(Clone)]
pub struct Waiting {
    /// The client ID.
    pub client: String,
    /// How the provider speaks to the bank.
    pub standard: Standard,
    issuer: String,
    token_endpoint: String,
    revocation_endpoint: String,
    state: String,
    verifier: String,
}

/// A visitor who is linked.
#[derive(Clone)]
pub struct Linked {
    /// The client ID.
    pub client: String,
    /// How the provider speaks to the bank.
    pub standard: Standard,
    /// The permitted scopes.
    pub scopes: Vec<String>,
    issuer: String,
    token_endpoint: String,
    revocation_endpoint: String,
    access: String,
    refresh: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The customer or the bank has said no; the word is OAuth's.
    #[error("{0}")]
    Refused(String),
    /// The bank's API has answered with a problem.
    #[error("the bank answers {status} {code}")]
    Problem {
        /// The status.
        status: u16,
        /// The bank's word for the kind of problem, if it has one.
        code: String,
        /// The part of the request that is wrong, if it is named.
        part: String,
    },
    /// This is not open to the customer, now or at all; the linkage goes on.
    #[error("the customer may not do this")]
    Forbidden,
    /// The linkage is over.
    #[error("the linkage is over")]
    Over,
    /// The answer did not come from where the question went, or the bank cannot be understood.
    #[error("{0}")]
    Strange(&'static str),
    /// The bank cannot be reached.
    #[error("the bank cannot be reached: {0}")]
    Away(String),
}

impl Credentials {
    /// Reads them, or generates them. The file is for this machine's own tests as well: they speak for the same client.
    ///
    /// # Errors
    ///
    /// That the file cannot be read or written, or is none.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        use std::io::{Error, ErrorKind};
        if !path.exists() {
            let key = draw();
            let file = json!({ "clientSecret": random_hex(32), "jwk": private_jwk(&key) });
            write_secret(path, file.to_string().as_bytes())?;
        }
        let file: Value = serde_json::from_slice(&std::fs::read(path)?)?;
        let secret = file["clientSecret"].as_str().unwrap_or_default().to_owned();
        let scalar = BASE64_URL_SAFE_NO_PAD.decode(file["jwk"]["d"].as_str().unwrap_or_default());
        let key = scalar.ok().and_then(|scalar| SigningKey::from_slice(&scalar).ok());
        let key = key.ok_or_else(|| Error::new(ErrorKind::InvalidData, "no key in the provider's file"))?;
        Ok(Self { secret, key })
    }

    /// The secret, for the bank to register.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.secret
    }

    /// The public key, for the bank to register.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        public_jwk(&self.key)
    }
}

impl Client {
    /// A client of the bank at this address, to which its customers return at `callback`.
    #[must_use]
    pub fn new(bank: String, callback: String, credentials: Credentials, clock: Clock) -> Self {
        let agent = config().build().into();
        Self { agent, secure_bank: bank.clone(), bank, callback, credentials, clock }
    }

    /// The same, with the bank's issuer for FAPI at `url` under TLS, where the bank's certificate is from the authority in `pem`.
    ///
    /// # Errors
    ///
    /// That `pem` is no certificate.
    pub fn with_tls(mut self, url: String, pem: &str) -> Result<Self, ureq::Error> {
        let authority = Certificate::from_pem(pem.as_bytes())?;
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(vec![authority])))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        (self.agent, self.secure_bank) = (config().tls_config(tls).build().into(), url);
        Ok(self)
    }

    /// The bank's address for a standard.
    fn bank(&self, standard: Standard) -> &str {
        match standard {
            Standard::Plain => &self.bank,
            Standard::Fapi => &self.secure_bank,
        }
    }

    /// Where to send a customer who wants to link, and what to remember until they are back.
    ///
    /// # Errors
    ///
    /// [`Trouble`]
    pub fn begin(&self, client: &str, standard: Standard, scopes: &[&str]) -> Result<(String, Waiting), Trouble> {
        let bank = self.bank(standard);
        let known = format!("{bank}/.well-known/oauth-authorization-server{}", standard.path());
        let metadata = document(self.agent.get(&known).call().map_err(away)?)?.1;
        let text = |name: &str| {
            metadata[name].as_str().map(str::to_owned).ok_or(Trouble::Strange("the metadata is not whole"))
        };
        let issuer = text("issuer")?;
        // RFC 8414, section 3.3: the metadata has to be about the requested issuer.
        if issuer != format!("{bank}{}", standard.path()) {
            return Err(Trouble::Strange("the metadata is another issuer's"));
        }
        let waiting = Waiting {
            client: client.to_owned(),
            standard,
            issuer,
            token_endpoint: text("token_endpoint")?,
            revocation_endpoint: text("revocation_endpoint")?,
            state: random_hex(16),
            verifier: random_hex(32),
        };
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&waiting.verifier));
        let scope = scopes.join(" ");
        let asked = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", self.callback.as_str()),
            ("scope", scope.as_str()),
            ("state", waiting.state.as_str()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        let authorize = text("authorization_endpoint")?;
        let query = match standard {
            Standard::Plain => form(&asked),
            Standard::Fapi => {
                let pushed = text("pushed_authorization_request_endpoint")?;
                let (status, answer) = self.post(&pushed, standard, &waiting.issuer, client, &asked)?;
                let Some(uri) = answer["request_uri"].as_str().filter(|_| status == 201) else {
                    return Err(refused(&answer));
                };
                form(&[("client_id", client), ("request_uri", uri)])
            }
        };
        Ok((format!("{authorize}?{query}"), waiting))
    }

    /// The parameters with which the customer comes back.
    ///
    /// # Errors
    ///
    /// [`Trouble::Refused`] when the customer has not permitted it.
    pub fn finish(&self, waiting: &Waiting, query: &[(String, String)]) -> Result<Linked, Trouble> {
        let text = |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
        // RFC 9207: the answer names its author, or it may be another's code.
        if text("state") != Some(waiting.state.as_str()) || text("iss") != Some(waiting.issuer.as_str()) {
            return Err(Trouble::Strange("this is not the answer to our question"));
        }
        if let Some(error) = text("error") {
            return Err(Trouble::Refused(error.to_owned()));
        }
        let code = text("code").ok_or(Trouble::Strange("there is no code"))?;
        let asked = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.callback.as_str()),
            ("code_verifier", waiting.verifier.as_str()),
        ];
        let (status, answer) =
            self.post(&waiting.token_endpoint, waiting.standard, &waiting.issuer, &waiting.client, &asked)?;
        let Some(access) = answer["access_token"].as_str().filter(|_| status == 200) else {
            return Err(refused(&answer));
        };
        Ok(Linked {
            client: waiting.client.clone(),
            standard: waiting.standard,
            scopes: answer["scope"].as_str().unwrap_or_default().split(' ').map(str::to_owned).collect(),
            issuer: waiting.issuer.clone(),
            token_endpoint: waiting.token_endpoint.clone(),
            revocation_endpoint: waiting.revocation_endpoint.clone(),
            access: access.to_owned(),
            refresh: answer["refresh_token"].as_str().map(str::to_owned),
        })
    }

    /// Asks the bank's API; with a new token, when the one at hand is over.
    ///
    /// # Errors
    ///
    /// [`Trouble::Over`] when no new one is to be had.
    pub fn ask(&self, linked: &mut Linked, path: &str, body: Option<(&str, &Value)>) -> Result<Value, Trouble> {
        let (mut status, mut answer) = self.ask_once(linked, path, body)?;
        if status == 401 {
            self.refresh(linked)?;
            (status, answer) = self.ask_once(linked, path, body)?;
        }
        match status {
            200..=299 => Ok(answer),
            401 => Err(Trouble::Over),
            403 => Err(Trouble::Forbidden),
            _ => {
                let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
                Err(Trouble::Problem { status, code: text("code"), part: text("part") })
            }
        }
    }

    /// Ends the linkage at the bank.
    ///
    /// # Errors
    ///
    /// [`Trouble`]
    pub fn end(&self, linked: &Linked) -> Result<(), Trouble> {
        let token = linked.refresh.as_deref().unwrap_or(&linked.access);
        let asked = [("token", token)];
        let (status, answer) =
            self.post(&linked.revocation_endpoint, linked.standard, &linked.issuer, &linked.client, &asked)?;
        if status == 200 { Ok(()) } else { Err(refused(&answer)) }
    }

    fn refresh(&self, linked: &mut Linked) -> Result<(), Trouble> {
        let Some(refresh) = &linked.refresh else { return Err(Trouble::Over) };
        let asked = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
        let (status, answer) =
            self.post(&linked.token_endpoint, linked.standard, &linked.issuer, &linked.client, &asked)?;
        let Some(access) = answer["access_token"].as_str().filter(|_| status == 200) else { return Err(Trouble::Over) };
        linked.access = access.to_owned();
        if let Some(next) = answer["refresh_token"].as_str() {
            linked.refresh = Some(next.to_owned());
        }
        Ok(())
    }

    fn ask_once(&self, linked: &Linked, path: &str, body: Option<(&str, &Value)>) -> Result<(u16, Value), Trouble> {
        let url = format!("{}{path}", self.bank(linked.standard));
        let method = if body.is_some() { "POST" } else { "GET" };
        let authorization = match linked.standard {
            Standard::Plain => format!("Bearer {}", linked.access),
            Standard::Fapi => format!("DPoP {}", linked.access),
        };
        let proof = (linked.standard == Standard::Fapi).then(|| self.proof(method, &url, Some(&linked.access)));
        let answer = match body {
            None => {
                let mut request = self.agent.get(&url).header("authorization", authorization);
                if let Some(proof) = &proof {
                    request = request.header("dpop", proof);
                }
                request.call()
            }
            Some((key, body)) => {
                let mut request = self
                    .agent
                    .post(&url)
                    .header("authorization", authorization)
                    .header("content-type", "application/json")
                    .header("idempotency-key", key);
                if let Some(proof) = &proof {
                    request = request.header("dpop", proof);
                }
                request.send(body.to_string())
            }
        };
        document(answer.map_err(away)?)
    }

    /// A form to one of the bank's endpoints, with what proves who we are.
    fn post(
        &self,
        url: &str,
        standard: Standard,
        issuer: &str,
        client: &str,
        fields: &[(&str, &str)],
    ) -> Result<(u16, Value), Trouble> {
        let mut fields = fields.to_vec();
        let mut request = self.agent.post(url).header("content-type", "application/x-www-form-urlencoded");
        let assertion;
        match standard {
            Standard::Plain => {
                let pair = base64::prelude::BASE64_STANDARD.encode(format!("{client}:{}", self.credentials.secret));
                request = request.header("authorization", format!("Basic {pair}"));
            }
            Standard::Fapi => {
                assertion = self.assertion(issuer, client);
                fields.retain(|(name, _)| *name != "client_id");
                fields.extend([
                    ("client_id", client),
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                    ("client_assertion", assertion.as_str()),
                ]);
                request = request.header("dpop", self.proof("POST", url, None));
            }
        }
        document(request.send(form(&fields)).map_err(away)?)
    }

    /// RFC 7523, with the audience as FAPI 2.0 wants it: the issuer alone.
    fn assertion(&self, issuer: &str, client: &str) -> String {
        let now = (self.clock)().as_unix();
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": "provider-1" });
        let claims =
            json!({ "iss": client, "sub": client, "aud": issuer, "iat": now, "exp": now + 60, "jti": random_hex(16) });
        jws(&self.credentials.key, &header, &claims)
    }

    /// RFC 9449
    fn proof(&self, method: &str, url: &str, token: Option<&str>) -> String {
        let header = json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": public_jwk(&self.credentials.key) });
        let mut claims = json!({ "jti": random_hex(16), "htm": method, "htu": url, "iat": (self.clock)().as_unix() });
        if let Some(token) = token {
            claims["ath"] = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(token)).into();
        }
        jws(&self.credentials.key, &header, &claims)
    }
}

fn config() -> ConfigBuilder<AgentScope> {
    Agent::config_builder().http_status_as_error(false).max_redirects(0).timeout_global(Some(Duration::from_secs(20)))
}

/// A form's body, or an address's query.
#[must_use]
pub fn form(fields: &[(&str, &str)]) -> String {
    let pair = |(name, text): &(&str, &str)| format!("{}={}", encode(name), encode(text));
    fields.iter().map(pair).collect::<Vec<_>>().join("&")
}

fn encode(text: &str) -> PercentEncode<'_> {
    const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, ENCODED)
}

fn jws(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature: Signature = key.sign(signed.as_bytes());
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes()))
}

fn public_jwk(key: &SigningKey) -> Value {
    let point = key.verifying_key().to_sec1_point(false);
    let part = |bytes: Option<&p256::FieldBytes>| {
        BASE64_URL_SAFE_NO_PAD.encode(bytes.expect("a point that is not compressed"))
    };
    json!({ "kty": "EC", "crv": "P-256", "x": part(point.x()), "y": part(point.y()), "alg": "ES256", "kid": "provider-1", "use": "sig" })
}

fn private_jwk(key: &SigningKey) -> Value {
    let mut jwk = public_jwk(key);
    jwk["d"] = BASE64_URL_SAFE_NO_PAD.encode(key.to_bytes()).into();
    jwk
}

fn draw() -> SigningKey {
    use rand::Rng as _;
    loop {
        let mut scalar = [0; 32];
        rng().fill_bytes(&mut scalar);
        // Beyond the curve's order, which happens once in 2^32 times.
        if let Ok(key) = SigningKey::from_slice(&scalar) {
            return key;
        }
    }
}

fn document(mut answer: Response<ureq::Body>) -> Result<(u16, Value), Trouble> {
    let status = answer.status().as_u16();
    let text = answer.body_mut().read_to_string().map_err(|error| Trouble::Away(error.to_string()))?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
}

fn refused(answer: &Value) -> Trouble {
    Trouble::Refused(answer["error"].as_str().unwrap_or("server_error").to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn away(error: ureq::Error) -> Trouble {
    Trouble::Away(error.to_string())
}
