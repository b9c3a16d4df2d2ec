//! Runs the target that the variable `CAMTOKEN_FUZZ_TARGET` names under libFuzzer.

#![no_main]

mod targets;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("CAMTOKEN_FUZZ_TARGET").unwrap_or_default();
    let target = targets::TARGETS.iter().find(|(known, _)| *known == name);
    target.unwrap_or_else(|| panic!("no target {name:?}")).1
});

fuzz_target!(|data: &[u8]| TARGET(data));
