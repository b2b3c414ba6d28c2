//! What a probe found on a server, as labels and values.

use super::text;
use crate::fleet::Facts;

/// Every fact that there is.
pub fn facts_of(facts: &Facts) -> Vec<(&'static str, String)> {
    let list = |items: &[String]| items.join(", ");
    let some = |text: &Option<String>| text.clone().unwrap_or_else(|| "none".to_owned());
    let mut all = vec![
        (
            "hardware",
            format!(
                "{} CPUs in {}, {}",
                facts.capacity.cores,
                text::count(facts.sockets as usize, "socket"),
                facts.capacity.memory
            ),
        ),
        (
            "disk",
            format!(
                "{} free of {} (/var/lib)",
                facts.disk_free, facts.disk_total
            ),
        ),
        (
            "system",
            format!("{}, {}, {}", facts.os, facts.kernel, facts.arch),
        ),
        ("containerd", some(&facts.containerd)),
        ("kubelet", some(&facts.kubelet)),
    ];
    if let Some(machine) = &facts.machine {
        all.push(("machine-id", machine.to_string()));
    }
    let mut add = |label, text: String| {
        if !text.is_empty() {
            all.push((label, text));
        }
    };
    add("addresses", list(&facts.addresses));
    add("listens", list(&facts.listeners));
    add("kubernetes", list(&facts.kubernetes));
    add("our marks", list(&facts.marks));
    add(
        "claim",
        facts
            .claim
            .as_ref()
            .map(crate::fleet::Claim::by_name)
            .unwrap_or_default(),
    );
    if facts.containers > 0 {
        add("containers", facts.containers.to_string());
    }
    if facts.swap.0 > 0 {
        add("swap", facts.swap.to_string());
    }
    if facts.clock_ahead.abs() > 2.0 {
        add(
            "clock",
            format!("{:+.0} s against the captain's", facts.clock_ahead),
        );
    }
    if facts.reboot_required {
        add("reboot", "wanted by the system".to_owned());
    }
    all
}
