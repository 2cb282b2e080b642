//! From readiness to what a line came to.

use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::sync::Arc;

use zartrux_models::filter::VerdictsHeard;
use zartrux_models::plan::{SeatKey, Vardiff};
use zartrux_models::session::{Assignment, Heard, NO_OTHER_JOB};
use zartrux_models::share::{NotAdmitted, Share, ShareId};
use zartrux_models::stratum::{RequestId, push_error, push_kept_alive};

use super::listeners::Source;
use super::reactor::Batch;
use super::seat::Second;
use super::writing::Closed;
use super::{Introduction, MinerSessions, Seat, StopReading};
use crate::share_ticket::{ExamineShare, Sender, ShareTicket};

/// Reads of one socket in one turn: a flood from one miner does not starve the others.
const READS_PER_TURN: usize = 4;

/// How far a socket is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// Until a read brings less than asked for: saves the read that would say that there is no more.
    Drained,
    /// Until the system says that there is no more. An end that comes together with the last bytes
    /// is told once, and only a further read finds it.
    End,
}

const TOO_MANY: &str = "Too many shares in flight";

impl MinerSessions {
    pub(super) fn on_batch(&mut self, batch: &Batch) {
        for ready in batch {
            match Source::from(ready.token) {
                Source::Door(index) => self.accept_turn(index),
                Source::Seat(key) => {
                    if ready.writable {
                        self.flush(key);
                    }
                    if ready.readable {
                        let until = if ready.ended {
                            Until::End
                        } else {
                            Until::Drained
                        };
                        self.read(key, until);
                    }
                }
            }
        }
    }

    /// Takes newcomers; more than one turn's worth wait for the next.
    pub(super) fn accept_turn(&mut self, door: usize) {
        if self.accept_at(door) && !self.accept_on.contains(&door) {
            self.accept_on.push(door);
        }
    }

    pub(super) fn on_stop_reading(&mut self, stop: &StopReading) {
        self.reads = false;
        // Whoever asked may have given up waiting.
        let _ = stop.done.try_send(());
    }

    pub(super) fn on_next_turn(&mut self) {
        for door in std::mem::take(&mut self.accept_on) {
            self.accept_turn(door);
        }
        for key in std::mem::take(&mut self.read_on) {
            // Whether its end was among what was told before is not kept.
            self.read(key, Until::End);
        }
    }

    fn read(&mut self, key: SeatKey, until: Until) {
        if !self.reads {
            return;
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut flow = self.take_header(key, &mut buffer, until);
        for _ in 0..READS_PER_TURN {
            if flow.is_break() {
                break;
            }
            flow = self.read_once(key, &mut buffer, until);
        }
        self.buffer = buffer;
        if flow.is_continue() {
            self.read_on.push(key);
        }
        self.send_scratch(key);
        self.make_room();
    }

    /// One read and its lines. `Break` when the socket is drained or the seat is gone.
    fn read_once(&mut self, key: SeatKey, buffer: &mut [u8], until: Until) -> ControlFlow<()> {
        self.read_at = self.clock.now();
        let now = self.second_at(self.read_at);
        if !self.may_read(key, now) {
            return ControlFlow::Break(());
        }
        let Some(seat) = self.seat(key) else {
            return ControlFlow::Break(());
        };
        let got = match seat.connection.ready() {
            Ok(true) => seat.connection.read(buffer),
            Ok(false) => return ControlFlow::Break(()),
            Err(fault) => Err(fault),
        };
        let got = match got {
            Ok(0) => {
                self.close(key, Closed::ByMiner);
                return ControlFlow::Break(());
            }
            Ok(got) => got,
            Err(fault) if fault.kind() == ErrorKind::WouldBlock => return ControlFlow::Break(()),
            Err(fault) if fault.kind() == ErrorKind::Interrupted => {
                return ControlFlow::Continue(());
            }
            Err(_) => {
                self.close(key, Closed::ByMiner);
                return ControlFlow::Break(());
            }
        };
        let drained =
            until == Until::Drained && got < buffer.len() && seat.connection.short_read_is_last();
        let limit = seat.protocol.line_limit();
        let mut assembler = std::mem::take(&mut seat.assembler);
        let mut lines = 0;
        let fed = assembler.feed(&buffer[..got], limit, |line| {
            lines += 1;
            self.on_line(key, line, now)
        });
        match fed {
            Ok(ControlFlow::Continue(())) => {
                if let Some(seat) = self.seat(key) {
                    seat.assembler = assembler;
                    seat.pace.charge(got, lines);
                }
                self.note_held(key, lines > 0);
            }
            Ok(ControlFlow::Break(())) => return ControlFlow::Break(()),
            Err(too_long) => {
                self.drop_peer(key, &too_long.to_string());
                return ControlFlow::Break(());
            }
        }
        if drained {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// Takes one line; `Break` when the seat is gone.
    fn on_line(&mut self, key: SeatKey, line: &[u8], now: Second) -> ControlFlow<()> {
        let Self {
            seats, guard, jobs, ..
        } = self;
        let seat = usize::try_from(key.index)
            .ok()
            .and_then(|index| seats.get_mut(index))
            .filter(|seat| seat.key == key);
        let Some(seat) = seat else {
            return ControlFlow::Break(());
        };
        seat.last_heard = now;
        let heard = guard.transact(&mut seat.protocol, |protocol| protocol.on_line(line, jobs));
        match heard {
            Ok(heard) => self.on_heard(key, heard),
            Err(_) => {
                self.drop_peer(key, "its session failed twice on the same line");
                ControlFlow::Break(())
            }
        }
    }

    fn on_heard(&mut self, key: SeatKey, heard: Heard<'_>) -> ControlFlow<()> {
        match heard {
            Heard::Admitted(id, share) => self.on_admitted(key, id, share),
            Heard::NotAdmitted(id, not) => self.on_not_admitted(key, id, not),
            Heard::KeepAlive(id) => push_kept_alive(&mut self.scratch, id),
            Heard::LoginAsked(id, login) => return self.on_login(key, id, &login),
            Heard::Abilities(id, abilities) => {
                push_error(&mut self.scratch, id, NO_OTHER_JOB);
                self.on_abilities(key, &abilities);
            }
            Heard::Error(id, text) => push_error(&mut self.scratch, id, &text),
            Heard::Fatal(id, text) => {
                push_error(&mut self.scratch, id, &text);
                self.drop_peer(key, &text);
                return ControlFlow::Break(());
            }
            Heard::Garbage(why) => {
                self.drop_peer(key, &why);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    fn on_not_admitted(&mut self, key: SeatKey, id: RequestId, not: NotAdmitted) {
        if let Some(seat) = self.seat(key) {
            seat.tally.refuse();
        }
        match not {
            NotAdmitted::Refused(refusal) => {
                self.stats.share_refused_at_once(refusal.reason());
                self.record_refusal(key, refusal.reason());
                push_error(&mut self.scratch, id, refusal.reason().wire_text());
            }
            NotAdmitted::TooMany => {
                if let Some(rig) = self.seat(key).and_then(|seat| seat.identity.as_deref_mut()) {
                    rig.turned_away = true;
                }
                self.stats.share_overload();
                push_error(&mut self.scratch, id, TOO_MANY);
            }
        }
    }

    /// Tells who keeps a list of rigs of one that has begun to mine.
    fn introduce(&mut self, key: SeatKey) {
        let on_rig = Arc::clone(&self.on_rig);
        if let Some(rig) = self.seat(key).and_then(|seat| seat.identity.as_deref_mut()) {
            rig.introduced = true;
            on_rig(&Introduction {
                rig: rig.standing.key,
                user: &rig.user,
                rig_id: &rig.rig,
                agent: &rig.agent,
                algorithms: &rig.algorithms,
                perf: &rig.perf,
            });
        }
    }

    fn on_admitted(&mut self, key: SeatKey, id: RequestId, share: Share) {
        let limit = seat_limit(self.credits.limit());
        let sender = self
            .seat(key)
            .filter(|seat| seat.tally.pending() < limit)
            .and_then(|seat| seat.identity.as_deref())
            .map(|rig| {
                (
                    rig.standing.key,
                    rig.scanner,
                    rig.introduced,
                    rig.turned_away,
                )
            });
        let taken = sender.and_then(|sender| Some((sender, self.credits.take()?)));
        let Some(((rig, scanner, introduced, after_gap), credit)) = taken else {
            self.on_not_admitted(key, id, NotAdmitted::TooMany);
            return;
        };
        if !introduced {
            self.introduce(key);
        }
        self.stats.share_admitted();
        if let Some(nonces) = self.jobs.nonces_of(share.nonce_set) {
            nonces.claim(share.leased_nonce(), share.result);
        }
        self.tenants.admitted(key, &share);
        let received = self.read_at;
        let now = self.second_at(received);
        let vardiff = self.settings.vardiff;
        let (mut age_s, mut rate) = (0, 0.0);
        let mut heard = VerdictsHeard::default();
        if let Some(seat) = self.seat(key) {
            age_s = now.saturating_sub(seat.scan_began);
            rate = seat.vardiff.as_ref().map_or(0.0, rate_of);
            seat.tally.admit();
            heard = std::mem::take(&mut seat.heard);
            if let Some(rig) = seat.identity.as_deref_mut() {
                rig.turned_away = false;
            }
            seat.note_share(&share, vardiff.as_ref(), now);
            self.schedule_at(key, now);
        }
        let place = (share.nonce_set, share.leased_nonce());
        let contested = share.contested;
        let at_ms = self.at_ms(received);
        self.last_share += 1;
        let sender = Sender {
            id: ShareId::new(self.lane, self.last_share),
            rig,
            scanner,
            after_gap,
            heard,
            seat: key,
            request: id,
            age_s,
            rate,
        };
        let ticket = ShareTicket::new(sender, share, received, at_ms, credit)
            .reporting_to(&self.posts.settled);
        if contested {
            // At most one result can be right: wait for what becomes of the other.
            self.contested.entry(place).or_default().push_back(ticket);
        } else {
            self.posts.cascade.send(ExamineShare(ticket));
        }
    }
}

impl Seat {
    fn note_share(
        &mut self,
        share: &Share,
        policy: Option<&zartrux_models::plan::VardiffPolicy>,
        now: Second,
    ) {
        if let (Some(policy), Some(vardiff)) = (policy, &mut self.vardiff) {
            let elapsed = std::time::Duration::from_secs(u64::from(now - self.vardiff_at));
            vardiff.note(policy, elapsed, share.asked.get());
            self.vardiff_at = now;
        }
        // A late share tells nothing about the scan that goes on now.
        let scanned_now =
            |given: Assignment| given.job == share.job.key && given.slot == share.slot;
        if self.protocol.current().is_some_and(scanned_now) {
            self.note_odometer(share, now);
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "an estimate, which was made of singles"
)]
fn rate_of(vardiff: &Vardiff) -> f32 {
    vardiff.hash_rate() as f32
}

/// Most shares of one miner under way: no miner can use up what is there for all of them.
fn seat_limit(all: usize) -> u32 {
    u32::try_from((all / 16).max(16)).unwrap_or(u32::MAX)
}
