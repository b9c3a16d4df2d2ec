//! A customer whose session has ended in the middle of linking: the flow goes on from its first page, without any proof.
//!
//! A session ends after five minutes without a request, a flow after half an hour. On the first page the customer can go on or
//! stop; either way the provider is told how it ends.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::flow::{linkages, owner};
use crate::bank::Bank;
use crate::domain::order::GivenUp;
use crate::pages::fault::Fault;
use crate::pages::visit::Visit;

/// Sends a browser whose session has ended to the first page of its flow; every other request goes on.
pub(super) async fn resume(request: Request, next: Next) -> Response {
    let Some(visit) = request.extensions().get::<Visit>().cloned() else { return next.run(request).await };
    match first_page(&visit).await {
        Ok(Some(to)) => Redirect::to(&to).into_response(),
        Ok(None) => next.run(request).await,
        Err(fault) => fault.into_response(),
    }
}

/// The first page of the flow in this address, if it belonged to the session that has ended. The proof is forgotten, and a code
/// that waits for the token is withdrawn.
async fn first_page(visit: &Visit) -> Result<Option<String>, Fault> {
    let id = visit.path.strip_prefix("/link/").and_then(|rest| rest.split('/').next());
    let (Some(id), Some(before)) = (id, &visit.before) else { return Ok(None) };
    let (who, order) = {
        let mut flows = linkages(visit)?.flows();
        let now = visit.bank().now();
        let Some(flow) = flows.get_mut(id).filter(|flow| flow.owner == owner(before) && !flow.is_over(now)) else {
            return Ok(None);
        };
        flow.owner = owner(&visit.name);
        (flow.proved, flow.ticket) = (false, None);
        flow.menus.clear();
        flow.chosen.clear();
        (flow.who.take(), flow.order.take())
    };
    if let (Some((who, _)), Some(order)) = (who, order) {
        withdraw(visit.bank(), (&who.contract, &who.user), &order).await?;
    }
    visit.tell("linkage-idle");
    Ok(Some(format!("/link/{id}/terms")))
}

async fn withdraw(bank: &Bank, (contract, user): (&str, &str), order: &str) -> Result<(), Fault> {
    if let Some(person) = bank.person(contract, user)? {
        bank.give_up_order(&person, order, GivenUp::Stopped).await?;
    }
    Ok(())
}
