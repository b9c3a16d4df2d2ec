//! A disk that drops what was not synced, tears, misdirects, and fails any call.

use super::*;

pub(super) const SECTOR: usize = 512;

pub(super) const DIR: &str = "/store";

/// The disk, as the store sees it.
#[derive(Clone)]
pub(super) struct SimDisk(pub(super) Arc<Mutex<World>>);

impl SimDisk {
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("no panic under the lock")
    }

    pub(super) fn has(&self, path: &Path) -> bool {
        self.world().names.contains_key(path)
    }
}

/// A file as programs see it, as the platter has it, and what is on the way.
#[derive(Clone, Default)]
pub(super) struct Node {
    pub(super) seen: Vec<u8>,
    pub(super) durable: Vec<u8>,
    pub(super) pending: Vec<Pending>,
}

#[derive(Clone)]
pub(super) enum Pending {
    Sector(usize, Vec<u8>),
    Emptied,
}

impl Node {
    pub(super) fn apply(&mut self, pending: Pending) {
        match pending {
            Pending::Sector(offset, bytes) => put(&mut self.durable, offset, &bytes),
            Pending::Emptied => self.durable.clear(),
        }
    }
}

pub(super) fn put(to: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    to.resize(to.len().max(offset + bytes.len()), 0);
    to[offset..offset + bytes.len()].copy_from_slice(bytes);
}

/// A change of names. Each is atomic.
#[derive(Clone)]
pub(super) struct Naming {
    pub(super) removed: Option<PathBuf>,
    pub(super) added: Option<(PathBuf, u64)>,
}

impl Naming {
    pub(super) fn apply(&self, names: &mut BTreeMap<PathBuf, u64>) {
        if let Some(path) = &self.removed {
            names.remove(path);
        }
        if let Some((path, inode)) = &self.added {
            names.insert(path.clone(), *inode);
        }
    }

    pub(super) fn is_in(&self, dir: &Path) -> bool {
        let path = self.removed.as_ref().or(self.added.as_ref().map(|(path, _)| path));
        path.and_then(|path| path.parent()) == Some(dir)
    }
}

#[derive(Clone)]
pub(super) struct World {
    pub(super) random: Random,
    pub(super) nodes: BTreeMap<u64, Node>,
    pub(super) names: BTreeMap<PathBuf, u64>,
    pub(super) durable_names: BTreeMap<PathBuf, u64>,
    pub(super) namings: Vec<Naming>,
    pub(super) last_inode: u64,
    pub(super) births: u64,
    pub(super) boot: u64,
    /// Calls until one fails, is the last one, or writes elsewhere.
    pub(super) fails_in: Option<u64>,
    pub(super) dies_in: Option<u64>,
    pub(super) misdirects_in: Option<u64>,
    pub(super) is_dead: bool,
    /// Before the last call.
    pub(super) was_dead: bool,
    pub(super) has_failed: bool,
    pub(super) is_misdirected: bool,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: Random(seed),
            nodes: BTreeMap::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            namings: Vec::new(),
            last_inode: 10,
            births: 1000,
            boot: 1,
            fails_in: None,
            dies_in: None,
            misdirects_in: None,
            is_dead: false,
            was_dead: false,
            has_failed: false,
            is_misdirected: false,
        }
    }

    /// The faults of the next life.
    pub(super) fn plan(&mut self, random: &mut Random) {
        let mut soon = |odds| random.one_in(odds).then(|| random.below(120));
        (self.fails_in, self.dies_in, self.misdirects_in) = (soon(3), soon(3), soon(10));
        if self.misdirects_in.is_some() {
            (self.fails_in, self.dies_in) = (None, None);
        }
    }

    /// Counts a call, and says whether it fails.
    pub(super) fn call(&mut self) -> io::Result<()> {
        let is_now = |left: &mut Option<u64>| match left {
            Some(0) => left.take().is_some(),
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        };
        self.was_dead = self.is_dead;
        let (dies, fails) = (is_now(&mut self.dies_in), is_now(&mut self.fails_in));
        self.is_dead |= dies;
        self.has_failed |= fails || self.is_dead;
        match (self.is_dead, fails) {
            (true, _) => Err(ErrorKind::BrokenPipe.into()),
            (_, true) if self.random.one_in(2) => Err(ErrorKind::StorageFull.into()),
            (_, true) => Err(io::Error::other("EIO")),
            _ => Ok(()),
        }
    }

    pub(super) fn inode(&self, path: &Path) -> io::Result<u64> {
        self.names.get(path).copied().ok_or_else(|| ErrorKind::NotFound.into())
    }

    pub(super) fn name(&mut self, naming: Naming) {
        naming.apply(&mut self.names);
        self.namings.push(naming);
    }

    pub(super) fn write(&mut self, inode: u64, bytes: &[u8], offset: usize) {
        let node = self.nodes.get_mut(&inode).expect("it is open");
        put(&mut node.seen, offset, bytes);
        // By whole sectors, as they look now.
        for sector in offset / SECTOR..(offset + bytes.len()).div_ceil(SECTOR) {
            let start = sector * SECTOR;
            let end = (start + SECTOR).min(node.seen.len());
            node.pending.push(Pending::Sector(start, node.seen[start..end].to_vec()));
        }
    }

    /// The power fails: of what was not synced any part may be there, in any order, and one sector may be torn.
    pub(super) fn power_cut(&mut self, random: &mut Random) {
        for naming in std::mem::take(&mut self.namings) {
            if random.one_in(2) {
                naming.apply(&mut self.durable_names);
            }
        }
        self.names = self.durable_names.clone();
        let mut may_tear = random.one_in(2);
        for node in self.nodes.values_mut() {
            let pending = std::mem::take(&mut node.pending);
            let last = pending.len().saturating_sub(1);
            for (number, one) in pending.into_iter().enumerate() {
                match one {
                    Pending::Sector(offset, bytes) if number == last && std::mem::take(&mut may_tear) => {
                        let half = random.below(bytes.len() as u64) as usize;
                        put(&mut node.durable, offset, &bytes[..half]);
                    }
                    one if random.one_in(2) => node.apply(one),
                    _ => {}
                }
            }
            node.seen = node.durable.clone();
        }
        self.boot += 1;
    }

    /// A sector reads back other than it was written.
    pub(super) fn damage(&mut self, random: &mut Random) {
        let inodes: Vec<u64> = self.names.values().copied().collect();
        let Some(node) = inodes.get(random.below(inodes.len().max(1) as u64) as usize) else { return };
        let node = self.nodes.get_mut(node).expect("it has a name");
        if node.seen.is_empty() {
            return;
        }
        let place = random.below(node.seen.len() as u64) as usize;
        let end = (place + SECTOR).min(node.seen.len());
        match random.below(3) {
            0 => node.seen[place] ^= 1 << random.below(8),
            1 => node.seen[place..end].fill(0),
            _ => node.seen.truncate(place),
        }
        (node.durable, node.pending) = (node.seen.clone(), Vec::new());
    }

    /// A process is started again.
    pub(super) fn revive(&mut self) {
        (self.fails_in, self.dies_in, self.misdirects_in) = (None, None, None);
        (self.is_dead, self.has_failed, self.is_misdirected) = (false, false, false);
    }

    /// The same files elsewhere.
    pub(super) fn copy(&self) -> Self {
        let mut copy =
            Self { nodes: BTreeMap::new(), namings: Vec::new(), last_inode: 1000, births: 5000, ..self.clone() };
        for inode in copy.names.values_mut() {
            copy.last_inode += 1;
            copy.nodes.insert(copy.last_inode, self.nodes[inode].clone());
            *inode = copy.last_inode;
        }
        copy.durable_names = copy.names.clone();
        copy
    }
}

impl Disk for SimDisk {
    type File = SimFile;

    const LOG_LEN: u64 = 4096;
    const LOG_STEP: u64 = 1024;

    fn open(&self, path: &Path, how: Open) -> io::Result<SimFile> {
        let mut world = self.world();
        world.call()?;
        let inode = match world.inode(path) {
            Err(_) if how != Open::Existing => {
                world.last_inode += 1;
                let inode = world.last_inode;
                world.nodes.insert(inode, Node::default());
                world.name(Naming { removed: None, added: Some((path.to_owned(), inode)) });
                inode
            }
            found => found?,
        };
        if how == Open::Empty {
            let node = world.nodes.get_mut(&inode).expect("it has a name");
            node.seen.clear();
            node.pending.push(Pending::Emptied);
        }
        Ok(SimFile { disk: self.clone(), inode })
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut world = self.world();
        world.call()?;
        Ok(world.nodes[&world.inode(path)?].seen.clone())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call()?;
        let inode = world.inode(from)?;
        world.name(Naming { removed: Some(from.to_owned()), added: Some((to.to_owned(), inode)) });
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call()?;
        world.inode(path)?;
        world.name(Naming { removed: Some(path.to_owned()), added: None });
        Ok(())
    }

    fn create_dir(&self, _: &Path) -> io::Result<()> {
        self.world().call()
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call()?;
        let (synced, left) = std::mem::take(&mut world.namings).into_iter().partition(|naming| naming.is_in(path));
        world.namings = left;
        let synced: Vec<Naming> = synced;
        synced.iter().for_each(|naming| naming.apply(&mut world.durable_names));
        Ok(())
    }

    fn place(&self, path: &Path) -> io::Result<Place> {
        let mut world = self.world();
        world.call()?;
        let inode = world.inode(path)?;
        Ok(Place { inode, birth: world.births + inode, device: 7 + world.boot })
    }

    fn boot(&self) -> u64 {
        self.world().boot
    }
}

pub(super) struct SimFile {
    pub(super) disk: SimDisk,
    pub(super) inode: u64,
}

impl DiskFile for SimFile {
    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut world = self.disk.world();
        let called = world.call();
        let (mut inode, mut offset, mut len) = (self.inode, offset as usize, bytes.len());
        if called.is_err() {
            // A part of it may have been taken, unless the process was dead before.
            len = if world.was_dead { 0 } else { world.random.below(len as u64 + 1) as usize };
        } else if let Some(left) = world.misdirects_in {
            world.misdirects_in = left.checked_sub(1);
            if left == 0 {
                world.is_misdirected = true;
                let files: Vec<u64> = world.names.values().copied().collect();
                inode = files[world.random.below(files.len() as u64) as usize];
                let len = world.nodes[&inode].seen.len().max(SECTOR) as u64;
                offset = world.random.below(len) as usize / SECTOR * SECTOR;
            }
        }
        world.write(inode, &bytes[..len], offset);
        called
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let mut world = self.disk.world();
        let called = world.call();
        let mut pending = std::mem::take(&mut world.nodes.get_mut(&self.inode).expect("it is open").pending);
        if called.is_err() {
            if world.is_dead {
                world.nodes.get_mut(&self.inode).expect("it is open").pending = pending;
                return called;
            }
            // A failed write counts as written from here on: programs see it, the platter never gets it.
            pending.retain(|_| world.random.one_in(2));
        }
        let node = world.nodes.get_mut(&self.inode).expect("it is open");
        pending.into_iter().for_each(|one| node.apply(one));
        called
    }

    fn sync_all(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn len(&self) -> io::Result<u64> {
        let mut world = self.disk.world();
        world.call()?;
        Ok(world.nodes[&self.inode].seen.len() as u64)
    }
}
