//! A witness as SARIF shows it: one code flow with a thread flow for each request (3.36 to 3.38).
//!
//! Input: a finding. Output: its code flow. Must not know: the rest of a result.

use super::model::{CodeFlow, Location, Text, ThreadFlow, ThreadFlowLocation};
use crate::diagnostic::{Finding, Move};
use crate::report::Run;
use crate::report::witness::{sentence, step};

/// The commands of each request, numbered as they interleave. `None` without a witness, or where a request has no command
/// with a place in the code: a thread flow has a location, and a viewer opens each.
pub(super) fn code_flow(run: &Run<'_>, finding: &Finding) -> Option<CodeFlow> {
    let witness = finding.proof.witness()?;
    let location = |(at, at_step): &(usize, &Move)| {
        let spot = run.locate(at_step.place?)?;
        let message = Some(Text::plain(step(at_step)));
        let location = Location { message, ..super::location(run, spot) };
        Some(ThreadFlowLocation { location, execution_order: Some(at + 1) })
    };
    let steps: Vec<(usize, &Move)> = witness.steps.iter().enumerate().collect();
    let flows = witness.requests.iter().enumerate().map(|(request, inputs)| {
        let of = steps.iter().filter(|(_, step)| step.request == request);
        let locations: Vec<ThreadFlowLocation> = of.filter_map(location).collect();
        let message = Some(Text::plain(format!("request {}", inputs.name)));
        (!locations.is_empty()).then(|| ThreadFlow { id: Some(inputs.name.clone()), message, locations })
    });
    let thread_flows = flows.collect::<Option<Vec<ThreadFlow>>>()?;
    Some(CodeFlow { message: Some(Text::plain(sentence(&witness))), thread_flows })
}
