//! Members as hosts of their own, in network namespaces, and links that break: in both directions, in one, between two of three,
//! for a moment, and with a leader that is stopped behind it. Needs root.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use camtoken_etcd::EtcdStore;

use crate::chaos::{Dice, options, span, under};
use crate::cluster::{Cluster, is_installed};

/// Three hosts on a bridge that has the address of the test. They go with the value.
struct Hosts {
    prefix: String,
}

const ADDRESS: &str = "10.203.77";

impl Hosts {
    /// None, with a word, where this process may not make them.
    fn make() -> Option<Self> {
        let this = Self { prefix: "camtoken-host".to_owned() };
        if Command::new("ip").args(["netns", "list"]).output().is_err() {
            println!("skipped: no `ip` (Debian: iproute2)");
            return None;
        }
        if let Err(reason) = ip("link add ctbridge type bridge") {
            println!("skipped: no network namespaces here (root is needed, and no other run of this test): {reason}");
            // What another run has made is its own.
            std::mem::forget(this);
            return None;
        }
        must(&format!("addr add {ADDRESS}.254/24 dev ctbridge"));
        must("link set ctbridge up");
        for host in 1..=3 {
            let space = this.space(host);
            must(&format!("netns add {space}"));
            must(&format!("link add cthost{host} type veth peer name eth0 netns {space}"));
            must(&format!("link set cthost{host} master ctbridge up"));
            must(&format!("-n {space} addr add {ADDRESS}.{host}/24 dev eth0"));
            must(&format!("-n {space} link set lo up"));
            must(&format!("-n {space} link set eth0 up"));
        }
        Some(this)
    }

    fn space(&self, host: u64) -> String {
        format!("{}{host}", self.prefix)
    }

    /// Nothing that `from` sends gets to `to` any more, and neither of them is notified.
    fn cut(&self, from: u64, to: u64) {
        let space = self.space(from);
        // An address of hardware that does not exist.
        must(&format!("-n {space} neigh replace {ADDRESS}.{to} lladdr 02:00:00:00:00:ee nud permanent dev eth0"));
    }

    fn heal(&self) {
        for (from, to) in (1..=3).flat_map(|from| [1, 2, 3, 254].map(|to| (from, to))) {
            let _ = ip(&format!("-n {} neigh del {ADDRESS}.{to} dev eth0", self.space(from)));
        }
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        let _ = ip("link del ctbridge");
        for host in 1..=3 {
            let _ = (ip(&format!("link del cthost{host}")), ip(&format!("netns del {}", self.space(host))));
        }
    }
}

fn ip(args: &str) -> Result<(), String> {
    let output = Command::new("ip").args(args.split(' ')).output().map_err(|error| error.to_string())?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()) }
}

fn must(args: &str) {
    ip(args).unwrap_or_else(|error| panic!("ip {args}: {error}"));
}

#[test]
fn links_that_break_lose_and_repeat_nothing() {
    if !is_installed() {
        return;
    }
    let Some(hosts) = Hosts::make() else { return };
    let cluster = Cluster::within(&hosts.prefix);
    let start = Instant::now();
    let url = cluster.empty();
    while EtcdStore::migrate(&url, &options()).is_err() {
        assert!(start.elapsed() < Duration::from_secs(60), "the members find each other");
        thread::sleep(Duration::from_millis(200));
    }
    let stores = [(); 2].map(|()| EtcdStore::connect(&url, options()).expect("a sound cluster"));
    let (mut dice, mut counts) = (Dice::new(), [0; 6]);
    let start = Instant::now();
    let history = under([&stores[0], &stores[1]], "etcd-network", || {
        while start.elapsed() < span() {
            thread::sleep(Duration::from_millis(300 + dice.below(700)));
            let one = 1 + dice.below(3);
            let (other, third) = (one % 3 + 1, (one + 1) % 3 + 1);
            let how = dice.below(6) as usize;
            counts[how] += 1;
            match how {
                // One against two, and its clients stay with it.
                0 => {
                    [(one, other), (other, one), (one, third), (third, one)].iter().for_each(|(a, b)| hosts.cut(*a, *b))
                }
                // Two do not hear each other, and the third hears both.
                1 => [(one, other), (other, one)].iter().for_each(|(a, b)| hosts.cut(*a, *b)),
                // It hears and is not heard.
                2 => [(one, other), (one, third)].iter().for_each(|(a, b)| hosts.cut(*a, *b)),
                // Its answers to clients get lost.
                3 => hosts.cut(one, 254),
                // Loss: a link that comes and goes.
                4 => {
                    for _ in 0..8 {
                        hosts.cut(one, other);
                        thread::sleep(Duration::from_millis(20 + dice.below(80)));
                        hosts.heal();
                        thread::sleep(Duration::from_millis(20 + dice.below(80)));
                    }
                }
                // The old leader comes back from a stop, still cut off.
                _ => {
                    cluster.pause(one as u16);
                    hosts.cut(one, other);
                    thread::sleep(Duration::from_millis(1500 + dice.below(2000)));
                    cluster.resume(one as u16);
                }
            }
            thread::sleep(Duration::from_millis(500 + dice.below(3000)));
            hosts.heal();
        }
        hosts.heal();
        thread::sleep(Duration::from_secs(4));
    })
    .unwrap_or_else(|complaints| panic!("{complaints}"));
    let (all, stored) = history.counts();
    println!(
        "{} full, {} half and {} one-way partitions, {} without answers, {} of loss, {} stopped; {all} operations, {stored} changes",
        counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]
    );
    assert!(stored > 100, "{stored}");
}
