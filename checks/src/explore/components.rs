//! Strongly connected components (Tarjan's algorithm, without recursion).

use super::graph::Graph;

const UNSEEN: u32 = u32::MAX;

/// The strongly connected components of some states of a graph, one after the other, each in ascending order.
pub(super) fn components(graph: &Graph, states: &[u32], mut found: impl FnMut(&[u32])) {
    let mut search = Search::new(graph, states);
    for &state in states {
        if search.order[state as usize] == UNSEEN {
            search.from(state, &mut found);
        }
    }
}

struct Search<'g> {
    graph: &'g Graph,
    /// Per state: when it was first seen; [`OUTSIDE`] where it does not belong.
    order: Vec<u32>,
    /// Per state: the earliest state on the stack that it reaches.
    low: Vec<u32>,
    on_stack: Vec<bool>,
    stack: Vec<u32>,
    seen: u32,
}

const OUTSIDE: u32 = u32::MAX - 1;

impl<'g> Search<'g> {
    fn new(graph: &'g Graph, states: &[u32]) -> Self {
        let all = graph.states();
        let mut order = vec![OUTSIDE; all];
        states.iter().for_each(|&state| order[state as usize] = UNSEEN);
        let (low, on_stack) = (vec![0; all], vec![false; all]);
        Search { graph, order, low, on_stack, stack: Vec::new(), seen: 0 }
    }

    fn from(&mut self, root: u32, found: &mut impl FnMut(&[u32])) {
        let mut path: Vec<(u32, usize)> = vec![(root, 0)];
        self.enter(root);
        while let Some((state, next)) = path.last_mut() {
            let (state, edge) = (*state, self.graph.edges(*state).get(*next));
            *next += 1;
            match edge.map(|edge| edge.to) {
                Some(to) if self.order[to as usize] == UNSEEN => {
                    self.enter(to);
                    path.push((to, 0));
                }
                Some(to) => {
                    if self.on_stack[to as usize] {
                        self.lower(state, self.order[to as usize]);
                    }
                }
                None => {
                    path.pop();
                    self.leave(state, found);
                    if let Some(&(before, _)) = path.last() {
                        self.lower(before, self.low[state as usize]);
                    }
                }
            }
        }
    }

    fn enter(&mut self, state: u32) {
        self.order[state as usize] = self.seen;
        self.low[state as usize] = self.seen;
        self.seen += 1;
        self.on_stack[state as usize] = true;
        self.stack.push(state);
    }

    fn lower(&mut self, state: u32, to: u32) {
        self.low[state as usize] = self.low[state as usize].min(to);
    }

    /// All successors of a state are seen; if it reaches nothing earlier, it is the root of a component.
    fn leave(&mut self, state: u32, found: &mut impl FnMut(&[u32])) {
        if self.low[state as usize] != self.order[state as usize] {
            return;
        }
        let start = self.stack.iter().rposition(|&other| other == state).unwrap_or(0);
        let component = &mut self.stack[start..];
        component.iter().for_each(|&state| self.on_stack[state as usize] = false);
        component.sort_unstable();
        found(component);
        self.stack.truncate(start);
    }
}
