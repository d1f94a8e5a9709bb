//! Memory at one moment of a run, as people look at it: every cell by its name, and who holds each page.

use seal_model::claim::{Account, World};
use seal_model::ghost::Ghost;
use seal_model::machine::{Cell, Cells, PlainCells};
use seal_model::scenario::Scenario;

use super::simulation::{cell_name, value};

/// A cell with its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// As in a trace's changes; where a file has several pages, a PTE says of which.
    pub name: String,
    /// In words.
    pub value: String,
}

/// Memory at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moment {
    /// Every cell that an actor can see, locks with their holders.
    pub cells: Vec<Shown>,
    /// By frame: who holds the references to it.
    pub pages: Vec<Account>,
}

impl Moment {
    /// What is to be seen in a state.
    pub(super) fn of(world: &World<'_, PlainCells>) -> Self {
        let scenario = world.scenario;
        let shown = |cell| {
            let number = world.cells.get(cell);
            let (name, value) = match holder(world, cell) {
                Some((name, holder)) => (name, holder),
                None => (name(scenario, cell)?, value(cell, number)),
            };
            Some(Shown { name, value })
        };
        Moment {
            cells: Cell::of(scenario).iter().filter_map(|spec| shown(spec.cell)).collect(),
            pages: scenario.all_pages().map(|page| Account::of(world, page)).collect(),
        }
    }
}

fn name(scenario: &Scenario, cell: Cell) -> Option<String> {
    let name = cell_name(scenario, cell)?;
    Some(match cell {
        Cell::Pte(_, index) | Cell::Tlb(_, index) if scenario.pages > 1 => format!("{name}[{}]", index.0),
        _ => name,
    })
}

/// A lock, and who holds it.
fn holder(world: &World<'_, PlainCells>, cell: Cell) -> Option<(String, String)> {
    let held = |by: &dyn Fn(&Ghost) -> bool| {
        let holder = world.actors.iter().position(|actor| by(actor.ghost));
        match holder.filter(|_| world.cells.get(cell) != 0) {
            Some(actor) => world.scenario.actor_name(actor),
            None => "free".into(),
        }
    };
    match cell {
        Cell::InodeLock => Some(("i_mutex".into(), held(&|ghost| ghost.inode_locked > 0))),
        Cell::PageLock(page) => {
            Some((format!("lock{}", page.0), held(&|ghost| ghost.locked[page.0 as usize] > 0)))
        }
        _ => None,
    }
}

/// One reference in the picture of an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Block {
    /// Of the page cache.
    K,
    /// Of a PTE.
    M,
    /// Of a pin.
    P,
    /// Of somebody who looks, a batch, a gather.
    T,
    /// Owed: a PTE whose reference is not taken yet.
    D,
}

impl Block {
    /// All terms of the law, in its order.
    pub const ALL: [Block; 5] = [Block::K, Block::M, Block::P, Block::T, Block::D];

    /// The term's letter in the law.
    pub fn letter(self) -> char {
        match self {
            Block::K => 'K',
            Block::M => 'M',
            Block::P => 'P',
            Block::T => 'T',
            Block::D => 'D',
        }
    }

    /// Its class in pictures.
    pub fn class(self) -> &'static str {
        match self {
            Block::K => "k",
            Block::M => "m",
            Block::P => "p",
            Block::T => "t",
            Block::D => "o",
        }
    }

    /// Who holds it.
    pub fn says(self) -> &'static str {
        match self {
            Block::K => "page cache",
            Block::M => "PTEs",
            Block::P => "pins",
            Block::T => "lookups, batches, gathers",
            Block::D => "owed by PTEs",
        }
    }

    /// How many an account has.
    pub fn of(self, account: &Account) -> i16 {
        match self {
            Block::K => account.cache,
            Block::M => account.ptes,
            Block::P => account.pins,
            Block::T => account.transient + account.batch,
            Block::D => account.deferred,
        }
    }
}

/// An account as blocks, one for each reference, in the order of the law. What is owed comes last.
pub fn blocks(account: &Account) -> impl Iterator<Item = Block> {
    Block::ALL.into_iter().flat_map(move |block| (0..block.of(account)).map(move |_| block))
}
