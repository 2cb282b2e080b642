//! Frames: how everything that is stored is wrapped, so that what is damaged is noticed, and what
//! is not can be found even in a file whose own structure is lost.
//!
//! ```text
//! 'z' 'L' | kind | schema | length of the body, 4 bytes LE | CRC-32, 4 bytes LE | body
//! ```
//!
//! The CRC is over kind, schema, length and body.

/// What a frame holds. The numbers are stored: none is ever used for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A few shares, as they were committed.
    Tail,
    /// Many shares, packed.
    Block,
    /// A few entries of the journal.
    Journal,
    /// A rig of the registry.
    Rig,
    /// A page of roll-ups.
    Rollup,
    /// What the store says of itself: how far the registry and the roll-ups have come, runs.
    Mark,
    /// What a filter remembers of rigs.
    FilterStates,
}

impl Kind {
    /// All of them, each at the place that is its number.
    pub const ALL: [Self; 7] = [
        Self::Tail,
        Self::Block,
        Self::Journal,
        Self::Rig,
        Self::Rollup,
        Self::Mark,
        Self::FilterStates,
    ];

    /// A name for reports.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Tail => "shares (tail)",
            Self::Block => "shares (block)",
            Self::Journal => "journal",
            Self::Rig => "rig",
            Self::Rollup => "roll-up",
            Self::Mark => "mark",
            Self::FilterStates => "filter states",
        }
    }
}

/// A frame that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it holds.
    pub kind: Kind,
    /// Which layout its body has; each kind counts its own.
    pub schema: u8,
    /// What it holds.
    pub body: &'a [u8],
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFrame {
    /// They do not begin as one.
    #[error("is not a record of the store")]
    NoFrame,
    /// There are fewer than it says.
    #[error("is cut short")]
    Short,
    /// Some have changed.
    #[error("its checksum does not fit: at least one byte has changed")]
    Damaged,
    /// Nothing that this version knows.
    #[error("is of kind {0}, which this version does not know")]
    UnknownKind(u8),
    /// There are more than it says.
    #[error("is followed by bytes that do not belong to it")]
    Trailing,
}

const MAGIC: [u8; 2] = *b"zL";
const HEADER: usize = 12;

impl<'a> Frame<'a> {
    /// Longest body that is written or believed, bytes.
    pub const BODY_MAX: usize = 1 << 20;

    /// Reads the frame at the beginning of some bytes; also how long it is.
    ///
    /// # Errors
    /// There is none, or it is damaged.
    pub fn at_start(bytes: &'a [u8]) -> Result<(Self, usize), BadFrame> {
        let header: &[u8; HEADER] = bytes.first_chunk().ok_or(BadFrame::NoFrame)?;
        let [m0, m1, kind, schema, l0, l1, l2, l3, c0, c1, c2, c3] = *header;
        if [m0, m1] != MAGIC {
            return Err(BadFrame::NoFrame);
        }
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > Self::BODY_MAX {
            return Err(BadFrame::Damaged);
        }
        let body = bytes.get(HEADER..HEADER + length).ok_or(BadFrame::Short)?;
        if checksum(&header[2..8], body) != u32::from_le_bytes([c0, c1, c2, c3]) {
            return Err(BadFrame::Damaged);
        }
        let kind = *Kind::ALL
            .get(usize::from(kind))
            .ok_or(BadFrame::UnknownKind(kind))?;
        Ok((Self { kind, schema, body }, HEADER + length))
    }

    /// Reads bytes that are one frame and nothing else.
    ///
    /// # Errors
    /// They are not.
    pub fn read(bytes: &'a [u8]) -> Result<Self, BadFrame> {
        let (frame, length) = Self::at_start(bytes)?;
        if length == bytes.len() {
            Ok(frame)
        } else {
            Err(BadFrame::Trailing)
        }
    }

    /// All undamaged frames in some bytes, wherever they begin: for files whose own structure is
    /// lost. Each with its place.
    pub fn scan(bytes: &'a [u8]) -> impl Iterator<Item = (usize, Self)> + 'a {
        let mut from = 0;
        std::iter::from_fn(move || {
            while let Some(found) = memchr::memmem::find(bytes.get(from..)?, &MAGIC) {
                let at = from + found;
                match Self::at_start(&bytes[at..]) {
                    Ok((frame, length)) => {
                        from = at + length;
                        return Some((at, frame));
                    }
                    Err(_) => from = at + 1,
                }
            }
            from = bytes.len();
            None
        })
    }

    /// Whether some bytes are the beginning of a frame that ends beyond them: what is left of a
    /// write that was broken off.
    #[must_use]
    pub fn is_begun_by(bytes: &'a [u8]) -> bool {
        match Self::at_start(bytes) {
            Err(BadFrame::Short) => true,
            Err(BadFrame::NoFrame) => {
                let begun = &bytes[..bytes.len().min(MAGIC.len())];
                !begun.is_empty() && bytes.len() < HEADER && MAGIC.starts_with(begun)
            }
            Ok(_) | Err(BadFrame::Damaged | BadFrame::UnknownKind(_) | BadFrame::Trailing) => false,
        }
    }

    /// How long it is with its header, bytes.
    #[must_use]
    pub const fn length(&self) -> usize {
        HEADER + self.body.len()
    }

    /// Wraps what `write` appends to the bytes that it is given.
    #[must_use]
    pub fn wrap(kind: Kind, schema: u8, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let number = Kind::ALL.iter().position(|listed| *listed == kind);
        let number = number
            .and_then(|at| u8::try_from(at).ok())
            .unwrap_or(u8::MAX);
        let mut bytes = vec![MAGIC[0], MAGIC[1], number, schema, 0, 0, 0, 0, 0, 0, 0, 0];
        write(&mut bytes);
        let length = u32::try_from(bytes.len() - HEADER).unwrap_or(u32::MAX);
        bytes[4..8].copy_from_slice(&length.to_le_bytes());
        let sum = checksum(&bytes[2..8], &bytes[HEADER..]);
        bytes[8..12].copy_from_slice(&sum.to_le_bytes());
        bytes
    }
}

fn checksum(header: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(body);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wrapped(body: &[u8]) -> Vec<u8> {
        Frame::wrap(Kind::Rig, 3, |out| out.extend_from_slice(body))
    }

    #[test]
    fn a_frame_reads_back_and_nothing_may_follow_it() {
        let mut bytes = wrapped(b"hello");
        let frame = Frame::read(&bytes).unwrap();
        assert_eq!(
            (frame.kind, frame.schema, frame.body),
            (Kind::Rig, 3, &b"hello"[..])
        );
        bytes.push(0);
        assert_eq!(Frame::read(&bytes), Err(BadFrame::Trailing));
        assert_eq!(Frame::read(&bytes[..9]), Err(BadFrame::NoFrame));
        assert_eq!(Frame::read(&bytes[..14]), Err(BadFrame::Short));
    }

    #[test]
    fn numbers_of_kinds_never_change_their_meaning() {
        let labels: Vec<_> = Kind::ALL.iter().map(|kind| kind.label()).collect();
        assert_eq!(
            labels,
            [
                "shares (tail)",
                "shares (block)",
                "journal",
                "rig",
                "roll-up",
                "mark",
                "filter states"
            ]
        );
    }

    proptest! {
        #[test]
        fn any_flipped_bit_is_noticed(body in proptest::collection::vec(any::<u8>(), 0..200), bit: prop::sample::Index) {
            let mut bytes = wrapped(&body);
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(Frame::read(&bytes).is_err());
        }

        #[test]
        fn frames_are_found_between_any_bytes(parts in proptest::collection::vec(
            (proptest::collection::vec(any::<u8>(), 0..40), proptest::collection::vec(any::<u8>(), 0..60)), 0..8)) {
            let mut bytes = Vec::new();
            for (noise, body) in &parts {
                bytes.extend_from_slice(noise);
                bytes.extend_from_slice(&wrapped(body));
            }
            let found: Vec<Vec<u8>> = Frame::scan(&bytes).map(|(_, frame)| frame.body.to_vec()).collect();
            let bodies: Vec<Vec<u8>> = parts.into_iter().map(|(_, body)| body).collect();
            prop_assert_eq!(found, bodies);
        }

        #[test]
        fn a_frame_cut_anywhere_is_one_that_was_begun_and_a_whole_one_is_not(
            body in proptest::collection::vec(any::<u8>(), 0..200), cut: prop::sample::Index) {
            let bytes = wrapped(&body);
            let cut = 1 + cut.index(bytes.len() - 1);
            prop_assert!(Frame::is_begun_by(&bytes[..cut]));
            prop_assert!(!Frame::is_begun_by(&bytes));
            prop_assert!(!Frame::is_begun_by(&[]));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Frame::read(&bytes);
            let _ = Frame::is_begun_by(&bytes);
            let _ = Frame::scan(&bytes).count();
        }
    }
}
