//! A node session in virtual time, against scripted answers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::*;
use crate::node_rpc::{
    ChainNotice, NodeFault, NodeInfo, NodeNetwork, NodeRefusal, TemplateReply, parse_block_template,
};
use crate::stratum::ErrorClass;
use crate::work::{Algorithm, BlockId, Slot, Work};

const TEMPLATE: &str = include_str!("../../../../tests/fixtures/get_block_template.json");
const TIMING: NodeTiming = NodeTiming {
    poll: Duration::from_secs(1),
    retry: Duration::from_secs(2),
};

fn template() -> TemplateReply {
    parse_block_template(TEMPLATE.as_bytes(), NodeProtocol::PREFIX_LEN).unwrap()
}

fn info(top: BlockId) -> NodeInfo {
    NodeInfo {
        height: 3,
        target_height: 0,
        synchronized: true,
        busy_syncing: false,
        top,
        network: NodeNetwork::Fakechain,
        untrusted: false,
        version: "".into(),
    }
}

fn silence() -> NodeTrouble {
    NodeTrouble::unreachable("connection refused")
}

fn refused(code: i64) -> NodeTrouble {
    NodeTrouble::Fault(NodeFault::Refused(NodeRefusal {
        code,
        message: "Block not accepted".into(),
    }))
}

/// A session that serves since `now`.
#[expect(
    clippy::disallowed_methods,
    reason = "any instant will do as the origin"
)]
fn origin() -> Instant {
    Instant::now()
}

fn serving(now: Instant) -> NodeProtocol {
    let mut core = NodeProtocol::new(TIMING, [7; 8], now);
    assert_eq!(core.next_question(now), Some(NodeQuestion::Info));
    assert_eq!(core.on_info(Ok(info(template().previous_id())), now), None);
    assert_eq!(core.next_question(now), Some(NodeQuestion::Template));
    assert_eq!(
        core.on_template(Ok(template()), now),
        [NodeEffect::Serves, NodeEffect::Job]
    );
    core
}

#[test]
fn a_node_that_is_ready_gives_a_job_whose_leases_have_blobs_of_their_own() {
    let core = serving(origin());
    let job = core.job().unwrap();
    assert_eq!(job.height, Some(3));
    assert_eq!(job.network_difficulty, Some(job.target.difficulty()));
    let Work::Template(page) = &job.work else {
        panic!("not a template")
    };
    assert_ne!(page.blob(Slot(0)), page.blob(Slot(1)));
    assert_ne!(page.blob(Slot(0)), page.turned_to(1).blob(Slot(0)));
    let mut other = NodeProtocol::new(TIMING, [8; 8], origin());
    other.on_template(Ok(template()), origin());
    assert_ne!(
        other.job().unwrap().work.blob_for(Slot(0)),
        page.blob(Slot(0)),
        "sessions at one node must not mine the same"
    );
}

#[test]
fn from_version_17_on_a_template_is_mined_with_version_2_of_the_algorithm() {
    let now = origin();
    let algorithm = |body: &str| {
        let reply = parse_block_template(body.as_bytes(), NodeProtocol::PREFIX_LEN).unwrap();
        let mut core = NodeProtocol::new(TIMING, [0; 8], now);
        core.on_template(Ok(reply), now);
        core.job().unwrap().algorithm.clone()
    };
    assert_eq!(algorithm(TEMPLATE), Algorithm::Rx0);
    let forked = TEMPLATE.replace("blob\": \"1010", "blob\": \"1110");
    assert_ne!(forked, TEMPLATE);
    assert_eq!(algorithm(&forked), Algorithm::Rx2);
}

#[test]
fn a_node_that_is_behind_is_not_mined_and_asked_again() {
    let now = origin();
    let mut core = NodeProtocol::new(TIMING, [0; 8], now);
    core.next_question(now);
    let behind = NodeInfo {
        synchronized: false,
        target_height: 9,
        ..info(template().previous_id())
    };
    let effect = core.on_info(Ok(behind), now);
    let Some(NodeEffect::Lost { class, reason }) = effect else {
        panic!("{effect:?}")
    };
    assert_eq!(class, ErrorClass::Pool);
    assert!(reason.contains("3 of 9 blocks"), "{reason}");
    assert_eq!(core.next_question(now), None);
    assert_eq!(core.deadline(), Some(now + TIMING.retry));
    assert_eq!(
        core.next_question(now + TIMING.retry),
        Some(NodeQuestion::Info)
    );
}

#[test]
fn a_wrong_wallet_is_our_own_fault() {
    let now = origin();
    let mut core = NodeProtocol::new(TIMING, [0; 8], now);
    let effects = core.on_template(Err(refused(-4)), now);
    assert!(
        matches!(
            &effects[..],
            [NodeEffect::Lost {
                class: ErrorClass::Ours,
                ..
            }]
        ),
        "{effects:?}"
    );
}

#[test]
fn a_notice_is_followed_at_once_and_looks_become_rare() {
    let now = origin();
    let mut core = serving(now);
    assert_eq!(core.deadline(), Some(now + TIMING.poll));
    let notice = ChainNotice {
        height: 3,
        top: BlockId::new([1; 32]),
        blocks: 1,
        first_previous: template().previous_id(),
    };
    core.on_notice(&notice, now);
    assert_eq!(core.next_question(now), Some(NodeQuestion::Template));
    // One that comes while an answer is waited for is not forgotten.
    core.on_notice(&notice, now);
    assert_eq!(core.on_template(Ok(template()), now), [NodeEffect::Job]);
    assert_eq!(core.next_question(now), Some(NodeQuestion::Template));
    core.on_template(Ok(template()), now);
    assert_eq!(core.deadline(), Some(now + NodeProtocol::REFRESH));
    let later = now + NodeProtocol::SLOW_POLL;
    assert_eq!(core.next_question(later), Some(NodeQuestion::Template));
    core.on_template(Ok(template()), later);
    let later = later + NodeProtocol::REFRESH;
    core.next_question(later);
    core.on_template(Ok(template()), later);
    assert_eq!(core.deadline(), Some(later + NodeProtocol::REFRESH));
}

#[test]
fn a_look_that_finds_a_new_block_brings_a_template_and_ends_the_trust_in_notices() {
    let now = origin();
    let mut core = serving(now);
    let same = ChainNotice {
        height: 2,
        top: template().previous_id(),
        blocks: 1,
        first_previous: BlockId::new([0; 32]),
    };
    core.on_notice(&same, now);
    assert_eq!(core.next_question(now), None, "nothing new");
    let later = now + TIMING.poll;
    assert_eq!(core.next_question(later), Some(NodeQuestion::Info));
    core.on_info(Ok(info(BlockId::new([9; 32]))), later);
    assert_eq!(core.next_question(later), Some(NodeQuestion::Template));
    core.on_template(Ok(template()), later);
    assert_eq!(core.deadline(), Some(later + TIMING.poll));
}

#[test]
fn a_silent_node_is_mined_on_for_a_while_and_then_lost() {
    let now = origin();
    let mut core = serving(now);
    let effect = core.on_info(Err(silence()), now);
    assert!(matches!(effect, Some(NodeEffect::Away { .. })));
    assert!(core.job().is_some() && core.has_jobs());
    assert_eq!(core.on_info(Err(silence()), now), None);
    let over = now + NodeProtocol::AWAY;
    assert_eq!(core.on_tick(over - Duration::from_millis(1)), None);
    assert!(matches!(core.on_tick(over), Some(NodeEffect::Lost { .. })));
    assert!(core.job().is_none() && !core.has_jobs());
}

#[test]
fn a_node_that_comes_back_in_time_serves_again_and_one_that_comes_back_behind_is_lost() {
    let now = origin();
    let mut back = serving(now);
    back.on_info(Err(silence()), now);
    back.on_info(Ok(info(template().previous_id())), now);
    assert_eq!(back.next_question(now), Some(NodeQuestion::Template));
    assert_eq!(
        back.on_template(Ok(template()), now),
        [NodeEffect::ServesAgain, NodeEffect::Job]
    );
    let mut behind = serving(now);
    behind.on_info(Err(silence()), now);
    let busy = NodeTrouble::Fault(NodeFault::Status("BUSY".into()));
    let effects = behind.on_template(Err(busy), now);
    assert!(matches!(&effects[..], [NodeEffect::Lost { .. }]));
}

fn block() -> FoundBlock {
    FoundBlock {
        id: BlockId::new([5; 32]),
        height: 3,
        bytes: Arc::from([1, 2, 3]),
    }
}

/// A block that was submitted, with this answer.
fn submitted(answer: Result<(), NodeTrouble>, now: Instant) -> FoundBlocks {
    let mut blocks = FoundBlocks::default();
    assert_eq!(blocks.push(block(), now), Ok(1));
    let question = blocks.next_question(now);
    assert_eq!(question, Some(BlockQuestion::Submit(block().bytes)));
    assert_eq!(blocks.on_submitted(answer, now), None);
    blocks
}

#[test]
fn a_block_is_accepted_only_once_it_is_seen_in_the_chain() {
    let now = origin();
    // The last: its first submission had arrived though the answer was lost.
    for answer in [Ok(()), Err(refused(-7))] {
        let mut blocks = submitted(answer, now);
        assert_eq!(blocks.next_question(now), Some(BlockQuestion::LookUp(3)));
        assert_eq!(
            blocks.on_looked_up(&Ok(Some(block().id)), now),
            Some((1, BlockVerdict::Accepted))
        );
        assert!(blocks.is_empty());
    }
}

#[test]
fn a_block_whose_height_another_one_took_is_stale_whatever_the_node_said() {
    let now = origin();
    for answer in [Ok(()), Err(refused(-7)), Err(silence())] {
        let mut blocks = submitted(answer, now);
        let later = now + FoundBlocks::RETRY;
        assert_eq!(blocks.next_question(later), Some(BlockQuestion::LookUp(3)));
        assert_eq!(
            blocks.on_looked_up(&Ok(Some(BlockId::new([6; 32]))), later),
            Some((1, BlockVerdict::Stale))
        );
    }
}

#[test]
fn a_block_found_while_the_node_is_away_is_submitted_when_it_is_back() {
    let now = origin();
    let mut blocks = submitted(Err(silence()), now);
    assert_eq!(blocks.next_question(now), None);
    let mut now = now + FoundBlocks::RETRY;
    for _ in 0..1_000 {
        assert_eq!(blocks.next_question(now), Some(BlockQuestion::LookUp(3)));
        assert_eq!(blocks.on_looked_up(&Err(silence()), now), None);
        now += FoundBlocks::RETRY;
    }
    assert_eq!(blocks.next_question(now), Some(BlockQuestion::LookUp(3)));
    assert_eq!(blocks.on_looked_up(&Ok(None), now), None);
    now += FoundBlocks::RETRY;
    assert_eq!(
        blocks.next_question(now),
        Some(BlockQuestion::Submit(block().bytes))
    );
}

#[test]
fn a_block_that_the_node_refuses_is_refused_in_its_words() {
    let now = origin();
    let mut blocks = submitted(Err(refused(-7)), now);
    blocks.next_question(now);
    let Some((1, BlockVerdict::Refused { text, .. })) = blocks.on_looked_up(&Ok(None), now) else {
        panic!("not refused")
    };
    assert_eq!(&*text, "Block not accepted");
    let mut garbled = FoundBlocks::default();
    garbled.push(block(), now).unwrap();
    garbled.next_question(now);
    let verdict = garbled.on_submitted(Err(refused(-6)), now);
    assert!(matches!(
        verdict,
        Some((
            1,
            BlockVerdict::Refused {
                class: ErrorClass::Ours,
                ..
            }
        ))
    ));
}

#[test]
fn no_more_blocks_wait_than_can_be_kept() {
    let now = origin();
    let mut blocks = FoundBlocks::default();
    for _ in 0..FoundBlocks::MOST {
        blocks.push(block(), now).unwrap();
    }
    assert!(blocks.push(block(), now).is_err());
    assert_eq!(blocks.len(), FoundBlocks::MOST);
}
