//! The layers of the workspace: every arrow points down, no files go round in a circle, no library prints, nothing below the
//! edges asks for the time or for randomness, and no code but the kernels' is unsafe.
//!
//! The sources are read as text, without comments, strings and tests. Docs: `docs/ARCHITECTURE.md`, "The map".

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
    ("camtoken-postgres", "crates/postgres", &["camtoken"]),
    ("camtoken-server", "crates/server", &["camtoken", "camtoken-documents", "camtoken-formats"]),
    ("camtoken-vectors", "crates/vectors", &["camtoken", "camtoken-formats"]),
    (
        "camtoken-cli",
        "bin/camtoken",
        &[
            "camtoken",
            "camtoken-camera",
            "camtoken-documents",
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
    // `main` names what it likes: it is the one that is named by nobody.
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
            ("source", &["failure", "terminal"]),
            ("refusal", &["failure", "text"]),
            ("unbuilt", &["failure"]),
            ("feed", &["config", "failure", "value"]),
            ("picture", &["failure", "output", "state"]),
            ("service", &["context", "system"]),
            ("kek", &["config", "context", "environment", "failure", "self_check", "state", "system", "value"]),
            ("bank", &["config", "context", "failure", "kek", "state", "system", "value"]),
            ("tokens", &["context", "failure", "secret", "state", "system"]),
            ("approval", &["context", "failure", "secret", "system", "tokens"]),
            ("accounts", &["approval", "context", "courier", "failure", "secret", "system", "tokens"]),
            (
                "verbs",
                &[
                    "accounts",
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
            ("text", &["domain"]),
            ("books", &["domain"]),
            ("secrets", &["system"]),
            ("letter", &["domain", "text"]),
            ("outbox", &["books", "domain", "text"]),
            ("authority", &["domain", "secrets", "system"]),
            ("tls", &["authority"]),
            ("bank", &["authority", "books", "domain", "outbox", "secrets", "store", "system"]),
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
    "camtoken-portal",
    "camtoken-postgres",
    "camtoken-server",
    "camtoken-vectors",
    "camtoken::store",
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

struct Source {
    /// Below the crate's folder of sources.
    path: PathBuf,
    text: String,
}

impl Source {
    /// The module that the file is, from the crate's root.
    fn module(&self) -> Vec<String> {
        let place = self.path.with_extension("");
        let mut place: Vec<String> = place.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if place.last().is_some_and(|last| last == "mod")
            || matches!(&place[..], [root] if root == "lib" || root == "main")
        {
            place.pop();
        }
        place
    }

    fn is_test(&self) -> bool {
        self.path.file_stem().is_some_and(|name| name == "tests")
    }

    fn complaints(&self, krate: &str, reexports: &BTreeMap<String, String>) -> Vec<String> {
        if self.is_test() {
            return Vec::new();
        }
        let place = self.module();
        let code = without_tests(&blank(&self.text));
        let mut complaints = Vec::new();
        let layers = MODULES.iter().find(|(name, _)| *name == krate).map_or(&[][..], |(_, modules)| *modules);
        if let (Some(module), false) = (place.first(), layers.is_empty()) {
            let Some((_, below)) = layers.iter().find(|(name, _)| name == module) else {
                return vec![format!("{krate} {}: {module} has no layer", self.path.display())];
            };
            for path in paths(&code, place.len()) {
                let named = reexports.get(&path[0]).unwrap_or(&path[0]);
                let known = layers.iter().any(|(name, _)| name == named);
                if known && named != module && !below.contains(&named.as_str()) {
                    complaints.push(format!("{module} names {named}"));
                }
            }
        }
        let is_edge = EDGES.contains(&krate)
            || place.first().is_some_and(|module| EDGES.contains(&format!("{krate}::{module}").as_str()));
        let printing = if PROGRAMS.contains(&krate) { &[][..] } else { PRINTING };
        let asking = if is_edge { &[][..] } else { ASKING };
        let said = printing.iter().chain(asking).filter(|word| has_word(&code, word));
        complaints.extend(said.map(|word| format!("{krate} says {word}")));
        complaints.dedup();
        complaints.iter().map(|complaint| format!("{krate} {}: {complaint}", self.path.display())).collect()
    }
}

/// The files of one crate that name each other in a circle, each circle sorted. That a module names its own children is no
/// arrow: it is made of them.
fn circles(sources: &[Source]) -> Vec<Vec<String>> {
    let sources: Vec<&Source> = sources.iter().filter(|source| !source.is_test()).collect();
    let modules: BTreeMap<Vec<String>, usize> =
        sources.iter().enumerate().map(|(file, source)| (source.module(), file)).collect();
    let arrows: Vec<BTreeSet<usize>> = sources
        .iter()
        .enumerate()
        .map(|(file, source)| {
            let own = source.module();
            let named = named(&without_tests(&blank(&source.text)), &own);
            let files = named.iter().filter_map(|path| {
                (1..=path.len()).rev().find_map(|len| modules.get(&path[..len]).map(|to| (*to, path[..len].to_vec())))
            });
            files.filter(|(to, module)| *to != file && !module.starts_with(&own)).map(|(to, _)| to).collect()
        })
        .collect();
    let reach: Vec<BTreeSet<usize>> = (0..sources.len())
        .map(|from| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
            while let Some(file) = next.pop() {
                next.extend(arrows[file].iter().filter(|to| seen.insert(**to)));
            }
            seen
        })
        .collect();
    let mut found = BTreeSet::new();
    for file in 0..sources.len() {
        let circle: Vec<String> = (0..sources.len())
            .filter(|other| reach[file].contains(other) && reach[*other].contains(&file))
            .map(|other| sources[other].path.display().to_string())
            .collect();
        if circle.len() > 1 {
            found.insert(circle);
        }
    }
    found.into_iter().collect()
}

/// Every module path of the crate that the code names, from the crate's root, by `crate::` or by `super::`.
fn named(code: &str, own: &[String]) -> Vec<Vec<String>> {
    let code = normal(code);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| is_word(c) || c == '$') || code[..at].ends_with("super::") {
            continue;
        }
        let (mut rest, mut base) = match code[at..].strip_prefix("crate::") {
            Some(rest) => (rest, Vec::new()),
            None => (&code[at..], own.to_vec()),
        };
        while let Some(after) = rest.strip_prefix("super::") {
            rest = after;
            base.pop();
        }
        found.extend(flatten(tree(rest)).into_iter().map(|path| [base.clone(), path].concat()));
    }
    found
}

fn normal(code: &str) -> String {
    code.split_whitespace().collect::<Vec<_>>().join(" ").replace(" :: ", "::").replace(":: ", "::")
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
    let code = normal(code);
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
