//! The layout of schema 1.

use super::{BadRecord, Cause, Deserialize, Difficulty, ProofCounts, QuarantineRemembered};
use super::{RigRemembered, Serialize, Stage, wire};

/// The fields in the order in which they are written. Frozen: what has to be added makes another.
#[derive(Serialize, Deserialize)]
struct Layout {
    last_seen_ms: u64,
    asked: u64,
    trust_work: u64,
    good_proofs: u32,
    suspect: bool,
    vouched: Option<u32>,
    quarantine: Option<QuarantineRemembered>,
    quarantines: u32,
    joined: Option<f64>,
    strongest: Option<(u8, f64, u8)>,
    chance: f64,
    /// Asked for, good, bad, none.
    proofs: [u64; 4],
}

impl RigRemembered {
    /// As it is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let ProofCounts {
            asked,
            good,
            bad,
            none,
        } = self.proofs;
        let layout = Layout {
            last_seen_ms: self.last_seen_ms,
            asked: self.asked.get(),
            trust_work: self.trust_work,
            good_proofs: self.good_proofs,
            suspect: self.suspect,
            vouched: self.vouched,
            quarantine: self.quarantine,
            quarantines: self.quarantines,
            joined: self.joined,
            strongest: self
                .strongest
                .map(|(stage, log_e, cause)| (code_of(stage.index()), log_e, cause_code(cause))),
            chance: self.chance,
            proofs: [asked, good, bad, none],
        };
        let mut out = vec![Self::SCHEMA];
        wire::append(&mut out, &layout);
        out
    }

    /// Reads what [`RigRemembered::to_bytes`] wrote.
    ///
    /// # Errors
    /// It was written by a later version, or is not what its schema says.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BadRecord> {
        let (schema, bytes) = wire::schema_of(bytes)?;
        if schema != Self::SCHEMA {
            return Err(BadRecord::UnknownSchema(schema));
        }
        let layout: Layout = wire::take_all(bytes)?;
        let [asked, good, bad, none] = layout.proofs;
        Ok(Self {
            last_seen_ms: layout.last_seen_ms,
            asked: Difficulty::new(layout.asked),
            trust_work: layout.trust_work,
            good_proofs: layout.good_proofs,
            suspect: layout.suspect,
            vouched: layout.vouched,
            quarantine: layout.quarantine,
            quarantines: layout.quarantines,
            joined: layout.joined.filter(|joined| !joined.is_nan()),
            strongest: layout.strongest.map(strongest_of).transpose()?,
            chance: layout.chance,
            proofs: ProofCounts {
                asked,
                good,
                bad,
                none,
            },
        })
    }
}

fn code_of(place: usize) -> u8 {
    u8::try_from(place).unwrap_or(u8::MAX)
}

fn cause_code(cause: Cause) -> u8 {
    let place = Cause::ALL.iter().position(|known| *known == cause);
    place.map_or(u8::MAX, code_of)
}

fn strongest_of((stage, log_e, cause): (u8, f64, u8)) -> Result<(Stage, f64, Cause), BadRecord> {
    let unknown = |what, code| BadRecord::UnknownCode { what, code };
    let stages = Stage::ALL.get(usize::from(stage)).copied();
    let causes = Cause::ALL.get(usize::from(cause)).copied();
    Ok((
        stages.ok_or_else(|| unknown("stage", stage))?,
        log_e,
        causes.ok_or_else(|| unknown("cause", cause))?,
    ))
}
