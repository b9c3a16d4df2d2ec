//! From a maker's container into a verifier's store.

use std::collections::{HashMap, HashSet};

use rand::CryptoRng;
use sha2::{Digest, Sha256};

use super::Container;
use super::pskc::{Algorithm, KeyPackage, NoDeviceKey, PackageName, Taking, UnreadPackage};
use crate::key::{GeneratorId, TokenId};
use crate::store::Store;
use crate::time::Timestamp;
use crate::verifier::{EnrollError, KeyWrapError, NewGenerator, NewToken, Verifier, VerifierError};
use camtoken_core::ErrorCode;

/// The result of importing a container, package by package.
#[derive(Debug, Default)]
pub struct Imported {
    /// The tokens that the store has now.
    pub tokens: Vec<TokenId>,
    /// The generators that the store has now.
    pub generators: Vec<GeneratorId>,
    /// The packages that were skipped, in the order of the file.
    pub skipped: Vec<Skipped>,
}

/// A package that was skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The package.
    pub package: PackageName,
    /// The reason.
    pub why: String,
    /// The same as a code, if the verifier refuses it.
    pub code: Option<ErrorCode>,
    /// One of its values was altered since its maker wrote it, or is under another key. The rest of the file may be right; an
    /// operator should check how the file came here.
    pub unauthentic: bool,
}

/// How a file is imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Packages that name an OCRASuite of a camera token are device keys, and none is a card: the caller knows that the file is not
    /// one of cards.
    pub suites_are_device_keys: bool,
}

/// A package that may be imported.
enum Taken<'a> {
    Token(NewToken<'a>),
    Generator(NewGenerator<'a>),
}

impl Container {
    /// Registers the token of every device key in the container, and every generator, many with one sync. A device that is refused
    /// does not keep the others out. A second import changes only dates that the file has otherwise. Devices that share a key are
    /// all skipped: one could answer for the other.
    ///
    /// A device that is reported as imported is durable. After an error some may be imported; repeat it.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when nothing was decided. A device whose record cannot be read, or whose key does not open, is one of
    /// [`Imported::skipped`].
    pub async fn register<S: Store>(
        &self,
        verifier: &Verifier<S>,
        options: ImportOptions,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Imported, VerifierError> {
        let taking = Taking { digits: verifier.policy().suite.digits(), suites_too: options.suites_are_device_keys };
        let mut imported = Imported::default();
        let (mut tokens, mut generators, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for (name, taken, is_shared) in self.fit(taking, now, &mut imported) {
            match taken {
                taken if is_shared => refused.push((name, taken.unfit())),
                Taken::Token(token) => tokens.push(((name, token.id.clone()), token)),
                Taken::Generator(generator) => generators.push(((name, generator.id.clone()), generator)),
            }
        }
        let (names, tokens): (Vec<_>, Vec<_>) = tokens.into_iter().unzip();
        for ((name, token), told) in names.into_iter().zip(verifier.register_all(tokens, now, rng).await) {
            match decided(told)? {
                None => imported.tokens.push(token),
                Some(error) => refused.push((name, error)),
            }
        }
        let (names, generators): (Vec<_>, Vec<_>) = generators.into_iter().unzip();
        for ((name, id), told) in names.into_iter().zip(verifier.register_generators(generators, now, rng).await) {
            match decided(told)? {
                None => imported.generators.push(id),
                Some(error) => refused.push((name, error)),
            }
        }
        refused.sort_by_key(|(name, _)| name.number);
        imported.skipped.extend(refused.into_iter().map(|(package, error)| Skipped {
            package,
            why: error.to_string(),
            // A new device whose dates have passed is none to be taken, as one that may not be used otherwise.
            code: Some(error.code()).filter(|code| *code != ErrorCode::KeyValidity),
            unauthentic: false,
        }));
        imported.skipped.extend(self.unread.iter().map(|UnreadPackage { package, error }| Skipped {
            package: package.clone(),
            why: error.to_string(),
            code: None,
            unauthentic: error.is_unauthentic(),
        }));
        imported.skipped.sort_by_key(|skipped| skipped.package.number);
        Ok(imported)
    }

    /// The packages that may be imported, each device once, and whether another device has the same key.
    fn fit(&self, taking: Taking, now: Timestamp, imported: &mut Imported) -> Vec<(PackageName, Taken<'_>, bool)> {
        let (mut fit, mut firsts, mut holders) = (Vec::new(), HashMap::new(), HashMap::<_, HashSet<_>>::new());
        for (name, package) in self.named() {
            let taken = match Taken::of(package, taking, now) {
                Ok(taken) => taken,
                Err(why) => {
                    imported.skip(name, why.to_string());
                    continue;
                }
            };
            let (id, digest) = (taken.id().to_owned(), taken.digest());
            holders.entry(digest).or_default().insert(id.clone());
            match *firsts.entry((id, digest)).or_insert(name.number) {
                first if first == name.number => fit.push((name, taken, digest)),
                first => imported.skip(name, format!("the same device and key as in package {first}")),
            }
        }
        fit.into_iter().map(|(name, taken, digest)| (name, taken, holders[&digest].len() > 1)).collect()
    }
}

impl Imported {
    /// Whether nothing of the file was imported.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.generators.is_empty()
    }

    /// Whether a value of the file was altered on its way, or is under another key or none.
    #[must_use]
    pub fn is_altered(&self) -> bool {
        self.skipped.iter().any(|skipped| skipped.unauthentic)
    }

    /// Why the verifier refuses the first device that it refuses: the code for a file of which nothing was imported.
    #[must_use]
    pub fn refusal(&self) -> Option<ErrorCode> {
        self.skipped.iter().find_map(|skipped| skipped.code)
    }

    fn skip(&mut self, package: PackageName, why: String) {
        self.skipped.push(Skipped { package, why, code: None, unauthentic: false });
    }
}

impl<'a> Taken<'a> {
    fn of(package: &'a KeyPackage, taking: Taking, now: Timestamp) -> Result<Self, NoDeviceKey> {
        let origin = package.origin()?;
        // Dates that have passed are the verifier's to judge: a maker calls a token back by them.
        let at = origin.validity().nearest(now);
        Ok(match package.algorithm {
            Some(Algorithm::Hotp | Algorithm::Totp) => {
                let (id, secret, moving) = package.generator_used_at(at, now)?;
                Self::Generator(NewGenerator { id, secret, moving, origin })
            }
            _ => match package.device_key(taking, at) {
                Ok((id, device_key)) => Self::Token(NewToken { id, device_key, test: false, origin: Some(origin) }),
                Err(NoDeviceKey::Card | NoDeviceKey::Suite) if !taking.suites_too => {
                    let (id, secret, moving) = package.card(at)?;
                    Self::Generator(NewGenerator { id, secret, moving, origin })
                }
                Err(why) => return Err(why),
            },
        })
    }

    fn id(&self) -> &str {
        match self {
            Self::Token(token) => token.id.as_str(),
            Self::Generator(generator) => generator.id.as_str(),
        }
    }

    fn digest(&self) -> [u8; 32] {
        let key = match self {
            Self::Token(token) => token.device_key,
            Self::Generator(generator) => generator.secret,
        };
        Sha256::digest(key.expose_bytes()).into()
    }

    /// The reason to skip it when another device has its key.
    fn unfit(&self) -> EnrollError {
        match self {
            Self::Token(token) => EnrollError::UnfitDeviceKey(token.id.clone()),
            Self::Generator(generator) => EnrollError::UnfitSecret(generator.id.clone()),
        }
    }
}

/// Why one of them is skipped, if it is; an error if the same may be true of all.
fn decided(registered: Result<(), EnrollError>) -> Result<Option<EnrollError>, VerifierError> {
    match registered {
        Ok(()) => Ok(None),
        Err(EnrollError::Verifier(error)) if !is_of_one_record(&error) => Err(error),
        Err(refused) => Ok(Some(refused)),
    }
}

fn is_of_one_record(error: &VerifierError) -> bool {
    use KeyWrapError::{Damaged, KeyEncryptionKey};
    matches!(error, VerifierError::Record(_) | VerifierError::KeyWrapper(KeyEncryptionKey | Damaged))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{GeneratorId, Key};
    use crate::oath::Digits;
    use crate::provision::pskc::DeviceInfo;
    use crate::seeded::Seeded;
    use crate::store::{Change, MemoryStore, RecordId, Replaced, Revision, block_on};
    use crate::verifier::{LocalKeyWrapper, Moving, NewGenerator, Origin, Policy};

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

    fn names(imported: &Imported) -> Vec<&str> {
        imported.skipped.iter().filter_map(|skipped| skipped.package.known()).collect()
    }

    /// An import once stopped for good at the first of these, and said nothing of those before it.
    #[test]
    fn a_token_that_is_revoked_or_has_another_key_keeps_no_other_out() {
        let rng = &mut Seeded::new("import");
        let vault = Box::new(LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes"));
        let verifier = Verifier::new(MemoryStore::new(), vault, Policy::default(), "Bank", rng).expect("set up");
        let id = |text: &str| text.parse::<TokenId>().expect("a token ID");
        let register = |container: Container, rng: &mut _| {
            block_on(container.register(&verifier, ImportOptions::default(), NOW, rng))
        };
        register(container(&["FEX0000002"]), rng).expect("a new token");
        block_on(verifier.revoke_token(&id("FEX0000002"), NOW)).expect("it is in the books");
        block_on(verifier.register(&id("FEX0000003"), &Key::new((8..40).collect()), false, NOW, rng))
            .expect("a new token");

        for _ in 0..2 {
            let all = container(&["FEX0000001", "FEX0000002", "FEX0000003", "no token", "FEX0000004"]);
            let imported = register(all, rng).expect("two are taken");
            assert_eq!(imported.tokens, [id("FEX0000001"), id("FEX0000004")]);
            assert_eq!(names(&imported), ["FEX0000002", "FEX0000003", "no token"]);
            assert_eq!(imported.skipped[0].why, "token FEX0000002 is revoked");
            let numbers: Vec<_> = imported.skipped.iter().map(|skipped| skipped.package.number).collect();
            assert_eq!(numbers, [2, 3, 4]);
        }
        let none = register(container(&["no token", "FEX0000002"]), rng).expect("decided");
        assert!(none.is_empty(), "{none:?}");
        assert_eq!((none.refusal(), names(&none)), (Some(ErrorCode::TokenRevoked), vec!["no token", "FEX0000002"]));
        let none = register(container(&["no token"]), rng).expect("nothing was tried");
        assert_eq!((none.is_empty(), none.refusal()), (true, None));
    }

    /// A record that could not be read once hid the report, and no generator of the file was ever registered.
    #[test]
    fn a_record_that_cannot_be_read_keeps_no_other_device_out() {
        let rng = &mut Seeded::new("damaged");
        let store = MemoryStore::new();
        for (serial, record) in [("FEX0000001", &[1, 0xff][..]), ("FEX0000002", &[99])] {
            let id = RecordId::Token(serial.parse().expect("a token ID"));
            let change = Change { record: record.to_vec(), audit: None };
            let replaced = block_on(store.replace(&id, Revision::ABSENT, change)).expect("memory");
            assert!(matches!(replaced, Replaced::Yes(_)), "{replaced:?}");
        }
        let vault = Box::new(LocalKeyWrapper::new(&[Key::new((9..41).collect())]).expect("a key of 32 bytes"));
        let verifier = Verifier::new(store, vault, Policy::default(), "Bank", rng).expect("set up");
        let mut all = container(&["FEX0000001", "FEX0000002", "FEX0000003"]);
        let mut generator = package("2308701234567", key_of("generator"));
        generator.algorithm = Some(Algorithm::Hotp);
        all.packages.push(generator);
        let imported = block_on(all.register(&verifier, ImportOptions::default(), NOW, rng)).expect("two are taken");
        assert_eq!(imported.tokens, ["FEX0000003".parse().expect("a token ID")]);
        assert_eq!(imported.generators.len(), 1);
        assert_eq!(names(&imported), ["FEX0000001", "FEX0000002"]);
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
        let imported = block_on(all.register(&verifier, ImportOptions::default(), NOW, rng)).expect("one is taken");
        assert_eq!(imported.tokens, ["FEX0000006".parse().expect("a token ID")]);
        assert_eq!(names(&imported), ["FEX0000005", "FEX0000007", "FEX0000008"]);
        for (name, key, test) in [
            ("FEX0000009", vec![0xff; 32], true),
            ("FEX0000010", vec![0xff; 32], false),
            ("FEX0000011", (0..15).collect(), false),
            ("FEX0000012", Vec::new(), true),
        ] {
            let id = name.parse().expect("a token ID");
            let unfit = block_on(verifier.register(&id, &Key::new(key), test, NOW, rng));
            assert!(matches!(unfit, Err(EnrollError::UnfitDeviceKey(_))), "{unfit:?}");
        }
        let least = Key::new((0..16).collect());
        block_on(verifier.register(&"FEX0000013".parse().expect("an ID"), &least, false, NOW, rng)).expect("128 bits");
        let id: GeneratorId = "HOTP15".parse().expect("an ID");
        let (moving, secret) = (Moving::event(Digits::SIX, 0), Key::new((0..15).collect()));
        let new = NewGenerator { id, secret: &secret, moving, origin: Origin::default() };
        let told = block_on(verifier.register_generators(vec![new], NOW, rng));
        assert!(matches!(told[..], [Err(EnrollError::UnfitSecret(_))]), "{told:?}");
    }
}
