//! What reaches the terminal: bytes of a second in which nothing happens.

use pooldeck::{
    deck::runtime::backend::{Frames, Quiet},
    wall::{Model, draw},
};
use ratatui::{Terminal, layout::Size};

use super::{hear, shows, view, wait};

fn spent(terminal: &mut Terminal<Quiet>, frames: &Frames, model: &Model) -> usize {
    terminal.draw(|frame| draw::view(model, frame)).unwrap();
    frames.take().map_or(0, |frame| frame.len())
}

#[test]
fn a_second_in_which_nothing_happens_costs_the_clocks_digits_and_the_same_second_nothing() {
    crossterm::style::force_color_output(true);
    for (width, height) in [(80, 24), (200, 60)] {
        let frames = Frames::default();
        let size = Size { width, height };
        let mut terminal = Terminal::new(Quiet::new(frames.clone(), size)).unwrap();
        let mut model = shows(view());
        assert!(spent(&mut terminal, &frames, &model) > 1000);
        assert_eq!(spent(&mut terminal, &frames, &model), 0);
        let before = model.clone();
        for _ in 0..9 {
            wait(&mut model, 1);
            assert!(spent(&mut terminal, &frames, &model) <= 40);
        }
        // A view that says the same is no news.
        let mut same = view();
        same.at = model.now;
        same.captain.iter_mut().for_each(|it| it.at = before.now);
        hear(&mut model, Some(same), None);
        assert_eq!(spent(&mut terminal, &frames, &model), 0);
    }
}
