//! The settings: flag > `CAMTOKEN_*` environment > `camtoken.toml` (found upwards) > the user's `config.toml` > default.
//!
//! A `camtoken.toml` that is found is read only if no other user could have written it, and it decides nothing about a verifier's
//! keys, store and limits ([`OF_THE_VERIFIER`]): a folder above the working directory may be another user's.
//!
//! A setting is one line of the table below. Its name is the key of the files, and in capitals after `CAMTOKEN_` the
//! variable; a value is written alike in all of them.

mod kinds;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use camtoken::language::Language;
use etcetera::BaseStrategy;
use etcetera::base_strategy::Xdg;
use serde::{Deserialize, Deserializer, de};

use crate::environment;
use crate::failure::{Code, Failure};
use crate::text::language_of_locale;
use crate::trust::{self, Distrust};
use crate::value::{BadValue, Value};

#[cfg(feature = "server")]
pub use kinds::Every;
pub use kinds::{Attempts, BankName, Budget, Color, Connections, Digits, Durability, KekSource, Lifetime, Store, Wait};

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $default:expr, $from:expr;)+) => {
        /// Every setting with where it came from.
        #[derive(Clone)]
        pub struct Settings {
            $($(#[$doc])* pub $name: Setting<$type>,)+
            /// The files that they are from.
            pub files: Files,
        }

        /// The settings that one source gives.
        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Layer {
            $($(#[$doc])* #[serde(default, deserialize_with = "scalar")] pub $name: Option<$type>,)+
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($name: Setting { value: $default, source: $from },)+ files: Files::default() }
            }
        }

        impl Settings {
            /// The settings as rows, in the order of the table.
            pub fn rows(&self) -> Vec<Row<'_>> {
                vec![$(Row { name: stringify!($name), value: self.$name.value.json(), source: &self.$name.source },)+]
            }

            fn take(&mut self, layer: Layer, source: &Source) {
                $(if let Some(value) = layer.$name {
                    self.$name = Setting { value, source: source.clone() };
                })+
            }
        }

        impl Layer {
            fn from_environment(get: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
                Ok(Self { $($name: from_variable(stringify!($name), &get)?,)+ })
            }

            fn beside(self, dir: &Path) -> Self {
                Self { $($name: self.$name.map(|value| value.beside(dir)),)+ }
            }
        }
    };
}

settings! {
    /// The language of texts.
    lang: Language = language_of_locale(), Source::Locale;
    /// Whether to colour.
    color: Color = Color::Auto, Source::Default;
    /// The directory of the tokens and of the embedded store.
    state_dir: Option<PathBuf> = default_state_dir(), Source::Default;
    /// The verifier's store: a directory or a URL; without one, a directory in `state_dir`.
    store: Option<Store> = None, Source::Default;
    /// How many connections to the database there may be.
    store_connections: Connections = Connections(8), Source::Default;
    /// What the database has to guarantee.
    store_durability: Durability = Durability::Disk, Source::Default;
    /// The token to use when none is named.
    token: Option<String> = None, Source::Default;
    /// The bank's name, as tokens show it at registration.
    bank: BankName = BankName("架空中央銀行".to_owned()), Source::Default;
    /// How long to wait while another process has the store open.
    store_wait: Wait = Wait(10), Source::Default;
    /// Whether the verifier takes test keys.
    accept_test_keys: bool = false, Source::Default;
    /// Where the key-encryption key is: a file, a variable, a credential, a module.
    kek_source: Option<KekSource> = None, Source::Default;
    /// The file of the key-encryption key.
    kek_file: Option<PathBuf> = None, Source::Default;
    /// How long a challenge is valid (V-2).
    challenge_lifetime: Lifetime = Lifetime(180), Source::Default;
    /// How many digits a response has (V-1).
    response_digits: Digits = Digits(8), Source::Default;
    /// How many wrong responses end a challenge (V-3).
    max_attempts: Attempts = Attempts(3), Source::Default;
    /// How many wrong responses in a row, over all challenges, suspend an activation (V-4).
    max_failures: Attempts = Attempts(5), Source::Default;
}

/// The settings that a verifier never takes from a `camtoken.toml` found above the working directory: where its state and keys
/// are, which keys it takes, and its limits.
const OF_THE_VERIFIER: &[&str] = &[
    "state_dir",
    "store",
    "store_connections",
    "store_durability",
    "accept_test_keys",
    "kek_source",
    "kek_file",
    "challenge_lifetime",
    "response_digits",
    "max_attempts",
    "max_failures",
];

/// Which settings files there are.
#[derive(Clone, Default)]
pub struct Files {
    /// Those in effect, the weakest first.
    pub read: Vec<PathBuf>,
    /// The one of them that was found above the working directory.
    project: Option<PathBuf>,
    /// One that was found there and not read: others could have written it.
    pub distrusted: Option<Distrust>,
}

/// A value and where it came from.
#[derive(Clone)]
pub struct Setting<T> {
    /// The value in effect.
    pub value: T,
    /// Who gave it.
    pub source: Source,
}

/// Who gave a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// No setting: camtoken's own default.
    Default,
    /// The locale.
    Locale,
    /// A configuration file.
    File(PathBuf),
    /// The variable `CAMTOKEN_` and the setting's name.
    Environment,
    /// The command line.
    Flag,
}

/// One setting, for printing.
pub struct Row<'a> {
    /// Its name in the files.
    pub name: &'static str,
    /// Its value: string, number, boolean or null.
    pub value: serde_json::Value,
    /// Who gave it.
    pub source: &'a Source,
}

impl Settings {
    /// Reads every source. With `file`, this one file is read in place of the project's and the user's.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, a key that no setting has, a value that its setting does not take.
    pub fn load(flags: Layer, file: Option<&Path>) -> Result<Self, Failure> {
        let mut settings = Self { files: Files::find(file), ..Self::default() };
        for path in settings.files.read.clone() {
            settings.take(read(&path)?, &Source::File(path));
        }
        settings.take(Layer::from_environment(variable)?, &Source::Environment);
        settings.take(flags, &Source::Flag);
        Ok(settings)
    }

    /// The settings without the files, for a verb that reports what is wrong with those.
    pub fn without_files(flags: Layer) -> Self {
        let mut settings = Self::default();
        settings.take(Layer::from_environment(variable).unwrap_or_default(), &Source::Environment);
        settings.take(flags, &Source::Flag);
        settings
    }
}

impl Settings {
    /// Refuses what a verifier may not take from a file that was found above the working directory. `given` are the settings
    /// that the verb's own flags give instead.
    ///
    /// # Errors
    ///
    /// [`Code::UntrustedSettings`] names the file and the setting.
    pub fn check_for_verifier(&self, given: &[&str]) -> Result<(), Failure> {
        let refused = |file: &Path, why: String| {
            Err(Failure::new(Code::UntrustedSettings).because(why).with("file", file.display()))
        };
        if let Some(distrust) = &self.files.distrusted {
            return refused(&distrust.path, distrust.to_string());
        }
        let Some(project) = &self.files.project else { return Ok(()) };
        let from_project = |row: &Row<'_>| matches!(row.source, Source::File(path) if path == project);
        let is_refused = |row: &Row<'_>| OF_THE_VERIFIER.contains(&row.name) && !given.contains(&row.name);
        let names: Vec<_> =
            self.rows().iter().filter(|row| from_project(row) && is_refused(row)).map(|row| row.name).collect();
        match names.is_empty() {
            true => Ok(()),
            false => refused(project, format!("{}: {}", project.display(), names.join(", "))),
        }
    }
}

impl Files {
    /// The file that was named; else the user's, and the first `camtoken.toml` from the working directory upwards.
    fn find(named: Option<&Path>) -> Self {
        if let Some(file) = named {
            return Self { read: vec![file.to_owned()], ..Self::default() };
        }
        let user = Xdg::new().ok().map(|xdg| xdg.config_dir().join("camtoken/config.toml"));
        let mut files = Self { read: user.filter(|path| path.is_file()).into_iter().collect(), ..Self::default() };
        let found = std::env::current_dir()
            .ok()
            .and_then(|here| here.ancestors().map(|dir| dir.join("camtoken.toml")).find(|path| path.is_file()));
        if let Some(project) = found {
            files.distrusted = trust::written_by_others(&project);
            if files.distrusted.is_none() {
                files.read.push(project.clone());
                files.project = Some(project);
            }
        }
        files
    }

    /// The files in effect, in one line.
    pub fn shown(&self) -> String {
        let files: Vec<_> = self.read.iter().map(|path| path.display().to_string()).collect();
        if files.is_empty() { "-".to_owned() } else { files.join(", ") }
    }
}

/// The environment variable of a setting.
pub fn variable_name(setting: &str) -> String {
    format!("CAMTOKEN_{}", setting.to_ascii_uppercase())
}

/// An environment variable; what is not Unicode in it is replaced.
pub fn variable(name: &str) -> Option<String> {
    environment::variable(name).map(|value| value.as_str().to_owned())
}

/// The value of the variable `CAMTOKEN_` and `name`. An empty variable counts as not set.
///
/// # Errors
///
/// When it is not a value of its kind.
pub fn from_variable<T: Value>(name: &str, get: impl Fn(&str) -> Option<String>) -> Result<Option<T>, Failure> {
    let name = variable_name(name);
    let Some(text) = get(&name).filter(|text| !text.is_empty()) else { return Ok(None) };
    match T::read(&text) {
        Ok(value) => Ok(Some(value)),
        Err(BadValue) => Err(Failure::new(Code::ConfigValue)
            .because(if T::IS_SHOWN { format!("{name}={text}") } else { name.clone() })
            .with("name", name)
            .with("expected", T::EXPECTED)),
    }
}

fn read(path: &Path) -> Result<Layer, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::new(Code::ConfigFile).because(format!("{}: {error}", path.display())))?;
    let layer: Layer = toml::from_str(&text).map_err(|error| {
        let (line, column) = error.span().map_or((1, 1), |span| place(&text, span.start));
        let place = format!("{}:{line}:{column}", path.display());
        Failure::new(Code::ConfigFile).because(format!("{place}\n{}", error.message()))
    })?;
    Ok(layer.beside(path.parent().unwrap_or(Path::new(""))))
}

/// Line and column of a place in a text. The line itself may hold a password, and is not shown.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// A value of a file may be written as a string, a whole number or a boolean; the setting decides what it takes.
fn scalar<'de, T: Value, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    struct Scalar;

    impl de::Visitor<'_> for Scalar {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string, a whole number or a boolean")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_i64<E: de::Error>(self, number: i64) -> Result<String, E> {
            Ok(number.to_string())
        }

        fn visit_bool<E: de::Error>(self, flag: bool) -> Result<String, E> {
            Ok(flag.to_string())
        }
    }

    let text = deserializer.deserialize_any(Scalar)?;
    T::read(&text).map(Some).map_err(|BadValue| de::Error::custom(format!("expected {}", T::EXPECTED)))
}

fn default_state_dir() -> Option<PathBuf> {
    Some(Xdg::new().ok()?.state_dir()?.join("camtoken"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_stronger_source_wins_and_is_named() {
        let mut settings = Settings::default();
        let file = Source::File("camtoken.toml".into());
        settings.take(toml::from_str("response_digits = 6\nmax_attempts = 3").expect("both known"), &file);
        let environment = |name: &str| (name == "CAMTOKEN_RESPONSE_DIGITS").then(|| "10".to_owned());
        settings.take(Layer::from_environment(environment).expect("10 is allowed"), &Source::Environment);
        assert_eq!(settings.response_digits.value, Digits(10));
        assert_eq!(settings.response_digits.source, Source::Environment);
        assert_eq!((settings.max_attempts.value, &settings.max_attempts.source), (Attempts(3), &file));
        assert_eq!(settings.challenge_lifetime.source, Source::Default);
        assert_eq!(settings.challenge_lifetime.value.duration(), Duration::from_secs(180));
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let error = toml::from_str::<Layer>("lang = \"ja\"\ncolour = \"never\"\n").err().expect("no such key");
        assert!(error.to_string().contains("2 | colour = \"never\""), "{error}");
    }

    #[test]
    fn a_value_beyond_its_limits_is_refused() {
        for line in [
            "response_digits = 5",
            "response_digits = 11",
            "max_attempts = 0",
            "max_attempts = 101",
            "challenge_lifetime = \"601s\"",
            "challenge_lifetime = 0",
            "challenge_lifetime = \"-3m\"",
            "lang = \"fr\"",
            "accept_test_keys = \"yes\"",
            "state_dir = \"\"",
            "token = []",
            "bank = \"\"",
            "bank = \"架空中央銀行架空中央銀行\"",
            "store_wait = \"11m\"",
        ] {
            assert!(toml::from_str::<Layer>(line).is_err(), "{line}");
        }
        let layer: Layer = toml::from_str("challenge_lifetime = \"2m30s\"").expect("a duration");
        assert_eq!(layer.challenge_lifetime, Some(Lifetime(150)));
    }

    #[test]
    fn a_relative_path_of_a_file_starts_beside_it() {
        let layer: Layer =
            toml::from_str("state_dir = \"state\"\nstore = \"/var/x\"\nkek_file = \"kek\"").expect("known");
        let layer = layer.beside(Path::new("/etc/bank"));
        assert_eq!(layer.state_dir, Some(Some("/etc/bank/state".into())));
        assert_eq!(layer.store, Some(Some(Store::Directory("/var/x".into()))));
        assert_eq!(layer.kek_file, Some(Some("/etc/bank/kek".into())));
    }
}
