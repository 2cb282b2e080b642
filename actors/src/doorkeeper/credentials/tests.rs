use proptest::prelude::*;

use super::*;

/// A hash that is computed within microseconds.
pub(in crate::doorkeeper) fn quick_hash(password: &str) -> String {
    let salt = SaltString::encode_b64(b"salt of the test").unwrap();
    let params = Params::new(8, 1, 1, None).unwrap();
    Argon2::new(Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password(password.as_bytes(), &salt)
        .unwrap()
        .to_string()
}

fn claim(user: &str, rig: &str, pass: &str) -> Claim {
    Claim {
        user: user.into(),
        rig: rig.into(),
        pass: pass.into(),
    }
}

fn faults(text: &str) -> Vec<(usize, String)> {
    let faults = Credentials::parse(text).unwrap_err();
    let told = |fault: CredentialsFault| (fault.line, fault.what);
    faults.into_iter().map(told).collect()
}

#[test]
fn a_login_is_known_by_its_user_or_by_user_and_rig_id() {
    let (all, third) = (quick_hash("all"), quick_hash("third"));
    let text = format!("# farm\r\n\nfarm:{all}\r\n  farm/rig-3:{third}\na:b:{all}\n");
    let file = Credentials::parse(&text).unwrap();
    assert_eq!(file.len(), 3);
    let key = ProcessKey::draw();
    for (user, rig, pass, right) in [
        ("farm", "", "all", true),
        ("farm", "rig-1", "all", true),
        ("farm", "rig-3", "third", true),
        ("farm", "rig-3", "all", false),
        ("farm", "", "third", false),
        ("a:b", "", "all", true),
        ("", "", "all", false),
        ("other", "", "all", false),
        ("other", "", "third", false),
        ("farm", "", "", false),
    ] {
        let claim = claim(user, rig, pass);
        assert!(!file.is_known(&claim, &key), "before it was checked");
        assert_eq!(file.verify(&claim, &key), right, "{user} {rig} {pass}");
        assert_eq!(file.is_known(&claim, &key), right, "{user} {rig} {pass}");
        file.right.lock().unwrap().clear();
    }
}

#[test]
fn only_right_passwords_are_remembered_and_one_for_each_line() {
    let file = Credentials::parse(&format!("farm:{}", quick_hash("right"))).unwrap();
    let key = ProcessKey::draw();
    for number in 0..100 {
        file.verify(&claim("farm", "", &format!("guess {number}")), &key);
        file.verify(&claim(&format!("name {number}"), "", "right"), &key);
        file.verify(&claim("farm", &format!("rig {number}"), "right"), &key);
    }
    assert_eq!(file.right.lock().unwrap().len(), 1);
    assert!(!file.is_known(&claim("farm", "", "right"), &ProcessKey::draw()));
}

#[test]
fn a_name_that_is_not_listed_is_answered_by_the_same_hash_each_time() {
    let text: String = (0..50)
        .map(|rig| format!("rig-{rig}:{}\n", quick_hash(&rig.to_string())))
        .collect();
    let file = Credentials::parse(&text).unwrap();
    let key = ProcessKey::draw();
    let of = |name: &str| {
        let (hash, listed) = file.hash_of(name, "", &key);
        assert!(!listed && !hash.is_empty());
        hash.to_owned()
    };
    assert_eq!(of("stranger"), of("stranger"));
    let different: HashSet<String> = (0..50).map(|n| of(&format!("stranger {n}"))).collect();
    assert!(different.len() > 10);
}

#[test]
fn each_fault_is_told_with_its_line_and_without_the_hash() {
    let good = quick_hash("x");
    let long = "n".repeat(LONGEST_NAME + 1);
    let text = format!(
        "ok:{good}\nno hash\n:{good}\nok:{good}\nplain:hunter2\n{long}:{good}\n\
         md5:$1$abc$def\nbegun:$argon2id$v=19$m=8,t=1,p=1\n"
    );
    let told = faults(&text);
    let lines: Vec<usize> = told.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(told[2].1, "the same name as in line 1");
    for (line, what) in &told {
        assert!(
            !what.contains("hunter2") && !what.contains(&good),
            "{line}: {what}"
        );
    }
    let other = good.replace("argon2id", "argon2i");
    assert_eq!(
        faults(&format!("a:{other}")),
        [(1, "the hash must be of argon2id".to_owned())]
    );
    let dear = good.replace("m=8", "m=4194304");
    assert!(faults(&format!("a:{dear}"))[0].1.contains("takes too long"));
}

#[test]
fn a_file_without_a_name_is_refused_and_so_is_one_with_too_many() {
    assert_eq!(faults("# nobody\n")[0].0, 1);
    let good = quick_hash("x");
    let text: String = (0..=MOST_CREDENTIALS)
        .map(|n| format!("{n}:{good}\n"))
        .collect();
    assert_eq!(
        faults(&text),
        [(100_001, "more than 100000 names".to_owned())]
    );
    // And of a file that is wrong all over only the first lines are told.
    assert_eq!(faults(&"x\n".repeat(1_000)).len(), MOST_FAULTS);
}

#[test]
fn a_hash_that_was_made_is_taken_and_no_two_are_the_same() {
    let (one, other) = (hash_password("x").unwrap(), hash_password("x").unwrap());
    assert_ne!(one, other);
    assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
    let file = Credentials::parse(&format!("rig:{one}")).unwrap();
    assert!(file.verify(&claim("rig", "", "x"), &ProcessKey::draw()));
}

proptest! {
    /// Whatever is in the file: it is used as a whole, or each fault has its line, and no hash is
    /// repeated in it.
    #[test]
    fn any_file_is_taken_or_told_by_its_lines(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("farm:".to_owned()),
                Just("$argon2id$v=19$m=8,t=1,p=1$".to_owned()),
                Just(quick_hash("x")),
                Just("\n".to_owned()),
                "[a-z:$=,#\\x00-\\x1f]{0,12}",
                any::<String>(),
            ],
            0..12,
        ),
    ) {
        let text = parts.concat();
        match Credentials::parse(&text) {
            Ok(file) => prop_assert!((1..=text.lines().count()).contains(&file.len())),
            Err(faults) => {
                prop_assert!((1..=MOST_FAULTS).contains(&faults.len()));
                let lines = text.lines().count().max(1);
                for fault in faults {
                    prop_assert!((1..=lines).contains(&fault.line));
                    prop_assert!(!fault.what.contains('\n'), "{:?}", fault.what);
                    prop_assert!(!fault.what.contains("c2FsdCBvZiB0aGUgdGVzdA"));
                }
            }
        }
    }
}
