//! Anchors: the signed ends of all audit chains of a store at one moment, to be kept apart from the store. `audit verify` later
//! compares the store with an anchor.
//!
//! An anchor is two files of one name. `….anchor` is a signed note of some 400 bytes; `….chains` has a line for each chain,
//! and its SHA-256 is in the note:
//!
//! ```text
//! camtoken audit anchor 1
//! time 2026-11-30T15:00:00Z
//! chains 2
//! entries 9
//! sha256 of the file of chains, 64 hexadecimal digits
//! previous SHA-256 of the anchor before in the same directory, or none
//! ```

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::iter;
use std::path::{Path, PathBuf};

use base16ct::lower;
use camtoken::Timestamp;
use camtoken::store::block_on;
use camtoken::verifier::{AnchoredChain, Verifier};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::bank::AnyStore;
use crate::context::Context;
use crate::failure::{Code, Failure};
use crate::note::{PublicKey, SigningKey};
use crate::self_check::SecretFile;
use crate::state;
use crate::system::rng;

const FIRST_LINE: &str = "camtoken audit anchor 1";

/// The name that the signatures have.
const SIGNER: &str = "camtoken-audit";

/// The most bytes of a key, and of an anchor without its chains.
const MOST: usize = 4096;

/// An anchor that was written.
pub struct Written {
    /// The signed note.
    pub anchor: PathBuf,
    /// The chains.
    pub chains: PathBuf,
    /// How many there are.
    pub count: u64,
    /// How many entries they have.
    pub entries: u64,
}

/// An anchor whose signature and chains were checked.
pub struct Anchor {
    chains: PathBuf,
}

/// The key that signs, and whether this call made it.
///
/// # Errors
///
/// [`Code::UnsafeFile`] when others may read it, [`Code::Anchor`] when it is none, [`Code::Write`].
pub fn key(context: &Context, file: Option<&Path>) -> Result<(SigningKey, bool), Failure> {
    let file = key_file(context, file)?;
    let bad = |why: &dyn std::fmt::Display| Failure::new(Code::Anchor).because(format!("{}: {why}", file.display()));
    let mut made = false;
    if !file.exists() {
        let (_, text) = SigningKey::generate(SIGNER, &mut rng());
        let above = file.parent().unwrap_or(Path::new(""));
        let created = state::make_dir(above)
            .and_then(|()| state::create(&file, Zeroizing::new(format!("{}\n", *text)).as_bytes()));
        made = created.map_err(|error| Failure::new(Code::Write).because(format!("{}: {error}", file.display())))?;
    }
    let bytes = SecretFile::new("anchor_key_file", &file).read(MOST, Code::Read)?;
    let text = str::from_utf8(&bytes).map_err(|_| bad(&"not text"))?;
    Ok((SigningKey::parse(text).map_err(|error| bad(&error))?, made))
}

/// Where the key that signs is.
///
/// # Errors
///
/// [`Code::State`] when nothing says where state is kept.
pub fn key_file(context: &Context, file: Option<&Path>) -> Result<PathBuf, Failure> {
    match file {
        Some(file) => Ok(file.to_owned()),
        None => Ok(crate::bank::home(context)?.join("anchor.key")),
    }
}

/// Writes an anchor into a directory, and makes the directory. The store stays in use meanwhile. The memory does not grow with the
/// store.
///
/// # Errors
///
/// A record that cannot be read; [`Code::Write`].
pub fn write(verifier: &Verifier<AnyStore>, now: Timestamp, dir: &Path, key: &SigningKey) -> Result<Written, Failure> {
    let unwritten = |error: io::Error| Failure::new(Code::Write).because(format!("{}: {error}", dir.display()));
    state::make_dir(dir).map_err(unwritten)?;
    // One at a time, so that each names the one before. Ends with the file that is locked. Where a file system locks no directory, two
    // at the same time name the same one before.
    let locked = File::open(dir).map_err(unwritten)?;
    let _ = locked.lock();
    let path = reserve(dir, now).map_err(unwritten)?;
    let written = write_reserved(verifier, now, dir, key, path.clone());
    if written.is_err() {
        let _ = fs::remove_file(path.with_extension("chains"));
    }
    written
}

/// Writes an anchor under a name that is reserved.
fn write_reserved(
    verifier: &Verifier<AnyStore>,
    now: Timestamp,
    dir: &Path,
    key: &SigningKey,
    path: PathBuf,
) -> Result<Written, Failure> {
    let unwritten = |error: io::Error| Failure::new(Code::Write).because(format!("{}: {error}", dir.display()));
    let previous = match newest(dir).map_err(unwritten)? {
        Some(anchor) => hex(&Sha256::digest(fs::read(anchor).map_err(unwritten)?)),
        None => "none".to_owned(),
    };
    let mut written = Written { chains: path.with_extension("chains"), anchor: path, count: 0, entries: 0 };
    let (mut hash, mut failed) = (Sha256::new(), None);
    let listed = state::write_with(&written.chains, |file| {
        let mut to = BufWriter::new(file);
        let listed = block_on(verifier.chain_ends(|chain| {
            let line = format!("{chain}\n");
            hash.update(&line);
            (written.count, written.entries) = (written.count + 1, written.entries + chain.end.entries);
            to.write_all(line.as_bytes()).map_err(unwritten)
        }));
        match listed {
            Ok(()) => to.flush(),
            Err(failure) => {
                failed = Some(failure);
                Err(io::Error::other("the store"))
            }
        }
    });
    if let Some(failure) = failed {
        return Err(failure);
    }
    listed.map_err(unwritten)?;
    let (count, entries, hash) = (written.count, written.entries, hex(&hash.finalize()));
    let note = key.sign(&format!(
        "{FIRST_LINE}\ntime {now}\nchains {count}\nentries {entries}\nsha256 {hash}\nprevious {previous}\n"
    ));
    state::write(&written.anchor, note.as_bytes()).map_err(unwritten)?;
    Ok(written)
}

/// Reads an anchor. Checks its signature, and that its chains are the signed ones.
///
/// # Errors
///
/// [`Code::Anchor`], [`Code::Read`].
pub fn open(path: &Path, key: &PublicKey) -> Result<Anchor, Failure> {
    let unread =
        |path: &Path, error: io::Error| Failure::new(Code::Read).because(format!("{}: {error}", path.display()));
    let bad = |path: &Path, why: &str| Failure::new(Code::Anchor).because(format!("{}: {why}", path.display()));
    let mut note = String::new();
    let file = File::open(path).map_err(|error| unread(path, error))?;
    file.take(MOST as u64).read_to_string(&mut note).map_err(|error| unread(path, error))?;
    let text = key.open(&note).map_err(|error| bad(path, &error.to_string()))?;
    let mut lines = text.lines();
    let signed = (lines.next() == Some(FIRST_LINE)).then(|| lines.find_map(|line| line.strip_prefix("sha256 ")));
    let signed = signed.flatten().ok_or_else(|| bad(path, "not an anchor"))?;
    let chains = path.with_extension("chains");
    let mut hash = Sha256::new();
    let hashed = File::open(&chains).and_then(|mut file| io::copy(&mut file, &mut Hashing(&mut hash)));
    hashed.map_err(|error| unread(&chains, error))?;
    if hex(&hash.finalize()) != signed {
        return Err(bad(&chains, "not the chains that were signed"));
    }
    Ok(Anchor { chains })
}

impl Anchor {
    /// The chains, in the order of their records.
    ///
    /// # Errors
    ///
    /// [`Code::Read`].
    pub fn chains(self) -> Result<impl Iterator<Item = Result<AnchoredChain, Failure>>, Failure> {
        let path = self.chains.display().to_string();
        let unread = move |error: &dyn std::fmt::Display| Failure::new(Code::Read).because(format!("{path}: {error}"));
        let file = File::open(&self.chains).map_err(|error| unread(&error))?;
        Ok(BufReader::new(file).lines().map(move |line| {
            let line = line.map_err(|error| unread(&error))?;
            line.parse().map_err(|error| unread(&error))
        }))
    }
}

/// Reserves the name of an anchor of that moment, by an empty file of its chains: the time, and a number from `_02` where others
/// are of the same second. They sort by age.
fn reserve(dir: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let time = now.to_string().replace(':', "");
    let numbered = (2..=99).map(|number| format!("{time}_{number:02}.anchor"));
    for name in iter::once(format!("{time}.anchor")).chain(numbered) {
        let path = dir.join(name);
        match File::create_new(path.with_extension("chains")) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|_| path),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// The newest anchor of a directory: their names are times.
fn newest(dir: &Path) -> io::Result<Option<PathBuf>> {
    let mut newest = None;
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "anchor") {
            newest = newest.max(Some(path));
        }
    }
    Ok(newest)
}

fn hex(bytes: &[u8]) -> String {
    lower::encode_string(bytes)
}

/// A writer that hashes what is written to it.
struct Hashing<'a>(&'a mut Sha256);

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
