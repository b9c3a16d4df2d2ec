//! The layers of the house: every arrow points down, nothing below the binary prints, nothing below the edges asks for the
//! time or for randomness, and no code is unsafe.
//!
//! The sources are read as text, without comments, strings and tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What is below all the others.
const GROUND: &[&str] = &["hex", "language", "seeded", "time"];

/// What each module of the library may name, beside the ground.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("hex", &[]),
    ("language", &[]),
    ("seeded", &[]),
    ("time", &[]),
    ("key", &[]),
    ("transaction", &[]),
    ("oath", &["key"]),
    ("challenge", &["oath", "transaction", "key"]),
    ("code", &["challenge", "transaction", "key"]),
    ("qr", &["code"]),
    ("store", &["challenge", "key"]),
    ("token", &["code", "challenge", "transaction", "oath", "key"]),
    ("verifier", &["code", "challenge", "transaction", "oath", "key", "store"]),
    ("provision", &["verifier", "challenge", "store", "oath", "key"]),
    ("camera", &["qr"]),
    ("server", &["verifier", "token", "store", "qr", "camera", "provision", "code", "challenge", "transaction", "key"]),
    ("vectors", &["challenge", "code", "key", "oath", "provision", "qr", "store", "token", "transaction", "verifier"]),
];

/// Where a module may name a part of another alone: of a code its text type.
const ALONE: &[(&str, &str, &[&str])] = &[("qr", "code", &["ChallengeCode", "text"])];

/// Where waiting is allowed, and so asking a clock or the system's randomness.
const EDGES: &[&str] = &["store", "camera", "server"];

const PRINTING: &[&str] =
    &["println!", "print!", "eprintln!", "eprint!", "dbg!", "std::env::args", "process::exit", "clap::"];

const ASKING: &[&str] = &[
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "SysRng",
    "OsRng",
    "ThreadRng",
    "rand::rng",
    "rand::random",
    "getrandom",
    "thread::sleep",
];

#[test]
fn every_arrow_points_down() {
    let sources = sources(&root().join("src"));
    assert!(sources.len() > 5, "the sources were found");
    let reexports = reexports(&fs::read_to_string(root().join("src/lib.rs")).expect("the crate's page"));
    let complaints: Vec<_> = sources.iter().flat_map(|source| source.complaints(&reexports)).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn no_code_is_unsafe() {
    for dir in ["src", "bin", "tests", "benches"] {
        // benches/peers is a program of its own, which calls other people's C.
        for source in sources(&root().join(dir)).iter().filter(|source| !source.path.starts_with("peers")) {
            assert!(!has_word(&blank(&source.text), "unsafe"), "{}", source.path.display());
        }
    }
}

#[test]
fn what_is_forbidden_is_caught() {
    let reexports = reexports("pub use verifier::{Verdict, Verifier};\npub use key::Secret;");
    for (path, text, complaint) in [
        ("oath/totp.rs", "use crate::verifier::Verifier;", "oath names verifier"),
        ("oath/totp.rs", "use crate::{key::Key, token::Token};", "oath names token"),
        ("oath/totp.rs", "use crate::{\n    key::{Key, TokenId},\n    code::{self, wire},\n};", "oath names code"),
        ("key.rs", "fn f() { crate::challenge::respond() }", "key names challenge"),
        ("key.rs", "use super::challenge;", "key names challenge"),
        ("code/wire.rs", "use super::super::verifier::Verdict;", "code names verifier"),
        ("code/mod.rs", "use super::qr;", "code names qr"),
        ("token/screen.rs", "fn f(v: crate::Verdict) {}", "token names verifier"),
        ("token/mod.rs", "use crate::verifier as v;", "token names verifier"),
        ("verifier/settle.rs", "pub(crate) use crate :: token;", "verifier names token"),
        ("qr/render.rs", "use crate::code::{open, ChallengeCode};", "qr names open of code"),
        ("qr/render.rs", "use crate::code;", "qr names code of code"),
        ("transaction/value.rs", "use crate::key::Key;", "transaction names key"),
        ("transaction/value.rs", "use crate::Secret;", "transaction names key"),
        ("time.rs", "use crate::key::Key;", "time names key"),
        ("time.rs", "use crate::language::Label;", "time names language"),
        ("newcomer.rs", "", "newcomer has no layer"),
        ("token/mod.rs", "fn f() { println!(\"{}\", 1) }", "token says println!"),
        ("server/mod.rs", "fn f() { dbg!(1); }", "server says dbg!"),
        ("verifier/mod.rs", "let now = std::time::SystemTime::now();", "verifier says SystemTime::now"),
        ("provision/pskc.rs", "let rng = rand::rng();", "provision says rand::rng"),
    ] {
        let source = Source { path: path.into(), text: text.to_owned() };
        let complaints = source.complaints(&reexports);
        assert_eq!(complaints.len(), 1, "{path}: {text}: {complaints:?}");
        assert!(complaints[0].ends_with(complaint), "{path}: {text}: {complaints:?}");
    }
}

#[test]
fn what_is_allowed_is_left_alone() {
    let reexports = reexports("pub use key::{ActivationId, Key};\npub use time::Timestamp;");
    for (path, text) in [
        ("oath/totp.rs", "use crate::key::Key;\nuse crate::oath::hotp;\nuse super::ocra;\nuse crate::Timestamp;"),
        (
            "oath/ocra/suite.rs",
            "use super::super::response; // crate::verifier\n/* crate::token /* nested */ crate::code */",
        ),
        ("qr/render.rs", "use crate::code::ChallengeCode;\nuse crate::qr::Luma;"),
        ("transaction/value.rs", "use crate::hex::{parse_hex, write_hex};\nuse crate::language::Label;"),
        ("store/embedded.rs", "let t = std::time::Instant::now();"),
        ("token/mod.rs", "const A: &str = \"crate::verifier println!\"; const B: &str = r#\"dbg! \" crate::store\"#;"),
        ("token/mod.rs", "fn f<'a>(x: &'a str) -> char { '\"' }\nfn g() { let c = '\\''; }"),
        ("token/mod.rs", "use crate::code;\n#[cfg(test)]\nmod tests { use crate::verifier; fn f() { println!(); } }"),
        ("token/tests.rs", "use crate::verifier;"),
    ] {
        let source = Source { path: path.into(), text: text.to_owned() };
        assert_eq!(source.complaints(&reexports), Vec::<String>::new(), "{path}: {text}");
    }
    assert!(has_word("unsafe { }", "unsafe") && !has_word("unsafe_code", "unsafe"));
}

struct Source {
    /// Below `src`.
    path: PathBuf,
    text: String,
}

impl Source {
    fn complaints(&self, reexports: &BTreeMap<String, String>) -> Vec<String> {
        let place = self.path.with_extension("");
        let mut place: Vec<&str> = place.iter().filter_map(|part| part.to_str()).collect();
        if place.last() == Some(&"mod") {
            place.pop();
        }
        if matches!(place[..], ["lib"]) || place.last() == Some(&"tests") {
            return Vec::new();
        }
        let module = place[0];
        let Some((_, below)) = MAY_NAME.iter().find(|(name, _)| *name == module) else {
            return vec![format!("{}: {module} has no layer", self.path.display())];
        };
        let code = without_tests(&blank(&self.text));
        let mut complaints = Vec::new();
        for path in paths(&code, place.len()) {
            let first = path[0].as_str();
            let named = reexports.get(first).map_or(first, String::as_str);
            let known = MAY_NAME.iter().any(|(name, _)| *name == named);
            let ground = GROUND.contains(&named) && !GROUND.contains(&module);
            if known && named != module && !ground && !below.contains(&named) {
                complaints.push(format!("{module} names {named}"));
            }
            let alone = ALONE.iter().find(|(from, to, _)| (*from, *to) == (module, named));
            let part = path.get(1).unwrap_or(&path[0]).as_str();
            if alone.is_some_and(|(_, _, parts)| !parts.contains(&part)) {
                complaints.push(format!("{module} names {part} of {named}"));
            }
        }
        let asking = if EDGES.contains(&module) { &[][..] } else { ASKING };
        let said = PRINTING.iter().chain(asking).filter(|word| has_word(&code, word));
        complaints.extend(said.map(|word| format!("{module} says {word}")));
        complaints.dedup();
        complaints.iter().map(|complaint| format!("{}: {complaint}", self.path.display())).collect()
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn sources(dir: &Path) -> Vec<Source> {
    fn walk(dir: &Path, top: &Path, found: &mut Vec<Source>) {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, top, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file is UTF-8");
                let path = path.strip_prefix(top).expect("it is below").to_owned();
                found.push(Source { path, text });
            }
        }
    }
    let mut found = Vec::new();
    walk(dir, dir, &mut found);
    found
}

/// Which module an item comes from that the crate's root names: `pub use key::{Key, TokenId};`.
fn reexports(lib: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for declaration in blank(lib).split(';') {
        if let Some((_, tree)) = declaration.split_once("pub use ") {
            for path in flatten(tree) {
                if let (Some(first), Some(last)) = (path.first(), path.last()) {
                    found.insert(last.clone(), first.clone());
                }
            }
        }
    }
    found
}

/// Every path from the crate's root that the code names, by `crate::` or by enough `super::`. `depth` is how deep the
/// file's own module is.
fn paths(code: &str, depth: usize) -> Vec<Vec<String>> {
    let code: String = code.split_whitespace().collect::<Vec<_>>().join(" ").replace(" :: ", "::").replace(":: ", "::");
    let mut found = Vec::new();
    let to_root = "super::".repeat(depth);
    for start in ["crate::", &to_root] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') || code[..at].ends_with("super::") {
                continue;
            }
            let rest = &code[at + start.len()..];
            if !rest.starts_with("super::") {
                found.extend(flatten(tree(rest)));
            }
        }
    }
    found
}

/// The part of `rest` that belongs to the path or use tree it starts with.
fn tree(rest: &str) -> &str {
    let mut open = 0usize;
    for (at, c) in rest.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open > 0 => open -= 1,
            c if open > 0 || c.is_alphanumeric() || c == '_' || c == ':' || c == '*' => {}
            _ => return &rest[..at],
        }
        if c == '}' && open == 0 {
            return &rest[..=at];
        }
        // A path may be followed by a block: `if x == crate::A {`; only `::{` opens a tree.
        if c == '{' && open == 1 && at > 0 && !rest[..at].ends_with("::") {
            return &rest[..at];
        }
    }
    rest
}

/// `a::{b, c::{d, self}}` as the paths `a b`, `a c d`, `a c`.
fn flatten(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    if let Some((head, inner)) = tree.split_once('{') {
        let head: Vec<String> =
            head.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let inner = inner.strip_suffix('}').unwrap_or(inner);
        let mut open = 0usize;
        let parts = inner.split(|c| {
            match c {
                '{' => open += 1,
                '}' => open = open.saturating_sub(1),
                _ => {}
            }
            c == ',' && open == 0
        });
        let below = parts.filter(|part| !part.trim().is_empty()).flat_map(flatten);
        return below.map(|path| head.iter().cloned().chain(path).collect()).collect();
    }
    let path = tree.split(" as ").next().unwrap_or(tree).split("::").map(str::trim);
    let path: Vec<String> = path.filter(|part| !part.is_empty() && *part != "self").map(str::to_owned).collect();
    if path.is_empty() { vec![vec!["self".to_owned()]] } else { vec![path] }
}

/// The source with comments, strings and characters blanked out.
fn blank(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let mut code = String::with_capacity(source.len());
    let mut at = 0;
    let is = |at: usize, text: &str| text.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
    while at < chars.len() {
        if is(at, "//") {
            while at < chars.len() && chars[at] != '\n' {
                at += 1;
            }
        } else if is(at, "/*") {
            let mut open = 0;
            while at < chars.len() {
                if is(at, "/*") {
                    open += 1;
                    at += 2;
                } else if is(at, "*/") {
                    open -= 1;
                    at += 2;
                } else {
                    at += 1;
                }
                if open == 0 {
                    break;
                }
            }
        } else if chars[at] == 'r' && raw_hashes(&chars, at).is_some() && !code.ends_with(is_word) {
            let hashes = raw_hashes(&chars, at).expect("just seen");
            let end = format!("\"{}", "#".repeat(hashes));
            at += hashes + 2;
            while at < chars.len() && !is(at, &end) {
                at += 1;
            }
            at += end.len();
        } else if chars[at] == '"' {
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if chars[at] == '\'' && (is(at + 1, "\\") || chars.get(at + 2) == Some(&'\'')) {
            at += if is(at + 1, "\\") { 3 } else { 2 };
            while at < chars.len() && chars[at] != '\'' {
                at += 1;
            }
            at += 1;
        } else {
            code.push(chars[at]);
            at += 1;
        }
    }
    code
}

/// How many `#` a raw string has that starts at this `r`.
fn raw_hashes(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(at + 1 + hashes) == Some(&'"')).then_some(hashes)
}

/// The tests of a file stand last.
fn without_tests(code: &str) -> String {
    let tests = code.match_indices("#[cfg(test)]").find(|(at, attribute)| {
        let rest = code[at + attribute.len()..].trim_start();
        rest.starts_with("mod ")
            && rest.split_once(['{', ';']).is_some_and(|(head, _)| rest[head.len()..].starts_with('{'))
    });
    code[..tests.map_or(code.len(), |(at, _)| at)].to_owned()
}

fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let continues = word.ends_with(is_word) && code[at + word.len()..].starts_with(is_word);
        !continues && !code[..at].ends_with(is_word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
