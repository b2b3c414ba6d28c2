//! The texts that a server's shell is given: `assets/transport/` with its variables before it.
//! Must never put a secret where `ps` shows it: everything goes over standard input.

/// `ask.sh`: runs a script that changes nothing.
pub(super) const ASK: &str = include_str!("../../assets/transport/ask.sh");
/// `start.sh`: starts a unit once.
pub(super) const START: &str = include_str!("../../assets/transport/start.sh");
/// `follow.sh`: follows a unit.
pub(super) const FOLLOW: &str = include_str!("../../assets/transport/follow.sh");
/// `forget.sh`: removes units.
pub(super) const FORGET: &str = include_str!("../../assets/transport/forget.sh");
/// `unit.sh`: what a unit runs.
pub(super) const UNIT: &str = include_str!("../../assets/transport/unit.sh");

/// Reads a text of a length that stands before it, runs it, and leaves standard input open for it. It contains nothing
/// that bash, dash, zsh, fish and csh read in different ways, because the user's login shell reads it first.
const LOAD: &str = r#"read -r n && s=$(head -c "$n") && eval "$s""#;

/// The command line for a server: as the one who logged in, or as root by sudo.
pub(super) fn command(sudo: bool) -> String {
    if sudo {
        format!("sudo -n sh -c '{LOAD}'")
    } else {
        format!("sh -c '{LOAD}'")
    }
}

/// What is written to the command's standard input: the text's length, variables and texts; `mark` is printed first,
/// so that whatever a login shell prints before it can be told from an answer.
pub(super) fn message(mark: &str, variables: &[(&str, &str)], texts: &[&str]) -> String {
    let mut body = format!("printf '%s\\n' {}\n", quoted(mark));
    for (key, value) in variables {
        assign(&mut body, key, value);
    }
    for text in texts {
        body.push_str(text);
        body.push('\n');
    }
    format!("{}\n{body}", body.len())
}

/// Writes `export KEY='value'` lines.
pub(super) fn exports<'a>(env: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    let mut text = String::new();
    for (key, value) in env {
        text.push_str("export ");
        assign(&mut text, key, value);
    }
    text
}

fn assign(text: &mut String, key: &str, value: &str) {
    text.extend([
        key,
        "=",
        &quoted(value),
        "
",
    ]);
}

/// A word for sh that means exactly `value`.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::Write as _,
        process::{Command, Stdio},
    };

    fn run(input: &str) -> String {
        let mut shell = Command::new("sh")
            .args(["-c", &command(false)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        shell
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        String::from_utf8(shell.wait_with_output().unwrap().stdout).unwrap()
    }

    #[test]
    fn a_value_arrives_as_it_was_whatever_is_in_it() {
        let nasty = "it's $HOME `id` \\ \"x\"\nline two\t* !";
        let said = run(&message("m", &[("V", nasty)], &["printf %s \"$V\""]));
        assert_eq!(said, format!("m\n{nasty}"));
    }

    #[test]
    fn what_follows_the_text_is_left_for_the_text_to_read() {
        let input = message("m", &[], &["read -r rest; printf %s \"$rest\""]) + "the rest\n";
        assert_eq!(run(&input), "m\nthe rest");
    }

    #[test]
    fn the_command_line_is_read_alike_by_every_login_shell() {
        for sudo in [false, true] {
            let line = command(sudo);
            assert_eq!(line.matches('\'').count(), 2, "{line}");
            assert!(!line.contains(['!', '\n', '\\']), "{line}");
        }
    }
}
