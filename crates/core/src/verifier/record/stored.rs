//! The stored form of a record: its fields, the version of its layout, the end of its audit chain, its wrapped key.

use alloc::vec::Vec;

use minicbor::{Decode, Encode};

use super::{Credential, GeneratorRecord, Record, TokenRecord};
use crate::verifier::audit::ChainEnd;
use crate::verifier::moving::Moving;
use crate::verifier::origin::Validity;

/// A stored record, and the version of its format.
pub trait Layout: Encode<()> {
    /// 1, unless it says something that a reader of version 1 would lose: such a reader refuses it.
    fn version(&self) -> u8 {
        1
    }
}

/// A record with an audit chain, as stores keep them.
pub trait Stored: Layout + for<'b> Decode<'b, ()> {
    /// The end of its chain.
    fn chain(&mut self) -> &mut ChainEnd;

    /// The wrapped key in it, where it has one. A record that was ended as damaged has none.
    fn wrapped_key(&mut self) -> Option<&mut Vec<u8>>;
}

impl Stored for Record {
    fn chain(&mut self) -> &mut ChainEnd {
        &mut self.chain_end
    }

    /// None for the place of a registration that its token's revocation has overtaken.
    fn wrapped_key(&mut self) -> Option<&mut Vec<u8>> {
        Some(self.credential.key_mut()).filter(|key| !key.is_empty())
    }
}

impl Stored for TokenRecord {
    fn chain(&mut self) -> &mut ChainEnd {
        &mut self.chain_end
    }

    fn wrapped_key(&mut self) -> Option<&mut Vec<u8>> {
        Some(&mut self.device_key).filter(|key| !key.is_empty())
    }
}

impl Stored for GeneratorRecord {
    fn chain(&mut self) -> &mut ChainEnd {
        &mut self.chain_end
    }

    fn wrapped_key(&mut self) -> Option<&mut Vec<u8>> {
        Some(&mut self.key).filter(|key| !key.is_empty())
    }
}

impl Layout for Record {
    fn version(&self) -> u8 {
        match &self.credential {
            Credential::Generator { moving, .. } => version(moving),
            credential if credential.validity() != Validity::default() => 2,
            _ => 1,
        }
    }
}

impl Layout for TokenRecord {
    fn version(&self) -> u8 {
        if self.origin.is_some() { 2 } else { 1 }
    }
}

impl Layout for GeneratorRecord {
    fn version(&self) -> u8 {
        version(&self.moving)
    }
}

/// Readers of version 2 know no cards; a sealed record begins with 3.
fn version(moving: &Moving) -> u8 {
    match moving {
        Moving::Time { .. } | Moving::Event { .. } => 2,
        Moving::Card { .. } => 4,
    }
}
