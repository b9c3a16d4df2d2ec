//! The tokens of this account: one file each under the state directory, held by one process at a time.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use camtoken::token::file::{self, FileError};
use camtoken::token::{Button, Device, Pin, State};
use secrecy::{ExposeSecret, SecretString};

use crate::context::Context;
use crate::failure::{Code, Failure};
use crate::secret::{self, Asked};
use crate::state;
use crate::system::rng;

/// How long a process waits for another that holds the token: the time of pressing a button.
const PATIENCE: Duration = Duration::from_secs(2);

/// A token that was read from its file. No other process can read it until this is dropped.
pub struct Held {
    /// Its name here.
    pub name: String,
    /// The token with its buttons and its screen.
    pub device: Device,
    path: PathBuf,
    /// Of an encrypted file, which stays encrypted.
    passphrase: Option<SecretString>,
    _lock: File,
}

/// The names of the tokens there are, in order.
///
/// # Errors
///
/// A directory that cannot be read.
pub fn names(context: &Context) -> Result<Vec<String>, Failure> {
    let dir = dir(context)?;
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(&dir, error)),
    };
    let files = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<_> =
        files.filter_map(|file| file.strip_suffix(".json").filter(|name| is_name(name)).map(str::to_owned)).collect();
    names.sort();
    Ok(names)
}

/// The token to use: the one named, by its name or its token ID, that of the setting `token`, or the only one.
///
/// # Errors
///
/// [`Code::WhichToken`] when that does not say which, or there is none.
pub fn meant(name: Option<&str>, context: &Context) -> Result<String, Failure> {
    let names = names(context)?;
    let named = name.or(context.settings.token.value.as_deref());
    let found = match (named, &names[..]) {
        (Some(named), _) => names.iter().find(|name| *name == named).or_else(|| with_id(named, &names, context)),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    found.cloned().ok_or_else(|| {
        let case = match named {
            Some(named) if Path::new(named).is_file() => "file",
            _ if names.is_empty() => "none",
            _ => "other",
        };
        let failure = Failure::new(Code::WhichToken).with("case", case).with("names", names.join(", "));
        match named {
            Some(named) => failure.because_of("why-no-such-token", &[("name", named)]),
            None => failure,
        }
    })
}

/// The token with this token ID, if its file can be read without a passphrase.
fn with_id<'a>(id: &str, names: &'a [String], context: &Context) -> Option<&'a String> {
    let id_of = |name: &str| {
        let text = read(&path(name, context).ok()?).ok().filter(|text| !file::is_encrypted(text))?;
        file::from_str(&text, None).ok().map(|device| device.token().id().to_string())
    };
    names.iter().find(|name| id_of(name).as_deref() == Some(id))
}

/// Whether a token's file is encrypted.
///
/// # Errors
///
/// A file that cannot be read.
pub fn is_encrypted(name: &str, context: &Context) -> Result<bool, Failure> {
    Ok(file::is_encrypted(&read(&path(name, context)?)?))
}

impl Held {
    /// Reads a token from its file; asks for the passphrase of an encrypted one.
    ///
    /// # Errors
    ///
    /// No such token, another process holds it, a wrong passphrase, a file that is damaged.
    pub fn open(name: Option<&str>, passphrase: Option<&Path>, context: &Context) -> Result<Self, Failure> {
        let name = meant(name, context)?;
        let lock = lock(&name, context)?;
        let path = path(&name, context)?;
        let (device, passphrase) = parse(&read(&path)?, passphrase, context)?;
        Ok(Self { name, device, path, passphrase, _lock: lock })
    }

    /// Gives a new token a file of its own, encrypted if there is a passphrase.
    ///
    /// # Errors
    ///
    /// A name that is taken or cannot be one, and a file that cannot be written.
    pub fn create(
        name: &str,
        device: Device,
        passphrase: Option<SecretString>,
        context: &Context,
    ) -> Result<Self, Failure> {
        if !is_name(name) {
            return Err(Failure::new(Code::CommandLine).because(name).with("usage", "NAME: A-Z a-z 0-9 . _ -"));
        }
        let lock = lock(name, context)?;
        let path = path(name, context)?;
        if path.exists() {
            return Err(Failure::new(Code::NameTaken).because(name));
        }
        let held = Self { name: name.to_owned(), device, path, passphrase, _lock: lock };
        held.save()?;
        Ok(held)
    }

    /// Writes the token to its file.
    ///
    /// # Errors
    ///
    /// A file that cannot be written; it is then as it was.
    pub fn save(&self) -> Result<(), Failure> {
        file::save(&self.path, &self.text()?).map_err(|error| unusable(&self.path, error))
    }

    /// The token as text for its file.
    ///
    /// # Errors
    ///
    /// A token that is not for tests and has no passphrase.
    pub fn text(&self) -> Result<String, Failure> {
        match &self.passphrase {
            Some(passphrase) => file::to_string_encrypted(&self.device, passphrase, &mut rng()),
            None => file::to_string(&self.device),
        }
        .map_err(refused)
    }

    /// Removes the token.
    ///
    /// # Errors
    ///
    /// A file that cannot be removed.
    pub fn remove(self) -> Result<(), Failure> {
        fs::remove_file(&self.path).map_err(|error| unusable(&self.path, error))
    }

    /// Whether its file is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.passphrase.is_some()
    }

    /// Switches it on if it is off, and enters the PIN as a person does.
    ///
    /// # Errors
    ///
    /// [`Code::Locked`] when the PIN is wrong. The wrong try is kept.
    pub fn wake(&mut self, pin: Option<&Path>, context: &Context) -> Result<(), Failure> {
        let now = context.moment()?;
        self.device.tick(now);
        if self.device.state(now) == State::Off {
            self.device.hold(Button::Center, now);
        }
        if self.device.state(now) != State::Pin {
            return Ok(());
        }
        let prompt = context.out.text.with("prompt-pin", &[("name", &self.name)]);
        let pin = Asked { prompt: &prompt, flag: "--pin-file", file: pin, variable: "CAMTOKEN_PIN" }.secret()?;
        let Ok(digits) = Pin::typed(pin.expose_secret()) else {
            return Err(Failure::new(Code::Locked).because(context.out.text.get("pin-form")));
        };
        for digit in digits.bytes() {
            self.choose(digit - b'0', context)?;
        }
        // After 9 comes the end of the PIN.
        self.choose(10, context)?;
        if matches!(self.device.state(now), State::Pin | State::Refused(_)) {
            self.save()?;
            return Err(Failure::new(Code::Locked).because(self.device.screen(now).said("message")));
        }
        Ok(())
    }

    fn choose(&mut self, steps: u8, context: &Context) -> Result<(), Failure> {
        for _ in 0..steps {
            self.device.press(Button::Center, context.moment()?, &mut rng());
        }
        self.device.press(Button::Right, context.moment()?, &mut rng());
        Ok(())
    }
}

/// Reads a token's text, asking for its passphrase if it is encrypted.
///
/// # Errors
///
/// A text that is no token, and a wrong passphrase.
pub fn parse(
    text: &str,
    passphrase: Option<&Path>,
    context: &Context,
) -> Result<(Device, Option<SecretString>), Failure> {
    let passphrase = if file::is_encrypted(text) { Some(ask_passphrase(passphrase, context)?) } else { None };
    let device = file::from_str(text, passphrase.as_ref()).map_err(refused)?;
    Ok((device, passphrase))
}

/// Asks for a passphrase: a file, `CAMTOKEN_PASSPHRASE`, or a prompt.
///
/// # Errors
///
/// As [`Asked::secret`].
pub fn ask_passphrase(file: Option<&Path>, context: &Context) -> Result<SecretString, Failure> {
    let prompt = context.out.text.get("prompt-passphrase");
    Asked { prompt: &prompt, flag: "--passphrase-file", file, variable: "CAMTOKEN_PASSPHRASE" }.secret()
}

/// Asks for the passphrase of a new token: at a prompt twice, because the typed text is not shown.
///
/// # Errors
///
/// As [`ask_passphrase`], and two that differ.
pub fn new_passphrase(file: Option<&Path>, context: &Context) -> Result<SecretString, Failure> {
    let passphrase = ask_passphrase(file, context)?;
    let typed = file.is_none() && std::env::var_os("CAMTOKEN_PASSPHRASE").is_none() && secret::on_terminal();
    if typed && ask_passphrase(None, context)?.expose_secret() != passphrase.expose_secret() {
        return Err(Failure::new(Code::Passphrase).because(context.out.text.get("passphrases-differ")));
    }
    Ok(passphrase)
}

/// Reads a file that is no larger than a token's.
///
/// # Errors
///
/// A file that cannot be read.
pub fn read(path: &Path) -> Result<zeroize::Zeroizing<String>, Failure> {
    file::load(path).map_err(|error| Failure::new(Code::Read).because(format!("{}: {error}", path.display())))
}

fn refused(error: FileError) -> Failure {
    match error {
        FileError::Passphrase | FileError::PassphraseEmpty => Failure::new(Code::Passphrase).because(error),
        error => Failure::new(Code::TokenFile).because(error),
    }
}

fn unusable(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::new(Code::State).because(format!("{}: {error}", path.display()))
}

fn dir(context: &Context) -> Result<PathBuf, Failure> {
    let dir = context.settings.state_dir.value.as_ref();
    dir.map(|dir| dir.join("tokens")).ok_or_else(|| Failure::new(Code::State))
}

fn path(name: &str, context: &Context) -> Result<PathBuf, Failure> {
    Ok(dir(context)?.join(format!("{name}.json")))
}

/// A name that is safe as the file name of a token.
fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty() && name.len() <= 64 && name.bytes().all(allowed) && !name.starts_with(['.', '-'])
}

/// Locks a separate file beside the token's, because the token's file is replaced each time it is written.
fn lock(name: &str, context: &Context) -> Result<File, Failure> {
    let dir = dir(context)?;
    let path = dir.join(format!(".{name}.lock"));
    let file = state::make_dir(&dir).and_then(|()| File::options().create(true).append(true).open(&path));
    let file = file.map_err(|error| unusable(&path, error))?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if start.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(20)),
            Err(TryLockError::WouldBlock) => return Err(Failure::new(Code::TokenBusy).because(name)),
            Err(TryLockError::Error(error)) => return Err(unusable(&path, error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_no_other_place() {
        for name in ["a", "work.2", "A_b-c"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".", "..", ".hidden", "-x", "a/b", "a\\b", "日本", "a b", &"x".repeat(65)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
