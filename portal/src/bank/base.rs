//! The bank itself: what it consists of, how it is opened, and what all its work needs.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use camtoken::Timestamp;
use camtoken::key::{ActivationId, TokenId};
use camtoken::store::{EmbeddedStore, RecordId, Store as _, StoreError, block_on};
use camtoken::transaction::TransactionError;
use camtoken::verifier::{EnrollError, IssueError, LocalKeyWrapper, Policy, SetupError, Verifier, VerifierError};
use tokio::sync::{OwnedMutexGuard, Semaphore};

use crate::authority::{Authority, AuthorityError};
use crate::books::{Books, BooksError};
use crate::domain::caution::Caution;
use crate::domain::credential::{Password, PasswordHash};
use crate::domain::people::Person;
use crate::secrets::secret_key;
use crate::store::{AnyStore, in_a_directory};
use crate::system::{Clock, rng};

/// The bank's name on tokens.
pub const NAME: &str = "架空中央銀行";

/// The bank: its books, its verifier, its clock.
pub struct Bank {
    /// The bank's database.
    pub books: Arc<Books>,
    /// The verifier, on a store of its own.
    pub verifier: Verifier<AnyStore>,
    /// What makes the certificates of its customers.
    pub authority: Authority,
    /// The policy on payments.
    pub caution: Caution,
    clock: Clock,
    /// One thing after the other for each activation, from the verdict to the booking.
    tills: Mutex<HashMap<ActivationId, Arc<tokio::sync::Mutex<()>>>>,
    /// One decision after the other about what waits at the desk.
    pub(super) desk: tokio::sync::Mutex<()>,
    /// Hashing a password takes a core and 19 MiB on purpose; more than a few at a time would be an attack on ourselves.
    hashing: Arc<Semaphore>,
}

/// Why nothing was decided. "No" is an answer and none of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BankError {
    /// The bank's database.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The verifier.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
    /// The verifier's store, at the start.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The verifier, at the start.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A registration.
    #[error(transparent)]
    Enroll(#[from] EnrollError),
    /// A challenge.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// The bank's own fields are not a valid transaction.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
    /// The key that encrypts the verifier's keys.
    #[error("the key-encryption key cannot be used: {0}")]
    Key(std::io::Error),
    /// The certificate authority.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// The clock for tests.
    #[error("the test clock cannot be moved: {0}")]
    Clock(std::io::Error),
    /// The text that an app would have to read.
    #[error(transparent)]
    Generator(camtoken::provision::otpauth::OtpauthError),
    /// The process ends.
    #[error("the bank is closing")]
    Closing,
}

impl Bank {
    /// Opens the bank in a directory, or begins it there. It takes test tokens, for it is a demonstration.
    ///
    /// # Errors
    ///
    /// [`BankError`] when the database, the store or the key-encryption key cannot be opened.
    pub fn open(dir: &Path, clock: Clock) -> Result<Self, BankError> {
        std::fs::create_dir_all(dir).map_err(BankError::Key)?;
        let store = EmbeddedStore::open(dir.join("verifier"), Duration::from_secs(5))?;
        Self::open_with(dir, in_a_directory(store), clock)
    }

    /// The same with the verifier's records elsewhere.
    ///
    /// # Errors
    ///
    /// As [`Bank::open`].
    pub fn open_with(dir: &Path, store: AnyStore, clock: Clock) -> Result<Self, BankError> {
        std::fs::create_dir_all(dir).map_err(BankError::Key)?;
        let key = secret_key(&dir.join("kek"), dir.join("books").exists()).map_err(BankError::Key)?;
        let policy = Policy { accept_test_keys: true, ..Policy::default() };
        let vault = Box::new(LocalKeyWrapper::new(&[key]).map_err(SetupError::from)?);
        let verifier = Verifier::new(store, vault, policy, NAME, &mut rng())?;
        block_on(verifier.check_key(&mut rng()))?;
        let books = Books::open(&dir.join("books"))?;
        books.list_by_contract()?;
        books.record_activations()?;
        Ok(Self {
            books: Arc::new(books),
            verifier,
            authority: Authority::open(dir)?,
            caution: Caution::NONE,
            clock,
            tills: Mutex::default(),
            desk: tokio::sync::Mutex::default(),
            hashing: Arc::new(Semaphore::new(4)),
        })
    }

    /// The same with a policy on payments beyond the daily limits.
    #[must_use]
    pub fn with_caution(self, caution: Caution) -> Self {
        Self { caution, ..self }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The clock itself.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Arc::clone(&self.clock)
    }

    /// A token of the verifier's that was not made for tests, if there is one.
    ///
    /// # Errors
    ///
    /// [`BankError::Store`], [`BankError::Verifier`]
    pub async fn real_token(&self) -> Result<Option<TokenId>, BankError> {
        let mut after = None;
        loop {
            let page = self.verifier.store().list(after.as_ref(), 1_000).await?;
            let Some(last) = page.last().cloned() else { return Ok(None) };
            for id in page {
                let RecordId::Token(token) = id else { continue };
                if self.verifier.token(&token).await?.is_some_and(|known| !known.is_test()) {
                    return Ok(Some(token));
                }
            }
            after = Some(last);
        }
    }

    /// A person of the database.
    ///
    /// # Errors
    ///
    /// [`BankError::Books`]
    pub fn person(&self, contract: &str, user: &str) -> Result<Option<Person>, BankError> {
        Ok(self.books.get(&Person::key(contract, user))?)
    }

    /// Compares a password on a thread of its own.
    pub(crate) async fn is_right(&self, hash: PasswordHash, password: Password) -> Result<bool, BankError> {
        let place = Arc::clone(&self.hashing).acquire_owned().await.map_err(|_| BankError::Closing)?;
        let compared = tokio::task::spawn_blocking(move || {
            let _place = place;
            hash.is_of(&password)
        });
        compared.await.map_err(|_| BankError::Closing)
    }

    /// Hashes a new password on a thread of its own.
    ///
    /// # Errors
    ///
    /// [`BankError::Closing`]
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, BankError> {
        let place = Arc::clone(&self.hashing).acquire_owned().await.map_err(|_| BankError::Closing)?;
        let hashed = tokio::task::spawn_blocking(move || {
            let _place = place;
            PasswordHash::new(&password, &mut rng())
        });
        hashed.await.map_err(|_| BankError::Closing)
    }

    /// Waits for the activation's turn.
    pub(super) async fn till(&self, activation: ActivationId) -> OwnedMutexGuard<()> {
        let till = {
            let mut tills = self.tills.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(tills.entry(activation).or_default())
        };
        till.lock_owned().await
    }
}
