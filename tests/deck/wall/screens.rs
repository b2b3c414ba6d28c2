//! Every state of the wall at four sizes: as it is seen, which cells stand out with colours and without, and in ASCII.

use pooldeck::{
    deck::world::Light,
    wall::{Model, View, view::Part},
};
use ratatui::style::{Color, Modifier};

use super::{deaf, draw, hear, look, shows, text, view, wait, well};
use crate::room7::{self, ago};

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (132, 43), (200, 60)];

fn styles(model: &Model, width: u16, height: u16) -> String {
    let terminal = draw(model, width, height);
    let buffer = terminal.backend().buffer();
    let style = |x, y| {
        let cell = &buffer[(x, y)];
        match (cell.fg, cell.modifier) {
            (Color::Red, _) => 'R',
            (Color::Yellow, _) => 'Y',
            (Color::Green, _) => 'G',
            (Color::Reset, it) if it.contains(Modifier::BOLD) => 'b',
            (Color::Reset, it) if it.contains(Modifier::DIM) => 'd',
            (Color::Reset, _) => ' ',
            _ => '!',
        }
    };
    let lines = (0..height).map(|y| (0..width).map(|x| style(x, y)).collect::<String>());
    let lines: Vec<String> = lines.map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

fn snapshots(name: &str, model: &Model) {
    for (width, height) in SIZES {
        let with = |colour, ascii| Model {
            look: look(colour, ascii),
            ..model.clone()
        };
        let (palette, mono, ascii) = (with(true, false), with(false, false), with(false, true));
        assert_eq!(text(&palette, width, height), text(&mono, width, height));
        let in_ascii = text(&ascii, width, height);
        assert!(in_ascii.is_ascii() && !in_ascii.contains('\u{1b}'));
        let picture = format!(
            "{}\npalette: R red, Y yellow, G green, b bold, d dim\n{}\nmono\n{}\nASCII\n{in_ascii}\n",
            text(&palette, width, height),
            styles(&palette, width, height),
            styles(&mono, width, height),
        );
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), picture);
    }
}

/// More pools than a small screen holds, one of them down, one full.
fn crowded() -> View {
    let mut view = view();
    let more = ["db", "ml", "build", "edge", "spare-parts-and-experiments"];
    for (name, n) in more.into_iter().zip(1..) {
        let mut pool = view.pools[1].clone();
        name.clone_into(&mut pool.name);
        pool.memory_bytes = Part {
            used: Some(17 * n + 12),
            max: Some(100),
            partial: n == 2,
        };
        view.pools.push(pool);
    }
    let down = &mut view.pools[0];
    (down.light, down.state) = (Light::Down, "no API".to_owned());
    view
}

#[test]
fn a_room_in_which_all_is_well_shows_two_large_numbers_for_each_pool() {
    snapshots("wall_fine", &shows(well()));
}

#[test]
fn what_is_wrong_stands_below_the_tiles_worst_first_and_then_what_runs() {
    snapshots("wall_problems", &shows(view()));
}

#[test]
fn what_does_not_fit_goes_on_the_next_page_and_what_is_down_holds_its_own() {
    snapshots("wall_crowded", &shows(crowded()));
}

#[test]
fn a_source_that_is_silent_turns_its_tile_grey_and_says_since_when() {
    let mut view = well();
    view.pools[1].seen = Some(ago(250));
    snapshots("wall_stale", &shows(view));
}

#[test]
fn a_captain_that_is_gone_is_the_largest_thing_on_the_wall() {
    let mut view = view();
    view.captain.iter_mut().for_each(|it| it.at = ago(302));
    for pool in &mut view.pools {
        pool.seen = Some(ago(301));
    }
    snapshots("wall_no_captain", &shows(view));
}

#[test]
fn a_view_that_nobody_writes_any_more_is_said_as_that_and_no_captain_is_called_gone() {
    let mut view = view();
    view.at = ago(300);
    snapshots("wall_no_new_view", &shows(view));
}

#[test]
fn where_everything_is_lost_only_that_is_said() {
    let mut model = shows(view());
    wait(&mut model, 34_000);
    model.trouble = Some(
        "the line to `jump1` ended: ssh: connect to host … port 22: No route to host".to_owned(),
    );
    snapshots("wall_lost", &model);
}

#[test]
fn a_captain_that_reaches_no_pool_is_said_before_any_number() {
    let mut view = view();
    for pool in &mut view.pools {
        pool.seen = Some(ago(400));
    }
    snapshots("wall_nothing_seen", &shows(view));
}

#[test]
fn a_wall_without_a_view_says_what_is_missing() {
    let mut model = deaf(room7::now(), room7::PALETTE);
    let why = "`/var/lib/pooldeck/pooldeck.wall.json` cannot be read: No such file or directory (os error 2)\nhint: is a captain there? it writes the view; `--view FILE` names another place";
    hear(&mut model, None, Some(why));
    snapshots("wall_no_view", &model);
}
