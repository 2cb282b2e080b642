//! What miners say of themselves: texts that most of them have in common are kept once.

use std::sync::Arc;

use zartrux_models::plan::Capability;
use zartrux_models::stratum::Text;
use zartrux_models::work::Algorithm;

use super::MinerSessions;
use super::seat::Identity;

/// Different `agent` texts that are kept once; further ones are kept per miner.
const AGENTS_KEPT: usize = 4096;
/// Different lists of algorithms whose reading is kept, and the longest of them, bytes.
const LISTS_KEPT: usize = 64;
const LIST_LONGEST: usize = 1024;

impl MinerSessions {
    pub(super) fn agent(&mut self, text: &str) -> Arc<str> {
        if let Some(kept) = self.agents.get(text) {
            return Arc::clone(kept);
        }
        let agent: Arc<str> = text.into();
        if self.agents.len() < AGENTS_KEPT {
            self.agents.insert(Arc::clone(&agent));
        }
        agent
    }

    /// A list of algorithms as it is kept. Most miners send the same, word for word: it is gone
    /// through once.
    pub(super) fn algorithms(&mut self, names: &[Text<'_>]) -> Arc<str> {
        let mut sent = String::with_capacity(Identity::ALGORITHMS_MAX);
        for name in names {
            sent.push_str(name);
            // In no name: the parts of a list are kept apart.
            sent.push('\n');
        }
        if let Some(kept) = self.lists.get(sent.as_str()) {
            return Arc::clone(kept);
        }
        let kept = self.agent(&listed(names));
        let is_usual = sent.len() <= LIST_LONGEST && !names.iter().any(|name| name.contains('\n'));
        if is_usual && self.lists.len() < LISTS_KEPT {
            self.lists.insert(sent.into(), Arc::clone(&kept));
        }
        kept
    }

    /// What a miner with this agent and list of algorithms can hash: kept once, like them.
    pub(super) fn capability(
        &mut self,
        agent: &Arc<str>,
        algorithms: &Arc<str>,
    ) -> Arc<Capability> {
        let key = (Arc::clone(agent), Arc::clone(algorithms));
        if let Some(kept) = self.capabilities.get(&key) {
            return Arc::clone(kept);
        }
        let names = algorithms.split(',').filter(|name| !name.is_empty());
        let listed: Vec<Algorithm> = names.map(Algorithm::named).collect();
        let capability = Arc::new(Capability::of(&listed, agent));
        if self.capabilities.len() < AGENTS_KEPT {
            self.capabilities.insert(key, Arc::clone(&capability));
        }
        capability
    }
}

/// Short names of algorithms in one text, each once: Monero's first, then as many as
/// [`Identity::ALGORITHMS_MAX`] bytes and [`Capability::MOST`] hold. Who keeps fewer keeps those that
/// matter.
pub(super) fn listed(names: &[Text<'_>]) -> String {
    // A comma in a name would make it two, and no algorithm has one.
    let fair = |name: &&Text<'_>| !name.is_empty() && !name.contains(',');
    let mut kept: Vec<Algorithm> = Vec::new();
    let mut length = 0;
    for algorithm in names.iter().filter(fair).map(|name| Algorithm::named(name)) {
        let size = algorithm.name().len() + 1;
        let room = |moneros| moneros || length + size + MONEROS <= Identity::ALGORITHMS_MAX;
        let moneros = algorithm.is_moneros();
        if room(moneros)
            && (moneros || kept.len() + 2 < Capability::MOST)
            && !kept.contains(&algorithm)
        {
            if !moneros {
                length += size;
            }
            kept.push(algorithm);
        }
    }
    kept.sort_by_key(|algorithm| match algorithm {
        Algorithm::Rx0 => 0,
        Algorithm::Rx2 => 1,
        Algorithm::Other(_) => 2,
    });
    let names: Vec<&str> = kept.iter().map(Algorithm::name).collect();
    names.join(",")
}

/// Bytes that Monero's algorithms take up in a list.
const MONEROS: usize = "rx/0,rx/2,".len();

/// At most [`Identity::MAX`] bytes, cut at a character.
pub(super) fn cut(text: &str) -> &str {
    let mut end = text.len().min(Identity::MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_algorithms_is_cut_at_a_name_and_no_name_makes_two() {
        let names = ["rx/0", "", "cn/r", "a,b", "rx/2"].map(Text::from);
        assert_eq!(listed(&names), "rx/0,rx/2,cn/r");
        let aliases = ["cryptonight/r", "RandomX", "cn/r", "rx/0"].map(Text::from);
        assert_eq!(listed(&aliases), "rx/0,cn/r");
    }

    #[test]
    fn however_long_a_list_is_moneros_algorithms_are_kept_of_it() {
        let mut many: Vec<String> = (0..5_000).map(|at| format!("name-{at}/variant")).collect();
        many.push("rx/2".to_owned());
        many.push("rx/0".to_owned());
        let texts: Vec<Text<'_>> = many.iter().map(|name| Text::from(name.as_str())).collect();
        let list = listed(&texts);
        assert!(list.starts_with("rx/0,rx/2,name-0/variant,"), "{list}");
        assert!(list.len() < Identity::ALGORITHMS_MAX, "{}", list.len());
        assert!(list.split(',').count() <= Capability::MOST);
        let capability = Capability::of(
            &list.split(',').map(Algorithm::named).collect::<Vec<_>>(),
            "",
        );
        assert!(capability.can(&Algorithm::Rx2) && capability.can(&Algorithm::Rx0));
    }
}
