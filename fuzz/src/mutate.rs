//! Inputs made from others by small changes, the same ones for the same seed.

/// Words that readers look for; a blind change of bytes would take long to find them.
const DICTIONARY: [&[u8]; 27] = [
    br#""id":1"#,
    br#""id":2,"#,
    br#""id":null"#,
    br#""method":"submit""#,
    br#""method":"job""#,
    br#""method":"client.reconnect""#,
    br#""params":{"#,
    br#""result":{"status":"OK"}"#,
    br#""error":{"code":-1,"message":"Banned"}"#,
    br#""error":"Unauthenticated""#,
    br#""algo":"rx/2""#,
    br#""extensions":["nicehash"]"#,
    b"null",
    b"\\u0000",
    b"\\u001f",
    b"\\ud800",
    b"\"\\\"",
    b"[[[[[[[[[",
    b"18446744073709551616",
    b"-1",
    b"1e999",
    b"\n",
    b"\r\n",
    b"\x01\n",
    b"\x02\n",
    b"\x03\n",
    b"\xff\xfe",
];

/// A source of changes.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// Longest input made, bytes.
    pub const LONGEST: usize = 8 * 1024;

    /// The changes of `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// `SplitMix64`.
    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, or 0.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(1);
        usize::try_from(self.next() % end).unwrap_or(0)
    }

    /// One of `seeds`, changed in one to eight places; nothing if there are no seeds.
    pub fn change(&mut self, seeds: &[Vec<u8>]) -> Vec<u8> {
        let Some(seed) = seeds.get(self.below(seeds.len())) else {
            return Vec::new();
        };
        let mut input = seed.clone();
        for _ in 0..=self.below(8) {
            self.change_once(&mut input, seeds);
        }
        input.truncate(Self::LONGEST);
        input
    }

    fn change_once(&mut self, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        match self.below(7) {
            0 => self.flip(input),
            1 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = self.next().to_le_bytes()[0];
                }
            }
            2 => {
                let end = (at + 1 + self.below(8)).min(input.len());
                input.drain(at.min(end)..end);
            }
            3 => {
                let byte = self.next().to_le_bytes()[0];
                input.insert(at, byte);
            }
            4 => {
                let word = DICTIONARY[self.below(DICTIONARY.len())];
                input.splice(at..at, word.iter().copied());
            }
            5 => self.repeat_a_line(input),
            _ => self.join_with_another(input, at, seeds),
        }
    }

    fn flip(&mut self, input: &mut [u8]) {
        let at = self.below(input.len());
        let bit = self.below(8);
        if let Some(byte) = input.get_mut(at) {
            *byte ^= 1 << bit;
        }
    }

    /// A line stands somewhere else too.
    fn repeat_a_line(&mut self, input: &mut Vec<u8>) {
        let lines: Vec<Vec<u8>> = input
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        let mut line = lines[self.below(lines.len())].clone();
        line.push(b'\n');
        let before = self.below(lines.len());
        let at: usize = lines.iter().take(before).map(|line| line.len() + 1).sum();
        input.splice(at..at, line);
    }

    /// The beginning of one input and the end of another.
    fn join_with_another(&mut self, input: &mut Vec<u8>, at: usize, seeds: &[Vec<u8>]) {
        if let Some(other) = seeds.get(self.below(seeds.len())) {
            let from = self.below(other.len() + 1);
            input.truncate(at);
            input.extend_from_slice(&other[from..]);
        }
    }
}
