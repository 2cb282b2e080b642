//! Blocks that are not known to be in the chain, or out of it, in files that outlive the process.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zartrux_models::session::FoundBlock;
use zartrux_models::work::{BlockId, BlockTemplate};

/// A block that an earlier run of the process found, and did not see settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptBlock {
    /// Where the RPC of its node answers.
    pub node: String,
    /// The block.
    pub block: FoundBlock,
}

/// Why a file can't be used.
#[derive(Debug, thiserror::Error)]
enum KeepFault {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Damaged(Box<str>),
}

/// What is in a file, below a line with its sum: of use to a person with a monerod too.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    node: String,
    height: u64,
    id: String,
    /// What `submit_block` takes.
    block: String,
}

/// What the thread that writes is told.
#[derive(Debug)]
enum Order {
    Keep(KeptBlock),
    Forget { id: BlockId, height: u64 },
}

/// The folder, and the thread that writes there: a disk may be slow, and a block must not wait for
/// it. All copies are one.
#[derive(Clone)]
pub struct BlockKeep {
    folder: PathBuf,
    thread: Arc<OnceLock<Option<SyncSender<Order>>>>,
}

impl fmt::Debug for BlockKeep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockKeep")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl BlockKeep {
    /// Its name in the data folder.
    pub const FOLDER: &'static str = "blocks";
    /// Most files that are read at a start; more are left for the next.
    pub const MOST: usize = 64;
    /// Orders that wait for the disk.
    const QUEUE: usize = 256;
    /// Longest file, bytes: the longest block in hex, and what is said of it.
    const LONGEST: u64 = 2 * BlockTemplate::MAX_LEN as u64 + 4096;
    const HEAD: &'static str = "zartrux-block 1 ";

    /// The folder in a data folder; it is made with the first block.
    #[must_use]
    pub fn below(data: &Path) -> Self {
        Self {
            folder: data.join(Self::FOLDER),
            thread: Arc::default(),
        }
    }

    /// Blocks that are not settled. Files that can't be read are told of, and left.
    #[must_use]
    pub fn read(&self) -> Vec<KeptBlock> {
        let files = match fs::read_dir(&self.folder) {
            Ok(files) => files,
            Err(why) => {
                if why.kind() != io::ErrorKind::NotFound {
                    tracing::error!(folder = %self.folder.display(), %why, "kept blocks can't be read");
                }
                return Vec::new();
            }
        };
        let mut paths: Vec<PathBuf> = files
            .filter_map(|file| Some(file.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "block"))
            .take(16 * Self::MOST)
            .collect();
        // The newest first: its height is the likeliest to be free.
        paths.sort_unstable_by(|a, b| b.cmp(a));
        let read = |path: &PathBuf| match read_file(path) {
            Ok(block) => Some(block),
            Err(why) => {
                tracing::error!(file = %path.display(), %why, "a kept block can't be read");
                None
            }
        };
        paths.iter().filter_map(read).take(Self::MOST).collect()
    }

    /// Keeps a block that was found for the node whose RPC answers there.
    pub(super) fn keep(&self, node: &str, block: &FoundBlock) {
        self.order(Order::Keep(KeptBlock {
            node: node.to_owned(),
            block: block.clone(),
        }));
    }

    /// It is known what became of a block.
    pub(super) fn forget(&self, id: BlockId, height: u64) {
        self.order(Order::Forget { id, height });
    }

    fn order(&self, order: Order) {
        let thread = self.thread.get_or_init(|| {
            let (tell, told) = sync_channel(Self::QUEUE);
            let folder = self.folder.clone();
            let thread = std::thread::Builder::new().name("block-keeper".to_owned());
            let started = thread.spawn(move || obey(&folder, &told));
            if let Err(fault) = &started {
                tracing::error!(%fault, "no thread to keep blocks with");
            }
            started.is_ok().then_some(tell)
        });
        let sent = thread.as_ref().map(|thread| thread.try_send(order));
        if !matches!(sent, Some(Ok(()))) {
            tracing::error!("a block is in memory only: the disk does not keep up");
        }
    }
}

fn obey(folder: &Path, told: &Receiver<Order>) {
    while let Ok(order) = told.recv() {
        match order {
            Order::Keep(kept) => {
                if let Err(why) = write_file(folder, &kept) {
                    tracing::error!(folder = %folder.display(), %why, "a block is in memory only");
                }
            }
            Order::Forget { id, height } => {
                let path = folder.join(file_name(id, height));
                match fs::remove_file(&path) {
                    Err(why) if why.kind() != io::ErrorKind::NotFound => {
                        tracing::warn!(file = %path.display(), %why, "a settled block can't be removed");
                    }
                    _ => {}
                }
            }
        }
    }
}

fn file_name(id: BlockId, height: u64) -> String {
    // In the order of heights.
    format!("{height:020}-{}.block", const_hex::encode(id.as_bytes()))
}

fn write_file(folder: &Path, kept: &KeptBlock) -> io::Result<()> {
    let block = &kept.block;
    let body = serde_json::to_vec(&Written {
        node: kept.node.clone(),
        height: block.height,
        id: const_hex::encode(block.id.as_bytes()),
        block: const_hex::encode(&block.bytes),
    })?;
    let digest = const_hex::encode(Sha256::digest(&body));
    fs::create_dir_all(folder)?;
    let path = folder.join(file_name(block.id, block.height));
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(format!("{}{digest}\n", BlockKeep::HEAD).as_bytes())?;
    file.write_all(&body)?;
    file.sync_all()?;
    fs::rename(&beside, &path)?;
    File::open(folder)?.sync_all()
}

fn read_file(path: &Path) -> Result<KeptBlock, KeepFault> {
    let damaged = |why: &str| KeepFault::Damaged(why.into());
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(BlockKeep::LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BlockKeep::LONGEST {
        return Err(damaged("it is too long"));
    }
    let head = BlockKeep::HEAD.len() + 64 + 1;
    let (head, body) = bytes
        .split_at_checked(head)
        .ok_or_else(|| damaged("it is too short"))?;
    let digest = const_hex::encode(Sha256::digest(body));
    if head != format!("{}{digest}\n", BlockKeep::HEAD).as_bytes() {
        return Err(damaged("its sum does not fit"));
    }
    let written: Written = serde_json::from_slice(body).map_err(|why| damaged(&why.to_string()))?;
    let id = const_hex::decode_to_array(&written.id).map_err(|why| damaged(&why.to_string()))?;
    let block = const_hex::decode(&written.block).map_err(|why| damaged(&why.to_string()))?;
    Ok(KeptBlock {
        node: written.node,
        block: FoundBlock {
            id: BlockId::new(id),
            height: written.height,
            bytes: block.into(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(height: u64) -> KeptBlock {
        KeptBlock {
            node: "http://127.0.0.1:18081".to_owned(),
            block: FoundBlock {
                id: BlockId::new([7; 32]),
                height,
                bytes: Arc::from([1, 2, 3]),
            },
        }
    }

    fn path(folder: &Path, height: u64) -> PathBuf {
        folder.join(file_name(BlockId::new([7; 32]), height))
    }

    #[test]
    fn what_was_kept_is_read_again_the_newest_first_until_it_is_forgotten() {
        let data = tempfile::tempdir().unwrap();
        let keep = BlockKeep::below(data.path());
        assert_eq!(keep.read(), []);
        for height in [9, 10] {
            write_file(&keep.folder, &kept(height)).unwrap();
        }
        assert_eq!(keep.read(), [kept(10), kept(9)]);
        let (tell, told) = sync_channel(1);
        let (id, height) = (BlockId::new([7; 32]), 10);
        tell.send(Order::Forget { id, height }).unwrap();
        drop(tell);
        obey(&keep.folder, &told);
        assert_eq!(keep.read(), [kept(9)]);
    }

    #[test]
    fn any_damage_is_noticed_and_the_file_left() {
        let data = tempfile::tempdir().unwrap();
        let keep = BlockKeep::below(data.path());
        write_file(&keep.folder, &kept(9)).unwrap();
        let file = path(&keep.folder, 9);
        let good = fs::read(&file).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&file, &bad).unwrap();
            assert_eq!(keep.read(), [], "byte {at}");
            fs::write(&file, &good[..at]).unwrap();
            assert_eq!(keep.read(), [], "{at} bytes");
        }
        assert!(file.exists());
    }

    #[test]
    fn a_file_that_was_not_finished_is_no_block_and_no_more_are_read_than_can_wait() {
        let data = tempfile::tempdir().unwrap();
        let keep = BlockKeep::below(data.path());
        let most = u64::try_from(BlockKeep::MOST).unwrap();
        for height in 0..=most {
            write_file(&keep.folder, &kept(height)).unwrap();
        }
        let unfinished = path(&keep.folder, most).with_extension("new");
        fs::rename(path(&keep.folder, most), unfinished).unwrap();
        let heights: Vec<u64> = keep.read().iter().map(|kept| kept.block.height).collect();
        assert_eq!(heights, (0..most).rev().collect::<Vec<_>>());
    }
}
