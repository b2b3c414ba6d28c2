//! Every screen at four sizes, as people see it, and which cells stand out: text alone hides what a cursor does.

use pooldeck::deck::{Look, Msg, Theme, World};
use pooldeck::fleet::inventory::offer::{Lines, text};
use pooldeck::store::{
    record::{key, seen_key},
    snapshot::Snapshot,
};
use ratatui::style::{Color, Modifier};

use crate::{driver::Driver, maintenance, offer, problems, room7};

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (132, 43), (200, 60)];

/// The screen, and below it which cells are reversed, coloured, bold or dim.
pub fn picture(driver: &Driver, width: u16, height: u16) -> String {
    let terminal = driver.draw(width, height);
    let buffer = terminal.backend().buffer();
    let style = |x, y| {
        let cell = &buffer[(x, y)];
        match cell.modifier {
            it if it.contains(Modifier::REVERSED) => 'r',
            _ if cell.fg != Color::Reset => 'c',
            it if it.contains(Modifier::BOLD) => 'b',
            it if it.contains(Modifier::DIM) => 'd',
            _ => ' ',
        }
    };
    let styles = (0..height).map(|y| (0..width).map(|x| style(x, y)).collect::<String>());
    let styles: Vec<String> = styles.map(|line| line.trim_end().to_owned()).collect();
    format!(
        "{}\nstyles: r reversed, c coloured, b bold, d dim\n{}\n",
        driver.text_at(width, height),
        styles.join("\n")
    )
}

/// One screen at all sizes, reached with these keys.
fn snapshots(name: &str, model: impl Fn() -> pooldeck::deck::Model, keys: &str) {
    for (width, height) in SIZES {
        let mut driver = Driver::on(model());
        driver.say(Msg::Rows(height));
        let new = keys.starts_with('A');
        driver.plan = Some(if new {
            room7::new_pool()
        } else {
            room7::shrink()
        });
        driver.press(keys);
        let size = format!("{name}_{width}x{height}");
        insta::assert_snapshot!(size, picture(&driver, width, height));
        looks(&driver, width, height);
    }
}

/// The other looks need no pictures of their own. Mono is the palette's picture without its colours, ASCII the same
/// with one twin for each symbol; the other sets are the same text.
fn looks(driver: &Driver, width: u16, height: u16) {
    let shown = |theme, ascii| {
        let mut other = Driver::on(driver.model.clone());
        other.model.look = Look { theme, ascii };
        other.draw(width, height).backend().buffer().clone()
    };
    let palette = shown(Theme::PALETTE, false);
    let mono = shown(Theme::MONO, false);
    for (cell, grey) in palette.content.iter().zip(&mono.content) {
        assert_eq!(cell.symbol(), grey.symbol());
        assert_eq!(
            cell.modifier, grey.modifier,
            "mono differs by more than colour"
        );
        assert_eq!((grey.fg, grey.bg), (Color::Reset, Color::Reset));
    }
    for (name, theme) in Theme::NAMED {
        let ascii = shown(theme, true);
        for (cell, twin) in palette.content.iter().zip(&ascii.content) {
            let (symbol, twin) = (cell.symbol(), twin.symbol());
            assert!(twin.is_ascii() && twin.len() == 1, "{name}: {twin:?}");
            assert!(
                symbol == twin || !symbol.is_ascii(),
                "{symbol} became {twin}"
            );
            // `?` is the word for unknown: a symbol without a twin would say that.
            assert!(
                twin != "?" || symbol == "?",
                "`{symbol}` has no twin in ASCII"
            );
        }
    }
    for pair in TOLD_APART.windows(2) {
        assert_ne!(twin(pair[0]), twin(pair[1]));
    }
}

/// States that a person tells apart by their symbol.
const TOLD_APART: [&str; 5] = ["●", "◐", "▲", "✖", "■"];

fn twin(symbol: &str) -> String {
    let area = ratatui::layout::Rect::new(0, 0, 1, 1);
    let mut buffer = ratatui::buffer::Buffer::empty(area);
    buffer[(0, 0)].set_symbol(symbol);
    pooldeck::deck::ui::to_ascii(&mut buffer);
    buffer[(0, 0)].symbol().to_owned()
}

/// The cursor's row looks like no other row.
pub fn cursor_differs(driver: &Driver) {
    let terminal = driver.draw(80, 24);
    let buffer = terminal.backend().buffer();
    let looks = |y| {
        let cells = (0..80).map(|x| &buffer[(x, y)]);
        let cells = cells.map(|cell| (cell.bg, cell.modifier.contains(Modifier::REVERSED)));
        cells.collect::<Vec<_>>()
    };
    let plain = looks(23);
    let rows = (1..23).filter(|y| looks(*y) != plain).count();
    assert_eq!(rows, 1, "{}", driver.text());
}

#[test]
fn home_shows_every_pool_with_its_four_numbers_what_is_wrong_and_what_runs() {
    snapshots("pools", room7::model, "");
}

#[test]
fn home_has_room_for_twelve_pools_the_worst_problems_and_what_runs_at_80x24() {
    let mut snapshot = Snapshot::read(&room7::store()).unwrap();
    let lab = snapshot.fleet.pools["lab"].clone();
    for n in 4..=12 {
        let mut pool = lab.clone();
        pool.name = format!("pool{n:02}").parse().unwrap();
        pool.members.clear();
        snapshot.fleet.pools.insert(pool.name.clone(), pool);
    }
    let world = World::of(snapshot, room7::now());
    let text = Driver::on(room7::model_of(world, room7::PALETTE)).text();
    for n in 4..=12 {
        assert!(text.contains(&format!("\npool{n:02} ")), "{n}: {text}");
    }
    for shown in [
        "\nbatch",
        "\nlab",
        "\nweb",
        "\nspare",
        "\nnot usable",
        "PROBLEMS",
        "◐ grow batch",
    ] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert!(
        text.lines().filter(|line| line.starts_with('▲')).count() >= 2,
        "{text}"
    );
}

#[test]
fn one_pool_shows_its_cluster_and_its_members() {
    snapshots("pool", room7::model, "j Enter j");
}

#[test]
fn servers_show_marks_by_name_and_their_sum() {
    snapshots("servers", room7::model, "2 j j Space Space");
}

#[test]
fn one_server_says_what_it_is_to_us_and_why() {
    snapshots("server", room7::model, "2 / s 1 7 Enter Enter");
}

#[test]
fn the_resize_dialog_suggests_servers_for_the_numbers() {
    snapshots("resize", room7::model, "j j R 7 2");
}

#[test]
fn the_dialog_for_a_new_pool_shows_its_control_plane() {
    snapshots("create", room7::model, "A j Enter d b Enter 3 0");
}

#[test]
fn the_preview_shows_the_biggest_loss_first() {
    snapshots("preview", room7::model, "j j R 7 2 Enter");
}

#[test]
fn one_run_shows_phases_across_and_servers_down() {
    snapshots("run", room7::model, "3 Enter");
}

#[test]
fn runs_are_listed_with_open_ones_first() {
    snapshots("runs", room7::model, "3");
}

#[test]
fn the_menu_offers_what_can_be_done_to_what_is_under_the_cursor() {
    snapshots("menu", room7::model, "A");
}

#[test]
fn problems_stand_worst_first_and_the_selected_one_in_full() {
    snapshots("problems", room7::model, "4 j");
}

#[test]
fn history_says_who_did_what_and_how_it_ended() {
    snapshots("history", room7::model, "5");
}

#[test]
fn the_palette_lies_over_the_screen_that_it_was_opened_on() {
    snapshots("palette", room7::model, ": p o o");
}

#[test]
fn a_question_says_what_would_be_done_and_what_its_fields_take() {
    snapshots("question", room7::model, "j j A j j j Enter w e");
    snapshots("question_wrong", room7::model, "j j A j j j Enter w e Tab");
}

#[test]
fn a_problem_that_somebody_knows_of_stands_last_and_says_who_until_when_and_why() {
    snapshots("acknowledged", problems::acknowledged, "Tab");
    snapshots("acknowledge", room7::model, "Tab j A Enter 2 h Tab");
}

#[test]
fn a_server_in_maintenance_says_until_when_and_why() {
    snapshots(
        "maintenance",
        maintenance::maintained,
        "2 / s 2 3 Enter Enter",
    );
    snapshots("maintain", room7::model, "2 / s 2 3 Enter A j j Enter 2 h");
    snapshots(
        "empty",
        room7::model,
        "2 / s 0 5 Enter A j j Enter 2 h Tab d i s k Tab",
    );
}

#[test]
fn help_is_made_of_the_command_table() {
    snapshots("help", room7::model, "2 ?");
}

fn read(store: &dyn pooldeck::store::Store) -> World {
    World::of(Snapshot::read(store).unwrap(), room7::now())
}

#[test]
fn without_an_inventory_the_deck_says_what_one_is_and_names_the_demo() {
    let empty = || room7::model_of(read(&room7::empty()), room7::PALETTE);
    snapshots("no_inventory", empty, "");
}

#[test]
fn with_servers_and_no_pool_it_says_what_a_first_pool_could_be() {
    let fresh = || {
        let store = room7::store();
        let gone = |name: &str| (key::pool(&name.parse().unwrap()), None);
        let commit = pooldeck::store::Commit {
            writes: ["web", "batch", "lab"].map(gone).into(),
            ..Default::default()
        };
        pooldeck::store::Store::commit(&store, &commit).unwrap();
        room7::model_of(read(&store), room7::PALETTE)
    };
    snapshots("no_pool", fresh, "");
}

#[test]
fn the_first_question_is_which_servers_may_be_used_and_nothing_is_touched() {
    let midst = || {
        let mut model = offer::model();
        model.offer.list.select(room7::name("s27"));
        model
    };
    snapshots("offer", midst, "* j Space k");
}

#[test]
fn the_lines_are_shown_with_the_file_that_they_would_stand_in() {
    let mut driver = Driver::on(offer::model());
    driver.press("j Space j Space w");
    let names = driver.model.offer.ticked.clone();
    driver.say(Msg::Composed(Ok(Box::new(Lines {
        file: "/etc/pooldeck/inventory/pooldeck-offer.yaml".into(),
        text: text(&names),
        before: None,
        single: Some("/etc/pooldeck/inventory/room7.yaml".into()),
        left_alone: None,
    }))));
    insta::assert_snapshot!("offer_lines_80x24", picture(&driver, 80, 24));
}

#[test]
fn without_a_captain_nothing_claims_to_be_current() {
    let alone = || {
        let store = room7::store();
        let mut captain = room7::captain();
        captain.at = room7::ago(600);
        room7::see(&store, [(seen_key::CAPTAIN.to_owned(), captain)]);
        room7::model_of(read(&store), room7::PALETTE)
    };
    snapshots("no_captain", alone, "");
}

#[test]
fn ascii_has_a_twin_for_every_symbol() {
    let look = Look {
        theme: Theme::MONO,
        ascii: true,
    };
    for keys in [
        "",
        "2 j Space",
        "j j R 1 1 2",
        "j j R 7 2 Enter",
        "3 Enter",
        "A",
        "?",
        "2 Enter",
        "j j A j j j Enter w e Tab",
        "Tab j A Enter x Tab",
        "O",
    ] {
        let mut driver = Driver::on(room7::model_of(room7::world(), look));
        driver.press(keys);
        for (width, height) in SIZES {
            let text = driver.text_at(width, height);
            assert!(text.is_ascii(), "{keys}: {text}");
        }
    }
    let mut driver = Driver::on(room7::model_of(room7::world(), look));
    driver.say(Msg::Rows(24));
    insta::assert_snapshot!("pools_ascii_80x24", driver.text());
}

#[test]
fn on_a_slow_link_a_mark_takes_the_clocks_place_and_no_bar_moves() {
    let mut driver = Driver::new();
    let bars = |driver: &Driver| {
        let text = driver.text_at(132, 43);
        let rows = text.lines().filter(|line| !line.contains("█used"));
        rows.map(|line| line.matches(['█', '▁', '▄']).count())
            .sum::<usize>()
    };
    assert!(driver.text().contains("12:41:07") && bars(&driver) > 0);
    driver.say(Msg::Link {
        slow: true,
        dropped: 3,
    });
    assert!(driver.text().contains("slow link") && !driver.text().contains("12:41:07"));
    assert_eq!(bars(&driver), 0);
    driver.press("? G");
    assert!(
        driver.text().contains("3 frames were dropped"),
        "{}",
        driver.text()
    );
}

#[test]
fn a_terminal_that_is_too_small_gets_a_sentence_and_no_size_panics() {
    for keys in [
        "",
        "2",
        "j j R 1 1 2",
        "j j R 7 2 Enter",
        "3 Enter",
        "A",
        "?",
    ] {
        let mut driver = Driver::new();
        driver.press(keys);
        for width in (0..140).step_by(23) {
            for height in (0..60).step_by(5) {
                let text = driver.text_at(width, height);
                let small = width < 60 || height < 16;
                if small && width > 26 && height > 1 {
                    assert!(
                        text.contains("pooldeck needs 60x16"),
                        "{width}x{height}: {text}"
                    );
                }
            }
        }
    }
}
