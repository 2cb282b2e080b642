//! Whatever the text, it is read or refused with faults that point into it.

use proptest::prelude::*;
use zartrux_config::{Overrides, Settings};

/// Pieces that texts near to a real file are made of.
fn piece() -> impl Strategy<Value = String> {
    let real = [
        "[node]\n",
        "[miners]\n",
        "[[pool]]\n",
        "[pool]\n",
        "[failover]\n",
        "[prove]\n",
        "[monitor]\n",
        "[node",
        "]",
        "lanes",
        "listen",
        "url",
        "user",
        "pass",
        "drain",
        "sample",
        "mode",
        "deadline",
        "deadline_unknown",
        "retry",
        "tls_key",
        "tls_fingerprint",
        " = ",
        "=",
        "[",
        "{",
        "}",
        "\"",
        "'",
        "\"\"\"",
        "\n",
        ",",
        "#",
        ".",
        "\"10s\"",
        "10s",
        "1",
        "-1",
        "0x",
        "1e400",
        "nan",
        "true",
        "\"0.0.0.0:3333\"",
        "\"stratum+tcp://a:1\"",
        "1979-05-27",
        "\r\n",
        "\u{feff}",
        "é",
        "\0",
    ];
    prop_oneof![
        9 => prop::sample::select(real.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn check(text: &str, overrides: &Overrides) -> Result<(), TestCaseError> {
    if let Err(faults) = Settings::from_toml(text, overrides) {
        prop_assert!(faults.len() > 0);
        let lines = text.split('\n').count();
        for fault in &faults {
            prop_assert!(fault.line().is_none_or(|line| (1..=lines).contains(&line)));
            prop_assert!(!fault.message().contains('\n'), "{}", fault.message());
        }
        prop_assert_eq!(faults.to_string().lines().count(), faults.len());
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text(text: String) {
        check(&text, &Overrides::default())?;
    }

    #[test]
    fn any_text_that_looks_like_a_file(pieces in prop::collection::vec(piece(), 0..40)) {
        check(&pieces.concat(), &Overrides::default())?;
    }

    #[test]
    fn the_annotated_file_with_any_damage(
        at in 0..zartrux_config::ANNOTATED_DEFAULT.len(),
        length in 0_usize..40,
        with in piece(),
    ) {
        let text = zartrux_config::ANNOTATED_DEFAULT;
        let mut bytes = text.as_bytes().to_vec();
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, with.bytes());
        check(&String::from_utf8_lossy(&bytes), &Overrides::default())?;
    }

    #[test]
    fn any_flags(pool: Option<String>, user: Option<String>, pass: Option<String>,
                 listen in prop::collection::vec(any::<String>(), 0..4),
        monitor: Option<String>, data: Option<String>,
                 prove: Option<String>, lanes: Option<u32>, require_pool: bool) {
        let tls_listen = listen.clone();
        let overrides = Overrides {
            pool, user, pass, listen, tls_listen, monitor, data, prove, lanes, require_pool,
        };
        check("", &overrides)?;
    }
}
