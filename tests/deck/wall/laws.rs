//! What holds for every view, size and time; and a month on the wall.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use pooldeck::{
    deck::world::Light,
    wall::{
        Condition, Effect, Model, Msg, View,
        grid::{self, Grid},
        link::pause,
        turn, update,
        view::{Part, Pool, Problem, Running},
    },
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{deaf, hear, look, shows, text, view, wait, well};
use crate::room7::{self, ago};

const LIGHTS: [Light; 8] = [
    Light::Ok,
    Light::Off,
    Light::Maintenance,
    Light::Apart,
    Light::Changing,
    Light::Unknown,
    Light::Degraded,
    Light::Down,
];

fn part() -> impl Strategy<Value = Part> {
    (
        option::of(any::<u64>()),
        option::of(any::<u64>()),
        any::<bool>(),
    )
        .prop_map(|(used, max, partial)| Part { used, max, partial })
}

fn seen() -> impl Strategy<Value = Option<Timestamp>> {
    option::of((-1000_i64..100_000).prop_map(ago))
}

fn pool() -> impl Strategy<Value = Pool> {
    let names = ("[a-z0-9-]{1,63}", option::of("[A-Z]{0,9}"), "[a-z ]{0,20}");
    let sources = (seen(), any::<u32>());
    (names, select(LIGHTS.as_slice()), sources, part(), part()).prop_map(
        |((name, env, state), light, (seen, source_seconds), cpu_milli, memory_bytes)| Pool {
            source_seconds,
            name,
            env,
            light,
            state,
            seen,
            cpu_milli,
            memory_bytes,
        },
    )
}

fn problem() -> impl Strategy<Value = Problem> {
    (
        "\\PC{0,12}",
        "\\PC{0,300}",
        select(LIGHTS.as_slice()),
        seen(),
    )
        .prop_map(|(subject, text, light, since)| Problem {
            light,
            subject,
            text,
            since,
        })
}

fn run() -> impl Strategy<Value = Running> {
    ("\\PC{0,60}", "\\PC{0,30}", 0_i64..90_000, any::<usize>()).prop_map(
        |(title, by, age, done)| Running {
            light: Light::Changing,
            title,
            by,
            phase: "join s15".to_owned(),
            done,
            all: done,
            since: ago(age),
        },
    )
}

prop_compose! {
    fn any_view()(
        pools in vec(pool(), 0..30),
        problems in vec(problem(), 0..12),
        runs in vec(run(), 0..5),
        at in -1000_i64..100_000,
        left_out in 0_usize..3,
    ) -> View {
        View { at: ago(at), pools, problems, runs, left_out, ..view() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn no_view_size_or_time_breaks_the_picture(
        view in any_view(), width in 0_u16..420, height in 0_u16..120,
        later in 0_i64..100_000, colour: bool, ascii: bool, dim: bool,
    ) {
        let mut model = shows(view);
        model.look = look(colour, ascii);
        model.dim = dim;
        wait(&mut model, later);
        let text = text(&model, width, height);
        prop_assert!(!ascii || text.is_ascii());
        if width >= 60 && height >= 16 && model.condition() == Condition::Fine {
            prop_assert!(text.contains("page "), "{text}");
        }
    }

    #[test]
    fn a_value_older_than_a_quarter_of_an_hour_is_nowhere_on_the_wall(
        one in part(), other in part(), age in 901_i64..90_000, dead: bool,
    ) {
        let picture = |part: Part| {
            let mut view = view();
            for pool in &mut view.pools {
                (pool.cpu_milli, pool.memory_bytes, pool.seen) = (part, part, Some(ago(age)));
            }
            view.pools[0].seen = if dead { view.pools[0].seen } else { Some(ago(1)) };
            (view.pools[0].cpu_milli, view.pools[0].memory_bytes) = Default::default();
            view.at = if dead { ago(age) } else { view.at };
            text(&shows(view), 80, 24)
        };
        let without_mark = |part: Part| Part { partial: false, ..part };
        prop_assert_eq!(picture(without_mark(one)), picture(without_mark(other)));
    }

    #[test]
    fn a_captain_or_a_view_that_is_gone_is_said_as_what_it_is_at_every_size_and_before_every_value(
        view in any_view(), width in 60_u16..400, height in 16_u16..100, age in 16_i64..90_000,
        of_the_view: bool, unread: bool,
    ) {
        let mut view = View { at: ago(if of_the_view { age } else { 1 }), ..view };
        view.captain.iter_mut().for_each(|it| it.at = ago(age + 1));
        let mut model = shows(view);
        let why = "`view.json` cannot be read: Permission denied (os error 13)";
        hear(&mut model, None, unread.then_some(why));
        let word = match (of_the_view, unread) {
            (true, true) => "NO VIEW",
            (true, false) => "NO NEW VIEW",
            (false, _) => "NO CAPTAIN",
        };
        let text = text(&model, width, height);
        prop_assert!(text.contains(&format!("{word} since")), "{text}");
        prop_assert!(!of_the_view || !text.contains("NO CAPTAIN"), "{text}");
        prop_assert!(!unread || text.contains("cannot be read"), "{text}");
    }

    #[test]
    fn tiles_stand_inside_and_are_never_smaller_than_they_could_be(
        tiles in 0_usize..60, columns in 59_u16..400, rows in 8_u16..100,
    ) {
        let grid = Grid::fit(tiles, columns, rows);
        prop_assert!(grid.rows() <= rows);
        let across = u16::try_from(grid.columns).unwrap() * grid::width(grid.scale);
        prop_assert!(across <= columns);
        prop_assert!(grid.a_page() >= tiles || grid.scale == 1);
        if grid.scale > 1 && grid.a_page() >= tiles {
            let fewer = Grid::fit(1, columns, rows);
            prop_assert!(fewer.scale >= grid.scale);
        }
    }

    #[test]
    fn every_page_has_its_turn_unless_something_is_down(
        second in 0_i64..4_000_000_000, every in 1_u32..3600, pages in 1_usize..20, held in 0_usize..20,
    ) {
        let at = |turn: usize| {
            let later = second + i64::try_from(turn).unwrap() * i64::from(every);
            turn::page(Timestamp::from_second(later).unwrap(), every, pages, held)
        };
        let shown: BTreeSet<usize> = (0..pages).map(at).collect();
        let now = Timestamp::from_second(second).unwrap();
        let left = turn::next_page(now, every).duration_since(now).as_secs();
        prop_assert!(left >= 1 && left <= i64::from(every));
        let due = if held == 0 { pages } else { held.min(pages) };
        prop_assert_eq!(shown, (0..due).collect());
    }

    #[test]
    fn the_picture_moves_by_one_cell_and_comes_back(second in 0_i64..4_000_000_000) {
        let at = |moves: i64| {
            let later = second + moves * turn::MOVE_SECONDS;
            turn::origin(Timestamp::from_second(later).unwrap())
        };
        let (one, next) = (at(0), at(1));
        prop_assert_eq!(one.0.abs_diff(next.0) + one.1.abs_diff(next.1), 1);
        prop_assert_eq!(one, at(4));
    }

    #[test]
    fn a_line_that_is_lost_is_tried_again_within_a_minute_and_not_within_a_second(
        tries: u32, chance: u64,
    ) {
        let pause = pause(tries, chance).as_millis();
        prop_assert!((1000..=60_000).contains(&pause));
        let most = 1000 * (1_u128 << tries.min(6)).min(60);
        prop_assert!(pause >= most / 2 && pause <= most.max(1000));
    }

    #[test]
    fn a_clock_that_is_wrong_makes_nothing_old_and_nothing_young(
        wrong in -100_000_i64..100_000, age in 0_i64..3000,
    ) {
        let mut here = deaf(room7::now() + SignedDuration::from_secs(wrong), room7::PALETTE);
        let mut there = well();
        there.pools[0].seen = Some(ago(age));
        let feed = pooldeck::wall::source::Feed {
            sent: room7::now(),
            view: Some(there.clone()),
            trouble: None,
        };
        update(&mut here, Msg::Heard(Box::new(feed)));
        prop_assert_eq!(here.condition(), Condition::Fine);
        let stale = here.stale(&there.pools[0]);
        prop_assert_eq!(stale, (age > 30).then(|| SignedDuration::from_secs(age)));
    }
}

#[test]
fn at_night_a_dim_wall_is_dark_but_for_alarms() {
    use ratatui::style::{Color, Modifier};
    let mut model = shows(view());
    model.dim = true;
    let bright = |model: &Model| {
        let terminal = super::draw(model, 80, 24);
        let cells = terminal.backend().buffer().content.clone();
        let bright = move |cell: &&ratatui::buffer::Cell| {
            cell.symbol() != " " && cell.fg != Color::Red && !cell.modifier.contains(Modifier::DIM)
        };
        cells.iter().filter(bright).count()
    };
    assert!(bright(&model) > 100);
    wait(&mut model, 10 * 3600);
    let now = model.now;
    let fresh = View { at: now, ..view() };
    hear(&mut model, Some(fresh), None);
    assert_eq!(bright(&model), 0);
}

#[test]
fn the_clock_stands_above_in_one_hour_and_below_in_the_next() {
    let mut model = shows(view());
    let row_of_the_clock = |model: &Model| {
        let clock = model.now.strftime("%H:%M:%S").to_string();
        let text = text(model, 80, 24);
        text.lines()
            .position(|line| line.ends_with(&clock))
            .unwrap()
    };
    assert!(row_of_the_clock(&model) < 2);
    wait(&mut model, 3600);
    assert!(row_of_the_clock(&model) > 20);
    wait(&mut model, 3600);
    assert!(row_of_the_clock(&model) < 2);
}

/// What a person could measure of the model, in bytes.
fn weight(model: &Model) -> usize {
    format!("{model:?}").len()
}

#[test]
fn a_month_on_the_wall_leaves_the_model_as_large_as_it_was() {
    let mut model = deaf(room7::now(), room7::PALETTE);
    let first = view();
    hear(&mut model, Some(first.clone()), None);
    let (begin, before) = (room7::now(), weight(&model));
    let (mut repaints, mut corners, mut conditions) = (0, BTreeSet::new(), BTreeSet::new());
    let mut heaviest = 0;
    // Every half minute of 30 days: a view that came, a beat, a silence, or a line that is lost.
    for half in 1..=30 * 24 * 120_i64 {
        let now = begin + SignedDuration::from_secs(half * 30);
        if update(&mut model, Msg::Time(now)) == Some(Effect::Repaint) {
            repaints += 1;
        }
        match half % 1000 {
            900..940 => (),
            940..990 => drop(update(
                &mut model,
                Msg::Lost(format!("the line ended, try {half}")),
            )),
            990..1000 => hear(&mut model, None, None),
            _ => {
                let mut view = first.clone();
                let shift = now.duration_since(room7::now());
                view.at = now;
                view.captain.iter_mut().for_each(|it| it.at = now);
                view.pools
                    .iter_mut()
                    .for_each(|it| it.seen = it.seen.map(|at| at + shift));
                hear(&mut model, Some(view), None);
            }
        }
        corners.insert(turn::origin(now));
        conditions.insert(
            format!("{:?}", model.condition())
                .split('(')
                .next()
                .unwrap()
                .to_owned(),
        );
        if half % 50 == 0 {
            heaviest = heaviest.max(weight(&model));
            let text = text(&model, 80, 24);
            let page = text.split("page ").nth(1).unwrap();
            let (at, of) = page.split_once(" of ").unwrap();
            let of: usize = of.split([' ', ',', '\n']).next().unwrap().parse().unwrap();
            assert!(at.parse::<usize>().unwrap() <= of, "{text}");
        }
    }
    assert_eq!(repaints, 30 * 24 * 6);
    assert_eq!(corners.len(), 4);
    assert_eq!(
        conditions.into_iter().collect::<Vec<_>>(),
        ["Fine", "NoNewView", "NoView"]
    );
    assert!(heaviest < before + 200, "{before} grew to {heaviest}");
}
