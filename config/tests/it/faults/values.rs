//! A value that its key cannot have.

use super::{POOL, one_fault};

#[test]
fn a_value_of_the_wrong_kind_is_refused() {
    let cases = [
        (
            "[node]\nlanes = \"2\"",
            "node.lanes",
            "must be a whole number from 1 to 64, but is \"2\"",
        ),
        ("[node]\nlanes = 2.0", "node.lanes", "whole number"),
        ("[node]\nlanes = true", "node.lanes", "but is true"),
        ("[node]\nlanes = 1979-05-27", "node.lanes", "but is a date"),
        (
            "[node]\nlanes = 99999999999999999999",
            "node.lanes",
            "more than 64 bits",
        ),
        (
            "[node]\ndata = 5",
            "node.data",
            "must be a text in quotes, but is a number",
        ),
        (
            "[node]\nlog = []",
            "node.log",
            "must be a text in quotes, but is a list",
        ),
        (
            "[node]\ndrain = 10",
            "node.drain",
            "with its unit (ms, s, m, h or d), such as \"10s\", but is 10",
        ),
        (
            "[miners]\nlisten = \"0.0.0.0:1\"",
            "miners.listen",
            "must be a list, such as [\"0.0.0.0:1\"]",
        ),
        (
            "[miners]\nlisten = 3333",
            "miners.listen",
            "must be a list, but is 3333",
        ),
        (
            "[miners]\nunsent_limit = 1.5",
            "miners.unsent_limit",
            "must be a size",
        ),
        (
            "[miners]\nunsent_limit = -1",
            "miners.unsent_limit",
            "must be a size",
        ),
        (
            "[miners]\npassword = \"\"",
            "miners.password",
            "leave the key out to let everybody in",
        ),
        (
            "[miners]\nallow = [\"rig.example\"]",
            "miners.allow[0]",
            "must be a network, such as \"10.0.0.0/8\"",
        ),
        (
            "[miners]\ndeny = [\"10.1.2.3/8\"]",
            "miners.deny[0]",
            "\"10.0.0.0/8\" is the network, \"10.1.2.3/32\" the address",
        ),
        (
            "[miners]\nlogins_per_minute = 0",
            "miners.logins_per_minute",
            "from 1 to 1000000, but is 0; \"off\" is possible too",
        ),
        (
            "[miners]\nmin_difficulty = \"1k\"",
            "miners.min_difficulty",
            "whole number from 1",
        ),
        (
            "[miners]\nshare_goal = false",
            "miners.share_goal",
            "\"off\" is possible too",
        ),
        (
            "[failover]\nstandby = \"yes\"",
            "failover.standby",
            "must be true or false, but is \"yes\"",
        ),
        (
            "[failover]\nretry = {}",
            "failover.retry",
            "but is a section",
        ),
        (
            "[prove]\nsample = \"5%\"",
            "prove.sample",
            "must be a probability",
        ),
        (
            "[prove]\nmode = true",
            "prove.mode",
            "\"light\", \"fast\" or \"off\", but is true",
        ),
        (
            "[monitor]\nlisten = 8080",
            "monitor.listen",
            "IP address with a port",
        ),
    ];
    for (text, key, sentence) in cases {
        one_fault(text, 2, key, sentence);
    }
}

#[test]
fn a_value_out_of_its_range_is_refused() {
    let cases = [
        ("[node]\nlanes = 0", "node.lanes", "from 1 to 64, but is 0"),
        (
            "[node]\nlanes = 65",
            "node.lanes",
            "from 1 to 64, but is 65",
        ),
        ("[node]\nlanes = -1", "node.lanes", "but is -1"),
        (
            "[node]\ndrain = \"25h\"",
            "node.drain",
            "must be from \"0s\" to \"1d\", but is \"25h\"",
        ),
        (
            "[filters]\nalpha = 0",
            "filters.alpha",
            "must be a probability above 0, at most 0.1, but is 0",
        ),
        ("[filters]\nalpha = 0.11", "filters.alpha", "but is 0.11"),
        ("[filters]\nalpha = nan", "filters.alpha", "at most 0.1"),
        (
            "[filters]\nforget_after = \"366d\"",
            "filters.forget_after",
            "must be from \"1m\" to \"365d\"",
        ),
        (
            "[monitor]\nshares_kept = 1000001",
            "monitor.shares_kept",
            "from 0 to 1000000",
        ),
        (
            "[miners]\nlogin_timeout = \"0s\"",
            "miners.login_timeout",
            "from \"1ms\"",
        ),
        (
            "[miners]\nmax_connections = 0",
            "miners.max_connections",
            "from 1 to 1000000",
        ),
        (
            "[miners]\nmax_connections = 1000001",
            "miners.max_connections",
            "from 1 to 1000000",
        ),
        (
            "[miners]\nmax_shares_in_flight = 0",
            "miners.max_shares_in_flight",
            "from 1",
        ),
        (
            "[miners]\nunsent_limit = \"4095bytes\"",
            "miners.unsent_limit",
            "from \"4KiB\" to \"16MiB\"",
        ),
        (
            "[miners]\nunsent_limit = \"17MiB\"",
            "miners.unsent_limit",
            "from \"4KiB\" to \"16MiB\"",
        ),
        (
            "[miners]\nshare_goal = \"99ms\"",
            "miners.share_goal",
            "from \"100ms\" to \"1h\"",
        ),
        (
            "[miners]\nmin_difficulty = 0",
            "miners.min_difficulty",
            "from 1",
        ),
        (
            "[failover]\nretry = \"0ms\"",
            "failover.retry",
            "from \"1ms\"",
        ),
        ("[prove]\nthreads = 257", "prove.threads", "from 0 to 256"),
        ("[prove]\nqueue = 0", "prove.queue", "from 1 to 1048576"),
        (
            "[prove]\nsample = 1.01",
            "prove.sample",
            "from 0 to 1, but is 1.01",
        ),
        (
            "[prove]\nsample = -0.5",
            "prove.sample",
            "from 0 to 1, but is -0.5",
        ),
        ("[prove]\nsample = nan", "prove.sample", "but is NaN"),
        ("[prove]\nsample = 2", "prove.sample", "but is 2"),
    ];
    for (text, key, sentence) in cases {
        one_fault(text, 2, key, sentence);
    }
}

#[test]
fn a_value_of_the_wrong_form_is_refused() {
    let cases = [
        ("[node]\ndata = \"\"", "node.data", "must not be empty"),
        ("[node]\ndata = \"a\\u0000b\"", "node.data", "NUL"),
        (
            "[node]\nlog = \"inof\"",
            "node.log",
            "did you mean \"info\"?",
        ),
        (
            "[node]\nlog_format = \"jsno\"",
            "node.log_format",
            "did you mean \"json\"?",
        ),
        (
            "[node]\ndrain = \"10 seconds\"",
            "node.drain",
            "whole number with a unit",
        ),
        (
            "[miners]\nunsent_limit = \"64kb\"",
            "miners.unsent_limit",
            "(bytes, KiB, MiB or GiB)",
        ),
        (
            "[miners]\nlisten = [\"0.0.0.0\"]",
            "miners.listen[0]",
            "such as \"0.0.0.0:3333\"",
        ),
        (
            "[miners]\nlisten = [\":3333\"]",
            "miners.listen[0]",
            "IP address with a port",
        ),
        (
            "[miners]\ntls_listen = [\"host:1\"]",
            "miners.tls_listen[0]",
            "IP address with a port",
        ),
        (
            "[monitor]\nlisten = \"localhost:8080\"",
            "monitor.listen",
            "\"off\" is possible too",
        ),
        (
            "[prove]\nmode = \"ligth\"",
            "prove.mode",
            "did you mean \"light\"?",
        ),
    ];
    for (text, key, sentence) in cases {
        one_fault(text, 2, key, sentence);
    }
}

#[test]
fn an_element_of_a_list_has_its_own_line() {
    let text = "[miners]\nlisten = [\n  \"0.0.0.0:3333\",\n  \"0.0.0.0:99999\",\n]\n";
    one_fault(text, 4, "miners.listen[1]", "but is \"0.0.0.0:99999\"");
}

#[test]
fn a_list_has_a_limit() {
    let listen: Vec<_> = (1..=65)
        .map(|port| format!("\"127.0.0.1:{port}\""))
        .collect();
    let text = format!("[miners]\nlisten = [{}]", listen.join(","));
    one_fault(&text, 2, "miners.listen", "at most 64, but has 65");
    let pools = POOL.repeat(33);
    one_fault(&pools, 97, "pool[32]", "at most 32 in number, but are 33");
}
