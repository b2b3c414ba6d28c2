//! The whole log of a step: opened, followed, read.

use crate::{
    deck::model::{Model, Screen},
    fleet::RunId,
    plan::StepId,
    store::record::Line,
};

/// Opens the log of the step under the cursor, at its end.
pub fn open(model: &mut Model) {
    if let Screen::Run(id, steps) = model.screen()
        && let Some(step) = steps.selected()
    {
        let log = Screen::Log(*id, *step, None);
        model.stack.push(log);
    }
}

/// Moves the cursor; behind the last line the end is followed again.
pub fn step(at: &mut Option<usize>, lines: Option<&(RunId, StepId, Vec<Line>)>, by: isize) {
    let count = lines.map_or(0, |(_, _, lines)| lines.len());
    let last = count.saturating_sub(1);
    let to = at.map_or(last, |at| at.min(last)).saturating_add_signed(by);
    *at = (to < last || by < 0 && count > 0).then_some(to.min(last));
}

/// New lines came: the cursor stays on its line, also where older ones were dropped.
pub fn arrived(model: &mut Model, run: RunId, step: StepId, lines: Vec<Line>) {
    let before = model.printed.take();
    if let (Some(Screen::Log(id, of, Some(at))), Some((_, _, before))) =
        (model.stack.last_mut(), &before)
        && (*id, *of) == (run, step)
    {
        let gone = before.iter().position(|line| lines.first() == Some(line));
        *at = at
            .saturating_sub(gone.unwrap_or(0))
            .min(lines.len().saturating_sub(1));
    }
    model.printed = Some((run, step, lines));
}
