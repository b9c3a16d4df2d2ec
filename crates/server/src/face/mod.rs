//! The pages: the description to read at `/docs`, and with the virtual token its page at `/ui`, which uses `/v1` alone.
//!
//! They are plain files, compiled in. A page takes nothing from elsewhere and has no script of its own in it
//! (Content-Security-Policy).

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

/// The Content-Security-Policy of a page: it loads from this service only, and pictures that it has made itself.
const POLICY: &str = "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// The permissions of a page.
const PERMISSIONS: &str = "camera=(self), display-capture=(self), microphone=(), geolocation=()";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

macro_rules! files {
    ($($path:literal $kind:ident $file:literal)+) => { &[$(($path, $kind, include_str!($file)),)+] };
}

/// The files that every page needs.
const COMMON: &[(&str, &str, &str)] = files! {
    "/ui/common.css" CSS "common.css"
    "/ui/icon.svg" SVG "icon.svg"
};

const DOCS: &[(&str, &str, &str)] = files! {
    "/docs" HTML "docs.html"
    "/ui/docs.css" CSS "docs.css"
    "/ui/docs.js" SCRIPT "docs.js"
    "/ui/openapi.js" SCRIPT "openapi.js"
    "/ui/try.js" SCRIPT "try.js"
};

#[cfg(feature = "emulator")]
const FACE: &[(&str, &str, &str)] = files! {
    "/ui" HTML "face.html"
    "/ui/face.css" CSS "face.css"
    "/ui/face.js" SCRIPT "face.js"
    "/ui/api.js" SCRIPT "api.js"
    "/ui/device.js" SCRIPT "device.js"
    "/ui/eyes.js" SCRIPT "eyes.js"
    "/ui/practice.js" SCRIPT "practice.js"
    "/ui/texts.js" SCRIPT "texts.js"
};

/// The description, to be read.
pub(super) fn docs() -> Router {
    routes(COMMON).merge(routes(DOCS))
}

/// The address without a page: to the virtual token's page, if there is one.
pub(super) fn start(has_face: bool) -> Router {
    let page = if has_face { "/ui" } else { "/docs" };
    Router::new().route("/", get(async move || Redirect::to(page)))
}

/// The token's face.
#[cfg(feature = "emulator")]
pub(super) fn face() -> Router {
    routes(FACE).route("/ui/", get(async || Redirect::to("/ui")))
}

fn routes(files: &'static [(&str, &str, &str)]) -> Router {
    files
        .iter()
        .fold(Router::new(), |router, &(path, kind, text)| router.route(path, get(async move || page(kind, text))))
}

fn page(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    ];
    (headers, text).into_response()
}
