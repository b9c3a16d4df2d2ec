//! The device of a package, and the forms of its challenges and responses.

use super::{NoDeviceKey, ValueFormat};
use crate::oath::ocra::Suite;
use crate::time::Timestamp;

/// The device (`DeviceInfo`). Manufacturer and serial number together name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The maker.
    pub manufacturer: Option<String>,
    /// The serial number that is printed on it.
    pub serial: Option<String>,
    /// The maker's name of the model.
    pub model: Option<String>,
    /// Distinguishes devices of one serial number.
    pub issue_no: Option<String>,
    /// The binding of the key, such as to a telephone number.
    pub device_binding: Option<String>,
    /// When the device may be used first.
    pub start_date: Option<Timestamp>,
    /// When the device may be used last.
    pub expiry_date: Option<Timestamp>,
    /// The owner of the device, as a distinguished name.
    pub user_id: Option<String>,
}

/// The challenges that a device accepts (`ChallengeFormat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChallengeFormat {
    /// Its characters.
    pub encoding: ValueFormat,
    /// The fewest characters.
    pub min: u32,
    /// The most characters.
    pub max: u32,
    /// Whether the device checks a Luhn digit at the end.
    pub check_digits: bool,
}

impl ChallengeFormat {
    /// How many decimal digits a question has that people type: 8, if the card takes them.
    pub(super) fn typed_len(self, suite: &Suite) -> Result<u8, NoDeviceKey> {
        let takes_digits = !matches!(self.encoding, ValueFormat::Base64 | ValueFormat::Binary);
        let most = self.max.min(suite.question().max_len().into());
        let len = u8::try_from(self.min.max(8).min(most)).ok().filter(|_| takes_digits && !self.check_digits);
        len.ok_or(NoDeviceKey::ChallengeFormat)
    }
}

/// The responses that a device gives (`ResponseFormat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseFormat {
    /// Its characters.
    pub encoding: ValueFormat,
    /// How many characters.
    pub length: u32,
    /// Whether the device appends a Luhn digit.
    pub check_digits: bool,
}

impl ResponseFormat {
    /// So many decimal digits.
    #[must_use]
    pub fn decimal(digits: u8) -> Self {
        Self { encoding: ValueFormat::Decimal, length: digits.into(), check_digits: false }
    }
}
