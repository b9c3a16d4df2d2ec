//! JSON documents in and out. What was sent is not repeated when it is wrong: it may be a secret.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::problem::{Code, Problem};

/// A JSON document.
pub(super) struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.and_then(|kind| kind.split(';').next()).map(str::trim).unwrap_or_default();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(Code::MediaType.into());
        }
        let body = Bytes::from_request(request, state).await.map_err(|_| Code::Request)?;
        read(&body).map(Self).map_err(|why| Problem::from(Code::Request).because(why))
    }
}

/// Reads a document, or says which part of it is wrong.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let mut from = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut from);
    // Serde's own text repeats what was sent, and a wrong type may be a secret.
    let said = |error: &serde_json::Error, field: &str| {
        let place = format!("line {}, column {}: ", error.line(), error.column());
        match error.classify() {
            Category::Data => place + field + &without_values(&error.to_string()),
            _ => place + "not JSON",
        }
    };
    let value = read.map_err(|error| match error.path().to_string() {
        path if path == "." => said(error.inner(), ""),
        path => said(error.inner(), &format!("field {path:?}: ")),
    })?;
    from.end().map_err(|error| said(&error, ""))?;
    Ok(value)
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        bytes(serde_json::to_vec(&self.0).expect("plain data"))
    }
}

/// A JSON document that is written already.
pub(super) fn bytes(body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Serde's words without what was sent: `missing field`, `invalid type`, and of names that of a field alone.
fn without_values(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or(message);
    match message.split_once(": ") {
        Some((what @ ("invalid type" | "invalid value" | "invalid length"), rest)) => {
            let expected = rest.rsplit_once(", expected ").map(|(_, expected)| expected);
            expected.map_or(what.to_owned(), |expected| format!("{what}, expected {expected}"))
        }
        // A value comes next: only the expected names are camtoken's own.
        _ if message.starts_with("unknown variant ") => match message.rsplit_once("`, expected ") {
            Some((_, expected)) => format!("unknown variant, expected {expected}"),
            None => "unknown variant".to_owned(),
        },
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_type_names_its_field() {
        #[derive(Debug, serde::Deserialize)]
        struct Outer {
            #[expect(dead_code, reason = "only its type matters")]
            inner: Inner,
        }
        #[derive(Debug, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Inner {
            #[expect(dead_code, reason = "only its type matters")]
            token_id: Vec<String>,
        }
        for (json, said) in [
            (
                r#"{"inner":{"tokenId":5}}"#,
                "line 1, column 21: field \"inner.tokenId\": invalid type, expected a sequence",
            ),
            (
                r#"{"inner":{"tokenId":["a",5]}}"#,
                "line 1, column 26: field \"inner.tokenId[1]\": invalid type, expected a string",
            ),
            (r#"{"inner":{}}"#, "line 1, column 11: field \"inner\": missing field `tokenId`"),
            (r#"{"inner":{"tokenId":[]}} x"#, "line 1, column 26: not JSON"),
            ("{", "line 1, column 1: not JSON"),
            ("7", "line 1, column 1: invalid type, expected struct Outer"),
        ] {
            assert_eq!(read::<Outer>(json.as_bytes()).expect_err(json), said);
        }
    }

    #[test]
    fn what_was_sent_is_not_repeated() {
        let said = |json: &str| without_values(&serde_json::from_str::<u8>(json).expect_err("no byte").to_string());
        assert_eq!(said("\"hunter2: x, expected y\""), "invalid type, expected u8");
        assert_eq!(said("1234"), "invalid value, expected u8");

        #[derive(Debug, serde::Deserialize)]
        enum Word {
            Yes,
            No,
        }
        let said = serde_json::from_str::<Word>("\"hunter2`, expected it\"").expect_err("no word").to_string();
        assert!(
            without_values(&said).starts_with("unknown variant, expected ")
                && !without_values(&said).contains("hunter")
        );
    }
}
