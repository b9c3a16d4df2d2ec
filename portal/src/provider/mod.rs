//! The site of an invented external service, to see a linkage from the other side: ちょうぼ会計, a bookkeeping service, and its
//! smaller sister for expenses. A second server on a port of its own; it knows the bank as any provider does.

pub mod client;
mod office;
mod pages;
mod services;
mod site;

pub use office::Office;
pub use services::{is_ours, register};
