//! Pieces of our own scripts that a person writes to a server as they are, cut out of them, so that the two can never differ.
//! Must never be a second text of the same.

/// The script of the pod network's unit, from `pods=` on.
pub(super) fn network_script() -> &'static str {
    between(NETWORK, "    cat <<'EOT'\n", "\nEOT")
}

/// The pod network's unit.
pub(super) fn network_unit(pool: &str) -> String {
    between(NETWORK, "    cat <<EOT\n", "\nEOT")
        .replace("$MARK", MARK)
        .replace("$POOLDECK_POOL", pool)
}

/// Removes chains by the names in `$own`, and the rules that jump to them, and leaves every other rule where it is.
pub(super) fn remove_chains() -> String {
    let program = between(LEAVE, "awk -v own=\"^($1)\" '\n", "' >\"/run");
    let lines = program
        .lines()
        .map(|line| line.strip_prefix("            ").unwrap_or(line));
    let program: Vec<&str> = lines.collect();
    format!(
        "for tool in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy \\\n    \
         iptables ip6tables; do\n    \
         command -v \"$tool-save\" >/dev/null || continue\n    \
         \"$tool-save\" | awk -v own=\"^($own)\" '\n{}\n' |\n        \
         \"$tool-restore\" -w 10 --noflush\ndone",
        program.join("\n")
    )
}

/// What stands in every file of ours.
const MARK: &str = "written by pooldeck";
const NETWORK: &str = include_str!("../../../assets/steps/network.sh");
const LEAVE: &str = include_str!("../../../assets/steps/leave.sh");

/// What stands between two marks; nothing without them.
fn between(text: &'static str, from: &str, to: &str) -> &'static str {
    text.split_once(from)
        .and_then(|(_, rest)| rest.split_once(to))
        .map_or("", |(inside, _)| inside)
}
