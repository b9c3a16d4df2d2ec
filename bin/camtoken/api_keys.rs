//! The file of named API keys: who may call `camtoken serve`, and which routes. It has the hash of each key and no key.
//!
//! ```toml
//! [[key]]
//! name = "payments"
//! sha256 = "…64 hexadecimal digits…"
//! scopes = ["issue", "verify"]
//! expires = "2027-06-30T00:00:00Z"
//! ```
//!
//! Several entries may have one name, while its key is changed. An entry without `sha256` is for a client that shows a
//! certificate of this name.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use base16ct::{lower, mixed};
use camtoken_server::AccessKey;
use serde::{Deserialize, Serialize};

use crate::failure::{Code, Failure};
use crate::state;
use crate::trust;

/// The most bytes of a file of keys.
const LIMIT: u64 = 1 << 20;

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    #[serde(default)]
    key: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    scopes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
}

/// Reads a file of keys that no other user could have written.
///
/// # Errors
///
/// [`Code::UnsafeFile`]; [`Code::ApiKeys`] names the entry that is wrong, or how the file cannot be read.
pub fn read(path: &Path) -> Result<Vec<AccessKey>, Failure> {
    let unreadable = |error: io::Error| wrong(path, &error);
    let file = trust::open_unaltered(path).map_err(unreadable)??;
    parse(&text_of(file).map_err(unreadable)?).map_err(|why| wrong(path, &why))
}

/// Adds a key to a file, or makes the file with it.
///
/// # Errors
///
/// As [`read`]; [`Code::Write`] when it cannot be written.
pub fn add(path: &Path, key: &AccessKey) -> Result<(), Failure> {
    let mut text = match trust::open_unaltered(path) {
        Ok(file) => text_of(file?).map_err(|error| wrong(path, &error))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(wrong(path, &error)),
    };
    parse(&text).map_err(|why| wrong(path, &why))?;
    if !text.is_empty() {
        text += if text.ends_with('\n') { "\n" } else { "\n\n" };
    }
    text += &lines(key);
    state::write(path, text.as_bytes())
        .map_err(|error| Failure::new(Code::Write).because(format!("{}: {error}", path.display())))
}

/// The lines of one key in a file.
pub fn lines(key: &AccessKey) -> String {
    let entry = Entry {
        name: key.name.clone(),
        sha256: key.sha256.map(|sha256| lower::encode_string(&sha256)),
        scopes: key.scopes.iter().map(ToString::to_string).collect(),
        expires: key.expires.map(|expires| expires.to_string()),
    };
    toml::to_string(&KeyFile { key: vec![entry] }).expect("plain data")
}

fn parse(text: &str) -> Result<Vec<AccessKey>, String> {
    let file: KeyFile = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    let keys = file.key.into_iter().enumerate();
    keys.map(|(place, entry)| {
        let number = place + 1;
        key(entry).map_err(|part| format!("key {number}: {part}"))
    })
    .collect()
}

/// The key of an entry, or which part of it is wrong.
fn key(entry: Entry) -> Result<AccessKey, &'static str> {
    let sha256 = match entry.sha256 {
        None => None,
        Some(digits) => {
            let bytes = mixed::decode_vec(&digits).ok().and_then(|bytes| bytes.try_into().ok());
            Some(bytes.ok_or("sha256: expected 64 hexadecimal digits")?)
        }
    };
    if !AccessKey::is_name(&entry.name) {
        return Err("name: 1 to 64 letters, digits and ._@-");
    }
    let scopes = entry.scopes.iter().map(|scope| scope.parse());
    let scopes = scopes.collect::<Result<Vec<_>, _>>();
    let scopes = scopes.map_err(|_| "scopes: expected issue, verify, enroll, operate, backup or metrics")?;
    let expires = entry.expires.map(|time| time.parse()).transpose().map_err(|_| "expires: expected a time")?;
    Ok(AccessKey { name: entry.name, sha256, scopes, expires })
}

fn text_of(file: File) -> io::Result<String> {
    let mut text = String::new();
    file.take(LIMIT + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LIMIT { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
}

fn wrong(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(Code::ApiKeys).because(format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use camtoken_server::Scope;

    use super::*;

    fn payments() -> AccessKey {
        AccessKey {
            name: "payments".to_owned(),
            sha256: Some(AccessKey::hash("0123456789abcdef")),
            scopes: vec![Scope::Issue, Scope::Verify],
            expires: Some("2027-06-30T00:00:00Z".parse().expect("a time")),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("keys.toml");
        let client = AccessKey { sha256: None, expires: None, name: "desk.example".to_owned(), ..payments() };
        add(&path, &payments()).expect("a new file");
        add(&path, &client).expect("one more");
        assert_eq!(read(&path).expect("just written"), [payments(), client]);
        std::fs::write(&path, "").expect("our own");
        assert_eq!(read(&path).expect("no keys"), []);
    }

    #[test]
    fn an_entry_that_is_wrong_is_named() {
        let good = lines(&payments());
        for (text, part) in [
            (good.replace("payments", "a b"), "name"),
            (good.replace("issue", "all"), "scopes"),
            (good.replace("2027", "soon"), "expires"),
            (good.replace("sha256 = \"", "sha256 = \"0"), "sha256"),
            (good.replace("name", "nom"), "nom"),
            ("key = 1".to_owned(), ""),
        ] {
            let why = parse(&text).expect_err("it is wrong");
            assert!(why.contains(part), "{why}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_write_is_not_read() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join("keys.toml");
        add(&path, &payments()).expect("a new file");
        for (mode, code) in [(0o644, None), (0o664, Some(Code::UnsafeFile)), (0o606, Some(Code::UnsafeFile))] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("our own");
            assert_eq!(read(&path).err().map(|failure| failure.code()), code, "{mode:o}");
        }
    }
}
