//! Who the bridge lets in is settled before it is started.

use zartrux_config::{Overrides, Settings};

const KEY: &str = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6";
const CLIENT: &str = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

fn read(keys: &str) -> Result<Settings, String> {
    let text = format!("[bridge]\n{keys}\n");
    Settings::from_toml(&text, &Overrides::default()).map_err(|faults| faults.to_string())
}

#[test]
fn an_address_that_other_machines_reach_needs_a_key_for_each_socket() {
    for key in ["publish", "predict", "plans"] {
        for address in ["tcp://0.0.0.0:7", "tcp://192.0.2.7:7", "tcp://[::]:7"] {
            let open = format!("enabled = true\n{key} = \"{address}\"");
            let said = read(&open).unwrap_err();
            let place = format!("line 3: bridge.{key}: can be reached");
            assert!(said.starts_with(&place), "{said}");
            let keyed =
                format!("{open}\ncurve_secret_key = \"{KEY}\"\nallow_keys = [\"{CLIENT}\"]");
            assert!(read(&keyed).is_ok());
        }
        for address in ["tcp://127.0.0.1:7", "tcp://[::1]:7", "ipc:///run/z"] {
            assert!(read(&format!("enabled = true\n{key} = \"{address}\"")).is_ok());
        }
    }
}

#[test]
fn a_key_that_lets_nobody_in_and_clients_without_a_key_are_told() {
    let said = read(&format!("curve_secret_key = \"{KEY}\"")).unwrap_err();
    assert!(said.contains("lets nobody in"), "{said}");
    let said = read("curve_secret_key = \"file:k\"\nallow_keys = []").unwrap_err();
    assert!(
        said.contains("bridge.curve_secret_key: lets nobody in"),
        "{said}"
    );
    let said = read(&format!("allow_keys = [\"{CLIENT}\"]")).unwrap_err();
    assert!(said.contains("bridge.allow_keys: means nothing"), "{said}");
    let said = read("curve_secret_key = \"file:\"").unwrap_err();
    assert!(said.contains("must name a file"), "{said}");
}

#[test]
fn a_secret_key_is_shown_nowhere() {
    let keyed = format!("curve_secret_key = \"{KEY}\"\nallow_keys = [\"{CLIENT}\"]");
    let settings = read(&keyed).unwrap();
    let summary = settings.summary();
    assert!(
        !summary.contains(KEY) && summary.contains(CLIENT),
        "{summary}"
    );
    assert!(!format!("{settings:?}").contains(KEY));
    let short = &KEY[1..];
    let said = read(&format!("curve_secret_key = \"{short}\"")).unwrap_err();
    assert!(
        said.contains("40 characters") && !said.contains(short),
        "{said}"
    );
}

#[test]
fn its_ports_are_nobody_elses_while_it_is_on() {
    let taken = "publish = \"tcp://127.0.0.1:8080\"";
    assert!(read(taken).is_ok());
    let said = read(&format!("enabled = true\n{taken}")).unwrap_err();
    assert!(
        said.contains("must not take the same port as `monitor.listen`"),
        "{said}"
    );
}
