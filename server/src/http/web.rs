//! The two web apps: the office app at `/`, the phone app at `/field/`.
//!
//! Release builds carry the files inside the binary; debug builds read `web/dist` at each request.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::error::ServerError;

#[derive(RustEmbed)]
#[folder = "../web/dist/office"]
struct Office;

#[derive(RustEmbed)]
#[folder = "../web/dist/field"]
struct Field;

const NOT_BUILT: &str = "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>FieldLedger</title>\
    <h1>现场台账</h1><p>网页端尚未构建,接口可用。请运行 make web。</p>\
    <p lang=\"en\">The web app is not built; the API works. Run make web.</p></html>";

/// Serves a file of an app, or its page: paths without a file name are the app's own to route.
pub async fn serve(request: Request) -> Response {
    let path = request.uri().path();
    if path.starts_with("/api/") {
        return ServerError::NotFound.into_response();
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return ServerError::MethodNotAllowed.into_response();
    }
    if path == "/field" {
        return Redirect::permanent("/field/").into_response();
    }
    match path.strip_prefix("/field/") {
        Some(rest) => file_or_page(rest, request.headers(), Field::get),
        None => file_or_page(path.trim_start_matches('/'), request.headers(), Office::get),
    }
}

fn file_or_page(path: &str, headers: &HeaderMap, get: fn(&str) -> Option<EmbeddedFile>) -> Response {
    let has_name = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    if has_name {
        return match get(path) {
            Some(file) => answer(path, &file, headers),
            None => ServerError::NotFound.into_response(),
        };
    }
    match get("index.html") {
        Some(page) => answer("index.html", &page, headers),
        None => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT.to_owned()).into_response(),
    }
}

fn answer(path: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let hash = file.metadata.sha256_hash();
    let tag: String = hash[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    // The build puts a hash into the names under assets/; everything else is asked for again each time.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    // Compression on the way marks the tag as weak.
    let same = known.is_some_and(|k| k.split(',').any(|k| k.trim().trim_start_matches("W/") == tag));
    let mut response = if same {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mime = mime(path, file.metadata.mimetype());
        ([(header::CONTENT_TYPE, mime)], file.data.clone().into_owned()).into_response()
    };
    let out = response.headers_mut();
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    response
}

fn mime(path: &str, guessed: &str) -> String {
    let extension = path.rsplit('.').next().unwrap_or_default();
    match extension {
        // Browsers compile WebAssembly while it loads only under its own type.
        "wasm" => "application/wasm".to_owned(),
        "webmanifest" => "application/manifest+json".to_owned(),
        "html" | "css" | "txt" | "svg" => format!("{guessed}; charset=utf-8"),
        "js" | "mjs" => "text/javascript; charset=utf-8".to_owned(),
        _ => guessed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        assert_eq!(mime("core.wasm", "x"), "application/wasm");
        assert_eq!(mime("a/b.js", "x"), "text/javascript; charset=utf-8");
        assert_eq!(mime("index.html", "text/html"), "text/html; charset=utf-8");
        assert_eq!(mime("icon.png", "image/png"), "image/png");
    }

    #[test]
    fn an_app_that_is_not_built_says_so() {
        let response = file_or_page("records/complaint", &HeaderMap::new(), |_| None);
        assert_eq!(response.status(), StatusCode::OK);
        let response = file_or_page("assets/missing.js", &HeaderMap::new(), |_| None);
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }
}
