//! The step scripts as they are sent: variables, the two libraries, the step's file, and the call.
//! Must never hold a script that is not a file in `assets/steps/`.

use super::remote;
use crate::fleet::Script;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        /// The text of a file in `assets/steps/` by its name without `.sh`.
        #[must_use]
        pub fn file(name: &str) -> Option<&'static str> {
            match name {
                $($name => Some(include_str!(concat!("../../assets/steps/", $name, ".sh"))),)*
                _ => None,
            }
        }
    };
}

files!(
    "await-ready",
    "claim",
    "clean",
    "cordon",
    "describe-pool",
    "drain",
    "fence",
    "fetch-copy",
    "init",
    "join",
    "keep-by-hand",
    "keep-copy",
    "kubeconfig",
    "leave",
    "lib",
    "network",
    "preflight",
    "prepare",
    "probe",
    "prove-clean",
    "release",
    "remove-node",
    "reset",
    "stop-kubelet",
    "token",
    "uncordon",
    "verify-pool",
    "witness",
);

/// The whole text for a server; none when there is no such script. The probe stands alone: it needs no claim, and runs
/// on servers that never heard of us.
#[must_use]
pub fn text(file: fn(&str) -> Option<&'static str>, script: &Script) -> Option<String> {
    let step = file(script.name)?;
    let exports = remote::exports(&script.env);
    if script.name == "probe" {
        return Some(format!("{exports}{step}"));
    }
    let (library, leave) = (file("lib")?, file("leave")?);
    Some(format!(
        "{exports}{library}\n{leave}\n{step}\nmain \"$1\"\n"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fleet::Verb, plan::Action};

    #[test]
    fn every_action_has_its_script() {
        for action in Action::ALL {
            let text = text(file, &Script::new(action.script(), Verb::Apply));
            assert!(text.is_some(), "{action:?}");
        }
        for fetched in ["token", "kubeconfig"] {
            assert!(file(fetched).is_some(), "{fetched}");
        }
    }

    #[test]
    fn every_file_of_the_folder_is_known() {
        for entry in std::fs::read_dir("assets/steps").unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap();
            if path.extension().is_some_and(|end| end == "sh") {
                assert!(file(name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn a_step_is_its_variables_the_library_the_file_and_the_call() {
        let script = Script::new("release", Verb::Apply).with("POOLDECK_RUN", &"it's 7");
        let text = text(file, &script).unwrap();
        assert!(text.starts_with("export POOLDECK_RUN='it'\\''s 7'\n"));
        assert!(text.ends_with("main \"$1\"\n"));
    }

    #[test]
    fn the_probe_stands_alone() {
        let text = text(file, &Script::new("probe", Verb::Check)).unwrap();
        assert_eq!(Some(text.as_str()), file("probe"));
    }
}
