//! What is written by hand with locks and wakers, under many orders of its threads: the embedded store's commit queue, `block_on`
//! and the queue of stores behind a connection. The files of the product are built a second time here, with the locks and threads of
//! shuttle, which runs one thread at a time and chooses at each lock which one goes on. No thread waits for ever in any order: one
//! that does is found, and its order is printed and can be replayed.
//!
//! `CAMTOKEN_TEST_ORDERS` says how many orders are tried; `scripts/faults` tries many.

#![allow(unexpected_cfgs, reason = "a file of the library asks for a feature of the library")]

#[path = "interleavings/remote.rs"]
mod remote;
#[path = "interleavings/store.rs"]
mod store;

use std::panic::{AssertUnwindSafe, catch_unwind};

use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::{Config, FailurePersistence, Runner};

/// How many orders are tried by default, by each of the two schedulers.
const ORDERS: usize = 1_000;

/// How often a thread is overtaken where it hurts most, at most (Burckhardt et al., A Randomized Scheduler with Probabilistic
/// Guarantees of Finding Bugs, 2010).
const DEPTH: usize = 3;

fn orders() -> usize {
    std::env::var("CAMTOKEN_TEST_ORDERS").ok().and_then(|orders| orders.parse().ok()).unwrap_or(ORDERS)
}

/// Runs a test under many orders of its threads: random ones, and those of few overtakings.
fn in_many_orders(test: impl Fn() + Send + Sync + Copy + 'static) {
    let config = || {
        let mut config = Config::new();
        config.failure_persistence = FailurePersistence::Print;
        config
    };
    Runner::new(RandomScheduler::new(orders()), config()).run(test);
    Runner::new(PctScheduler::new(DEPTH, orders()), config()).run(test);
}

/// A test with a fault that was put in must fail in some order.
fn fails_in_some_order(test: impl Fn() + Send + Sync + Copy + 'static) {
    let failed = catch_unwind(AssertUnwindSafe(|| in_many_orders(test))).expect_err("the fault was not found");
    let said = failed.downcast_ref::<String>().map_or("", String::as_str);
    assert!(said.contains("deadlock"), "{said}");
}
