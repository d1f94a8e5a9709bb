//! Names that a kernel reviewer reads and every tool takes.

use seal_model::access::{Index, NONE, SWAP, Vma};
use seal_model::ghost::Holding;
use seal_model::machine::Cell;
use seal_model::scenario::Scenario;

use super::effect::Value;
use crate::table::Variable;

/// What the values of a variable mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sort {
    /// A frame, no frame, or a swap entry.
    Frame,
    /// A byte of content, of which there are two.
    Content,
    /// A number.
    Number,
}

impl Sort {
    pub(super) fn of(variable: Variable) -> Sort {
        match variable {
            Variable::Cell(cell) => match cell {
                Cell::Slot(_) | Cell::SwapCache(_) | Cell::Pte(..) | Cell::Tlb(..) => Sort::Frame,
                Cell::Content(_) | Cell::Expected(_) | Cell::SwapDevice(_) => Sort::Content,
                _ => Sort::Number,
            },
            _ => Sort::Number,
        }
    }
}

/// An actor.
pub(super) fn actor(scenario: &Scenario, actor: usize) -> String {
    scenario.actor_name(actor).replace('-', "_")
}

/// A variable.
pub(super) fn variable(scenario: &Scenario, variable: Variable) -> String {
    match variable {
        Variable::Cell(cell) => cell_name(scenario, cell),
        Variable::Sum(what) => holding(what),
        Variable::Of(number, what) => format!("{}_{}", holding(what), actor(scenario, number)),
    }
}

/// A value of a variable.
pub(super) fn value(variable: Variable, value: i16) -> String {
    match (Sort::of(variable), value) {
        (Sort::Frame, NONE) => "none".into(),
        (Sort::Frame, SWAP) => "swapped".into(),
        (Sort::Frame, frame) => format!("page{frame}"),
        (_, number) => number.to_string(),
    }
}

fn cell_name(scenario: &Scenario, cell: Cell) -> String {
    let owner = |vma: Vma| {
        let child = if vma.is_child() { "_child" } else { "" };
        format!("{}{child}", actor(scenario, vma.actor()))
    };
    // of a file of one page there is only one
    let at = |index: Index| if scenario.pages == 1 { String::new() } else { format!("_{}", index.0) };
    match cell {
        Cell::InodeLock => "i_mutex".into(),
        Cell::MmapWritable => "i_mmap_writable".into(),
        Cell::Seals => "seals".into(),
        Cell::Slot(index) => format!("slot{}", index.0),
        Cell::Tag(index) => format!("tag{}", index.0),
        Cell::Expected(index) => format!("expected{}", index.0),
        Cell::SwapCache(index) => format!("swapcache{}", index.0),
        Cell::SwapDevice(index) => format!("swap{}", index.0),
        Cell::Count(page) => format!("C{}", page.0),
        Cell::Mapcount(page) => format!("M{}", page.0),
        Cell::Mapping(page) => format!("mapping{}", page.0),
        Cell::PageLock(page) => format!("page_lock{}", page.0),
        Cell::Content(page) => format!("content{}", page.0),
        Cell::Batch(page) => format!("batch{}", page.0),
        Cell::Charge(page) => format!("charge{}", page.0),
        Cell::Orphan(page) => format!("orphan{}", page.0),
        Cell::Pte(vma, index) => format!("pte_{}{}", owner(vma), at(index)),
        Cell::Tlb(vma, index) => format!("tlb_{}{}", owner(vma), at(index)),
        Cell::ReadOnly(vma) => format!("read_only_{}", owner(vma)),
        Cell::IrqsOff(vma) => format!("irqs_off_{}", owner(vma)),
        Cell::PageTableLock(vma) => format!("ptl_{}", owner(vma)),
    }
}

fn holding(what: Holding) -> String {
    match what {
        Holding::Transient(page) => format!("transient{}", page.0),
        Holding::Deferred(page) => format!("deferred{}", page.0),
        Holding::Cache(page) => format!("in_flight{}", page.0),
        Holding::Pins(page) => format!("pins{}", page.0),
        Holding::Locked(page) => format!("locked{}", page.0),
        Holding::Tag(index) => format!("tagged{}", index.0),
        Holding::Counted => "counted".into(),
        Holding::Denied => "denied".into(),
        Holding::InodeLocked => "inode_locked".into(),
        Holding::Replaced => "replaced".into(),
        Holding::Refused => "refused".into(),
        Holding::Unmapped => "unmapped".into(),
        Holding::SawSeals => "saw_seals".into(),
        Holding::JudgedPinned => "judged_pinned".into(),
        Holding::ScanBegins => "scan_begins".into(),
        Holding::Reading => "reading".into(),
        Holding::ReadDiffers => "read_differs".into(),
        Holding::Returned => "returned".into(),
    }
}

/// What a cell is given, in terms of the names of cells.
pub(super) fn given(to: Variable, given: Value, name: &dyn Fn(Variable) -> String) -> String {
    match given {
        Value::Is(is) => value(to, is),
        Value::Plus(of, 0) => name(Variable::Cell(of)),
        Value::Plus(of, by) if by < 0 => format!("{} - {}", name(Variable::Cell(of)), -by),
        Value::Plus(of, by) => format!("{} + {by}", name(Variable::Cell(of))),
        Value::Minus(from, of) => format!("{from} - {}", name(Variable::Cell(of))),
    }
}

/// What an actor that is done returned.
pub(super) fn returned(returned: Option<seal_model::Result>) -> String {
    match returned {
        Some(Err(errno)) => format!("returned -{errno:?}"),
        _ => "returned 0".into(),
    }
}
