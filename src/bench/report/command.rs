//! A command as a report tells it: what was asked for, and not where things are on that machine.

/// The words of a command, without where its report goes and without the folder of a peer.
pub(crate) fn told<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let word = word.as_ref();
        if matches!(word, "--json" | "--date") {
            words.next();
        } else if let Some((name, path)) = word.split_once("xmrig-proxy=") {
            let file = path.rsplit('/').next().unwrap_or(path);
            told.push(format!("{name}xmrig-proxy={file}"));
        } else if !word.starts_with("--json=") && !word.starts_with("--date=") {
            told.push(word.to_owned());
        }
    }
    told.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_told_without_places_on_the_machine() {
        let told = |line: &str| told(line.split(' '));
        assert_eq!(
            told("bench share --json /tmp/x.json --miners 1000 --date 2026-11-30 --runs 3"),
            "bench share --miners 1000 --runs 3"
        );
        assert_eq!(
            told("bench idle --json=/tmp/x.json --peer xmrig-proxy=/opt/p/xmrig-proxy"),
            "bench idle --peer xmrig-proxy=xmrig-proxy"
        );
        assert_eq!(told("bench idle --json"), "bench idle");
    }
}
