//! The pages: that they are served, to whom, and that they take nothing from elsewhere.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value;

use super::client::{Said, Server, command};

/// What a page or a script of ours names.
fn named(page: &Said) -> Vec<String> {
    let text = page.text();
    let pattern = regex::Regex::new(r#"(?:(?:href|src)="|from "|import ")([^"]+)""#).expect("a pattern");
    pattern.captures_iter(&text).map(|found| found[1].to_owned()).filter(|name| !name.starts_with('#')).collect()
}

/// Reads these pages and every file that they name, one after the other; gives all names.
fn follow(server: &Server, pages: &[&str]) -> Vec<String> {
    let mut open: Vec<String> = pages.iter().map(ToString::to_string).collect();
    let mut seen = Vec::new();
    while let Some(path) = open.pop() {
        let page = server.ask("GET", &path, None);
        assert_eq!(page.status, 200, "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'self';") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        let text = page.text();
        for inline in ["<style", " style=", "<script>", " onclick=", "javascript:"] {
            assert!(!text.contains(inline), "{path}: {inline}");
        }
        let foreign = text.replace("http://www.w3.org/", "");
        assert!(!foreign.contains("http://") && !foreign.contains("https://"), "{path} names another place");
        for name in named(&page) {
            let name = name.strip_prefix("./").map_or(name.clone(), |file| format!("/ui/{file}"));
            if !seen.contains(&name) {
                seen.push(name.clone());
                // Pages have their turn above; what is no page is no file of theirs.
                open.extend(Some(name).filter(|name| !["/openapi.json", "/ui", "/docs"].contains(&name.as_str())));
            }
        }
    }
    seen
}

#[test]
fn pages_have_no_script_in_them_and_take_nothing_from_elsewhere() {
    let server = Server::start(&["--only", "token"]);
    let seen = follow(&server, &["/ui", "/docs"]);
    for file in ["/ui/face.js", "/ui/texts.js", "/ui/face.css", "/ui/common.css", "/ui/icon.svg", "/ui/docs.js"] {
        assert!(seen.iter().any(|name| name == file), "{file} of {seen:?}");
    }
    let start = server.ask("GET", "/", None);
    assert_eq!((start.status, start.header("location")), (303, "/ui"));
}

#[test]
fn the_face_is_for_this_machine_alone_and_the_description_for_all() {
    let key = "0123456789abcdef0123456789abcdef";
    let mut server = Server::start_with(&["--only", "token"], &[("CAMTOKEN_API_KEY", key)]);
    assert_eq!(server.ask("GET", "/docs", None).status, 200);
    assert_eq!(server.ask("GET", "/ui/docs.js", None).status, 200);
    assert_eq!(server.ask("GET", "/ui", None).status, 401);
    server.headers = vec![("authorization", format!("Bearer {key}"))];
    assert_eq!(server.ask("GET", "/ui", None).status, 404);
}

/// Every address that the pages of a verifier name is served, and none of them is the virtual token's page.
#[test]
fn a_service_without_the_virtual_token_leads_to_its_description() {
    let server = Server::start(&[]);
    let start = server.ask("GET", "/", None);
    assert_eq!((start.status, start.header("location")), (303, "/docs"));
    for face in ["/ui", "/ui/", "/ui/face.js"] {
        assert_eq!(server.ask("GET", face, None).problem(404), "CT-E101", "{face}");
    }
    let seen = follow(&server, &["/docs"]);
    assert!(seen.contains(&"/ui/docs.js".to_owned()) && !seen.contains(&"/ui".to_owned()), "{seen:?}");
}

/// `camtoken ui`, ended when dropped.
struct Ui(Child);

impl Drop for Ui {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_verb_says_where_the_face_is_and_keeps_nothing() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let state = dir.path().join("state");
    let mut ui = command(&state);
    let mut ui = Ui(ui
        .args(["ui", "--json", "--no-open", "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary was built"));
    let mut line = String::new();
    BufReader::new(ui.0.stdout.as_mut().expect("it is piped")).read_line(&mut line).expect("one line");
    let said: Value = serde_json::from_str(&line).expect("one document");
    assert_eq!(said["schema"], "camtoken/ui/1");
    let url = said["url"].as_str().expect("an address").to_owned();
    assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/ui"), "{url}");
    let page = ureq::get(&url).call().expect("it answers").body_mut().read_to_string().expect("text");
    assert!(page.contains("/ui/face.js"));
    assert!(!state.exists(), "the practice bank is in memory");

    // The port is taken: it was asked for, so that another one would not be found.
    let port = url.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.strip_suffix("/ui")).expect("a port");
    let second = command(&state).args(["ui", "--json", "--no-open", "--port", port]).output().expect("it starts");
    let refused: Value = serde_json::from_slice(&second.stdout).expect("one document");
    assert_eq!((second.status.code(), &refused["code"]), (Some(1), &Value::from("CT-E112")));
}
