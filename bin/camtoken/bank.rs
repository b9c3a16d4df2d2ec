//! The verifier as the verbs use it: store, vault, policy and clock, as the settings say.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use camtoken::store::backup::Saved;
use camtoken::store::{EitherStore, EmbeddedStore, RangedStore, StoreError, block_on};
use camtoken::verifier::{
    ClockGuard, ClockLimits, EnrollError, IssueError, KeyWrapError, LocalKeyWrapper, Policy, SetupError, Verifier,
    VerifierError,
};
use camtoken::{Key, Timestamp};
use zeroize::Zeroizing;

use crate::config::Store;
use crate::context::Context;
use crate::failure::{Code, Failure};
use crate::kek;
use crate::self_check;
use crate::state;
use crate::system::{self, rng};
use crate::value::value;

#[cfg(any(feature = "etcd", feature = "postgres"))]
pub mod database;
mod ranges;

/// One store: a directory, or a database where the build has one.
#[cfg(any(feature = "etcd", feature = "postgres"))]
type OneStore = EitherStore<EmbeddedStore, database::Database>;
#[cfg(not(any(feature = "etcd", feature = "postgres")))]
type OneStore = EmbeddedStore;

/// The verifier's store: one, or several by ranges.
pub type AnyStore = EitherStore<OneStore, RangedStore<OneStore>>;

/// A store in a directory, as the verifier uses it.
fn in_a_directory(store: EmbeddedStore) -> OneStore {
    #[cfg(any(feature = "etcd", feature = "postgres"))]
    return OneStore::Left(store);
    #[cfg(not(any(feature = "etcd", feature = "postgres")))]
    store
}

/// The store in a directory, if it is one.
pub fn embedded(store: &AnyStore) -> Option<&EmbeddedStore> {
    let AnyStore::Left(store) = store else { return None };
    #[cfg(any(feature = "etcd", feature = "postgres"))]
    return match store {
        OneStore::Left(store) => Some(store),
        OneStore::Right(_) => None,
    };
    #[cfg(not(any(feature = "etcd", feature = "postgres")))]
    Some(store)
}

/// What every verb of the verifier's side takes.
#[derive(clap::Args, Default)]
pub struct BankArgs {
    #[arg(long, value_name = "DIR|URL", value_parser = value::<Store>)]
    store: Option<Store>,
    #[arg(long)]
    accept_test_keys: bool,
}

/// A verifier, and the time that it decides by.
pub struct Bank {
    /// The verifier on its store.
    pub verifier: Verifier<AnyStore>,
    /// Now.
    pub now: Timestamp,
    /// The watch over the clock from now on. `None` for a fixed time.
    pub clock: Option<ClockGuard>,
}

impl BankArgs {
    /// Where the store is.
    ///
    /// # Errors
    ///
    /// [`Code::UntrustedSettings`], [`Code::StorePassword`], [`Code::State`] when nothing says where state is kept.
    pub fn place(&self, context: &Context) -> Result<Store, Failure> {
        self.check_settings(context)?;
        // Every user of this machine can read a command line.
        if self.store.as_ref().is_some_and(Store::has_password) {
            return Err(Failure::new(Code::StorePassword));
        }
        match self.store.as_ref().or(context.settings.store.value.as_ref()) {
            Some(place) => Ok(place.clone()),
            None => Ok(Store::Directory(home(context)?.join("store"))),
        }
    }

    /// That a directory holds a store already. A database has its tables from `store migrate`.
    ///
    /// # Errors
    ///
    /// [`Code::NoStore`], and as [`BankArgs::place`].
    pub fn must_exist(&self, context: &Context) -> Result<(), Failure> {
        match self.place(context)? {
            Store::Directory(dir) if !dir.join("format").exists() => {
                Err(Failure::new(Code::NoStore).because(format!("{} holds no store", dir.display())))
            }
            _ => Ok(()),
        }
    }

    /// The time to decide by.
    ///
    /// # Errors
    ///
    /// [`Code::UntrustedSettings`]; [`Code::FixedClock`]: real keys are used at the real time only.
    pub fn now(&self, context: &Context) -> Result<Timestamp, Failure> {
        self.check_settings(context)?;
        if context.at.is_some() && !self.accept_test_keys(context) {
            return Err(Failure::new(Code::FixedClock));
        }
        context.moment()
    }

    /// Makes the tables in the database that the settings name, or brings them to this version. Returns the version before
    /// and after. With the very first tables it generates the key, if there is none.
    ///
    /// # Errors
    ///
    /// [`Code::StoreKind`] for a directory, which needs no migration; a database that cannot be reached or changed.
    pub fn migrate(&self, context: &Context) -> Result<(i32, i32), Failure> {
        let Store::Url(url) = self.place(context)? else { return Err(Failure::new(Code::NoMigration)) };
        let (from, to) = match url.strip_prefix(ranges::SCHEME) {
            Some(file) => ranges::migrate(Path::new(file), &context.settings)?,
            None => database::migrate(&url, &context.settings)?,
        };
        kek::keys(context, from == 0)?;
        Ok((from, to))
    }

    /// Makes a store from saved records at the place of the settings, and returns how many there were.
    ///
    /// # Errors
    ///
    /// Those of the records; [`Code::StoreExists`], or that the store cannot be made.
    pub fn restore(
        &self,
        context: &Context,
        records: impl Iterator<Item = Result<Saved, Failure>> + Send,
    ) -> Result<u64, Failure> {
        match self.place(context)? {
            Store::Directory(dir) => {
                if let Some(above) = dir.parent() {
                    state::make_dir(above).map_err(|error| unusable(above, &error))?;
                }
                EmbeddedStore::restore(&dir, records)
            }
            Store::Url(url) => match url.strip_prefix(ranges::SCHEME) {
                Some(file) => ranges::restore(Path::new(file), &context.settings, records),
                None => database::restore(&url, &context.settings, records),
            },
        }
    }

    /// Refuses settings that a verifier does not accept from their source.
    fn check_settings(&self, context: &Context) -> Result<(), Failure> {
        let given = [("store", self.store.is_some()), ("accept_test_keys", self.accept_test_keys)];
        let given: Vec<_> = given.into_iter().filter_map(|(name, is_given)| is_given.then_some(name)).collect();
        context.settings.check_for_verifier(&given)
    }

    fn accept_test_keys(&self, context: &Context) -> bool {
        self.accept_test_keys || context.settings.accept_test_keys.value
    }
}

impl Bank {
    /// Opens the existing store, waiting for others that have it open.
    ///
    /// # Errors
    ///
    /// [`Code::NoStore`]; as [`Bank::open_or_make`].
    pub fn open(context: &Context, args: &BankArgs) -> Result<Self, Failure> {
        args.must_exist(context)?;
        Self::open_or_make(context, args)
    }

    /// As [`Bank::open`]; the first time makes store and key.
    ///
    /// # Errors
    ///
    /// A fixed clock for real keys, a key-encryption key that is missing or no key, a store that cannot be opened,
    /// [`Code::KeyMismatch`] when the key is another store's.
    pub fn open_or_make(context: &Context, args: &BankArgs) -> Result<Self, Failure> {
        // The key first: in a new store the clock's record has its seal then, like every other.
        let mut bank = Self::open_unwatched(context, args)?;
        block_on(bank.verifier.check_key(&mut rng()))?;
        bank.watch(context)?;
        Ok(bank)
    }

    /// Opens the store as [`Bank::open`] does, without a check of the key: for upkeep that needs no key, or that reports a wrong one.
    ///
    /// # Errors
    ///
    /// As [`Bank::open`], but for [`Code::KeyMismatch`].
    pub fn open_for_upkeep(context: &Context, args: &BankArgs) -> Result<Self, Failure> {
        let mut bank = Self::open_unwatched(context, args)?;
        match bank.watch(context) {
            // The clock's record has a seal under another key, as all others have. The verb reports that.
            Err(failure) if failure.code() == Code::Keys => {}
            watched => watched?,
        }
        Ok(bank)
    }

    /// Watches the clock from now on, unless it is fixed.
    fn watch(&mut self, context: &Context) -> Result<(), Failure> {
        if context.at.is_none() {
            let reading = system::clocks().map_err(|error| Failure::new(Code::Internal).because(error))?;
            self.clock = Some(block_on(self.verifier.watch_clock(reading, ClockLimits::default()))?);
        }
        Ok(())
    }

    /// As [`Bank::open`], also with a clock that is ahead: for the verb that repairs this.
    ///
    /// # Errors
    ///
    /// As [`Bank::open`], without the clock.
    pub fn open_unwatched(context: &Context, args: &BankArgs) -> Result<Self, Failure> {
        Self::with(context, args, |dir, patience| EmbeddedStore::open(dir, patience))
    }

    /// Opens a store that [`Bank::open`] refuses because it may have lost changes or was copied. What was open in it has to be
    /// ended, and then the repair: [`EmbeddedStore::repaired`].
    ///
    /// # Errors
    ///
    /// As [`Bank::open_unwatched`], but for those two.
    pub fn open_to_repair(context: &Context, args: &BankArgs) -> Result<Self, Failure> {
        Self::with(context, args, |dir, patience| Ok(EmbeddedStore::open_to_repair(dir, patience)?.0))
    }

    fn with(
        context: &Context,
        args: &BankArgs,
        open: impl FnOnce(&Path, Duration) -> Result<EmbeddedStore, StoreError>,
    ) -> Result<Self, Failure> {
        system::no_reading_of_memory();
        let is_new = matches!(args.place(context)?, Store::Directory(dir) if !dir.join("format").exists());
        Self::with_keys(context, args, &kek::keys(context, is_new)?, None, open)
    }

    /// As [`Bank::open_unwatched`] with these keys instead of those of the settings, and with `wait` instead of the settings' value.
    ///
    /// # Errors
    ///
    /// As [`Bank::open_unwatched`].
    pub fn open_with(
        context: &Context,
        args: &BankArgs,
        keys: &[Key],
        wait: Option<Duration>,
    ) -> Result<Self, Failure> {
        Self::with_keys(context, args, keys, wait, |dir, patience| EmbeddedStore::open(dir, patience))
    }

    fn with_keys(
        context: &Context,
        args: &BankArgs,
        keys: &[Key],
        wait: Option<Duration>,
        open: impl FnOnce(&Path, Duration) -> Result<EmbeddedStore, StoreError>,
    ) -> Result<Self, Failure> {
        system::no_reading_of_memory();
        let settings = &context.settings;
        let now = args.now(context)?;
        let place = args.place(context)?;
        let vault = Box::new(LocalKeyWrapper::new(keys)?);
        let wait = wait.unwrap_or_else(|| settings.store_wait.value.duration());
        let policy = Policy {
            suite: format!("OCRA-1:HOTP-SHA256-{}:QH64", settings.response_digits.value.0)
                .parse()
                .expect("6 to 10 digits make a suite that signs"),
            lifetime: settings.challenge_lifetime.value.duration(),
            max_attempts: settings.max_attempts.value.0,
            max_failures: settings.max_failures.value.0,
            accept_test_keys: args.accept_test_keys(context),
            ..Policy::default()
        };
        let store = match place {
            Store::Directory(dir) => {
                self_check::is_own(&dir)?;
                if let Some(above) = dir.parent() {
                    state::make_dir(above).map_err(|error| unusable(above, &error))?;
                }
                AnyStore::Left(in_a_directory(open(&dir, wait)?))
            }
            Store::Url(url) => match url.strip_prefix(ranges::SCHEME) {
                Some(file) => AnyStore::Right(ranges::open(Path::new(file), settings, wait)?),
                None => AnyStore::Left(database::open(&url, settings)?),
            },
        };
        let verifier = Verifier::new(store, vault, policy, settings.bank.value.as_str(), &mut rng())?;
        Ok(Self { verifier, now, clock: None })
    }
}

#[cfg(not(any(feature = "etcd", feature = "postgres")))]
pub mod database {
    //! This build has no store in a database.

    use camtoken::store::StoreError;
    use camtoken::store::backup::Saved;

    use super::OneStore;
    use crate::config::Settings;
    use crate::failure::{Code, Failure};

    pub fn open(_url: &str, _settings: &Settings) -> Result<OneStore, Failure> {
        Err(Failure::new(Code::StoreKind))
    }

    pub fn connect(_url: &str, _settings: &Settings) -> Result<OneStore, StoreError> {
        Err(StoreError::Address { reason: "this build has no store in a database".to_owned() })
    }

    pub fn is_known(_url: &str) -> Result<(), Failure> {
        Err(Failure::new(Code::StoreKind))
    }

    pub fn migrate(_url: &str, _settings: &Settings) -> Result<(i32, i32), Failure> {
        Err(Failure::new(Code::StoreKind))
    }

    pub fn restore(
        _url: &str,
        _settings: &Settings,
        _records: impl Iterator<Item = Result<Saved, Failure>> + Send,
    ) -> Result<u64, Failure> {
        Err(Failure::new(Code::StoreKind))
    }

    pub fn compact(_url: &str, _settings: &Settings) -> Result<(u64, u64), Failure> {
        Err(Failure::new(Code::StoreKind))
    }
}

/// The verifier's default directory for what the settings do not place elsewhere.
///
/// # Errors
///
/// [`Code::State`] when nothing says where state is kept.
pub fn home(context: &Context) -> Result<PathBuf, Failure> {
    let state = context.settings.state_dir.value.as_deref().ok_or_else(|| Failure::new(Code::State))?;
    Ok(state.join("verifier"))
}

fn unusable(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Code::State).because(format!("{}: {error}", path.display()))
}

/// Reads a file that was named on the command line, or standard input.
///
/// # Errors
///
/// [`Code::Read`], also for more than `limit` bytes.
pub fn read_input(path: &Path, limit: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let fail = |error: io::Error| Failure::new(Code::Read).because(format!("{}: {error}", path.display()));
    let mut bytes = Zeroizing::new(Vec::new());
    let most = limit as u64 + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(most).read_to_end(&mut bytes).map_err(fail)?;
    } else {
        // A buffer that grows leaves copies of what may be secret.
        bytes.reserve_exact(usize::try_from(fs::metadata(path).map_err(fail)?.len().min(most)).unwrap_or(limit) + 1);
        File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)).map_err(fail)?;
    }
    if bytes.len() > limit { Err(fail(io::ErrorKind::FileTooLarge.into())) } else { Ok(bytes) }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(error.code().into()).because(error)
    }
}

impl From<KeyWrapError> for Failure {
    fn from(error: KeyWrapError) -> Self {
        Self::new(error.code().into()).because(error)
    }
}

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        Self::new(error.code().into()).because(error)
    }
}

impl From<VerifierError> for Failure {
    fn from(error: VerifierError) -> Self {
        Self::new(error.code().into()).because(error)
    }
}

impl From<IssueError> for Failure {
    fn from(error: IssueError) -> Self {
        let failure = Self::new(error.code().into());
        match error {
            IssueError::Verifier(error) => error.into(),
            IssueError::Refused(rejection) => failure.result(rejection.result()),
            IssueError::TestToken(_) => failure.because(error).result("rejected"),
            _ => failure.because(error),
        }
    }
}

impl From<EnrollError> for Failure {
    fn from(error: EnrollError) -> Self {
        let failure = Self::new(error.code().into());
        match error {
            EnrollError::Verifier(error) => error.into(),
            EnrollError::Subscriber(error) => failure.because(error),
            EnrollError::SubscriberForm { .. } => failure.because(error),
            _ => failure.because(error).result("rejected"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same failure has the same code in every program.
    #[cfg(feature = "server")]
    #[test]
    fn the_command_line_and_the_service_name_a_failure_alike() {
        use std::io;

        use camtoken::transaction::{Operation, Transaction};
        use camtoken::verifier::{OutOfValidity, PolicyError, RecordError, Rejection};
        use camtoken_server::Problem;

        fn same<E: std::fmt::Debug>(error: impl Fn() -> E, code: &str)
        where
            Failure: From<E>,
            Problem: From<E>,
        {
            let said = format!("{:?}", error());
            assert_eq!(Failure::from(error()).code().as_str(), code, "the command line, {said}");
            assert_eq!(Problem::from(error()).code().as_str(), code, "the service, {said}");
        }

        let reason = || "told".to_owned();
        let store = |make: &dyn Fn() -> StoreError, code: &str| {
            same(make, code);
            same(|| VerifierError::Store(make()), code);
            same(|| IssueError::Verifier(make().into()), code);
            same(|| EnrollError::Verifier(make().into()), code);
        };
        store(&|| StoreError::Unavailable { reason: reason() }, "CT-E107");
        store(&|| StoreError::Unknown { reason: reason() }, "CT-E015");
        store(&|| StoreError::Stopped { reason: reason() }, "CT-E014");
        store(&|| StoreError::Corrupt { reason: reason() }, "CT-E014");
        store(&|| io::Error::from(io::ErrorKind::PermissionDenied).into(), "CT-E014");
        store(&|| StoreError::Locked, "CT-E013");
        store(&|| StoreError::Version { found: reason(), expected: "1" }, "CT-E033");
        store(&|| StoreError::Foreign { found: reason() }, "CT-E014");
        store(&|| StoreError::Exists, "CT-E029");
        store(&|| StoreError::Address { reason: reason() }, "CT-E014");
        store(&|| StoreError::Unsafe { setting: "fsync", found: reason(), wanted: "on" }, "CT-E032");
        store(&|| StoreError::TooLarge { part: "record", len: 1 << 20 }, "CT-E115");

        same(|| VerifierError::KeyWrapper(KeyWrapError::Damaged), "CT-E017");
        same(|| VerifierError::KeyMismatch, "CT-E050");
        same(|| VerifierError::Record(RecordError::Damaged), "CT-E014");
        same(|| VerifierError::Record(RecordError::Seal), "CT-E136");
        same(|| VerifierError::Record(RecordError::Unsealed), "CT-E136");
        same(|| VerifierError::ClockBehind { seconds: 9 }, "CT-E016");
        same(|| VerifierError::Contention, "CT-E107");

        let token = || "KKK0000001".parse().expect("a token ID");
        let activation = camtoken::key::ActivationId::from_bytes([1; 6]);
        same(|| IssueError::Refused(Rejection::Suspended), "CT-E090");
        same(|| IssueError::Refused(Rejection::Revoked), "CT-E088");
        same(|| IssueError::Refused(Rejection::NotActivated), "CT-E091");
        same(|| IssueError::Refused(Rejection::KeyNotYetValid), "CT-E092");
        same(|| IssueError::Refused(Rejection::KeyExpired), "CT-E092");
        same(|| IssueError::Refused(Rejection::Unknown), "CT-E086");
        same(|| IssueError::Operation(Operation::Activation1), "CT-E070");
        same(|| IssueError::NotWhole, "CT-E070");
        same(|| IssueError::TestToken(token()), "CT-E084");
        same(|| IssueError::Policy(PolicyError::Lifetime), "CT-E115");

        let nothing: [(&str, &str); 0] = [];
        let unfit = || Transaction::new(Operation::LimitChange, nothing).expect_err("no fields");
        same(|| EnrollError::Subscriber(unfit()), "CT-E075");
        same(|| EnrollError::SubscriberForm { part: "user" }, "CT-E075");
        same(|| EnrollError::UnknownToken(token()), "CT-E081");
        same(|| EnrollError::UnfitDeviceKey(token()), "CT-E076");
        let reason = OutOfValidity::Ended { end: camtoken::Timestamp::default() };
        same(|| EnrollError::OutOfValidity { holder: "token KKK0000001".to_owned(), reason }, "CT-E092");
        let generator = || "2308701234567".parse().expect("a serial number");
        same(|| EnrollError::UnfitSecret(generator()), "CT-E076");
        same(|| EnrollError::GeneratorExists(generator()), "CT-E093");
        same(|| EnrollError::GeneratorTaken(generator()), "CT-E093");
        same(|| EnrollError::NeedsResynchronisation(generator()), "CT-E093");
        same(|| EnrollError::UnknownGenerator(generator()), "CT-E094");
        same(|| EnrollError::TokenExists(token()), "CT-E082");
        same(|| EnrollError::TokenRevoked(token()), "CT-E083");
        same(|| EnrollError::TestToken(token()), "CT-E084");
        same(|| EnrollError::TokenFull { token: token() }, "CT-E085");
        same(|| EnrollError::UnknownActivation(activation), "CT-E086");
        same(|| EnrollError::HasSigned(activation), "CT-E087");
        same(|| EnrollError::Revoked(activation), "CT-E088");
        same(|| EnrollError::NotSuspended(activation), "CT-E089");
        same(|| EnrollError::NotActive(activation), "CT-E091");
    }
}
