//! What kubectl, kubeadm and a cluster's API answer: a drain's lines, lists as JSON, amounts, the ends of certificates.

use pooldeck::{
    cluster::{amount::thousandths, seen},
    fleet::cluster::{Certificate, PressureKind},
    run::{Kept, block::budgets},
};

use super::{now, text};

/// Reads it as each of them. Two JSON lists are parted by a line `---`.
pub fn answers(data: &[u8]) {
    let text = text(data);
    let kept = Kept::read(&text);
    let said: Vec<String> = kept.iter().map(line).collect();
    assert_eq!(Kept::read(&said.join("\n")), kept, "a drain's words");
    assert!(budgets(&kept).len() <= kept.len());
    for line in text.lines() {
        if let Some(certificate) = Certificate::read(line) {
            let ends = certificate.ends.strftime("%Y%m%d%H%M%S");
            let again = Certificate::read(&format!("{ends} {}", certificate.file));
            assert_eq!(again, Some(certificate), "a certificate's end");
        }
        if let Some(amount) = thousandths(line) {
            assert_eq!(thousandths(&format!("{amount}m")), Some(amount), "{line}");
        }
        assert!(PressureKind::of_condition(line).is_none() || !line.is_empty());
    }
    let (nodes, pods) = text.split_once("\n---\n").unwrap_or((&text, "{}"));
    if let Ok(seen) = seen::read(nodes, pods, now()) {
        let pods: u32 = seen.nodes.values().map(|node| node.pods).sum();
        assert!(pods as usize <= text.len() && seen.pending as usize <= text.len());
        let printed = serde_json::to_string(&seen).unwrap_or_default();
        let again = serde_json::from_str(&printed).ok();
        assert_eq!(again, Some(seen), "a cluster's picture");
    }
}

/// A drain's line, as `assets/steps/drain.sh` says it.
fn line(it: &Kept) -> String {
    format!(
        "{} not evicted: the disruption budget {} allows none ({} of {} ready, made by {})",
        it.pod, it.budget, it.ready, it.all, it.owner
    )
}
