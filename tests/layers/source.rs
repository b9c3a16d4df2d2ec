//! Sources without comments, strings and tests, and the paths that they name.

use super::*;

pub(super) struct Source {
    /// Below the crate's folder of sources.
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Source {
    /// The module that the file is, from the crate's root.
    pub(super) fn module(&self) -> Vec<String> {
        let place = self.path.with_extension("");
        let mut place: Vec<String> = place.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if place.last().is_some_and(|last| last == "mod")
            || matches!(&place[..], [root] if root == "lib" || root == "main")
        {
            place.pop();
        }
        place
    }

    pub(super) fn is_test(&self) -> bool {
        self.path.file_stem().is_some_and(|name| name == "tests")
    }

    pub(super) fn complaints(&self, krate: &str, reexports: &BTreeMap<String, String>) -> Vec<String> {
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
pub(super) fn circles(sources: &[Source]) -> Vec<Vec<String>> {
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
pub(super) fn named(code: &str, own: &[String]) -> Vec<Vec<String>> {
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

pub(super) fn normal(code: &str) -> String {
    code.split_whitespace().collect::<Vec<_>>().join(" ").replace(" :: ", "::").replace(":: ", "::")
}

pub(super) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

pub(super) fn sources(dir: &Path) -> Vec<Source> {
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
pub(super) fn reexports(lib: &str) -> BTreeMap<String, String> {
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
pub(super) fn paths(code: &str, depth: usize) -> Vec<Vec<String>> {
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
pub(super) fn tree(rest: &str) -> &str {
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
pub(super) fn flatten(tree: &str) -> Vec<Vec<String>> {
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
pub(super) fn blank(source: &str) -> String {
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
pub(super) fn raw_hashes(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
    (chars.get(at + 1 + hashes) == Some(&'"')).then_some(hashes)
}

/// The tests of a file stand last.
pub(super) fn without_tests(code: &str) -> String {
    let tests = code.match_indices("#[cfg(test)]").find(|(at, attribute)| {
        let rest = code[at + attribute.len()..].trim_start();
        rest.starts_with("mod ")
            && rest.split_once(['{', ';']).is_some_and(|(head, _)| rest[head.len()..].starts_with('{'))
    });
    code[..tests.map_or(code.len(), |(at, _)| at)].to_owned()
}

pub(super) fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let continues = word.ends_with(is_word) && code[at + word.len()..].starts_with(is_word);
        !continues && !code[..at].ends_with(is_word)
    })
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
