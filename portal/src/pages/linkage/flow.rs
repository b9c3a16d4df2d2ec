//! The flow of a request from a provider to the permission: whose it is, and whether its customer has proved who they are.

use axum::http::header;
use axum::response::Response;
use sha2::{Digest, Sha256};

use crate::domain::linkage::Menu;
use crate::domain::people::Person;
use crate::pages::fault::Fault;
use crate::pages::flows::{Flow, Linkages};
use crate::pages::session::cookie;
use crate::pages::visit::Visit;

pub(super) fn linkages(visit: &Visit) -> Result<&Linkages, Fault> {
    visit.site.linkages.as_ref().ok_or(Fault::NotFound)
}

/// The flow of this name, if it belongs to this session.
pub(super) fn flow(visit: &Visit, id: &str) -> Result<Flow, Fault> {
    let known = linkages(visit)?.flows().get(id).cloned();
    let now = visit.bank().now();
    known.filter(|flow| flow.owner == owner(&visit.name) && !flow.is_over(now)).ok_or(Fault::Form)
}

/// A flow whose customer has given all the required proof.
pub(super) fn proved(visit: &Visit, id: &str) -> Result<(Flow, Person), Fault> {
    let flow = flow(visit, id)?;
    let Some((who, _)) = flow.who.as_ref().filter(|_| flow.proved) else { return Err(Fault::Form) };
    let person = visit.look_up(who)?;
    Ok((flow, person))
}

/// Keeps the flow under a new name of the session, which no attacker can have known before the proof. It also binds the session
/// to the certificate that was shown.
pub(super) fn renamed(visit: &Visit, mut flow: Flow, certificate: Option<String>, mut response: Response) -> Response {
    let sessions = &visit.site.sessions;
    sessions.end(&visit.name);
    let (name, _) = sessions.begin(visit.session.stage.clone(), visit.bank().now());
    let certificate = certificate.or_else(|| visit.session.certificate.clone());
    sessions.change(&name, |session| {
        session.certificate = certificate;
        session.links = true;
    });
    flow.owner = owner(&name);
    if let Ok(linkages) = linkages(visit) {
        linkages.keep(flow);
    }
    response.headers_mut().append(header::SET_COOKIE, cookie(&name, visit.peer.secure));
    response
}

pub(super) fn owner(session: &str) -> [u8; 32] {
    Sha256::digest(format!("flow of {session}")).into()
}

/// The menus that the provider offers and has requested.
pub(super) fn offer(flow: &Flow) -> Vec<Menu> {
    let asked = |menu: &Menu| flow.asked.scopes.iter().any(|scope| scope == menu.scope());
    flow.provider.menus.iter().copied().filter(asked).collect()
}
