//! The faults of a token, and the buttons that are pressed automatically.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Path, State as Shared};
use axum::routing::get;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::rules::{self, Rule};
use super::super::{Emulator, OfToken, World, with};
use crate::api::{Api, Method};
use crate::json::Json;
use crate::problem::{Code, Problem};
use crate::turns::Caller;
use crate::values::whole;
use camtoken::token::{Faults, Refusal};

pub(super) fn routes(api: Api<Arc<Emulator>>) -> Api<Arc<Emulator>> {
    api.add(Method::Get, "/v1/sessions/{session}/tokens/{token}/faults", get(faults).put(put_faults), |op| {
        op.any_caller().summary("virtual tokens", "What is broken").answer::<FaultReport>(200, "The faults")
    })
    .describe(Method::Put, "/v1/sessions/{session}/tokens/{token}/faults", |op| {
        op.any_caller()
            .summary("virtual tokens", "Breaks something; what is left out is whole")
            .body::<FaultReport>()
            .answer::<FaultReport>(200, "The faults")
    })
    .add(Method::Get, "/v1/sessions/{session}/tokens/{token}/rules", get(get_rules).put(put_rules), |op| {
        op.any_caller()
            .summary("virtual tokens", "What is pressed by itself")
            .answer::<Vec<rules::Described>>(200, "The rules")
    })
    .describe(Method::Put, "/v1/sessions/{session}/tokens/{token}/rules", |op| {
        op.any_caller()
            .summary("virtual tokens", "Says what is pressed when the screen shows something; the first that fits")
            .body::<Vec<rules::Described>>()
            .answer::<Vec<rules::Described>>(200, "The rules")
    })
}

/// What is broken.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FaultReport {
    /// What is left in the battery, in percent; with 0 the token reads nothing (T13)
    #[serde(default = "full", deserialize_with = "whole")]
    #[schemars(range(min = 0, max = 100))]
    battery: u8,
    /// Every activation acts as if it had not been finished (T09)
    #[serde(default)]
    half_activated: bool,
    /// Seconds that the token's clock is ahead
    #[serde(default, deserialize_with = "whole")]
    #[schemars(range(min = -4_000_000_000_i64, max = 4_000_000_000_i64))]
    clock_offset: i64,
    /// How the next scan ends: T01 to T14
    #[serde(default)]
    #[schemars(regex(pattern = "^T(0[1-9]|1[0-4])$"))]
    next_scan: Option<String>,
}

const fn full() -> u8 {
    100
}

impl FaultReport {
    fn of(faults: &Faults) -> Self {
        Self {
            battery: faults.battery,
            half_activated: faults.half_activated,
            clock_offset: faults.clock_offset,
            next_scan: faults.next_scan.map(|refusal| refusal.code().to_owned()),
        }
    }

    fn read(self) -> Result<Faults, Problem> {
        let wrong = |part: &str| Problem::from(Code::Request).because(part);
        let next_scan =
            self.next_scan.map(|code| code.parse::<Refusal>()).transpose().map_err(|_| wrong("nextScan"))?;
        if self.battery > 100 {
            return Err(wrong("battery"));
        }
        if self.clock_offset.unsigned_abs() > 4_000_000_000 {
            return Err(wrong("clockOffset"));
        }
        let Self { battery, half_activated, clock_offset, .. } = self;
        Ok(Faults { battery, half_activated, clock_offset, next_scan })
    }
}

async fn faults(Shared(emulator): World, Path(names): OfToken) -> Result<Json<FaultReport>, Problem> {
    with(&emulator, &names, |hand| Ok(Json(FaultReport::of(&hand.held.device.token().faults))))
}

async fn put_faults(
    Shared(emulator): World,
    Path(names): OfToken,
    Json(new): Json<FaultReport>,
) -> Result<Json<FaultReport>, Problem> {
    let new = new.read()?;
    with(&emulator, &names, |hand| {
        hand.held.device.token_mut().faults = new;
        hand.settle();
        Ok(Json(FaultReport::of(&hand.held.device.token().faults)))
    })
}

async fn get_rules(Shared(emulator): World, Path(names): OfToken) -> Result<Json<Vec<rules::Described>>, Problem> {
    with(&emulator, &names, |hand| Ok(Json(hand.held.rules.iter().map(|rule| rule.described()).collect())))
}

async fn put_rules(
    Shared(emulator): World,
    Path(names): OfToken,
    Extension(caller): Extension<Caller>,
    Json(new): Json<Vec<rules::Described>>,
) -> Result<Json<Vec<rules::Described>>, Problem> {
    if new.len() > 64 {
        return Err(Problem::from(Code::Request).because("at most 64 rules"));
    }
    with(&emulator, &names, |_| Ok(()))?;
    let (room, holder) = (Arc::clone(&emulator.room), caller.holder().cloned());
    let new = caller.work(move || Rule::parse_all(new, &room, holder.as_ref())).await??;
    with(&emulator, &names, |hand| {
        hand.held.rules = new;
        hand.settle();
        Ok(Json(hand.held.rules.iter().map(|rule| rule.described()).collect()))
    })
}
