//! One change of what the authorization server remembers: rows by kind and name, and barriers against late writes.

use std::time::SystemTime;

use oauth_as::authorization::AuthorizationCodeRecord;
use oauth_as::client::{Client, ClientId};
use oauth_as::device::{DeviceGrant, DeviceGrantState, normalize_user_code};
use oauth_as::store::{RevocationWindow, StorageError};
use oauth_as::token::{IssuedToken, RefreshTokenRecord};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::sealed::{About, Kept, key};
use crate::books::Sheet;

/// From when on, and until when, nothing is written any more for a client, a family of tokens, or a subject.
#[derive(Clone, Serialize, Deserialize)]
struct Barrier {
    recorded_at: SystemTime,
    until: SystemTime,
}

// The kinds of rows.
pub(super) const CLIENT: &str = "client";
pub(super) const DEVICE: &str = "device";
pub(super) const USER_CODE: &str = "user-code";
pub(super) const CODE: &str = "code";
pub(super) const PUSHED: &str = "pushed";
pub(super) const ACCESS: &str = "access";
pub(super) const REFRESH: &str = "refresh";
pub(super) const USED: &str = "used";
pub(super) const BARRIER: &str = "barrier";

/// One change, on one sheet.
pub(super) struct Change<'a, 'b> {
    /// The sheet.
    pub sheet: &'a mut Sheet<'b>,
    /// Keeps the rows of several servers apart.
    pub server: &'static str,
}

impl Change<'_, '_> {
    /// A row, as it is on the sheet.
    pub fn get<T: DeserializeOwned>(&self, kind: &str, name: &str) -> Result<Option<T>, StorageError> {
        self.sheet.get::<Kept>(&key(self.server, kind, name))?.map(|kept| kept.open(name)).transpose()
    }

    /// Writes a row.
    pub fn put<T: Serialize>(&mut self, kind: &str, name: &str, row: &T, about: About) {
        self.sheet.put(&Kept::new(key(self.server, kind, name), name, row, about));
    }

    /// Strikes a row out, and gives what it was.
    pub fn take<T: DeserializeOwned>(&mut self, kind: &str, name: &str) -> Result<Option<T>, StorageError> {
        let row = self.get(kind, name)?;
        self.strike(kind, name);
        Ok(row)
    }

    /// Strikes a row out.
    pub fn strike(&mut self, kind: &str, name: &str) {
        self.sheet.strike::<Kept>(&key(self.server, kind, name));
    }

    /// Strikes out every row of a kind of which this is true, and says how many.
    pub fn clear(&mut self, kind: &str, is_over: impl Fn(&About) -> bool) -> Result<u64, StorageError> {
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
    pub fn clear_user_codes(&mut self) -> Result<(), StorageError> {
        let devices: Vec<String> =
            self.sheet.list::<Kept>(&format!("{}/{DEVICE}/", self.server))?.into_iter().map(|kept| kept.key).collect();
        self.clear(USER_CODE, |about| about.family.as_ref().is_none_or(|device| !devices.contains(device)))?;
        Ok(())
    }

    /// Writes a device grant with its user code; of two grants one has the code.
    pub fn put_device(&mut self, grant: &DeviceGrant) -> Result<(), StorageError> {
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

    /// Writes an authorization code.
    pub fn put_code(&mut self, record: &AuthorizationCodeRecord) {
        let about = About {
            client: Some(record.client_id.as_str().to_owned()),
            subject: Some(record.subject.clone()),
            family: None,
            until: Some(record.expires_at),
        };
        self.put(CODE, &record.code, record, about);
    }

    /// Writes an access token.
    pub fn put_access(&mut self, token: &IssuedToken) {
        let about = About {
            client: Some(token.client_id.as_str().to_owned()),
            subject: token.subject.clone(),
            family: token.family_id.as_deref().map(str::to_owned),
            until: Some(token.expires_at),
        };
        self.put(ACCESS, &token.access_token, token, about);
    }

    /// Writes a refresh token.
    pub fn put_refresh(&mut self, record: &RefreshTokenRecord) {
        let about = About {
            client: Some(record.client_id.as_str().to_owned()),
            subject: record.subject.clone(),
            family: Some(record.family_id.clone()),
            until: record.expires_at,
        };
        self.put(REFRESH, &record.refresh_token, record, about);
    }

    /// Lets nothing more be written under this name, which is that of a client, a family of tokens or a subject.
    pub fn bar(&mut self, name: &str, window: RevocationWindow) -> Result<(), StorageError> {
        let mut barrier = Barrier { recorded_at: window.recorded_at, until: window.until };
        if let Some(known) = self.get::<Barrier>(BARRIER, name)? {
            barrier.recorded_at = barrier.recorded_at.max(known.recorded_at);
            barrier.until = barrier.until.max(known.until);
        }
        self.put(BARRIER, name, &barrier, About { until: Some(barrier.until), ..About::default() });
        Ok(())
    }

    /// Whether a grant that was made at `made` has been ended meanwhile. A client that is registered again starts afresh; a
    /// family or a subject that was ended never comes back.
    pub fn is_barred(
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

/// The barrier of a client.
pub(super) fn client_barrier(client: &ClientId) -> String {
    format!("client {}", client.as_str())
}

/// The barrier of a family of tokens.
pub(super) fn family_barrier(family: &str) -> String {
    format!("family {family}")
}

/// The barrier of a subject.
pub(super) fn subject_barrier(subject: &str) -> String {
    format!("subject {subject}")
}
