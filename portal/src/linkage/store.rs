//! The state of the authorization server, in the bank's database: registered clients, codes, tokens, used proofs.
//!
//! Each row is sealed with its own name; see [`sealed`](super::sealed).

use std::sync::Arc;
use std::time::SystemTime;

use oauth_as::authorization::{AuthorizationCodeRecord, AuthorizationCodeState};
use oauth_as::client::{Client, ClientId};
use oauth_as::device::{DeviceGrant, DeviceGrantState, normalize_user_code};
use oauth_as::par::PushedAuthorizationRequest;
use oauth_as::store::{RevocationWindow, Storage, StorageError, WriteOutcome};
use oauth_as::token::{IssuedToken, RefreshTokenRecord};
use serde::de::DeserializeOwned;

use super::change::{
    ACCESS, BARRIER, CLIENT, CODE, Change, DEVICE, PUSHED, REFRESH, USED, USER_CODE, client_barrier, family_barrier,
    subject_barrier,
};
use super::sealed::{About, Kept, key};
use crate::books::Books;

/// The memory of one authorization server.
pub struct BooksStorage {
    books: Arc<Books>,
    /// Keeps the rows of several servers apart.
    server: &'static str,
}

impl BooksStorage {
    /// The memory of the server of this name.
    #[must_use]
    pub fn new(books: Arc<Books>, server: &'static str) -> Self {
        Self { books, server }
    }

    /// Ends all codes and tokens of a subject, also those that are about to be written.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database does not answer; nothing has changed then.
    pub fn end_subject(&self, subject: &str, now: SystemTime, until: SystemTime) -> Result<(), StorageError> {
        self.change(|change| {
            change.bar(&subject_barrier(subject), RevocationWindow { recorded_at: now, until })?;
            for kind in [CODE, ACCESS, REFRESH] {
                change.clear(kind, |about| about.subject.as_deref() == Some(subject))?;
            }
            Ok(())
        })
    }

    /// Deletes what has expired at `now`, and says how much that was.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database does not answer; nothing has changed then.
    pub fn sweep(&self, now: SystemTime) -> Result<u64, StorageError> {
        self.change(|change| {
            let mut count = 0;
            for kind in [DEVICE, CODE, PUSHED, ACCESS, REFRESH, USED, BARRIER] {
                count += change.clear(kind, |about| about.until.is_some_and(|until| until <= now))?;
            }
            change.clear_user_codes()?;
            Ok(count)
        })
    }

    fn change<T>(&self, step: impl FnOnce(&mut Change<'_, '_>) -> Result<T, StorageError>) -> Result<T, StorageError> {
        self.books.change(|sheet| step(&mut Change { sheet, server: self.server }))
    }

    fn read<T: DeserializeOwned>(&self, kind: &str, name: &str) -> Result<Option<T>, StorageError> {
        let key = key(self.server, kind, name);
        self.books.get::<Kept>(&key)?.map(|kept| kept.open(name)).transpose()
    }
}

impl Storage for BooksStorage {
    async fn get_client(&self, client_id: &ClientId) -> Result<Option<Arc<Client>>, StorageError> {
        Ok(self.read(CLIENT, client_id.as_str())?.map(Arc::new))
    }

    async fn put_client(&self, client: Client) -> Result<(), StorageError> {
        self.change(|change| {
            change.put(CLIENT, client.client_id.as_str(), &client, About::default());
            Ok(())
        })
    }

    async fn compare_and_swap_client(&self, expected: &Client, updated: Client) -> Result<bool, StorageError> {
        self.change(|change| {
            let name = updated.client_id.as_str();
            let same = change.get::<Client>(CLIENT, name)?.is_some_and(|known| known == *expected);
            if same {
                change.put(CLIENT, name, &updated, About::default());
            }
            Ok(same)
        })
    }

    async fn delete_client(&self, client_id: &ClientId, window: RevocationWindow) -> Result<bool, StorageError> {
        not_empty(client_id.as_str())?;
        self.change(|change| {
            let known = change.take::<Client>(CLIENT, client_id.as_str())?.is_some();
            change.bar(&client_barrier(client_id), window)?;
            for kind in [ACCESS, REFRESH, CODE, PUSHED, DEVICE] {
                change.clear(kind, |about| about.client.as_deref() == Some(client_id.as_str()))?;
            }
            change.clear_user_codes()?;
            Ok(known)
        })
    }

    // No client of the bank may use the device grant; the rows are kept as the trait asks all the same.
    async fn put_device_grant(&self, grant: DeviceGrant) -> Result<(), StorageError> {
        self.change(|change| change.put_device(&grant))
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
        self.change(|change| {
            let grant = change.take::<DeviceGrant>(DEVICE, device_code)?;
            if let Some(grant) = &grant {
                change.strike(USER_CODE, &normalize_user_code(&grant.user_code));
            }
            Ok(grant)
        })
    }

    async fn compare_and_swap_device_grant(
        &self,
        expected: &DeviceGrantState,
        updated: DeviceGrant,
    ) -> Result<bool, StorageError> {
        self.change(|change| {
            let known = change.get::<DeviceGrant>(DEVICE, &updated.device_code)?;
            let same = known.is_some_and(|known| known.state == *expected);
            if same {
                change.put_device(&updated)?;
            }
            Ok(same)
        })
    }

    async fn put_authorization_code(&self, record: AuthorizationCodeRecord) -> Result<(), StorageError> {
        self.change(|change| {
            change.put_code(&record);
            Ok(())
        })
    }

    async fn compare_and_swap_authorization_code(
        &self,
        expected: &AuthorizationCodeState,
        updated: AuthorizationCodeRecord,
    ) -> Result<bool, StorageError> {
        self.change(|change| {
            let known = change.get::<AuthorizationCodeRecord>(CODE, &updated.code)?;
            let same = known.is_some_and(|known| known.state == *expected);
            if same {
                change.put_code(&updated);
            }
            Ok(same)
        })
    }

    async fn take_authorization_code(&self, code: &str) -> Result<Option<AuthorizationCodeRecord>, StorageError> {
        self.change(|change| change.take(CODE, code))
    }

    async fn put_pushed_authorization_request(
        &self,
        record: PushedAuthorizationRequest,
    ) -> Result<WriteOutcome, StorageError> {
        self.change(|change| {
            if change.is_barred(&record.client_id, None, None, record.pushed_at)? {
                return Ok(WriteOutcome::RefusedRevoked);
            }
            let client = Some(record.client_id.as_str().to_owned());
            let about = About { client, until: Some(record.expires_at), ..About::default() };
            change.put(PUSHED, &record.request_uri, &record, about);
            Ok(WriteOutcome::Applied)
        })
    }

    async fn take_pushed_authorization_request(
        &self,
        request_uri: &str,
    ) -> Result<Option<PushedAuthorizationRequest>, StorageError> {
        self.change(|change| change.take(PUSHED, request_uri))
    }

    async fn put_token(&self, token: IssuedToken) -> Result<WriteOutcome, StorageError> {
        self.change(|change| {
            let (family, subject) = (token.family_id.as_deref(), token.subject.as_deref());
            if change.is_barred(&token.client_id, family, subject, token.grant_established_at)? {
                return Ok(WriteOutcome::RefusedRevoked);
            }
            change.put_access(&token);
            Ok(WriteOutcome::Applied)
        })
    }

    async fn get_token(&self, access_token: &str) -> Result<Option<Arc<IssuedToken>>, StorageError> {
        Ok(self.read(ACCESS, access_token)?.map(Arc::new))
    }

    async fn delete_token(&self, access_token: &str) -> Result<(), StorageError> {
        self.change(|change| {
            change.strike(ACCESS, access_token);
            Ok(())
        })
    }

    async fn put_refresh_token(&self, record: RefreshTokenRecord) -> Result<WriteOutcome, StorageError> {
        self.change(|change| {
            let (family, subject) = (Some(record.family_id.as_str()), record.subject.as_deref());
            if change.is_barred(&record.client_id, family, subject, record.grant_established_at)? {
                return Ok(WriteOutcome::RefusedRevoked);
            }
            change.put_refresh(&record);
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
        self.change(|change| {
            let known = change.get::<RefreshTokenRecord>(REFRESH, &expected.refresh_token)?;
            let (family, subject) = (Some(expected.family_id.as_str()), expected.subject.as_deref());
            if known.as_ref() != Some(expected)
                || change.is_barred(&expected.client_id, family, subject, expected.grant_established_at)?
            {
                return Ok(false);
            }
            change.put_refresh(spent);
            change.put_access(access);
            next.into_iter().for_each(|next| change.put_refresh(next));
            Ok(true)
        })
    }

    async fn take_refresh_token(&self, refresh_token: &str) -> Result<Option<RefreshTokenRecord>, StorageError> {
        self.change(|change| change.take(REFRESH, refresh_token))
    }

    async fn revoke_token_family(&self, family_id: &str, window: RevocationWindow) -> Result<u64, StorageError> {
        not_empty(family_id)?;
        self.change(|change| {
            change.bar(&family_barrier(family_id), window)?;
            let mut count = 0;
            for kind in [ACCESS, REFRESH] {
                count += change.clear(kind, |about| about.family.as_deref() == Some(family_id))?;
            }
            Ok(count)
        })
    }

    async fn claim_replay_id(&self, id: &str, expires_at: SystemTime) -> Result<bool, StorageError> {
        self.change(|change| {
            if change.get::<()>(USED, id)?.is_some() {
                return Ok(false);
            }
            change.put(USED, id, &(), About { until: Some(expires_at), ..About::default() });
            Ok(true)
        })
    }

    async fn sweep_expired(&self, now: SystemTime) -> Result<u64, StorageError> {
        self.sweep(now)
    }
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
        let done = storage.change(|change| {
            change.put(ACCESS, "token-1", &"what it is good for", About::default());
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
