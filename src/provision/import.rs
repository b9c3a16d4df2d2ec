//! From a maker's container into a verifier's books.

use rand::CryptoRng;

use super::Container;
use crate::key::TokenId;
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
    /// doing it again changes nothing.
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
        for package in &self.packages {
            let why = match package.device_key(now) {
                Err(why) => why.to_string(),
                Ok((token, key)) => match verifier.register(&token, key, false, now, rng).await {
                    Ok(()) => {
                        imported.tokens.push(token);
                        continue;
                    }
                    Err(error @ (EnrollError::TokenRevoked(_) | EnrollError::TokenExists(_))) => {
                        let why = error.to_string();
                        refused.get_or_insert(error);
                        why
                    }
                    Err(error) => return Err(error),
                },
            };
            imported.skipped.push((package.name().to_owned(), why));
        }
        match refused {
            Some(error) if imported.tokens.is_empty() => Err(error),
            _ => Ok(imported),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::Key;
    use crate::provision::pskc::{Algorithm, DeviceInfo, KeyPackage};
    use crate::seeded::Seeded;
    use crate::store::{MemoryStore, block_on};
    use crate::verifier::{LocalKeyWrapper, Policy};

    const NOW: Timestamp = Timestamp::from_unix(1_795_230_000);

    fn container(serials: &[&str]) -> Container {
        let package = |serial: &&str| {
            let mut package = KeyPackage::new(*serial, Algorithm::Ocra, Key::new(vec![7; 32]));
            package.device = DeviceInfo { serial: Some((*serial).to_owned()), ..DeviceInfo::default() };
            package
        };
        Container { packages: serials.iter().map(package).collect(), ..Container::default() }
    }

    /// An import once stopped for good at the first of these, and said nothing of those before it.
    #[test]
    fn a_token_that_is_revoked_or_has_another_key_keeps_no_other_out() {
        let rng = &mut Seeded::new("import");
        let vault = Box::new(LocalKeyWrapper::new(&[Key::new(vec![9; 32])]).expect("a key of 32 bytes"));
        let verifier = Verifier::new(MemoryStore::new(), vault, Policy::default(), "Bank", rng).expect("set up");
        let id = |text: &str| text.parse::<TokenId>().expect("a token ID");
        let register = |container: Container, rng: &mut _| block_on(container.register(&verifier, NOW, rng));
        register(container(&["FEX0000002"]), rng).expect("a new token");
        block_on(verifier.revoke_token(&id("FEX0000002"), NOW)).expect("it is in the books");
        block_on(verifier.register(&id("FEX0000003"), &Key::new(vec![8; 32]), false, NOW, rng)).expect("a new token");

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
}
