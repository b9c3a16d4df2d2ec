//! Looks which of the system's libraries are there; those that are not are left out, and the table says so.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(ipsec_mb, liboath)");
    println!("cargo::rerun-if-changed=shim");
    let found = cc::Build::new().file("shim/ipsec.c").opt_level(3).cargo_warnings(false).try_compile("ipsec_shim");
    if found.is_ok() {
        println!("cargo::rustc-link-lib=IPSec_MB");
        println!("cargo::rustc-cfg=ipsec_mb");
    } else {
        println!("cargo::warning=ipsec-mb is left out (Debian: libipsec-mb-dev)");
    }
    let found = cc::Build::new().file("shim/oath.c").cargo_warnings(false).try_compile("oath_shim");
    if found.is_ok() {
        println!("cargo::rustc-link-lib=oath");
        println!("cargo::rustc-cfg=liboath");
    } else {
        println!("cargo::warning=liboath is left out (Debian: liboath-dev)");
    }
}
