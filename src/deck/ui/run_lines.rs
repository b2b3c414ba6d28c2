//! Runs in a line each: what, who, how far, how long. All lines of a list have the same columns.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{
    lists::{light, now_doing},
    text,
};
use crate::{deck::model::Model, run::Run};

/// Columns for what and for who, the widest first. How far a run is counts more than who asked for it, and that more than the end of a
/// long title: the run's own screen says both.
const WIDTHS: [(usize, usize); 5] = [(26, 12), (24, 10), (20, 10), (26, 0), (16, 0)];

/// The columns of one list.
#[derive(Debug, Clone, Copy)]
pub struct RunLines {
    what: usize,
    who: usize,
    numbered: bool,
}

impl RunLines {
    /// Columns in which these runs fit into a width; with their numbers where they are no other way known.
    pub fn of<'a>(
        model: &Model,
        runs: impl IntoIterator<Item = &'a Run>,
        numbered: bool,
        width: u16,
    ) -> Self {
        let how = runs.into_iter().map(|run| how(model, run).chars().count());
        let how = how.max().unwrap_or(0);
        let lines = WIDTHS.map(|(what, who)| Self {
            what,
            who,
            numbered,
        });
        let fits = |it: &Self| it.used() + how <= usize::from(width);
        let [.., narrowest] = lines;
        lines.into_iter().find(fits).unwrap_or(narrowest)
    }

    /// Everything before `how`.
    const fn used(&self) -> usize {
        let number = if self.numbered { 6 } else { 0 };
        let who = if self.who > 0 { self.who + 2 } else { 0 };
        1 + number + 1 + self.what + who + 2
    }

    /// The words above the columns.
    pub fn heading(&self) -> String {
        let number = if self.numbered { "  RUN " } else { "" };
        let who = match self.who {
            0 => String::new(),
            who => format!("  {:<who$}", "WHO"),
        };
        format!(" {number} {:<1$}{who}  HOW", "WHAT", self.what)
    }

    /// A run.
    pub fn line(&self, model: &Model, run: &Run) -> Line<'static> {
        let look = model.look;
        let (state, symbol) = light(run);
        let (what, who) = (self.what, self.who);
        let number = if self.numbered {
            format!(" {:>4} ", text::cut(&run.id().to_string(), 4))
        } else {
            String::new()
        };
        let who = match who {
            0 => String::new(),
            who => format!("  {:<who$}", text::cut(&run.record.by, who)),
        };
        let title = text::cut(&run.plan().effects.title, what);
        Line::from(vec![
            Span::styled(symbol, look.light(state)),
            Span::styled(number, look.dim()),
            Span::styled(format!(" {title:<what$}"), Style::new()),
            Span::styled(who, look.dim()),
            Span::raw(format!("  {}", how(model, run))),
        ])
    }
}

/// How far it is, or how it ended, and the time.
fn how(model: &Model, run: &Run) -> String {
    let took = |until| text::elapsed(run.record.accepted.duration_until(until));
    if let Some(outcome) = &run.outcome {
        let at = text::moment(run.last, model.now, &model.zone);
        return format!("{}, {}, {at}", outcome.word(), took(run.last));
    }
    let doing = now_doing(run);
    if run.blockades().next().is_some() {
        // Who is waited for counts more than how far it is.
        return doing;
    }
    let (done, all) = run.done();
    let left = model.world.times.left(run, model.now);
    let time = left.map_or_else(|| took(model.now), |it| format!("{} left", it.words()));
    format!("{doing}  {done} of {all}  {time}")
}
