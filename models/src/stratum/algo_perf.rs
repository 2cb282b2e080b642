//! `algo-perf` of a login: how fast a miner says it hashes each algorithm.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::text::Text;
use crate::work::Algorithm;

/// Hash rates by algorithm, hashes per second, as a miner claims them.
///
/// Claims and no measurements. At most [`AlgoPerf::MOST`] are kept; a rate that is no number, not
/// above 0 or above [`AlgoPerf::FASTEST`] is dropped, and of an algorithm that is named twice the
/// last counts, as in JSON.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlgoPerf(Box<[(Algorithm, f64)]>);

impl AlgoPerf {
    /// Most algorithms that are kept. `MoneroOcean`'s miner sends about thirty.
    pub const MOST: usize = 64;
    /// Fastest that is believed, hashes per second: a thousand times all of Monero's miners of 2026.
    pub const FASTEST: f64 = 1e13;

    /// What was read before; what would not have been kept is not.
    #[must_use]
    pub fn kept(rates: impl IntoIterator<Item = (Algorithm, f64)>) -> Self {
        let fair = |(_, rate): &(Algorithm, f64)| *rate > 0.0 && *rate <= Self::FASTEST;
        Self(rates.into_iter().filter(fair).take(Self::MOST).collect())
    }

    /// Hash rates by algorithm, in the order in which they came.
    #[must_use]
    pub fn rates(&self) -> &[(Algorithm, f64)] {
        &self.0
    }

    /// The hash rate that is claimed for an algorithm.
    #[must_use]
    pub fn rate(&self, algorithm: &Algorithm) -> Option<f64> {
        let found = self.0.iter().find(|(known, _)| known == algorithm);
        found.map(|(_, rate)| *rate)
    }

    /// Reads the field as it came.
    pub(super) fn read(raw: Option<&RawValue>) -> Result<Self, String> {
        match raw.map(RawValue::get) {
            None | Some("null") => Ok(Self::default()),
            Some(json) => serde_json::from_str(json)
                .map_err(|_| "params.algo-perf is not an object of numbers".to_owned()),
        }
    }
}

impl<'de> Deserialize<'de> for AlgoPerf {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Rates;

        impl<'de> Visitor<'de> for Rates {
            type Value = AlgoPerf;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of hash rates")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AlgoPerf, A::Error> {
                let mut rates: Vec<(Algorithm, f64)> = Vec::new();
                while let Some(name) = map.next_key::<Text<'de>>()? {
                    let Rate(rate) = map.next_value()?;
                    let fair = rate.filter(|rate| *rate > 0.0 && *rate <= AlgoPerf::FASTEST);
                    let (Some(rate), false) = (fair, name.is_empty()) else {
                        continue;
                    };
                    let algorithm = Algorithm::named(&name);
                    let mut known = rates.iter_mut().filter(|(known, _)| *known == algorithm);
                    if let Some((_, known)) = known.next() {
                        *known = rate;
                    } else if rates.len() < AlgoPerf::MOST {
                        rates.push((algorithm, rate));
                    }
                }
                Ok(AlgoPerf(rates.into()))
            }
        }

        from.deserialize_map(Rates)
    }
}

/// A number, or whatever else stands there.
struct Rate(Option<f64>);

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Any {
            Number(f64),
            Else(IgnoredAny),
        }
        Ok(match Any::deserialize(from)? {
            Any::Number(rate) => Self(Some(rate)),
            Any::Else(_) => Self(None),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<AlgoPerf, String> {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        AlgoPerf::read(Some(raw))
    }

    #[test]
    fn rates_are_read_by_algorithm() {
        let perf = read(r#"{"rx/0":8431.5,"RandomX/V2":7900,"cn\/r":120}"#).unwrap();
        assert_eq!(perf.rate(&Algorithm::Rx0), Some(8431.5));
        assert_eq!(perf.rate(&Algorithm::Rx2), Some(7900.0));
        assert_eq!(perf.rate(&Algorithm::named("cn/r")), Some(120.0));
        assert_eq!(perf.rate(&Algorithm::named("rx/wow")), None);
    }

    #[test]
    fn hostile_rates_are_dropped_and_the_others_kept() {
        let perf = read(
            r#"{"rx/0":1,"a":-1,"b":0,"c":"NaN","d":1e300,"e":null,"f":[1],"g":{"h":1},"":5,"rx/0":2}"#,
        )
        .unwrap();
        assert_eq!(perf.rates(), [(Algorithm::Rx0, 2.0)]);
    }

    #[test]
    fn a_list_without_end_is_cut() {
        let many: Vec<String> = (0..500).map(|at| format!("\"x/{at}\":1")).collect();
        let perf = read(&format!("{{{}}}", many.join(","))).unwrap();
        assert_eq!(perf.rates().len(), AlgoPerf::MOST);
    }

    #[test]
    fn what_is_no_object_is_refused_and_nothing_said_is_nothing_known() {
        for json in ["[]", "7", "\"fast\"", "true", r#"{"rx/0":1e999}"#] {
            assert_eq!(
                read(json),
                Err("params.algo-perf is not an object of numbers".to_owned()),
                "{json}"
            );
        }
        assert_eq!(read("null"), Ok(AlgoPerf::default()));
        assert_eq!(AlgoPerf::read(None), Ok(AlgoPerf::default()));
    }
}
