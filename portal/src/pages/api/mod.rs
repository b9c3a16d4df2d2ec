//! What providers ask with a token: accounts, balances, statements, and transfers that wait for their customer.
//!
//! `table` has every route with its description, from which the router and `/api/openapi.json` are made. `caller` is who asks,
//! `handlers` answer with `documents`, `problem` is why there is no answer.

mod caller;
mod documents;
mod handlers;
mod openapi;
mod problem;
mod table;

pub(super) use table::routes;
