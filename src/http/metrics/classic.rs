//! The classic text format, for programs that do not ask for `OpenMetrics`, such as curl.

/// The same metrics in the classic format: there a counter's family is called as its series are,
/// with `_total`, and nothing marks the end.
pub(super) fn of(open: &str) -> String {
    let mut classic = String::with_capacity(open.len() + 4096);
    let mut help = None;
    for line in open.lines() {
        if let Some(told) = line.strip_prefix("# HELP ") {
            help = told.split_once(' ');
        } else if let Some(typed) = line.strip_prefix("# TYPE ") {
            let suffix = if typed.ends_with(" counter") {
                "_total"
            } else {
                ""
            };
            if let (Some((name, text)), Some((_, kind))) = (help.take(), typed.split_once(' ')) {
                let lines = ["# HELP ", name, suffix, " ", text];
                let types = ["\n# TYPE ", name, suffix, " ", kind, "\n"];
                lines
                    .iter()
                    .chain(&types)
                    .for_each(|part| classic.push_str(part));
            }
        } else if !line.starts_with('#') {
            classic.push_str(line);
            classic.push('\n');
        }
    }
    classic
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counters_family_has_the_name_of_its_series() {
        let open = "# HELP a_shares Shares of all\n# TYPE a_shares counter\na_shares_total 1\n\
                    # HELP b Of b\n# TYPE b gauge\nb{c=\"# HELP d\"} 2\n# EOF\n";
        let classic = "# HELP a_shares_total Shares of all\n# TYPE a_shares_total counter\n\
                       a_shares_total 1\n# HELP b Of b\n# TYPE b gauge\nb{c=\"# HELP d\"} 2\n";
        assert_eq!(of(open), classic);
    }
}
