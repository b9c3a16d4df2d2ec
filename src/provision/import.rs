//! From a maker's container into a verifier's books.

use std::collections::HashMap;

use rand::CryptoRng;
use sha2::{Digest, Sha256};

use super::Container;
use crate::key::{Key, TokenId};
use crate::store::Store;
use crate::time::Timestamp;
use crate::verifier::{EnrollError, Verifier};

/// What became of the packages of a container.
#[derive(Debug, Default)]
pub struct Imported {
    /// The tokens that the books have now.
    pub tokens: Vec<TokenId>,
    /// The packages that were left alone: the name of each, and why.
    pub skipped: Vec<(String, String)>,
}

impl Container {
    /// Registers the token of every device key in the container. One that the books do not take keeps no other out of them;
    /// doing it again changes nothing. Tokens that share a device key are all left alone: one could answer for the other.
    ///
    /// # Errors
    ///
    /// [`EnrollError`] when nothing was decided, or when there are device keys and the books take none of them: why not the
    /// first.
    pub async fn register<S: Store>(
        &self,
        verifier: &Verifier<S>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Imported, EnrollError> {
        let (mut imported, mut refused) = (Imported::default(), None);
        let mut uses = HashMap::new();
        for (_, key) in self.packages.iter().filter_map(|package| package.device_key(now).ok()) {
            *uses.entry(digest(key)).or_insert(0) += 1;
        }
        for package in &self.packages {
            let why = match package.device_key(now) {
                Err(why) => why.to_string(),
                Ok((token, key)) => {
                    let is_shared = uses.get(&digest(key)).is_some_and(|count| *count > 1);
                    let registered = match is_shared {
                        true => Err(EnrollError::UnfitDeviceKey(token.clone())),
                        false => verifier.register(&token, key, false, now, rng).await,
                    };
                    match registered {
                        Ok(()) => {
                            imported.tokens.push(token);
                            continue;
                        }
                        Err(
                            error @ (EnrollError::TokenRevoked(_)
                            | EnrollError::TokenExists(_)
                            | EnrollError::UnfitDeviceKey(_)),
                        ) => {
                            let why = error.to_string();
                            refused.get_or_insert(error);
                            why
                        }
                        Err(error) => return Err(error),
                    }
                }
            };
            imported.skipped.push((package.name().to_owned(), why));
        }
        match refused {
            Some(error) if imported.tokens.is_empty() => Err(error),
            _ => Ok(imported),
        }
    }
}

fn digest(key: &Key) -> [u8; 32] {
    Sha256::digest(key.expose_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provision::pskc::{Algorithm, DeviceInfo, KeyPackage};
    use crate::seeded::Seeded;
    use crate::store::{MemoryStore, block_on};
    use crate::verifier::{LocalKeyWrapper, Policy};

    const NOW: Timestamp = Timestamp::from_unix(1_795_230_000);

    fn package(serial: &str, key: Key) -> KeyPackage {
        let mut package = KeyPackage::new(serial, Algorithm::Ocra, key);
        package.device = DeviceInfo { serial: Some(serial.to_owned()), ..DeviceInfo::default() };
        package
    }

    fn key_of(serial: &str) -> Key {
        Key::new(Sha256::digest(serial.as_bytes()).to_vec())
    }

    fn container(serials: &[&str]) -> Container {
        let packages = serials.iter().map(|serial| package(serial, key_of(serial)));
        Container { packages: packages.collect(), ..Container::default() }
    }

    /// An import once stopped for good at the first of these, and said nothing of those before it.
    #[test]
    fn a_token_that_is_revoked_or_has_another_key_keeps_no_other_out() {
        let rng = &mut Seeded::new("import");
        let vault = Box::new(LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes"));
        let verifier = Verifier::new(MemoryStore::new(), vault, Policy::default(), "Bank", rng).expect("set up");
        let id = |text: &str| text.parse::<TokenId>().expect("a token ID");
        let register = |container: Container, rng: &mut _| block_on(container.register(&verifier, NOW, rng));
        register(container(&["FEX0000002"]), rng).expect("a new token");
        block_on(verifier.revoke_token(&id("FEX0000002"), NOW)).expect("it is in the books");
        block_on(verifier.register(&id("FEX0000003"), &Key::new((8..40).collect()), false, NOW, rng))
            .expect("a new token");

        for _ in 0..2 {
            let all = container(&["FEX0000001", "FEX0000002", "FEX0000003", "no token", "FEX0000004"]);
            let imported = register(all, rng).expect("two are taken");
            assert_eq!(imported.tokens, [id("FEX0000001"), id("FEX0000004")]);
            let names: Vec<_> = imported.skipped.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["FEX0000002", "FEX0000003", "no token"]);
            assert_eq!(imported.skipped[0].1, "token FEX0000002 is revoked");
        }
        let none = register(container(&["no token", "FEX0000002"]), rng);
        assert!(matches!(none, Err(EnrollError::TokenRevoked(_))), "{none:?}");
        assert!(register(container(&["no token"]), rng).expect("nothing was tried").tokens.is_empty());
    }

    #[test]
    fn a_key_of_two_tokens_and_a_key_of_zeros_are_left_alone() {
        let rng = &mut Seeded::new("shared");
        let vault = Box::new(LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes"));
        let policy = Policy { accept_test_keys: true, ..Policy::default() };
        let verifier = Verifier::new(MemoryStore::new(), vault, policy, "Bank", rng).expect("set up");
        let mut all = container(&["FEX0000005", "FEX0000006"]);
        all.packages.push(package("FEX0000007", key_of("FEX0000005")));
        all.packages.push(package("FEX0000008", Key::new(vec![0; 32])));
        let imported = block_on(all.register(&verifier, NOW, rng)).expect("one is taken");
        assert_eq!(imported.tokens, ["FEX0000006".parse().expect("a token ID")]);
        let names: Vec<_> = imported.skipped.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["FEX0000005", "FEX0000007", "FEX0000008"]);
        for (name, test) in [("FEX0000009", true), ("FEX0000010", false)] {
            let id = name.parse().expect("a token ID");
            let uniform = block_on(verifier.register(&id, &Key::new(vec![0xff; 32]), test, NOW, rng));
            assert!(matches!(uniform, Err(EnrollError::UnfitDeviceKey(_))), "{uniform:?}");
        }
    }
}
