//! The key-encryption keys: in the file, variable or credential that the settings name, or opened by a module at the start.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use base16ct::{lower, mixed};
use camtoken::Key;
use camtoken_keys::{KeyModule, KeySource, KeysError, WrappedKeys};
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::config::{KekSource, variable_name};
use crate::context::Context;
use crate::environment;
use crate::failure::{Code, Failure};
use crate::self_check::{self, SecretFile};
use crate::state;
use crate::system::rng;
use crate::value::Value;

/// The most bytes of a file of key-encryption keys, and of a PIN or an access token.
const MOST_KEYS: usize = 4096;

/// The most bytes of a file of wrapped keys.
const MOST_WRAPPED: usize = 1 << 16;

/// The variable that may hold the key-encryption keys.
const KEK: &str = "CAMTOKEN_KEK";

/// The key-encryption key that a verifier draws for itself, below the directory of state.
pub fn own(state: &Path) -> PathBuf {
    state.join("verifier").join("kek")
}

/// Where the key-encryption keys are: as `kek_source` says, else `CAMTOKEN_KEK`, the setting `kek_file`, the service manager's
/// credential, or the verifier's own file.
///
/// # Errors
///
/// [`Code::ConfigValue`] for a source that is none; [`Code::State`] when nothing says where state is kept.
pub fn source(context: &Context) -> Result<KeySource, Failure> {
    if let Some(source) = &context.settings.kek_source.value {
        return parse(source, &variable_name("kek_source"));
    }
    if environment::variable(KEK).is_some() {
        return Ok(KeySource::Env(KEK.to_owned()));
    }
    let named = self_check::named_kek(context.settings.kek_file.value.as_deref());
    named.map_or_else(|| Ok(own(state_dir(context)?)), Ok).map(KeySource::File)
}

/// Reads what an argument or a setting says.
///
/// # Errors
///
/// [`Code::ConfigValue`] with the reason.
pub fn parse(source: &KekSource, name: &str) -> Result<KeySource, Failure> {
    source.0.parse().map_err(|error| {
        let failure = Failure::new(Code::ConfigValue).because(format!("{name}: {error}"));
        failure.with("name", name).with("expected", KekSource::EXPECTED)
    })
}

/// The variable that has the keys, if only the settings name it: it is removed from the environment with the others.
#[cfg(feature = "server")]
pub fn variable(context: &Context) -> Option<String> {
    let source = context.settings.kek_source.value.as_ref()?;
    source.0.strip_prefix("env:").map(str::to_owned)
}

/// The key-encryption keys, the newest first. They are drawn once, before there is a store: a key that is missing later
/// is lost, and a new one would open nothing.
///
/// # Errors
///
/// [`Code::Keys`] and those of modules ([`failure`]).
pub fn keys(context: &Context, is_new: bool) -> Result<Vec<Key>, Failure> {
    let source = source(context)?;
    if !source.is_module() {
        return read(&source, is_new);
    }
    let path = wrapped_file(context)?;
    let module = module(&source)?;
    if is_new && !path.exists() {
        let drawn = module.wrap(&Key::generate(&mut rng()), &mut rng()).and_then(|key| WrappedKeys::new(vec![key]));
        create(&path, &drawn.map_err(|error| failure(&source, error))?)?;
    }
    open(&module, &source, &wrapped(&path)?)
}

/// The keys of a source that has no module.
///
/// # Errors
///
/// [`Code::Keys`] when they are not there, or no keys; [`Code::UnsafeFile`]; [`Code::State`] for a file that cannot be made.
pub fn read(source: &KeySource, is_new: bool) -> Result<Vec<Key>, Failure> {
    let missing = || Failure::new(Code::Keys).because(format!("{source}: not set"));
    let path = match source {
        KeySource::Env(name) => return parse_keys(&environment::variable(name).ok_or_else(missing)?, name, is_new),
        KeySource::SystemdCredential(name) => environment::credential(name).ok_or_else(missing)?,
        KeySource::File(path) => path.clone(),
        KeySource::Pkcs11(_) | KeySource::Transit(_) => return Err(failure(source, KeysError::NoModule)),
    };
    if matches!(source, KeySource::File(_)) && is_new && !path.exists() {
        draw(&path)?;
    }
    let shown = path.display().to_string();
    let bytes = SecretFile::new("kek_file", &path).read(MOST_KEYS, Code::Keys)?;
    parse_keys(str::from_utf8(&bytes).unwrap_or_default(), &shown, is_new)
}

/// The file of wrapped keys, beside where the verifier's own key would be.
///
/// # Errors
///
/// [`Code::State`] when nothing says where state is kept.
pub fn wrapped_file(context: &Context) -> Result<PathBuf, Failure> {
    Ok(own(state_dir(context)?).with_file_name("kek.wrapped"))
}

/// The wrapped keys of a file.
///
/// # Errors
///
/// [`Code::Keys`] when there is no file, [`Code::UnsafeFile`], [`Code::KekAltered`] when it is another one.
pub fn wrapped(path: &Path) -> Result<WrappedKeys, Failure> {
    let bytes = SecretFile::new("kek_wrapped", path).read(MOST_WRAPPED, Code::Keys)?;
    let text = str::from_utf8(&bytes).unwrap_or_default();
    text.parse().map_err(|error| failure(path.display(), error))
}

/// The module of a source, with the PIN or access token from its file.
///
/// # Errors
///
/// [`Code::KekNoModule`] for a source that has none, [`Code::NotBuilt`], [`Code::KekCredential`], [`Code::UnsafeFile`].
pub fn module(source: &KeySource) -> Result<KeyModule, Failure> {
    let secret = |path: &Path| -> Result<SecretString, Failure> {
        let bytes = SecretFile::new("kek_credential", path).read(MOST_KEYS, Code::KekCredential)?;
        let text = str::from_utf8(&bytes).unwrap_or_default();
        let line = text.strip_suffix('\n').unwrap_or(text);
        Ok(line.strip_suffix('\r').unwrap_or(line).to_owned().into())
    };
    let credential = source.credential_file().map(secret).transpose()?;
    KeyModule::new(source.clone(), credential).map_err(|error| failure(source, error))
}

/// Lets the module open the keys.
///
/// # Errors
///
/// Those of modules ([`failure`]).
pub fn open(module: &KeyModule, source: &KeySource, wrapped: &WrappedKeys) -> Result<Vec<Key>, Failure> {
    module.open(wrapped).map_err(|error| failure(source, error))
}

/// Makes the file of wrapped keys, unless there is one. Whether it was made.
///
/// # Errors
///
/// [`Code::State`]; there is then no file.
pub fn create(path: &Path, keys: &WrappedKeys) -> Result<bool, Failure> {
    let above = path.parent().unwrap_or(Path::new(""));
    let made = state::make_dir(above).and_then(|()| state::create(path, keys.to_string().as_bytes()));
    made.map_err(|error| unusable(path, &error))
}

/// Changes the file of wrapped keys: whole or not at all, and one process after another, so that no key is lost.
///
/// # Errors
///
/// Those of `change`, or that the file cannot be read or written; it is then as it was.
pub fn change<T>(
    path: &Path,
    change: impl FnOnce(WrappedKeys) -> Result<(WrappedKeys, T), Failure>,
) -> Result<T, Failure> {
    let failed = |error: io::Error| unusable(path, &error);
    // The file itself is replaced, so the lock is on its directory.
    #[cfg(unix)]
    let lock = path.parent().and_then(|dir| File::open(dir).ok());
    #[cfg(not(unix))]
    let lock: Option<File> = None;
    if let Some(lock) = &lock {
        lock.lock().map_err(failed)?;
    }
    let (changed, value) = change(wrapped(path)?)?;
    state::write(path, changed.to_string().as_bytes()).map_err(failed)?;
    Ok(value)
}

/// The files with secrets as a service goes on checking them.
#[cfg(feature = "server")]
pub fn secret_files(context: &Context) -> Vec<SecretFile> {
    let Ok(source) = source(context) else { return Vec::new() };
    let credential = source.credential_file().map(|path| SecretFile::new("kek_credential", path));
    let file = match &source {
        KeySource::Env(_) => None,
        KeySource::File(path) => Some(SecretFile::new("kek_file", path)),
        KeySource::SystemdCredential(name) => {
            environment::credential(name).map(|path| SecretFile::new("kek_file", path))
        }
        KeySource::Pkcs11(_) | KeySource::Transit(_) => {
            wrapped_file(context).ok().map(|path| SecretFile::new("kek_wrapped", path))
        }
    };
    file.into_iter().chain(credential).collect()
}

/// The failure of a module or of its file.
pub fn failure(from: impl std::fmt::Display, error: KeysError) -> Failure {
    let code = match &error {
        KeysError::NotBuilt { feature } => {
            return Failure::new(Code::NotBuilt).because(from).with("feature", feature);
        }
        KeysError::NoModule => Code::KekNoModule,
        KeysError::Module { .. } => Code::KekModule,
        KeysError::Credential { .. } => Code::KekCredential,
        KeysError::Sealed => Code::KekSealed,
        KeysError::Silent => Code::KekSilent,
        KeysError::UnknownKey { .. } => Code::KekUnknown,
        KeysError::Altered { .. } | KeysError::Format { .. } => Code::KekAltered,
    };
    Failure::new(code).because(from).and(error)
}

fn state_dir(context: &Context) -> Result<&Path, Failure> {
    context.settings.state_dir.value.as_deref().ok_or_else(|| Failure::new(Code::State))
}

fn draw(path: &Path) -> Result<(), Failure> {
    let above = path.parent().unwrap_or(Path::new(""));
    let key = Key::generate(&mut rng());
    let mut line = Zeroizing::new([b'\n'; 2 * Key::LEN + 1]);
    lower::encode(key.expose_bytes(), line.as_mut_slice()).expect("a generated key has Key::LEN bytes");
    let made = state::make_dir(above).and_then(|()| state::create(path, line.as_slice()));
    made.map(|_| ()).map_err(|error| unusable(path, &error))
}

/// For a new store a line has 64 digits: two lines that were joined are not one key. An older store may have been made with a longer one.
fn parse_keys(text: &str, from: &str, is_new: bool) -> Result<Vec<Key>, Failure> {
    let is_key = |key: &Vec<u8>| key.len() == Key::LEN || (key.len() > Key::LEN && !is_new);
    let lines = text.split_ascii_whitespace().map(|line| mixed::decode_vec(line).ok().filter(is_key));
    let keys: Option<Vec<Key>> = lines.map(|bytes| bytes.map(Key::new)).collect();
    keys.filter(|keys| !keys.is_empty())
        .ok_or_else(|| Failure::new(Code::Keys).because(format!("{from}: expected lines of 64 hexadecimal digits")))
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Code::State).because(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_lines_of_hexadecimal_digits() {
        let (new, old) = ("5a".repeat(32), "A5".repeat(32)); // whether they are fit, the wrapper says
        let keys = parse_keys(&format!("{new}\n{old}\n"), "kek", true).expect("two keys");
        assert_eq!(keys.iter().map(|key| key.expose_bytes()[0]).collect::<Vec<_>>(), [0x5a, 0xa5]);
        for text in ["", "\n", "5a", &new[1..], &format!("{new}\nno key"), &"５".repeat(64)] {
            let failure = parse_keys(text, "kek", false).expect_err("no keys");
            assert_eq!(failure.exit().code(), 1, "{text}");
        }
        let joined = format!("{new}{old}");
        assert!(parse_keys(&joined, "kek", true).is_err(), "two keys without a line end are not one");
        assert!(parse_keys(&joined, "kek", false).is_ok(), "a store may have been made with it");
    }
}
