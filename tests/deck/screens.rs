//! Every screen at four sizes, as people see it, and which cells stand out: text alone hides what a cursor does.

use pooldeck::deck::{Look, Msg, World};
use pooldeck::store::{
    record::{key, seen_key},
    snapshot::Snapshot,
};
use ratatui::style::{Color, Modifier};

use crate::{driver::Driver, room7};

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
    }
}

#[test]
fn home_shows_every_pool_with_its_four_numbers_what_is_wrong_and_what_runs() {
    snapshots("pools", room7::model, "");
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
fn a_question_says_what_would_be_done_and_what_its_fields_take() {
    snapshots("question", room7::model, "j j A j j Enter w e");
    snapshots("question_wrong", room7::model, "j j A j j Enter w e Tab");
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
        colour: false,
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
        "j j A j j Enter w e Tab",
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
