//! Units over the wire: started and followed by one command each, or by one for both.
//! Must never start a unit when it was only asked to follow it.

use super::{
    TransportError, UnitName, UnitState,
    openssh::{OpenSsh, secret},
    remote, trouble,
};
use crate::fleet::{BootId, Script, Server, TroubleKind};

impl OpenSsh {
    /// Starts when `script` is there, follows when `from` is.
    pub(super) async fn unit(
        &self,
        server: &Server,
        unit: &UnitName,
        script: Option<&Script>,
        from: Option<u64>,
        line: &mut (dyn FnMut(String) + Send),
    ) -> Result<Option<UnitState>, TransportError> {
        let text = script.map(|script| self.text(server, script)).transpose()?;
        let from_text = from.unwrap_or_default().to_string();
        let mut variables = vec![("UNIT", unit.0.as_str()), ("FROM", &from_text)];
        let mut texts = Vec::new();
        if let (Some(script), Some(text)) = (script, &text) {
            variables.extend([
                ("VERB", script.verb.word()),
                ("WRAP", remote::UNIT),
                ("SCRIPT", text),
                ("SECRET", secret(script)),
            ]);
            texts.extend([remote::START, "printf 's\\n'"]);
        }
        if from.is_some() {
            texts.push(remote::FOLLOW);
        }
        let mut exchange = self.begin(server, &variables, &texts).await?;
        exchange.skip_noise().await?;
        while let Some(said) = exchange.line().await {
            match read_line(&said) {
                Said::Started if from.is_none() => return Ok(None),
                Said::Output(output) => line(output.to_owned()),
                Said::State(state) => return Ok(Some(state)),
                Said::Cannot(why) => {
                    return Err(trouble::trouble(server, TroubleKind::Unreadable, why));
                }
                Said::Started | Said::Noise => {}
            }
        }
        Err(exchange.broken().await)
    }
}

/// What a line of `start.sh` and `follow.sh` means.
enum Said<'a> {
    Started,
    Output(&'a str),
    State(UnitState),
    Cannot(&'a str),
    Noise,
}

fn read_line(line: &str) -> Said<'_> {
    let finished = |rest: &str| {
        let (code, boot) = rest.split_once(' ')?;
        Some(UnitState::Finished {
            code: code.parse().ok()?,
            boot: BootId(boot.to_owned()),
        })
    };
    match line.split_at_checked(1) {
        Some(("s", "")) => Said::Started,
        Some(("o", output)) => Said::Output(output),
        Some(("a", "")) => Said::State(UnitState::Absent),
        Some(("f", rest)) => finished(rest).map_or(Said::Noise, Said::State),
        Some(("e", why)) => Said::Cannot(why),
        _ => Said::Noise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_told_from_what_is_said_about_it() {
        assert!(matches!(read_line("of0 boot"), Said::Output("f0 boot")));
        assert!(matches!(read_line("o"), Said::Output("")));
        assert!(matches!(read_line("a"), Said::State(UnitState::Absent)));
        assert!(matches!(
            read_line("f75 4124"),
            Said::State(UnitState::Finished { code: 75, .. })
        ));
        assert!(matches!(read_line("eno space"), Said::Cannot("no space")));
        for noise in ["", "f", "fx y", "again", "é", "süß"] {
            assert!(matches!(read_line(noise), Said::Noise), "{noise}");
        }
    }
}
