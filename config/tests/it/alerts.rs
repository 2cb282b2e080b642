//! `[alerts]`: keys that need each other, and what is never shown.

use zartrux_config::{Overrides, Settings};

fn faults(keys: &str) -> String {
    Settings::from_toml(&format!("[alerts]\n{keys}\n"), &Overrides::default())
        .unwrap_err()
        .to_string()
}

#[test]
fn keys_that_need_each_other_are_missed() {
    let server = "mail_server = \"mail.example:465\"";
    let from = "mail_from = \"z@farm.example\"";
    let to = "mail_to = [\"ops@farm.example\"]";
    for (keys, fault) in [
        (
            to.to_owned(),
            "alerts.mail_to: has no effect: there is no `mail_server`",
        ),
        (from.to_owned(), "alerts.mail_from: has no effect"),
        (
            format!("{server}\n{from}"),
            "alerts.mail_server: has nobody to write to",
        ),
        (
            format!("{server}\n{to}"),
            "alerts.mail_server: needs `mail_from`",
        ),
        (
            format!("{server}\n{from}\n{to}\nmail_user = \"u\""),
            "alerts.mail_user: needs the other",
        ),
        (
            format!("{server}\n{from}\n{to}\nmail_tls = \"none\""),
            "alerts.mail_tls: must be \"tls\" or \"starttls\" unless",
        ),
        (
            "webhook_secret = \"0123456789abcdef\"".to_owned(),
            "alerts.webhook_secret: has no effect: `webhook` is off",
        ),
        (
            "webhook = \"https://a/\"\nwebhook_secret = \"short\"".to_owned(),
            "alerts.webhook_secret: must be at least 16 bytes",
        ),
        (
            "mute = [\"rig_silnet\"]".to_owned(),
            "did you mean \"rig_silent\"?",
        ),
        (
            "mail_to = [\"a@x\\r\\nBcc: b@y\"]".to_owned(),
            "alerts.mail_to[0]: must be an address",
        ),
    ] {
        let found = faults(&keys);
        assert!(found.contains(fault), "{keys}: {found}");
        assert_eq!(found.lines().count(), 1, "{keys}: {found}");
    }
}

#[test]
fn mail_without_tls_goes_to_this_machine() {
    let keys = "[alerts]\nmail_server = \"127.0.0.1:25\"\nmail_tls = \"none\"\n\
                mail_from = \"a@x\"\nmail_to = [\"b@x\"]\n";
    assert!(Settings::from_toml(keys, &Overrides::default()).is_ok());
}

#[test]
fn neither_secrets_nor_tokens_in_addresses_are_ever_shown() {
    let keys = "[alerts]\nwebhook = \"https://hooks.example/T0KEN\"\n\
                webhook_secret = \"T0KEN0123456789abc\"\nmail_server = \"mail.example:465\"\n\
                mail_from = \"a@x\"\nmail_to = [\"b@x\"]\nmail_user = \"u\"\n\
                mail_password = \"T0KEN\"\nheartbeat = \"https://beat.example/T0KEN?k=T0KEN\"\n";
    let settings = Settings::from_toml(keys, &Overrides::default()).unwrap();
    let shown = [settings.summary(), format!("{settings:?}")];
    for shown in shown {
        assert!(!shown.contains("T0KEN"), "{shown}");
        assert!(shown.contains("https://hooks.example/…"), "{shown}");
    }
    assert!(!faults("webhook = \"htps://hooks.example/T0KEN\"").contains("T0KEN"));
}
