//! Why the API gives no answer: problem documents (RFC 9457), and challenges where it is about the token (RFC 6750, RFC 9449).

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::bank::BankError;
use crate::domain::linkage::{Menu, Standard};
use crate::linkage::grants::Denied;

/// A kind of problem, as the description and a program know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The token, or its proof.
    Token,
    /// The linkage is not good for this.
    NotPermitted,
    /// Not there, or not of this linkage.
    NotFound,
    /// The route has no such method.
    Method,
    /// A part of the body, or of the headers, is wrong.
    Part,
    /// The key was used for another request.
    OtherRequest,
    /// As many requests wait already as may.
    TooMany,
    /// Nothing was decided.
    Unavailable,
}

/// Why there is no answer.
pub(super) struct Problem {
    kind: Kind,
    title: String,
    detail: String,
    part: Option<String>,
    challenge: Option<String>,
}

/// A problem document (RFC 9457). `code` is for programs, `detail` for the developer of a client.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(super) struct Document {
    /// Always `about:blank`: the status says it.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What went wrong, in a few words.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// The kind of problem.
    #[schemars(regex(pattern = "^(token|not-permitted|not-found|method|part|other-request|too-many|unavailable)$"))]
    pub code: &'static str,
    /// What the developer of a client has to change.
    pub detail: String,
    /// The part of the request that is wrong: a member of the body, a header, or `body`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
}

impl Kind {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::NotPermitted => "not-permitted",
            Self::NotFound => "not-found",
            Self::Method => "method",
            Self::Part => "part",
            Self::OtherRequest => "other-request",
            Self::TooMany => "too-many",
            Self::Unavailable => "unavailable",
        }
    }

    pub const fn status(self) -> StatusCode {
        match self {
            Self::Token => StatusCode::UNAUTHORIZED,
            Self::NotPermitted => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Part => StatusCode::BAD_REQUEST,
            Self::OtherRequest => StatusCode::CONFLICT,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What it means, for the description.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Token => "The token is missing, has expired or has ended, or its proof of possession is wrong",
            Self::NotPermitted => "The customer has not permitted this, or it is closed to the customer at present",
            Self::NotFound => "There is no such thing in this linkage",
            Self::Method => "The route has no such method",
            Self::Part => "A part of the request is missing or wrong: `part` names it",
            Self::OtherRequest => "The idempotency key stands for another request",
            Self::TooMany => "Too many requests of this linkage wait for the customer",
            Self::Unavailable => "Nothing was decided: the request may be sent again",
        }
    }
}

impl Problem {
    fn new(kind: Kind, title: &str, detail: &str) -> Self {
        Self { kind, title: title.to_owned(), detail: detail.to_owned(), part: None, challenge: None }
    }

    /// The token, or its proof, is not taken.
    pub fn token(denied: Denied, standard: Standard) -> Self {
        let scheme = scheme(standard);
        let (title, detail, challenge) = match denied {
            Denied::Store => return Self::unavailable(),
            Denied::Missing => {
                let detail = "send the access token in the Authorization header: Bearer, or DPoP with a proof";
                ("a token is needed", detail, "Bearer, DPoP algs=\"ES256\"".to_owned())
            }
            Denied::Token(why) => {
                let challenge = format!("{scheme} error=\"invalid_token\", error_description=\"{why}\"");
                ("the token is not good any more", why, challenge)
            }
            Denied::Proof(why) => {
                let challenge =
                    format!("DPoP error=\"invalid_dpop_proof\", error_description=\"{why}\", algs=\"ES256\"");
                ("the proof of possession is not good", why, challenge)
            }
        };
        Self { challenge: Some(challenge), ..Self::new(Kind::Token, title, detail) }
    }

    /// The linkage is not good for this menu.
    pub fn menu(menu: Menu, standard: Standard) -> Self {
        let scope = menu.scope();
        let detail = format!(
            "the token needs the scope {scope}, and the customer needs the right to this menu at the bank; linking again may help"
        );
        let challenge = format!("{} error=\"insufficient_scope\", scope=\"{scope}\"", scheme(standard));
        let new = Self::new(Kind::NotPermitted, "the customer has not permitted this", &detail);
        Self { challenge: Some(challenge), ..new }
    }

    pub fn not_found() -> Self {
        Self::new(
            Kind::NotFound,
            "not part of this linkage",
            "GET /api/accounts lists the accounts of this linkage; /api/openapi.json lists the routes",
        )
    }

    pub fn method() -> Self {
        Self::new(Kind::Method, "the route has no such method", "/api/openapi.json lists the methods of each route")
    }

    /// This part of the request is missing or wrong.
    pub fn part(part: &str, why: &str) -> Self {
        let new = Self::new(Kind::Part, &format!("this part is missing or wrong: {part}"), why);
        Self { part: Some(part.to_owned()), ..new }
    }

    pub fn other_request() -> Self {
        Self::new(
            Kind::OtherRequest,
            "the key stands for another request",
            "send the same body with an Idempotency-Key, and a new key for each new transfer",
        )
    }

    pub fn too_many(most: usize) -> Self {
        let detail =
            format!("{most} transfers of this linkage wait already: the customer has to sign them, or let them expire");
        Self::new(Kind::TooMany, "too many requests wait for the customer", &detail)
    }

    fn unavailable() -> Self {
        Self::new(Kind::Unavailable, "nothing was decided", "the bank cannot answer at present: send the request again")
    }
}

const fn scheme(standard: Standard) -> &'static str {
    match standard {
        Standard::Plain => "Bearer",
        Standard::Fapi => "DPoP",
    }
}

impl From<BankError> for Problem {
    fn from(error: BankError) -> Self {
        eprintln!("error: {error}");
        Self::unavailable()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { kind, title, detail, part, challenge } = self;
        let status = kind.status();
        let document =
            Document { kind: "about:blank", title, status: status.as_u16(), code: kind.code(), detail, part };
        let body = serde_json::to_string(&document).expect("plain data");
        let headers = [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
        let mut response = (status, headers, body).into_response();
        if let Some(challenge) = challenge.and_then(|challenge| challenge.parse().ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
