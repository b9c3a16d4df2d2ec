//! How long does a maker's delivery take, from its file to the disk?
//!
//! Ten thousand packages are read and stored in the embedded store, in clear and under a pre-shared key, next to as many tokens that are
//! registered one after the other, each with a sync of its own. Run it on the disk that matters: `TMPDIR` says where.

use std::env;
use std::time::{Duration, Instant};

use camtoken::key::TokenId;
use camtoken::provision::pskc::Algorithm;
use camtoken::provision::{Container, ImportOptions, KeyPackage, Protection};
use camtoken::store::{EmbeddedStore, block_on};
use camtoken::verifier::{LocalKeyWrapper, Policy};
use camtoken::{Key, Timestamp, Verifier};
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;

const NOW: Timestamp = Timestamp::from_unix(1_795_230_000);

fn main() {
    // `cargo test --benches` wants to know whether it runs, not how fast.
    let (packages, singly, rounds) =
        if env::args().any(|arg| arg == "--test") { (20_u32, 5_u32, 1) } else { (10_000, 500, 5) };
    let shared = Protection::PreSharedKey { key: Key::new((0..16).collect()), name: None, mac_key: None };
    println!("{:<40}{:>12}{:>22}{:>8}", "median of five deliveries", "time", "singly, of its size", "ratio");
    for (name, protection) in [("in clear", Protection::None), ("under a pre-shared key", shared)] {
        let xml = delivery(packages, &protection);
        let mut taken: Vec<_> = (0..rounds).map(|_| import(&xml, &protection, packages)).collect();
        let mut single: Vec<_> = (0..rounds).map(|_| one_by_one(singly)).collect();
        let (took, single) = (median(&mut taken), median(&mut single) * packages / singly);
        let ratio = single.as_secs_f64() / took.as_secs_f64();
        println!("{:<40}{took:>12.2?}{single:>22.2?}{ratio:>8.1}", format!("{packages} packages {name}"));
    }
}

/// The file: a device key for each token.
fn delivery(packages: u32, protection: &Protection) -> String {
    let packages = (0..packages).map(|number| {
        let serial = format!("FEX{number:07}");
        let mut package = KeyPackage::new(&serial, Algorithm::Ocra, Key::generate(&mut rng()));
        package.device.serial = Some(serial);
        package
    });
    let container = Container { packages: packages.collect(), ..Container::default() };
    container.write(protection, &mut rng()).expect("every package has an ID and a key")
}

/// From the bytes of the file until all of them are durable, in a new store.
fn import(xml: &str, protection: &Protection, packages: u32) -> Duration {
    in_a_new_store(|verifier| {
        let container = Container::read(xml, protection).expect("just written");
        let imported = block_on(container.register(verifier, ImportOptions::default(), NOW, &mut rng()));
        assert_eq!(imported.expect("a new store").tokens.len(), packages as usize);
    })
}

fn one_by_one(tokens: u32) -> Duration {
    in_a_new_store(|verifier| {
        for number in 0..tokens {
            let token: TokenId = format!("FEX{number:07}").parse().expect("a token ID");
            block_on(verifier.register(&token, &Key::generate(&mut rng()), false, NOW, &mut rng()))
                .expect("a new token");
        }
    })
}

fn in_a_new_store(work: impl FnOnce(&Verifier<EmbeddedStore>)) -> Duration {
    let dir = tempfile::tempdir().expect("there is room for temporary files");
    let store = EmbeddedStore::open(dir.path().join("store"), Duration::ZERO).expect("nobody else has it");
    let wrapper = Box::new(LocalKeyWrapper::new(&[Key::generate(&mut rng())]).expect("a key of 32 bytes"));
    let verifier = Verifier::new(store, wrapper, Policy::default(), "Bank", &mut rng()).expect("set up");
    let start = Instant::now();
    work(&verifier);
    start.elapsed()
}

fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
