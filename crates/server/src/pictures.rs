//! Pictures as they are sent: a file in the body or in a form, or a frame of a camera as its bare luma.

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Query, Request};
use axum::http::header;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::Operation;
use super::guard::{PictureBudget, Place};
use super::problem::{Code, Problem};
use super::turns::Caller;
use camtoken::code;
use camtoken::qr::{Deadline, Effort, Limits, Luma, Scan, ScanOptions, Symbol, scan_file, scan_for};

/// The query of a frame.
#[derive(Deserialize)]
struct FrameQuery {
    width: Option<u32>,
    height: Option<u32>,
    frame: Option<u32>,
}

/// A body that has not been decoded.
pub(super) struct Parcel {
    body: Bytes,
    /// Its columns and rows, where it is bare luma.
    size: Option<(u32, u32)>,
    effort: Effort,
    caller: Caller,
    budget: PictureBudget,
    /// Held until it is dropped, which is when nothing is done with it any more.
    _place: Place,
}

impl<S: Send + Sync> FromRequest<S> for Parcel {
    type Rejection = Problem;

    /// Reads the body, or the part `image` of a form.
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let wrong = |why: &str| Problem::from(Code::Request).because(why);
        let Query(asked) =
            Query::<FrameQuery>::try_from_uri(request.uri()).map_err(|_| wrong("width, height, frame"))?;
        let size = match (asked.width, asked.height) {
            (Some(width), Some(height)) => Some((width, height)),
            (None, None) => None,
            _ => return Err(Problem::from(Code::Value).because("width and height go together")),
        };
        let budget = *request.extensions().get::<PictureBudget>().ok_or(Code::Internal)?;
        let _place = request.extensions().get::<Place>().cloned().ok_or(Code::Internal)?;
        let caller = request.extensions().get::<Caller>().cloned().ok_or(Code::Internal)?;
        let effort = asked.frame.map_or(Effort::File, |number| Effort::Frame(number.into()));
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("multipart/form-data") {
            let body = Bytes::from_request(request, &()).await.map_err(|_| Code::Request)?;
            return Ok(Self { body, size, effort, caller, budget, _place });
        }
        let mut form = Multipart::from_request(request, &()).await.map_err(|_| wrong("multipart/form-data"))?;
        let mut image = None;
        while let Some(part) = form.next_field().await.map_err(|_| wrong("multipart/form-data"))? {
            if part.name() != Some("image") || image.is_some() {
                return Err(wrong("a part beside image"));
            }
            image = Some(part.bytes().await.map_err(|_| wrong("multipart/form-data"))?);
        }
        let body = image.ok_or_else(|| wrong("no part image"))?;
        Ok(Self { body, size, effort, caller, budget, _place })
    }
}

impl Parcel {
    /// Hands it to a thread where it may take a while, when it is its caller's turn.
    pub async fn work<T: Send + 'static>(self, work: impl FnOnce(Self) -> T + Send + 'static) -> Result<T, Problem> {
        let caller = self.caller.clone();
        caller.work(move || work(self)).await
    }

    /// The text of a code, if that was sent instead of a picture.
    pub fn text(&self) -> Option<&str> {
        let text = str::from_utf8(&self.body).ok().filter(|_| self.size.is_none())?;
        let text = text.trim();
        (asks_a_token(text) && !text.contains('\n')).then_some(text)
    }

    /// Whether it is one of many frames.
    #[cfg(feature = "emulator")]
    pub fn is_frame(&self) -> bool {
        matches!(self.effort, Effort::Frame(_))
    }

    /// Decodes the picture, and looks at it as a token does that is held before it: for a code first, if there is one among the symbols.
    /// Takes a while: for [`Parcel::work`].
    pub fn look(&mut self) -> Result<(Luma, Scan), Problem> {
        let refused = |error| Problem::from(Code::Picture).because(error);
        let body = std::mem::take(&mut self.body);
        let limits = Limits::default();
        let deadline = Deadline::after(self.budget.0);
        let options = ScanOptions { effort: self.effort, deadline, ..ScanOptions::default() };
        let Some((width, height)) = self.size else {
            let found = scan_file(&body, &limits, &options, is_for_a_token).map_err(refused)?;
            return Ok((found.luma, found.scan));
        };
        limits.check_size(width, height).map_err(refused)?;
        let luma = Luma::from_raw(width, height, body.into()).map_err(refused)?;
        let seen = scan_for(&luma, &options, is_for_a_token);
        Ok((luma, seen))
    }
}

/// The result of a token for a picture before its camera.
#[cfg(feature = "emulator")]
pub(super) fn seen(luma: &Luma) -> Scan {
    scan_for(luma, &ScanOptions::default(), is_for_a_token)
}

/// Whether a symbol is a code for a token.
pub(super) fn is_for_a_token(symbol: &Symbol) -> bool {
    str::from_utf8(&symbol.payload).is_ok_and(asks_a_token)
}

#[cfg(not(feature = "emulator"))]
fn asks_a_token(text: &str) -> bool {
    code::is_code(text)
}

#[cfg(feature = "emulator")]
fn asks_a_token(text: &str) -> bool {
    code::is_code(text) || foreign(text).is_some()
}

/// The code of another system that a token may know what to do with.
#[cfg(feature = "emulator")]
pub(super) fn foreign(text: &str) -> Option<camtoken_formats::Foreign> {
    use camtoken_formats::Foreign;

    let code = (!code::is_code(text)).then(|| Foreign::parse(text).ok()).flatten();
    code.filter(|code| !matches!(code, Foreign::Link(_) | Foreign::Text))
}

/// The kinds of body that are taken for a picture.
pub(super) fn kinds() -> Value {
    let binary = json!({ "schema": { "type": "string", "format": "binary" } });
    json!({
        "image/png": binary, "image/jpeg": binary, "image/webp": binary, "image/bmp": binary,
        "image/gif": binary, "image/tiff": binary, "image/svg+xml": binary, "application/pdf": binary,
        "application/octet-stream": { "schema": {
            "type": "string", "format": "binary",
            "description": "With width and height: bare luma, a byte for each pixel, row by row",
        } },
        "multipart/form-data": { "schema": {
            "type": "object", "properties": { "image": { "type": "string", "format": "binary" } }, "required": ["image"],
            "additionalProperties": false,
        } },
    })
}

/// Describes what makes a frame of the body.
pub(super) fn frames(op: Operation<'_>) -> Operation<'_> {
    let side = json!({ "type": "integer", "minimum": 1, "maximum": 65_535 });
    op.query("width", "Columns of a picture whose bare luma is the body", side.clone())
        .query("height", "Its rows", side)
        .query(
            "frame",
            "The number of a camera's frame, from 0: each of many is looked at briefly, in another way",
            json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        )
}
