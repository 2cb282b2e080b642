//! Other names of algorithms, as xmrig takes them (`Algorithm.cpp` of 6.26 and of older versions).

/// The families whose long names xmrig shortens: `cryptonight-lite/1` is `cn-lite/1`.
const FAMILIES: [(&str, &str); 5] = [
    ("cryptonight/", "cn/"),
    ("cryptonight-lite/", "cn-lite/"),
    ("cryptonight-heavy/", "cn-heavy/"),
    ("cryptonight-pico/", "cn-pico/"),
    ("randomx/", "rx/"),
];

/// Names that follow no rule, after the families are shortened.
const NAMES: [(&str, &str); 50] = [
    ("rx", "rx/0"),
    ("randomx", "rx/0"),
    ("rx/test", "rx/0"),
    ("rx/v2", "rx/2"),
    ("randomwow", "rx/wow"),
    ("randomxl", "rx/loki"),
    ("randomarq", "rx/arq"),
    ("randomsfx", "rx/sfx"),
    ("randomkeva", "rx/keva"),
    ("randomgraft", "rx/graft"),
    ("randomyada", "rx/yada"),
    ("cn", "cn/0"),
    ("cryptonight", "cn/0"),
    ("cryptonight-monerov7", "cn/1"),
    ("cryptonight_v7", "cn/1"),
    ("cryptonight-monerov8", "cn/2"),
    ("cryptonight_v8", "cn/2"),
    ("cryptonight_r", "cn/r"),
    ("cn/msr", "cn/fast"),
    ("cryptonight_alloy", "cn/xao"),
    ("cryptonight_gpu", "cn/gpu"),
    ("cn-lite", "cn-lite/1"),
    ("cn-light", "cn-lite/1"),
    ("cryptonight-lite", "cn-lite/1"),
    ("cryptonight-light", "cn-lite/1"),
    ("cryptonight_lite", "cn-lite/1"),
    ("cryptonight-aeonv7", "cn-lite/1"),
    ("cryptonight_lite_v7", "cn-lite/1"),
    ("cn-heavy", "cn-heavy/0"),
    ("cryptonight-heavy", "cn-heavy/0"),
    ("cryptonight_heavy", "cn-heavy/0"),
    ("cryptonight_haven", "cn-heavy/xhv"),
    ("cryptonight-bittube2", "cn-heavy/tube"),
    ("cryptonight-pico", "cn-pico"),
    ("cn-pico/trtl", "cn-pico"),
    ("cn-trtl", "cn-pico"),
    ("cn-ultralite", "cn-pico"),
    ("cn_turtle", "cn-pico"),
    ("cryptonight-turtle", "cn-pico"),
    ("cryptonight-ultralite", "cn-pico"),
    ("cryptonight_turtle", "cn-pico"),
    ("cn/ultra", "cn-pico/tlo"),
    ("cn-talleo", "cn-pico/tlo"),
    ("cn_talleo", "cn-pico/tlo"),
    ("cryptonight-talleo", "cn-pico/tlo"),
    ("cryptonight_talleo", "cn-pico/tlo"),
    ("chukwa", "argon2/chukwa"),
    ("chukwav2", "argon2/chukwav2"),
    ("kawpow/rvn", "kawpow"),
    ("gr", "ghostrider"),
];

/// The short name of an algorithm, of a name in lower case.
pub(super) fn short(name: &str) -> String {
    let shortened = FAMILIES
        .iter()
        .find_map(|(long, short)| Some(format!("{short}{}", name.strip_prefix(long)?)));
    let name = shortened.unwrap_or_else(|| name.to_owned());
    let alias = NAMES.iter().find(|(alias, _)| *alias == name);
    alias.map_or(name, |(_, short)| (*short).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alias_leads_to_a_name_that_is_none() {
        for (alias, name) in NAMES {
            assert_eq!(short(alias), name);
            assert_eq!(short(name), name, "of {alias}");
        }
    }
}
