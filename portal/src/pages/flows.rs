//! Flows: users in the middle of linking an external service, and the authorization servers that they come from.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use camtoken::Timestamp;

use super::session::Who;
use crate::bank::{Bank, BankError};
use crate::domain::linkage::{Menu, Proof, Provider, Standard};
use crate::linkage::grants::{Asked, Grants};

/// The site's state for linkages: the authorization servers, and the users in the middle of linking.
pub struct Linkages {
    /// The server of each standard.
    pub servers: HashMap<Standard, Arc<dyn Grants>>,
    flows: Mutex<HashMap<String, Flow>>,
}

/// A user in the middle of linking.
#[derive(Clone)]
pub(super) struct Flow {
    pub id: String,
    /// The session that it belongs to, as a hash of its name.
    pub owner: [u8; 32],
    pub begun: Timestamp,
    pub standard: Standard,
    pub asked: Asked,
    pub provider: Provider,
    /// The person who has proved to be the customer, and how.
    pub who: Option<(Who, Proof)>,
    /// The order that the token signs.
    pub order: Option<String>,
    /// The ticket to continue the flow under TLS, once, to show a certificate there.
    pub ticket: Option<String>,
    /// Whether all the required proof was given.
    pub proved: bool,
    pub menus: Vec<Menu>,
    /// The accounts whose PIN was right, before they are confirmed.
    pub chosen: Vec<String>,
}

/// How long linking may take, in seconds.
const PATIENCE: u64 = 1_800;

/// More than this are not kept. Those without a proof make room first, then those that began first.
const MAX: usize = 10_000;

impl Linkages {
    /// With these servers.
    #[must_use]
    pub fn new(servers: HashMap<Standard, Arc<dyn Grants>>) -> Self {
        Self { servers, flows: Mutex::default() }
    }

    pub(super) fn flows(&self) -> MutexGuard<'_, HashMap<String, Flow>> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a new flow.
    pub(super) fn begin(&self, flow: Flow) {
        let mut flows = self.flows();
        for gone in make_room(&mut flows, flow.begun) {
            self.servers[&gone.standard].refuse(&gone.asked.ticket);
        }
        flows.insert(flow.id.clone(), flow);
    }

    /// Keeps what has become of a flow, unless it was stopped or permitted meanwhile.
    pub(super) fn keep(&self, flow: Flow) {
        if let Some(known) = self.flows().get_mut(&flow.id) {
            *known = flow;
        }
    }

    /// Ends all that was given out for linkages that have ended.
    pub(super) fn end(&self, ids: &[String]) -> Result<(), BankError> {
        for (id, server) in ids.iter().flat_map(|id| self.servers.values().map(move |server| (id, server))) {
            server.end(id).map_err(|_| BankError::Closing)?;
        }
        Ok(())
    }

    /// Ends what is over by itself, and forgets what was given out and is good no more.
    pub(super) fn tidy(&self, bank: &Bank) -> Result<(), BankError> {
        self.end(&bank.lapse()?)?;
        for server in self.servers.values() {
            server.sweep().map_err(|_| BankError::Closing)?;
        }
        Ok(())
    }
}

/// Takes out what is over, and one more if need be, when there is no room for another flow.
fn make_room(flows: &mut HashMap<String, Flow>, now: Timestamp) -> Vec<Flow> {
    if flows.len() < MAX {
        return Vec::new();
    }
    let mut gone: Vec<Flow> = flows.extract_if(|_, flow| flow.is_over(now)).map(|(_, flow)| flow).collect();
    if flows.len() >= MAX {
        let first = flows.values().min_by_key(|flow| (flow.who.is_some(), flow.begun)).map(|flow| flow.id.clone());
        gone.extend(first.and_then(|first| flows.remove(&first)));
    }
    gone
}

impl Flow {
    pub fn is_over(&self, now: Timestamp) -> bool {
        now.as_unix() >= self.begun.as_unix() + PATIENCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(id: usize, who: Option<&str>, begun: u64) -> Flow {
        let who = who.map(|user| Who { contract: "1".to_owned(), user: user.to_owned(), login: String::new() });
        Flow {
            id: id.to_string(),
            owner: [0; 32],
            begun: Timestamp::from_unix(begun),
            standard: Standard::Plain,
            asked: Asked {
                ticket: id.to_string(),
                client: String::new(),
                redirect_uri: String::new(),
                scopes: Vec::new(),
            },
            provider: Provider {
                client: String::new(),
                name: String::new(),
                purpose: String::new(),
                menus: Vec::new(),
                chooses: false,
                one_page: false,
                standard: Standard::Plain,
                redirect_uri: String::new(),
                days: 90,
            },
            who: who.map(|who| (who, Proof::Password)),
            order: None,
            ticket: None,
            proved: false,
            menus: Vec::new(),
            chosen: Vec::new(),
        }
    }

    #[test]
    fn a_flood_of_strangers_throws_nobody_out_of_the_middle_of_linking() {
        let customer = flow(0, Some("KEIRI01"), 1_000);
        let mut flows = HashMap::from([(customer.id.clone(), customer)]);
        for id in 1..MAX + 5 {
            let stranger = flow(id, None, 1_001);
            let gone = make_room(&mut flows, stranger.begun);
            assert!(gone.iter().all(|gone| gone.who.is_none()));
            flows.insert(stranger.id.clone(), stranger);
        }
        assert_eq!(flows.len(), MAX);
        assert!(flows.contains_key("0"));
        let gone = make_room(&mut flows, Timestamp::from_unix(1_001 + PATIENCE));
        assert_eq!((gone.len(), flows.len()), (MAX, 0), "what is over makes room first");
    }
}
