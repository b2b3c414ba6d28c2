//! pooldeck: reads the command line, runs the verb, ends with its exit code.
//! Must never decide anything: the verbs do, and the rooms behind them.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use pooldeck::cli::{self, Cli, Exit, Shell};

mod start;

fn main() -> ExitCode {
    let Cli {
        verb,
        common,
        drawn,
    } = Cli::parse();
    let (mut out, mut notes) = (io::stdout().lock(), io::stderr());
    let mut input = io::stdin().lock();
    let mut shell = Shell {
        common,
        out: &mut out,
        notes: &mut notes,
        input: &mut input,
        terminal: cli::is_terminal(),
    };
    let answer = match &verb {
        None => start::deck(&mut shell, &drawn),
        Some(verb) => {
            cli::run(&mut shell, verb).unwrap_or_else(|| start::process(&mut shell, verb, &drawn))
        }
    };
    let exit = answer.unwrap_or_else(|failure| {
        let exit = failure.exit();
        if exit != Exit::Done {
            // Nobody is left to tell when this cannot be printed.
            let text = cli::harmless(&failure.to_string());
            drop(writeln!(io::stderr(), "error: {text}"));
        }
        exit
    });
    ExitCode::from(exit.code())
}
