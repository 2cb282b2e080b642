//! Who is connected, told to whoever shows it: some seats in a turn, so that no share waits for it.

use std::net::IpAddr;
use std::sync::Arc;

use actix::Message;
use tokio::sync::oneshot;
use zartrux_models::share::RigKey;

use super::MinerSessions;
use super::seat::Seat;
use crate::messaging::Post;
use crate::rigs::RigNames;

/// Tell of some seats.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ReportSeats {
    /// The place of the first that is looked at.
    from: usize,
    answer: oneshot::Sender<SeatsReported>,
}

/// Some seats, in order of their places.
#[derive(Debug, Clone, Default)]
pub struct SeatsReported {
    /// Those of them where a miner is logged in, or waits for its first job.
    pub seats: Vec<SeatReport>,
    /// Where the following part begins; none at the end.
    pub next: Option<usize>,
}

/// One connected miner.
#[derive(Debug, Clone)]
pub struct SeatReport {
    /// Of the connection, for as long as the process runs.
    pub id: u32,
    /// Where it is.
    pub address: IpAddr,
    /// Whether it has a job.
    pub has_job: bool,
    /// What it is asked for, in hashes; none before its first job.
    pub difficulty: Option<u64>,
    /// Which rig that is.
    pub rig: RigKey,
    /// What it calls itself, wallets masked.
    pub names: RigNames,
    /// Names of the algorithms that it lists, separated by commas; hostile bytes.
    pub algorithms: Arc<str>,
}

impl SeatReport {
    fn of(seat: &Seat) -> Option<Self> {
        let identity = seat.identity.as_deref()?;
        Some(Self {
            id: seat.key.generation,
            address: seat.connection.peer_address(),
            has_job: seat.protocol.is_logged_in(),
            difficulty: seat.difficulty.map(|difficulty| difficulty.get()),
            rig: identity.standing.key,
            names: RigNames::of_login(&identity.user, &identity.rig, &identity.agent),
            algorithms: Arc::clone(&identity.algorithms),
        })
    }
}

/// The way to ask a lane who is connected.
#[derive(Debug, Clone)]
pub struct SeatsWay(Post<ReportSeats>);

impl SeatsWay {
    pub(crate) const fn new(post: Post<ReportSeats>) -> Self {
        Self(post)
    }

    /// Asks for some seats, from a place on. Whoever asks must be bounded in number.
    ///
    /// None if the lane's sessions are not there.
    pub async fn ask(&self, from: usize) -> Option<SeatsReported> {
        let (answer, answered) = oneshot::channel();
        self.0.send(ReportSeats { from, answer });
        answered.await.ok()
    }
}

impl MinerSessions {
    /// Miners told of in one turn: about a millisecond.
    const SEATS_AT_A_TIME: usize = 256;
    /// Places looked at in one turn, empty ones included.
    const PLACES_AT_A_TIME: usize = 4_096;

    pub(super) fn on_report_seats(&mut self, asked: ReportSeats) {
        let end = self.seats.capacity();
        let mut reported = SeatsReported::default();
        let mut place = asked.from;
        while place < end {
            let looked = place - asked.from;
            let told = reported.seats.len();
            if told == Self::SEATS_AT_A_TIME || looked == Self::PLACES_AT_A_TIME {
                reported.next = Some(place);
                break;
            }
            reported
                .seats
                .extend(self.seats.get(place).and_then(SeatReport::of));
            place += 1;
        }
        // Whoever asked may have gone.
        let _ = asked.answer.send(reported);
    }
}
