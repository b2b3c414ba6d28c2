//! A run as people read it: what it waits for and how that is answered, its steps, its log, its end.

use pooldeck::{
    deck::{Look, Msg, model::Screen},
    fleet::RunId,
    plan::StepId,
    run::{Reply, Word},
    store::record::{Answer, Ask, Line, What, key, seen_key},
};

use crate::{
    driver::Driver,
    room7::{self, waits::Story},
    screens::picture,
};

const SIZES: [(u16, u16); 3] = [(60, 16), (80, 24), (132, 43)];

fn snapshots(name: &str, model: impl Fn() -> pooldeck::deck::Model, keys: &str) {
    for (width, height) in SIZES {
        let mut driver = Driver::on(model());
        driver.say(Msg::Rows(height));
        driver.press(keys);
        let size = format!("{name}_{width}x{height}");
        insta::assert_snapshot!(size, picture(&driver, width, height));
    }
}

fn blocked() -> Driver {
    Driver::on(Story::blocked().model())
}

#[test]
fn a_drain_that_waits_says_for_what_since_when_and_what_comes_of_it() {
    snapshots("run_waits", || Story::blocked().model(), "3 g Enter");
}

#[test]
fn home_names_a_drain_that_waits_as_a_problem_and_in_its_runs_line() {
    snapshots("pools_waits", || Story::blocked().model(), "");
}

#[test]
fn the_menu_of_a_drain_that_waits_begins_with_its_answers() {
    snapshots("menu_waits", || Story::blocked().model(), "3 g Enter A");
}

#[test]
fn evicting_by_force_says_what_breaks_before_it_wants_the_name() {
    snapshots(
        "force",
        || Story::blocked().model(),
        "3 g Enter A j j j Enter",
    );
}

#[test]
fn a_run_that_stands_still_says_since_when_where_and_that_nothing_goes_on_by_itself() {
    snapshots("run_stopped", || Story::stopped().model(), "3 g Enter");
}

#[test]
fn a_run_that_ended_says_what_came_of_what_was_foretold() {
    snapshots("run_ended", room7::model, "3 G Enter");
}

#[test]
fn a_run_that_ended_without_a_server_says_what_its_pool_has_instead() {
    let mut driver = Driver::on(Story::ended().model());
    driver.press("3 j Enter");
    let text = driver.text();
    // s10 has left, s11 has not: 12 CPUs less than before, not 24.
    let came = "succeeded without some: capacity ✖ 84 CPUs, 329 GiB  quorum ✖  took 3m07s";
    assert!(text.contains(came), "{text}");
    assert!(
        text.contains("▲ s11 stays in the pool: ops2@jump1 put it back"),
        "{text}"
    );
}

#[test]
fn without_a_captain_a_run_says_whether_it_goes_on_by_itself() {
    for (seconds, then) in [
        (300, "The next captain goes on with it by itself."),
        (1200, "Nothing goes on by itself: a captain that starts now"),
    ] {
        let store = Story::blocked().store();
        let mut captain = room7::captain();
        captain.at = room7::ago(seconds);
        room7::see(&store, [(seen_key::CAPTAIN.to_owned(), captain)]);
        let mut driver = Driver::on(room7::waits::model_at(&store, room7::now()));
        driver.press("3 g Enter");
        let text = driver.text();
        assert!(text.contains(then), "{text}");
        assert!(text.contains("stands still in s11 drain"), "{text}");
    }
}

#[test]
fn the_log_of_a_step_is_followed_until_somebody_moves() {
    snapshots("log", || Story::blocked().model(), "3 g Enter l");
}

#[test]
fn an_answer_is_asked_for_only_after_enter_and_y() {
    let mut driver = blocked();
    driver.press("3 g Enter A");
    driver.press("y Y");
    assert!(driver.asked.is_empty());
    driver.press("Enter");
    assert!(driver.asked.is_empty());
    driver.press("y");
    let word = |reply, typed| {
        What::Answer(Word {
            run: RunId(13),
            server: room7::name("s11"),
            reply,
            typed,
        })
    };
    assert_eq!(driver.asked[0].what(), &word(Reply::Wait, None));

    let mut driver = blocked();
    driver.press("3 g Enter A j j j Enter");
    driver.wait(1000);
    driver.type_text("db/pg");
    driver.press("Enter Y");
    // web is protected: the budget's name alone is not what is wanted.
    assert!(driver.asked.is_empty(), "{}", driver.text());
    let mut driver = blocked();
    driver.press("3 g Enter A j j j Enter");
    driver.wait(1000);
    driver.type_text("web db/pg");
    driver.press("Enter");
    assert!(driver.asked.is_empty());
    driver.press("Y");
    let force = Reply::Force("db/pg".to_owned());
    let typed = Some("web db/pg".to_owned());
    assert_eq!(driver.asked[0].what(), &word(force, typed));
}

#[test]
fn an_answer_stands_on_the_run_with_who_gave_it_and_back_leads_to_where_it_was_opened() {
    let store = Story::answered().store();
    let mut driver = Driver::on(room7::waits::model_at(&store, room7::now()));
    driver.press("3 g Enter A Enter y");
    driver.say(Msg::Asked(Ok(key::ask("1"))));
    let mut world = pooldeck::deck::World::clone(&driver.model.world);
    let ask = Ask {
        by: "ops1@jump1".to_owned(),
        at: room7::now(),
        what: driver.asked[0].what().clone(),
        answer: Some(Answer::Run(RunId(13))),
    };
    world.snapshot.asks.insert(key::ask("1"), ask);
    driver.see(world);
    let text = driver.text();
    let said = "s11: ops2@jump1 said at 12:40: evict by force the pods that the disruption";
    assert!(text.contains(said), "{text}");
    driver.press("q");
    assert!(driver.text().contains("Runs  "), "{}", driver.text());
}

#[test]
fn a_deck_that_only_reads_gives_no_answer() {
    let mut model = Story::blocked().model();
    model.read_only = true;
    let mut driver = Driver::on(model);
    driver.press("3 g Enter A Enter y");
    assert!(driver.asked.is_empty());
    assert!(driver.text().contains("read only"), "{}", driver.text());
}

#[test]
fn no_column_of_a_run_is_cut_and_where_all_do_not_fit_the_cursors_is_shown() {
    let words = [
        "preflight",
        "prepare",
        "join",
        "ready",
        "cordon",
        "drain",
        "leave",
        "reset",
        "clean",
        "proved",
    ];
    for width in (60..=132).step_by(4) {
        let mut driver = Driver::on(Story::wide().model());
        driver.press("3 g Enter g");
        for _ in 0..driver
            .model
            .world
            .run(RunId(13))
            .unwrap()
            .plan()
            .steps
            .len()
        {
            let text = driver.text_at(width, 24);
            let heading = text.lines().find(|line| {
                let mut words = words.iter().filter(|word| line.contains(**word));
                words.nth(2).is_some() && !line.contains(',')
            });
            let heading = heading.unwrap_or_else(|| panic!("{text}"));
            let shown: Vec<&str> = heading
                .split_whitespace()
                .map(|word| word.trim_matches(['‹', '›']))
                .filter(|word| {
                    !word.is_empty() && !word.contains(char::is_numeric) && *word != "of"
                })
                .collect();
            assert!(shown.iter().all(|word| words.contains(word)), "{heading}");
            let (left, right) = (heading.contains('‹'), heading.contains('›'));
            assert_eq!(left, shown[0] != words[0], "{width}: {heading}");
            assert_eq!(
                right,
                *shown.last().unwrap() != words[9],
                "{width}: {heading}"
            );
            let Screen::Run(_, steps) = driver.model.screen() else {
                panic!("{text}")
            };
            let run = driver.model.world.run(RunId(13)).unwrap();
            let step = run.plan().step(*steps.selected().unwrap()).unwrap();
            assert!(
                shown.contains(&step.action.phase().word()),
                "{width}: {heading}"
            );
            driver.press("j");
        }
    }
}

#[test]
fn a_run_has_an_ascii_twin_for_every_symbol() {
    let look = Look {
        theme: pooldeck::deck::Theme::MONO,
        ascii: true,
    };
    let mut model = Story::wide().model();
    model.look = look;
    let mut driver = Driver::on(model);
    driver.press("3 g Enter");
    for (width, height) in SIZES {
        let text = driver.text_at(width, height);
        assert!(text.is_ascii(), "{text}");
        assert!(!text.replace("? help", "").contains('?'), "{text}");
    }
    assert!(
        driver.text_at(60, 24).contains('<'),
        "{}",
        driver.text_at(60, 24)
    );
}

#[test]
fn a_step_without_lines_says_why() {
    let mut driver = blocked();
    driver.press("3 g Enter G");
    driver.say(Msg::Printed(RunId(13), StepId(16), Vec::new()));
    let text = driver.text();
    assert!(text.contains("s01 proof of the pool"), "{text}");
    assert!(
        text.contains("It comes after s10 release, s11 release."),
        "{text}"
    );
}

#[test]
fn the_cursor_in_a_log_stays_on_its_line_while_others_come_and_go() {
    let lines = |from: usize, to: usize| -> Vec<Line> {
        let line = |n: usize| Line {
            at: room7::now(),
            text: format!("line {n}"),
        };
        (from..to).map(line).collect()
    };
    let mut driver = blocked();
    driver.press("3 g Enter l");
    let step = StepId(9);
    let say = |driver: &mut Driver, from, to| {
        driver.say(Msg::Printed(RunId(13), step, lines(from, to)));
    };
    say(&mut driver, 0, 200);
    let text = driver.text();
    assert!(
        text.contains("line 199") && text.contains("follows its end"),
        "{text}"
    );
    assert!(
        text.contains("only the newest 200 lines are kept"),
        "{text}"
    );
    driver.press("k k");
    say(&mut driver, 50, 250);
    let text = driver.text();
    assert!(text.contains("line 148 of 200"), "{text}");
    assert!(text.contains("line 197"), "{text}");
    driver.press("g");
    assert!(driver.text().contains("line 1 of 200"), "{}", driver.text());
    driver.press("G");
    assert!(
        driver.text().contains("follows its end"),
        "{}",
        driver.text()
    );
    driver.press("q");
    assert!(driver.text().contains("s11 drain"), "{}", driver.text());
}

#[test]
fn what_is_left_of_a_run_is_said_only_where_it_was_measured() {
    let mut driver = Driver::new();
    driver.press("3 Enter");
    assert!(driver.text().contains(" left "), "{}", driver.text());
    // Nobody ever drained here, and a person is waited for.
    let mut driver = blocked();
    driver.press("3 g Enter");
    assert!(!driver.text().contains(" left "), "{}", driver.text());
}
