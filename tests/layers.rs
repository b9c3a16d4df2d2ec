//! The layers of the workspace: every arrow points down, no files go round in a circle, no library prints, nothing below the
//! edges asks for the time or for randomness, and no code but the kernels' is unsafe.
//!
//! The sources are read as text, without comments, strings and tests. Docs: `docs/ARCHITECTURE.md`, "The map".

#[path = "layers/source.rs"]
mod source;

use source::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

/// The crates from the ground up, and which of ours each may depend on.
const CRATES: &[(&str, &str, &[&str])] = &[
    ("camtoken-simd", "crates/simd", &[]),
    ("camtoken-oath", "crates/oath", &["camtoken-simd"]),
    ("camtoken-core", "crates/core", &["camtoken-oath"]),
    ("camtoken-formats", "crates/formats", &["camtoken-core", "camtoken-oath"]),
    ("camtoken-qr", "crates/qr", &[]),
    ("camtoken-camera", "crates/camera", &["camtoken-qr"]),
    ("camtoken", ".", &["camtoken-core", "camtoken-formats", "camtoken-oath", "camtoken-qr"]),
    ("camtoken-documents", "crates/documents", &["camtoken", "camtoken-formats"]),
    ("camtoken-keys", "crates/keys", &["camtoken"]),
    ("camtoken-remote", "crates/remote", &["camtoken"]),
    ("camtoken-etcd", "crates/etcd", &["camtoken", "camtoken-remote"]),
    ("camtoken-postgres", "crates/postgres", &["camtoken", "camtoken-remote"]),
    ("camtoken-server", "crates/server", &["camtoken", "camtoken-documents", "camtoken-formats"]),
    ("camtoken-vectors", "crates/vectors", &["camtoken", "camtoken-formats"]),
    (
        "camtoken-cli",
        "bin/camtoken",
        &[
            "camtoken",
            "camtoken-camera",
            "camtoken-documents",
            "camtoken-etcd",
            "camtoken-formats",
            "camtoken-keys",
            "camtoken-postgres",
            "camtoken-server",
            "camtoken-vectors",
        ],
    ),
    ("camtoken-portal", "portal", &["camtoken", "camtoken-postgres", "camtoken-server"]),
];

/// A module, and the others of its crate that it may name.
type Layer = (&'static str, &'static [&'static str]);

/// What each module of a crate may name, where a crate has layers of its own.
const MODULES: &[(&str, &[Layer])] = &[
    (
        "camtoken-core",
        &[
            ("hex", &["key"]),
            ("language", &[]),
            ("seeded", &[]),
            ("time", &[]),
            ("key", &["hex"]),
            ("transaction", &["hex", "language", "time"]),
            ("typed", &["transaction"]),
            ("challenge", &["hex", "key", "time", "transaction", "typed"]),
            ("code", &["challenge", "key", "time", "transaction"]),
            ("token", &["challenge", "code", "key", "language", "time", "transaction", "typed"]),
            ("verifier", &["challenge", "code", "key", "time", "transaction"]),
            ("error_code", &["token", "transaction", "verifier"]),
        ],
    ),
    (
        "camtoken",
        &[
            ("store", &["key"]),
            ("token", &[]),
            ("verifier", &["challenge", "code", "key", "oath", "store", "time", "transaction"]),
            ("provision", &["challenge", "key", "oath", "store", "time", "verifier"]),
            ("error_code", &["store", "verifier"]),
        ],
    ),
    // `main` may name every module: it is the one that no module names.
    (
        "camtoken-cli",
        &[
            ("exit", &[]),
            ("environment", &[]),
            ("state", &[]),
            ("system", &[]),
            ("terminal", &[]),
            ("text", &[]),
            ("value", &[]),
            ("document", &["terminal", "text"]),
            ("failure", &["document", "exit", "terminal", "text"]),
            ("trust", &["failure"]),
            ("config", &["environment", "failure", "text", "trust", "value"]),
            ("output", &["config", "document", "exit", "failure", "text"]),
            ("context", &["config", "failure", "output", "system"]),
            ("viewfinder", &["terminal"]),
            ("secret", &["environment", "failure", "terminal"]),
            ("self_check", &["environment", "failure", "trust"]),
            ("api_keys", &["failure", "state", "trust"]),
            ("courier", &["failure", "unbuilt"]),
            ("source", &["config", "failure", "terminal"]),
            ("refusal", &["failure", "text"]),
            ("unbuilt", &["failure"]),
            ("feed", &["config", "failure", "value"]),
            ("picture", &["failure", "output", "state"]),
            ("service", &["context", "system"]),
            ("kek", &["config", "context", "environment", "failure", "self_check", "state", "system", "value"]),
            ("bank", &["config", "context", "failure", "kek", "self_check", "state", "system", "value"]),
            ("note", &["system"]),
            ("anchor", &["bank", "context", "failure", "note", "self_check", "state", "system"]),
            ("tokens", &["context", "failure", "secret", "state", "system"]),
            ("approval", &["context", "failure", "secret", "system", "tokens"]),
            ("accounts", &["approval", "context", "courier", "failure", "secret", "system", "tokens"]),
            (
                "verbs",
                &[
                    "accounts",
                    "anchor",
                    "api_keys",
                    "approval",
                    "bank",
                    "config",
                    "context",
                    "courier",
                    "document",
                    "environment",
                    "exit",
                    "failure",
                    "feed",
                    "kek",
                    "note",
                    "output",
                    "picture",
                    "refusal",
                    "secret",
                    "self_check",
                    "service",
                    "source",
                    "state",
                    "system",
                    "terminal",
                    "text",
                    "tokens",
                    "trust",
                    "unbuilt",
                    "value",
                    "viewfinder",
                ],
            ),
            ("cli", &["config", "exit", "failure", "output", "text", "value", "verbs"]),
        ],
    ),
    (
        "camtoken-portal",
        &[
            ("domain", &[]),
            ("system", &[]),
            ("test_clock", &["system"]),
            ("browser", &[]),
            ("limiter", &[]),
            ("store", &[]),
            ("drawer", &[]),
            ("webauthn", &[]),
            ("text", &["domain"]),
            ("books", &["domain"]),
            ("secrets", &["system"]),
            ("letter", &["domain", "text"]),
            ("outbox", &["books", "domain", "text"]),
            ("authority", &["domain", "secrets", "system"]),
            ("tls", &["authority"]),
            ("bank", &["authority", "books", "domain", "outbox", "secrets", "store", "system", "webauthn"]),
            ("linkage", &["bank", "books", "domain", "outbox", "system"]),
            ("demo", &["bank", "books", "domain", "outbox", "system"]),
            ("postman", &["bank", "books", "domain", "text"]),
            ("attacks", &["bank", "books", "demo", "domain", "system"]),
            (
                "pages",
                &[
                    "attacks",
                    "bank",
                    "books",
                    "browser",
                    "demo",
                    "domain",
                    "letter",
                    "limiter",
                    "linkage",
                    "system",
                    "test_clock",
                    "text",
                    "tls",
                    "webauthn",
                ],
            ),
            ("provider", &["bank", "books", "browser", "domain", "linkage", "secrets", "system", "text"]),
        ],
    ),
];

/// Circles of files that are left, each with its reason. At most three files each, in one folder.
const CIRCLES: &[(&[&str], &str)] = &[];

/// Crates that may ask a clock or the system's randomness, and the modules of others that may.
const EDGES: &[&str] = &[
    "camtoken-camera",
    "camtoken-cli",
    "camtoken-etcd",
    "camtoken-portal",
    "camtoken-postgres",
    "camtoken-remote",
    "camtoken-server",
    "camtoken-vectors",
    "camtoken::store",
    // Until when a picture is searched.
    "camtoken-qr::scan",
];

/// The crates that may print.
const PROGRAMS: &[&str] = &["camtoken-cli", "camtoken-portal"];

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
    "env::var",
];

#[test]
fn every_crate_depends_on_lower_ones_only() {
    let members: BTreeSet<String> = fs::read_dir(root().join("crates"))
        .expect("the crates")
        .map(|entry| format!("crates/{}", entry.expect("a folder").file_name().to_string_lossy()))
        .collect();
    let listed: BTreeSet<String> =
        CRATES.iter().map(|(_, dir, _)| (*dir).to_owned()).filter(|dir| dir.starts_with("crates/")).collect();
    assert_eq!(members, listed, "each crate has its place in CRATES");
    for (place, (name, dir, below)) in CRATES.iter().enumerate() {
        let manifest: Table = fs::read_to_string(root().join(dir).join("Cargo.toml"))
            .expect("a manifest")
            .parse()
            .expect("a manifest is TOML");
        let dependencies = manifest["dependencies"].as_table().expect("a table").keys();
        for ours in dependencies.filter(|dependency| dependency.starts_with("camtoken")) {
            assert!(below.contains(&ours.as_str()), "{name} depends on {ours}");
        }
        for lower in *below {
            assert!(CRATES[..place].iter().any(|(known, ..)| known == lower), "{lower} is not below {name}");
        }
    }
}

#[test]
fn every_arrow_points_down() {
    let mut complaints = Vec::new();
    for (name, sources) in all() {
        assert!(sources.len() > 2, "the sources of {name} were found");
        let lib = sources.iter().find(|source| source.path == Path::new("lib.rs"));
        let reexports = lib.map(|lib| reexports(&lib.text)).unwrap_or_default();
        complaints.extend(sources.iter().flat_map(|source| source.complaints(name, &reexports)));
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn no_files_go_round_in_a_circle() {
    let mut found = Vec::new();
    for (name, sources) in all() {
        for circle in circles(&sources) {
            let dir = CRATES.iter().find(|(known, ..)| *known == name).map_or("", |(_, dir, _)| *dir);
            let files: Vec<String> = circle.iter().map(|file| format!("{dir}/{file}")).collect();
            found.push(files);
        }
    }
    let known: Vec<Vec<String>> =
        CIRCLES.iter().map(|(files, _)| files.iter().map(|file| (*file).to_owned()).collect()).collect();
    let new: Vec<_> = found.iter().filter(|circle| !known.contains(circle)).collect();
    assert!(new.is_empty(), "new circles:\n{}", new.iter().map(|files| files.join(" ")).collect::<Vec<_>>().join("\n"));
    let gone: Vec<_> = known.iter().filter(|circle| !found.contains(circle)).collect();
    assert!(gone.is_empty(), "take these out of CIRCLES: {gone:?}");
    for (files, reason) in CIRCLES {
        let folders: BTreeSet<_> = files.iter().map(|file| Path::new(file).parent()).collect();
        assert!(files.len() <= 3 && folders.len() == 1 && !reason.is_empty(), "{files:?}");
    }
}

#[test]
fn no_code_is_unsafe() {
    let dirs = CRATES.iter().filter(|(name, ..)| *name != "camtoken-simd").map(|(_, dir, _)| source_dir(dir));
    for dir in dirs.chain(["tests", "benches"].map(|dir| root().join(dir))) {
        // benches/peers is a program of its own, which calls other people's C.
        for source in sources(&dir).iter().filter(|source| !source.path.starts_with("peers")) {
            assert!(!has_word(&blank(&source.text), "unsafe"), "{}", source.path.display());
        }
    }
}

/// `no_std` is what the compiler holds them to; an `extern crate std` would undo it.
#[test]
fn oath_and_core_are_without_std() {
    for dir in ["crates/oath/src", "crates/core/src"] {
        let lib = fs::read_to_string(root().join(dir).join("lib.rs")).expect("the crate's page");
        assert!(lib.contains("#![cfg_attr(not(test), no_std)]"), "{dir}");
        for source in sources(&root().join(dir)) {
            let code = without_tests(&blank(&source.text));
            let is_test = source.path.file_stem().is_some_and(|name| name == "tests");
            assert!(is_test || !has_word(&code, "std::"), "{dir}/{}", source.path.display());
            assert!(!code.contains("extern crate std"), "{dir}/{}", source.path.display());
        }
    }
}

#[test]
fn what_is_forbidden_is_caught() {
    let core = reexports("pub use verifier::{Verdict, Verifier};\npub use key::Secret;");
    for (krate, path, text, complaint) in [
        ("camtoken-core", "code/wire.rs", "use super::super::token::Token;", "code names token"),
        ("camtoken-core", "code/mod.rs", "use crate::{key::Key, token::Token};", "code names token"),
        (
            "camtoken-core",
            "code/mod.rs",
            "use crate::{\n    key::{Key, TokenId},\n    token::{self, file},\n};",
            "code names token",
        ),
        ("camtoken-core", "key.rs", "fn f() { crate::challenge::respond() }", "key names challenge"),
        ("camtoken-core", "key.rs", "use super::challenge;", "key names challenge"),
        ("camtoken-core", "transaction/value.rs", "use crate::key::Key;", "transaction names key"),
        ("camtoken-core", "transaction/value.rs", "use crate::Secret;", "transaction names key"),
        ("camtoken-core", "time.rs", "use crate::language::Label;", "time names language"),
        ("camtoken-core", "newcomer.rs", "", "newcomer has no layer"),
        ("camtoken", "token/file.rs", "fn f(v: crate::Verdict) {}", "token names verifier"),
        ("camtoken", "token/mod.rs", "use crate::verifier as v;", "token names verifier"),
        ("camtoken", "verifier/settle.rs", "pub(crate) use crate :: token;", "verifier names token"),
        ("camtoken", "store/mod.rs", "use crate::verifier::Policy;", "store names verifier"),
        ("camtoken-core", "token/mod.rs", "fn f() { println!(\"{}\", 1) }", "camtoken-core says println!"),
        ("camtoken-server", "lib.rs", "fn f() { dbg!(1); }", "camtoken-server says dbg!"),
        ("camtoken", "verifier/mod.rs", "let now = std::time::SystemTime::now();", "camtoken says SystemTime::now"),
        ("camtoken", "provision/pskc.rs", "let rng = rand::rng();", "camtoken says rand::rng"),
        ("camtoken-cli", "tokens.rs", "use crate::verbs::scan;", "tokens names verbs"),
        ("camtoken-portal", "books/sheet.rs", "use crate::pages::Page;", "books names pages"),
        ("camtoken-simd", "engine.rs", "std::env::var(\"X\")", "camtoken-simd says env::var"),
    ] {
        let source = Source { path: path.into(), text: text.to_owned() };
        let complaints = source.complaints(krate, &core);
        assert_eq!(complaints.len(), 1, "{path}: {text}: {complaints:?}");
        assert!(complaints[0].ends_with(complaint), "{path}: {text}: {complaints:?}");
    }
}

#[test]
fn what_is_allowed_is_left_alone() {
    let reexports = reexports("pub use key::{ActivationId, Key};\npub use time::Timestamp;");
    for (krate, path, text) in [
        (
            "camtoken-core",
            "code/mod.rs",
            "use crate::key::Key;\nuse crate::challenge::Challenge;\nuse crate::Timestamp;",
        ),
        (
            "camtoken-core",
            "transaction/zengin/mod.rs",
            "use super::super::language; // crate::token\n/* crate::token /* nested */ crate::code */",
        ),
        ("camtoken", "store/embedded.rs", "let t = std::time::Instant::now();"),
        ("camtoken-cli", "verbs/scan.rs", "fn f() { println!(); }"),
        (
            "camtoken-core",
            "token/mod.rs",
            "const A: &str = \"crate::error_code println!\"; const B: &str = r#\"dbg! \" x\"#;",
        ),
        ("camtoken-core", "token/mod.rs", "fn f<'a>(x: &'a str) -> char { '\"' }\nfn g() { let c = '\\''; }"),
        (
            "camtoken-core",
            "token/mod.rs",
            "use crate::code;\n#[cfg(test)]\nmod tests { use crate::error_code; fn f() { println!(); } }",
        ),
        ("camtoken-core", "token/tests.rs", "use crate::error_code;"),
    ] {
        let source = Source { path: path.into(), text: text.to_owned() };
        assert_eq!(source.complaints(krate, &reexports), Vec::<String>::new(), "{path}: {text}");
    }
    assert!(has_word("unsafe { }", "unsafe") && !has_word("unsafe_code", "unsafe"));
}

#[test]
fn a_circle_is_found_and_a_tree_is_none() {
    let source = |(path, text): (&str, &str)| Source { path: path.into(), text: text.to_owned() };
    let tree = [
        ("lib.rs", "mod a; pub use a::b::B;"),
        ("a/mod.rs", "mod b; mod c; use b::B;"),
        ("a/b.rs", "use super::A;"),
        ("a/c.rs", "use super::b::B;"),
    ];
    assert!(circles(&tree.map(source)).is_empty());
    let round = [
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod b; mod c;"),
        ("a/b.rs", "use super::c::C;"),
        ("a/c.rs", "fn f(b: crate::a::b::B) {}"),
    ];
    assert_eq!(circles(&round.map(source)), [vec!["a/b.rs", "a/c.rs"]]);
    let long = [("x.rs", "use crate::{y::Y, z};"), ("y.rs", "use super::z::{self, Z};"), ("z.rs", "use super::x;")];
    assert_eq!(circles(&long.map(source)), [vec!["x.rs", "y.rs", "z.rs"]]);
}

/// Every crate's name and sources.
fn all() -> Vec<(&'static str, Vec<Source>)> {
    CRATES.iter().map(|(name, dir, _)| (*name, sources(&source_dir(dir)))).collect()
}

/// The binary's sources stand beside its manifest.
fn source_dir(dir: &str) -> PathBuf {
    if dir == "bin/camtoken" { root().join(dir) } else { root().join(dir).join("src") }
}
