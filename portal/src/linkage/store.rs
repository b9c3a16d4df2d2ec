//! What the authorization server remembers, in the bank's books: registered clients, codes, tokens, used proofs.
//!
//! A row stands under the SHA-256 of its name and is sealed with a key that is derived from the name: a code or a token on
//! disk opens only with the code or the token itself. Beside the seal stands in clear what an end of a grant has to find.

use std::sync::Arc;
use std::time::SystemTime;

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use base16ct::lower;
use oauth_as::authorization::{AuthorizationCodeRecord, AuthorizationCodeState};
use oauth_as::client::{Client, ClientId};
use oauth_as::device::{DeviceGrant, DeviceGrantState, normalize_user_code};
use oauth_as::par::PushedAuthorizationRequest;
use oauth_as::store::{RevocationWindow, Storage, StorageError, WriteOutcome};
use oauth_as::token::{IssuedToken, RefreshTokenRecord};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::books::{Books, BooksError, Row, Sheet};

/// The memory of one authorization server.
pub struct BooksStorage {
    books: Arc<Books>,
    /// Keeps the rows of several servers apart.
    server: &'static str,
}

/// A row, sealed with its own name.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    /// Server, kind and digest of the name.
    key: String,
    sealed: Vec<u8>,
    about: About,
}

/// What stands beside the seal.
#[derive(Clone, Default, Serialize, Deserialize)]
struct About {
    client: Option<String>,
    subject: Option<String>,
    family: Option<String>,
    until: Option<SystemTime>,
}

/// From when on, and until when, nothing is written any more for a client, a family of tokens, or a subject.
#[derive(Clone, Serialize, Deserialize)]
struct Barrier {
    recorded_at: SystemTime,
    until: SystemTime,
}

const CLIENT: &str = "client";
const DEVICE: &str = "device";
const USER_CODE: &str = "user-code";
const CODE: &str = "code";
const PUSHED: &str = "pushed";
const ACCESS: &str = "access";
const REFRESH: &str = "refresh";
const USED: &str = "used";
const BARRIER: &str = "barrier";

impl BooksStorage {
    /// The memory of the server of this name.
    #[must_use]
    pub fn new(books: Arc<Books>, server: &'static str) -> Self {
        Self { books, server }
    }

    /// Ends everything that was given out for a subject, and whatever is still on its way to be written for it.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the books do not answer; nothing has changed then.
    pub fn end_subject(&self, subject: &str, now: SystemTime, until: SystemTime) -> Result<(), StorageError> {
        self.change(|desk| {
            desk.bar(&subject_barrier(subject), RevocationWindow { recorded_at: now, until })?;
            for kind in [CODE, ACCESS, REFRESH] {
                desk.clear(kind, |about| about.subject.as_deref() == Some(subject))?;
            }
            Ok(())
        })
    }

    /// Forgets what is over at `now`, and says how much that was.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the books do not answer; nothing has changed then.
    pub fn sweep(&self, now: SystemTime) -> Result<u64, StorageError> {
        self.change(|desk| {
            let mut count = 0;
            for kind in [DEVICE, CODE, PUSHED, ACCESS, REFRESH, USED, BARRIER] {
                count += desk.clear(kind, |about| about.until.is_some_and(|until| until <= now))?;
            }
            desk.clear_user_codes()?;
            Ok(count)
        })
    }

    fn change<T>(&self, step: impl FnOnce(&mut Desk<'_, '_>) -> Result<T, StorageError>) -> Result<T, StorageError> {
        self.books.change(|sheet| step(&mut Desk { sheet, server: self.server }))
    }

    fn read<T: DeserializeOwned>(&self, kind: &str, name: &str) -> Result<Option<T>, StorageError> {
        let key = key(self.server, kind, name);
        self.books.get::<Kept>(&key)?.map(|kept| kept.open(name)).transpose()
    }
}

/// One change, on one sheet.
struct Desk<'a, 'b> {
    sheet: &'a mut Sheet<'b>,
    server: &'static str,
}

impl Desk<'_, '_> {
    fn get<T: DeserializeOwned>(&self, kind: &str, name: &str) -> Result<Option<T>, StorageError> {
        self.sheet.get::<Kept>(&key(self.server, kind, name))?.map(|kept| kept.open(name)).transpose()
    }

    fn put<T: Serialize>(&mut self, kind: &str, name: &str, row: &T, about: About) {
        self.sheet.put(&Kept { key: key(self.server, kind, name), sealed: seal(name, row), about });
    }

    fn take<T: DeserializeOwned>(&mut self, kind: &str, name: &str) -> Result<Option<T>, StorageError> {
        let row = self.get(kind, name)?;
        self.strike(kind, name);
        Ok(row)
    }

    fn strike(&mut self, kind: &str, name: &str) {
        self.sheet.strike::<Kept>(&key(self.server, kind, name));
    }

    /// Strikes out every row of a kind of which this is true, and says how many.
    fn clear(&mut self, kind: &str, is_over: impl Fn(&About) -> bool) -> Result<u64, StorageError> {
        let mut count = 0;
        for kept in self.sheet.list::<Kept>(&format!("{}/{kind}/", self.server))? {
            if is_over(&kept.about) {
                self.sheet.strike::<Kept>(&kept.key);
                count += 1;
            }
        }
        Ok(count)
    }

    /// A user code leads to its device's row by that row's key.
    fn clear_user_codes(&mut self) -> Result<(), StorageError> {
        let devices: Vec<String> =
            self.sheet.list::<Kept>(&format!("{}/{DEVICE}/", self.server))?.into_iter().map(|kept| kept.key).collect();
        self.clear(USER_CODE, |about| about.family.as_ref().is_none_or(|device| !devices.contains(device)))?;
        Ok(())
    }

    fn put_device(&mut self, grant: &DeviceGrant) -> Result<(), StorageError> {
        let code = normalize_user_code(&grant.user_code);
        if self.get::<String>(USER_CODE, &code)?.is_some_and(|owner| owner != grant.device_code) {
            return Err(StorageError::new("user code is already indexed for a different device_code"));
        }
        if let Some(before) = self.get::<DeviceGrant>(DEVICE, &grant.device_code)? {
            self.strike(USER_CODE, &normalize_user_code(&before.user_code));
        }
        let family = Some(key(self.server, DEVICE, &grant.device_code));
        self.put(USER_CODE, &code, &grant.device_code, About { family, ..About::default() });
        let subject = match &grant.state {
            DeviceGrantState::Approved { subject } => Some(subject.clone()),
            _ => None,
        };
        let client = Some(grant.client_id.as_str().to_owned());
        let about = About { client, subject, family: None, until: Some(grant.expires_at) };
        self.put(DEVICE, &grant.device_code, grant, about);
        Ok(())
    }

    fn put_code(&mut self, record: &AuthorizationCodeRecord) {
        let about = About {
            client: Some(record.client_id.as_str().to_owned()),
            subject: Some(record.subject.clone()),
            family: None,
            until: Some(record.expires_at),
        };
        self.put(CODE, &record.code, record, about);
    }

    fn put_access(&mut self, token: &IssuedToken) {
        let about = About {
            client: Some(token.client_id.as_str().to_owned()),
            subject: token.subject.clone(),
            family: token.family_id.as_deref().map(str::to_owned),
            until: Some(token.expires_at),
        };
        self.put(ACCESS, &token.access_token, token, about);
    }

    fn put_refresh(&mut self, record: &RefreshTokenRecord) {
        let about = About {
            client: Some(record.client_id.as_str().to_owned()),
            subject: record.subject.clone(),
            family: Some(record.family_id.clone()),
            until: record.expires_at,
        };
        self.put(REFRESH, &record.refresh_token, record, about);
    }

    fn bar(&mut self, name: &str, window: RevocationWindow) -> Result<(), StorageError> {
        let mut barrier = Barrier { recorded_at: window.recorded_at, until: window.until };
        if let Some(known) = self.get::<Barrier>(BARRIER, name)? {
            barrier.recorded_at = barrier.recorded_at.max(known.recorded_at);
            barrier.until = barrier.until.max(known.until);
        }
        self.put(BARRIER, name, &barrier, About { until: Some(barrier.until), ..About::default() });
        Ok(())
    }

    /// Whether a grant that was made at `made` has been ended meanwhile. A client that is registered anew starts afresh; a
    /// family or a subject that was ended never comes back.
    fn is_barred(
        &self,
        client: &ClientId,
        family: Option<&str>,
        subject: Option<&str>,
        made: SystemTime,
    ) -> Result<bool, StorageError> {
        if let Some(barrier) = self.get::<Barrier>(BARRIER, &client_barrier(client))?
            && (made <= barrier.recorded_at || self.get::<Client>(CLIENT, client.as_str())?.is_none())
        {
            return Ok(true);
        }
        for name in [family.map(family_barrier), subject.map(subject_barrier)].into_iter().flatten() {
            if self.get::<Barrier>(BARRIER, &name)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Storage for BooksStorage {
    async fn get_client(&self, client_id: &ClientId) -> Result<Option<Arc<Client>>, StorageError> {
        Ok(self.read(CLIENT, client_id.as_str())?.map(Arc::new))
    }

    async fn put_client(&self, client: Client) -> Result<(), StorageError> {
        self.change(|desk| {
            desk.put(CLIENT, client.client_id.as_str(), &client, About::default());
            Ok(())
        })
    }

    async fn compare_and_swap_client(&self, expected: &Client, updated: Client) -> Result<bool, StorageError> {
        self.change(|desk| {
            let name = updated.client_id.as_str();
            let same = desk.get::<Client>(CLIENT, name)?.is_some_and(|known| known == *expected);
            if same {
                desk.put(CLIENT, name, &updated, About::default());
            }
            Ok(same)
        })
    }

    async fn delete_client(&self, client_id: &ClientId, window: RevocationWindow) -> Result<bool, StorageError> {
        not_empty(client_id.as_str())?;
        self.change(|desk| {
            let known = desk.take::<Client>(CLIENT, client_id.as_str())?.is_some();
            desk.bar(&client_barrier(client_id), window)?;
            for kind in [ACCESS, REFRESH, CODE, PUSHED, DEVICE] {
                desk.clear(kind, |about| about.client.as_deref() == Some(client_id.as_str()))?;
            }
            desk.clear_user_codes()?;
            Ok(known)
        })
    }

    // No client of the bank may use the device grant; the rows are kept as the trait asks all the same.
    async fn put_device_grant(&self, grant: DeviceGrant) -> Result<(), StorageError> {
        self.change(|desk| desk.put_device(&grant))
    }

    async fn get_device_grant(&self, device_code: &str) -> Result<Option<DeviceGrant>, StorageError> {
        self.read(DEVICE, device_code)
    }

    async fn find_device_grant_by_user_code(&self, code: &str) -> Result<Option<DeviceGrant>, StorageError> {
        match self.read::<String>(USER_CODE, code)? {
            Some(device) => self.read(DEVICE, &device),
            None => Ok(None),
        }
    }

    async fn take_device_grant(&self, device_code: &str) -> Result<Option<DeviceGrant>, StorageError> {
        self.change(|desk| {
            let grant = desk.take::<DeviceGrant>(DEVICE, device_code)?;
            if let Some(grant) = &grant {
                desk.strike(USER_CODE, &normalize_user_code(&grant.user_code));
            }
            Ok(grant)
        })
    }

    async fn compare_and_swap_device_grant(
        &self,
        expected: &DeviceGrantState,
        updated: DeviceGrant,
    ) -> Result<bool, StorageError> {
        self.change(|desk| {
            let known = desk.get::<DeviceGrant>(DEVICE, &updated.device_code)?;
            let same = known.is_some_and(|known| known.state == *expected);
            if same {
                desk.put_device(&updated)?;
            }
            Ok(same)
        })
    }

    async fn put_authorization_code(&self, record: AuthorizationCodeRecord) -> Result<(), StorageError> {
        self.change(|desk| {
            desk.put_code(&record);
            Ok(())
        })
    }

    async fn compare_and_swap_authorization_code(
        &self,
        expected: &AuthorizationCodeState,
        updated: AuthorizationCodeRecord,
    ) -> Result<bool, StorageError> {
        self.change(|desk| {
            let known = desk.get::<AuthorizationCodeRecord>(CODE, &updated.code)?;
            let same = known.is_some_and(|known| known.state == *expected);
            if same {
                desk.put_code(&updated);
            }
            Ok(same)
        })
    }

    async fn take_authorization_code(&self, code: &str) -> Result<Option<AuthorizationCodeRecord>, StorageError> {
        self.change(|desk| desk.take(CODE, code))
    }

    async fn put_pushed_authorization_request(
        &self,
        record: PushedAuthorizationRequest,
    ) -> Result<WriteOutcome, StorageError> {
        self.change(|desk| {
            if desk.is_barred(&record.client_id, None, None, record.pushed_at)? {
                return Ok(WriteOutcome::RefusedRevoked);
            }
            let client = Some(record.client_id.as_str().to_owned());
            let about = About { client, until: Some(record.expires_at), ..About::default() };
            desk.put(PUSHED, &record.request_uri, &record, about);
            Ok(WriteOutcome::Applied)
        })
    }

    async fn take_pushed_authorization_request(
        &self,
        request_uri: &str,
    ) -> Result<Option<PushedAuthorizationRequest>, StorageError> {
        self.change(|desk| desk.take(PUSHED, request_uri))
    }

    async fn put_token(&self, token: IssuedToken) -> Result<WriteOutcome, StorageError> {
        self.change(|desk| {
            let (family, subject) = (token.family_id.as_deref(), token.subject.as_deref());
            if desk.is_barred(&token.client_id, family, subject, token.grant_established_at)? {
                return Ok(WriteOutcome::RefusedRevoked);
            }
            desk.put_access(&token);
            Ok(WriteOutcome::Applied)
        })
    }

    async fn get_token(&self, access_token: &str) -> Result<Option<Arc<IssuedToken>>, StorageError> {
        Ok(self.read(ACCESS, access_token)?.map(Arc::new))
    }

    async fn delete_token(&self, access_token: &str) -> Result<(), StorageError> {
        self.change(|desk| {
            desk.strike(ACCESS, access_token);
            Ok(())
        })
    }

    async fn put_refresh_token(&self, record: RefreshTokenRecord) -> Result<WriteOutcome, StorageError> {
        self.change(|desk| {
            let (family, subject) = (Some(record.family_id.as_str()), record.subject.as_deref());
            if desk.is_barred(&record.client_id, family, subject, record.grant_established_at)? {
                return Ok(WriteOutcome::RefusedRevoked);
            }
            desk.put_refresh(&record);
            Ok(WriteOutcome::Applied)
        })
    }

    async fn get_refresh_token(&self, refresh_token: &str) -> Result<Option<Arc<RefreshTokenRecord>>, StorageError> {
        Ok(self.read(REFRESH, refresh_token)?.map(Arc::new))
    }

    async fn rotate_refresh_token(
        &self,
        expected: &RefreshTokenRecord,
        spent: &RefreshTokenRecord,
        access: &IssuedToken,
        next: Option<&RefreshTokenRecord>,
    ) -> Result<bool, StorageError> {
        self.change(|desk| {
            let known = desk.get::<RefreshTokenRecord>(REFRESH, &expected.refresh_token)?;
            let (family, subject) = (Some(expected.family_id.as_str()), expected.subject.as_deref());
            if known.as_ref() != Some(expected)
                || desk.is_barred(&expected.client_id, family, subject, expected.grant_established_at)?
            {
                return Ok(false);
            }
            desk.put_refresh(spent);
            desk.put_access(access);
            next.into_iter().for_each(|next| desk.put_refresh(next));
            Ok(true)
        })
    }

    async fn take_refresh_token(&self, refresh_token: &str) -> Result<Option<RefreshTokenRecord>, StorageError> {
        self.change(|desk| desk.take(REFRESH, refresh_token))
    }

    async fn revoke_token_family(&self, family_id: &str, window: RevocationWindow) -> Result<u64, StorageError> {
        not_empty(family_id)?;
        self.change(|desk| {
            desk.bar(&family_barrier(family_id), window)?;
            let mut count = 0;
            for kind in [ACCESS, REFRESH] {
                count += desk.clear(kind, |about| about.family.as_deref() == Some(family_id))?;
            }
            Ok(count)
        })
    }

    async fn claim_replay_id(&self, id: &str, expires_at: SystemTime) -> Result<bool, StorageError> {
        self.change(|desk| {
            if desk.get::<()>(USED, id)?.is_some() {
                return Ok(false);
            }
            desk.put(USED, id, &(), About { until: Some(expires_at), ..About::default() });
            Ok(true)
        })
    }

    async fn sweep_expired(&self, now: SystemTime) -> Result<u64, StorageError> {
        self.sweep(now)
    }
}

impl Kept {
    fn open<T: DeserializeOwned>(&self, name: &str) -> Result<T, StorageError> {
        let broken = || StorageError::from(BooksError::Row { kind: Self::KIND });
        let (nonce, sealed) = self.sealed.split_at_checked(NONCE).ok_or_else(broken)?;
        let nonce = Nonce::try_from(nonce).map_err(|_| broken())?;
        let opened = cipher(name).decrypt(&nonce, sealed).map_err(|_| broken())?;
        serde_json::from_slice(&opened).map_err(|_| broken())
    }
}

impl Row for Kept {
    const KIND: &'static str = "oauth";

    fn key(&self) -> String {
        self.key.clone()
    }
}

impl From<BooksError> for StorageError {
    fn from(error: BooksError) -> Self {
        Self::new(error.to_string())
    }
}

const NONCE: usize = 12;

fn key(server: &str, kind: &str, name: &str) -> String {
    format!("{server}/{kind}/{}", lower::encode_string(&Sha256::digest(name)))
}

fn seal<T: Serialize>(name: &str, row: &T) -> Vec<u8> {
    use rand::Rng as _;
    let mut nonce = [0; NONCE];
    crate::system::rng().fill_bytes(&mut nonce);
    let row = serde_json::to_vec(row).expect("a row is plain data");
    let sealed = cipher(name).encrypt(&Nonce::from(nonce), row.as_slice()).expect("a row is not that long");
    [nonce.as_slice(), &sealed].concat()
}

/// The names of codes and tokens are random enough to make keys of; those of clients and barriers are no secrets.
fn cipher(name: &str) -> Aes256Gcm {
    let key = Sha256::new_with_prefix("kakuu central bank: row of ").chain_update(name).finalize();
    Aes256Gcm::new_from_slice(&key).expect("SHA-256 gives 32 bytes")
}

fn client_barrier(client: &ClientId) -> String {
    format!("client {}", client.as_str())
}

fn family_barrier(family: &str) -> String {
    format!("family {family}")
}

fn subject_barrier(subject: &str) -> String {
    format!("subject {subject}")
}

fn not_empty(name: &str) -> Result<(), StorageError> {
    if name.is_empty() { Err(StorageError::new("nobody has an empty name")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use oauth_as::storage_conformance::StorageConformance;

    use super::*;

    fn storage(dir: &Path) -> BooksStorage {
        let dir = tempfile::tempdir_in(dir).expect("a directory").keep();
        BooksStorage::new(Arc::new(Books::open(&dir).expect("new books")), "test")
    }

    /// On one thread the racers meet whatever else the machine is doing; threads of their own race in the test below.
    #[tokio::test]
    async fn the_books_keep_what_the_authorization_server_relies_on() {
        let dir = tempfile::tempdir().expect("a directory");
        let violations = StorageConformance::new(|| async { storage(dir.path()) })
            .with_spawn(|task| {
                tokio::spawn(task);
            })
            .run()
            .await;
        assert!(violations.is_empty(), "{violations:#?}");
    }

    #[test]
    fn of_many_threads_one_claims_a_proof() {
        let dir = tempfile::tempdir().expect("a directory");
        let storage = storage(dir.path());
        let line = std::sync::Barrier::new(8);
        let claim = || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            line.wait();
            let claimed = storage.claim_replay_id("proof", SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(60));
            runtime.block_on(claimed).expect("the books answer")
        };
        let claimed = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(claim)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).filter(|won| *won).count()
        });
        assert_eq!(claimed, 1);
    }

    #[tokio::test]
    async fn what_lies_on_disk_opens_with_the_token_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let storage = storage(dir.path());
        let done = storage.change(|desk| {
            desk.put(ACCESS, "token-1", &"what it is good for", About::default());
            Ok(())
        });
        done.expect("a change");
        let kept = storage.books.list::<Kept>("").expect("a list");
        let text = serde_json::to_string(&kept).expect("plain data");
        assert!(!text.contains("token-1") && !text.contains("good for"));
        assert!(kept[0].open::<String>("token-2").is_err());
        assert_eq!(kept[0].open::<String>("token-1").expect("its own name"), "what it is good for");
    }
}
