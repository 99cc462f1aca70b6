//! Which registers to read together. Pure.

use std::collections::BTreeSet;

use super::map::Map;

/// Registers that are read with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block {
    pub(super) start: u16,
    pub(super) count: u16,
}

impl Block {
    /// The register after the last.
    fn end(self) -> u32 {
        u32::from(self.start) + u32::from(self.count)
    }
}

/// What the map needs, each piece by itself: a value must be read whole.
pub(super) fn pieces(map: &Map) -> BTreeSet<Block> {
    let points = map.points.iter().map(|p| Block { start: p.register, count: p.kind.registers() });
    // Families of controllers have more or fewer alarms: each register may be missing by itself.
    let alarms = map.alarms.iter().flat_map(|a| {
        (a.register..a.register.saturating_add(a.count)).map(|start| Block { start, count: 1 })
    });
    let identify = map.identify.iter().map(|i| Block { start: i.register, count: 1 });
    points.chain(alarms).chain(identify).collect()
}

/// Pieces joined into few requests: across holes of at most `max_gap` registers, at most
/// `max_registers` at once. Pieces that were refused inside a larger block stay alone.
pub(super) fn blocks(map: &Map, alone: &BTreeSet<Block>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for piece in pieces(map).difference(alone) {
        if let Some(last) = blocks.last_mut() {
            let end = piece.end().max(last.end());
            let hole = u32::from(piece.start).saturating_sub(last.end());
            let joined = end - u32::from(last.start);
            if hole <= u32::from(map.max_gap) && joined <= u32::from(map.max_registers) {
                last.count = u16::try_from(joined).unwrap_or(last.count);
                continue;
            }
        }
        blocks.push(*piece);
    }
    blocks.extend(alone);
    blocks.sort_unstable();
    blocks
}

/// The pieces that lie in a block.
pub(super) fn inside(map: &Map, block: Block) -> Vec<Block> {
    let within = |p: &Block| p.start >= block.start && p.end() <= block.end();
    pieces(map).into_iter().filter(within).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dse() -> Map {
        Map::parse(include_str!("../../../maps/dse.toml")).unwrap()
    }

    fn plan(map: &Map, alone: &BTreeSet<Block>) -> Vec<(u16, u16)> {
        blocks(map, alone).into_iter().map(|b| (b.start, b.count)).collect()
    }

    #[test]
    fn neighbours_are_read_together_within_the_limits() {
        let mut map = dse();
        let whole = [(768, 5), (1024, 10), (1408, 1), (1536, 2), (1798, 12), (2049, 9)];
        assert_eq!(plan(&map, &BTreeSet::new()), whole);
        map.max_gap = 0;
        assert!(plan(&map, &BTreeSet::new()).contains(&(1808, 2)));
        map.max_registers = 4;
        let cut = plan(&map, &BTreeSet::new());
        assert!(cut.contains(&(1029, 3)) && cut.contains(&(1032, 2)), "{cut:?}");
    }

    #[test]
    fn what_was_refused_together_is_asked_alone() {
        let map = dse();
        let block = Block { start: 1798, count: 12 };
        let alone: BTreeSet<Block> = inside(&map, block).into_iter().collect();
        assert_eq!(alone.len(), 2);
        let plan = plan(&map, &alone);
        assert!(plan.contains(&(1798, 2)) && plan.contains(&(1808, 2)), "{plan:?}");
    }
}
