//! The verb table: nothing in it goes without a word. (That the README shows it is a house rule: `tests/tidy.rs`.)

use clap::CommandFactory;
use pooldeck::cli::Cli;

#[test]
fn every_verb_and_flag_says_what_it_is() {
    fn walk(command: &clap::Command) {
        assert!(command.get_about().is_some(), "{}", command.get_name());
        for arg in command.get_arguments() {
            let told = arg.get_help().is_some();
            assert!(told, "{}: {}", command.get_name(), arg.get_id());
        }
        command.get_subcommands().for_each(walk);
    }
    let cli = Cli::command();
    walk(&cli);
    cli.debug_assert();
}
