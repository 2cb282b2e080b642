//! Who is let in: `ZeroMQ`'s authentication protocol (RFC 27), asked at each handshake.

const VERSION: &[u8] = b"1.0";

/// The answer to a question of libzmq's, and whether the client is let in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) frames: [Vec<u8>; 6],
    pub(super) lets_in: bool,
}

/// Answers: in comes who shows one of these keys; none if it is no question at all.
pub(super) fn answer(asked: &[Vec<u8>], allowed: &[[u8; 32]]) -> Option<Answer> {
    // Version, number, domain, address, identity, mechanism, and for CURVE the client's key.
    let [
        version,
        number,
        _domain,
        _address,
        _identity,
        mechanism,
        rest @ ..,
    ] = asked
    else {
        return None;
    };
    let key = match rest {
        [key] if mechanism == b"CURVE" && version == VERSION => Some(key.as_slice()),
        _ => None,
    };
    let lets_in = key.is_some_and(|key| allowed.iter().any(|known| known == key));
    let (code, words): (&[u8], &[u8]) = if lets_in {
        (b"200", b"OK")
    } else {
        (b"400", b"the key is not among bridge.allow_keys")
    };
    let frames = [VERSION, number, code, words, b"", b""].map(<[u8]>::to_vec);
    Some(Answer { frames, lets_in })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(mechanism: &str, rest: &[&[u8]]) -> Vec<Vec<u8>> {
        let head: [&[u8]; 6] = [
            b"1.0",
            b"7",
            b"bridge",
            b"127.0.0.1",
            b"",
            mechanism.as_bytes(),
        ];
        let frames = head.iter().chain(rest);
        frames.map(|frame| frame.to_vec()).collect()
    }

    #[test]
    fn a_known_key_comes_in_and_nobody_else() {
        let allowed = [[1; 32], [2; 32]];
        let code = |asked: &[Vec<u8>]| answer(asked, &allowed).map(|said| said.frames[2].clone());
        assert_eq!(code(&asked("CURVE", &[&[2; 32]])).unwrap(), b"200");
        for (mechanism, rest) in [
            ("CURVE", vec![&[3_u8; 32][..]]),
            ("CURVE", vec![&[2; 31][..]]),
            ("CURVE", vec![]),
            ("NULL", vec![]),
            ("PLAIN", vec![&b"a"[..], b"b"]),
            ("NULL", vec![&[2; 32][..]]),
        ] {
            assert_eq!(code(&asked(mechanism, &rest)).unwrap(), b"400");
        }
        assert_eq!(answer(&asked("CURVE", &[])[..5], &allowed), None);
        let said = answer(&asked("CURVE", &[&[1; 32]]), &[]).unwrap();
        assert_eq!((said.lets_in, &*said.frames[1]), (false, &b"7"[..]));
    }
}
