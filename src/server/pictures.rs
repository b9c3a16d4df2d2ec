//! Pictures as they are sent: a file in the body or in a form, or a frame of a camera as its bare luma.

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Query, Request};
use axum::http::header;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::Operation;
use super::problem::{Code, Problem};
use crate::qr::{Effort, Limits, Luma, ScanOptions};

/// What was sent to be looked at.
pub(super) enum Sent {
    /// The text of a code.
    Text(String),
    /// A picture, with how much it is worth trying.
    Picture(Luma, Effort),
}

/// What a frame says of itself.
#[derive(Deserialize)]
struct FrameQuery {
    width: Option<u32>,
    height: Option<u32>,
    frame: Option<u64>,
}

/// A body that has not been decoded.
pub(super) struct Parcel {
    body: Bytes,
    /// Its columns and rows, where it is bare luma.
    size: Option<(u32, u32)>,
    effort: Effort,
}

impl<S: Send + Sync> FromRequest<S> for Parcel {
    type Rejection = Problem;

    /// Reads the body, or the first part of a form.
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let wrong = |why: &str| Problem::from(Code::Request).because(why);
        let Query(asked) =
            Query::<FrameQuery>::try_from_uri(request.uri()).map_err(|_| wrong("width, height, frame"))?;
        let size = match (asked.width, asked.height) {
            (Some(width), Some(height)) => Some((width, height)),
            (None, None) => None,
            _ => return Err(Problem::from(Code::Value).because("width and height go together")),
        };
        let effort = asked.frame.map_or(Effort::File, Effort::Frame);
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("multipart/form-data") {
            let body = Bytes::from_request(request, &()).await.map_err(|_| Code::Request)?;
            return Ok(Self { body, size, effort });
        }
        let mut form = Multipart::from_request(request, &()).await.map_err(|_| wrong("multipart/form-data"))?;
        let part = form.next_field().await.map_err(|_| wrong("multipart/form-data"))?;
        let body = part.ok_or_else(|| wrong("no part"))?.bytes().await.map_err(|_| wrong("multipart/form-data"))?;
        Ok(Self { body, size, effort })
    }
}

impl Parcel {
    /// Decodes it. Takes a while: not for a thread that others wait for.
    pub fn open(self) -> Result<Sent, Problem> {
        let refused = |error| Problem::from(Code::Picture).because(error);
        if let Some((width, height)) = self.size {
            let luma = Luma::from_raw(width, height, self.body.into()).map_err(refused)?;
            return Ok(Sent::Picture(luma, self.effort));
        }
        if let Some(text) = str::from_utf8(&self.body).ok().map(str::trim).filter(|text| is_code(text)) {
            return Ok(Sent::Text(text.to_owned()));
        }
        Luma::decode(&self.body, &Limits::default()).map(|luma| Sent::Picture(luma, self.effort)).map_err(refused)
    }
}

/// Every symbol of a picture, as hard as it is worth.
pub(super) fn options(effort: Effort) -> ScanOptions {
    ScanOptions { all: true, effort }
}

/// Which of several texts is meant: the first that is a code for a token, else the first.
pub(super) fn meant<'a>(payloads: impl Iterator<Item = &'a [u8]>) -> usize {
    payloads.map(String::from_utf8_lossy).position(|text| is_code(&text)).unwrap_or_default()
}

/// Whether a text begins as a code does.
fn is_code(text: &str) -> bool {
    let version = text.strip_prefix("CT").and_then(|rest| rest.split_once(':')).map(|(version, _)| version);
    version.is_some_and(|version| !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()))
        && !text.contains('\n')
}

/// The kinds of body that are taken for a picture.
pub(super) fn kinds() -> Value {
    let binary = json!({ "schema": { "type": "string", "format": "binary" } });
    json!({
        "image/png": binary, "image/jpeg": binary, "image/webp": binary, "image/bmp": binary,
        "application/octet-stream": { "schema": {
            "type": "string", "format": "binary",
            "description": "With width and height: bare luma, a byte for each pixel, row by row",
        } },
        "multipart/form-data": { "schema": {
            "type": "object", "properties": { "image": { "type": "string", "format": "binary" } }, "required": ["image"],
        } },
    })
}

/// Describes what makes a frame of the body.
pub(super) fn frames(op: Operation<'_>) -> Operation<'_> {
    let side = json!({ "type": "integer", "minimum": 1, "maximum": 16_384 });
    op.query("width", "Columns of a picture whose bare luma is the body", side.clone())
        .query("height", "Its rows", side)
        .query(
            "frame",
            "The number of a camera's frame, from 0: each of many is looked at briefly, in another way",
            json!({ "type": "integer", "minimum": 0, "maximum": super::values::MOST_WHOLE }),
        )
}
