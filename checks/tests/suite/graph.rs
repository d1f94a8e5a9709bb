//! The graph of an exploration: its edges are the steps, it says when it would not fit, and when a state is missing.

use seal_checks::error::Error;
use seal_checks::explore::graph::{Edge, Graph};
use seal_checks::explore::store::Store;
use seal_checks::explore::system::{State, System};

const W: usize = 4;

/// What the graph and the search for components take beside edges, for each state.
const STATE_BYTES: usize = 80;
/// What the number of a state takes, at each place where one might be stored.
const NUMBER_BYTES: usize = 4;

fn small() -> System {
    let scenario = "wait;judge=snapshot;last-scan=0;with=reader".parse().expect("a possible scenario");
    System::new(&scenario).expect("compiles")
}

/// All states in the order of discovery, and how many steps there are between them.
fn explored(system: &System) -> (Vec<State<W>>, usize) {
    let mut states = vec![system.initial::<W>().expect("a start")];
    let (mut next, mut transitions) = (0, 0);
    while next < states.len() {
        let state = states[next];
        system
            .successors(&state, |_, to| {
                transitions += 1;
                if !states.contains(&to) {
                    states.push(to);
                }
            })
            .expect("in range");
        next += 1;
    }
    (states, transitions)
}

/// The graph of some states.
fn graph(
    system: &System,
    states: &[State<W>],
    transitions: usize,
    most: usize,
    goal: impl Fn(&State<W>) -> bool,
) -> Result<Graph, Error> {
    let again = |visit: &mut dyn FnMut(&State<W>) -> Result<(), Error>| states.iter().try_for_each(visit);
    Graph::of(system, &stored(states), transitions, most, &again, goal)
}

fn stored(states: &[State<W>]) -> Store<W> {
    let mut store = Store::new(1 << 24).expect("some megabytes");
    for state in states {
        store.insert(state, Store::hash(state)).expect("room");
    }
    store
}

#[test]
fn edges_are_the_steps_and_end_at_the_goal() {
    let system = small();
    let (states, transitions) = explored(&system);
    let goal = |state: &State<W>| system.access(state, 0).is_none();
    let graph = graph(&system, &states, transitions, usize::MAX, goal).expect("fits");
    assert_eq!(graph.states(), states.len());
    for (number, state) in states.iter().enumerate() {
        let mut edges = Vec::new();
        let edge = |to| states.iter().position(|state| *state == to).expect("stored") as u32;
        system
            .successors(state, |step, to| {
                edges.push(Edge { to: edge(to), actor: step.actor, answer: step.answer });
            })
            .expect("in range");
        let expected = if goal(state) { &[][..] } else { &edges };
        assert_eq!(graph.is_goal(number as u32), goal(state));
        assert_eq!(graph.edges(number as u32), expected);
    }
}

#[test]
fn what_fits_exactly_is_built_and_one_byte_less_is_refused() {
    let system = small();
    let (states, transitions) = explored(&system);
    let store = stored(&states);
    let needed = store.bytes()
        + store.places() * NUMBER_BYTES
        + transitions * size_of::<Edge>()
        + states.len() * STATE_BYTES;
    let of = |most| graph(&system, &states, transitions, most, |_| false);
    of(needed).expect("fits");
    of(needed + 1).expect("fits");
    for most in [needed - 1, 0] {
        assert!(matches!(of(most), Err(Error::OutOfMemory { .. })), "{most} of {needed} bytes");
    }
}

#[test]
fn a_graph_that_does_not_fit_says_what_it_would_have_taken() {
    let system = small();
    let (states, _) = explored(&system);
    // nobody counts the steps again, so there may be many
    let transitions = (5 << 20) / size_of::<Edge>();
    let refused = graph(&system, &states, transitions, 3 << 20, |_| false);
    let Err(Error::OutOfMemory { used, limit, states: known }) = refused else { panic!("it does not fit") };
    assert_eq!((used, limit, known), (5, 3, states.len()));
}

#[test]
fn more_edges_than_numbers_are_refused_whatever_memory_there_is() {
    let system = small();
    let (states, _) = explored(&system);
    let refused = graph(&system, &states, 1 << 32, usize::MAX, |_| false);
    assert!(matches!(refused, Err(Error::OutOfMemory { .. })));
}

/// However many steps lead to it.
#[test]
fn any_one_state_that_is_missing_is_noticed() {
    let system = small();
    let (states, transitions) = explored(&system);
    for missing in 1..states.len() {
        let others = [&states[..missing], &states[missing + 1..]].concat();
        let graph = graph(&system, &others, transitions, usize::MAX, |_| false);
        assert!(matches!(graph, Err(Error::StateLost)), "without state {missing} of {}", states.len());
    }
}

#[test]
fn what_is_beyond_the_goal_need_not_be_stored() {
    let system = small();
    let (states, transitions) = explored(&system);
    let graph = graph(&system, &states[..1], transitions, usize::MAX, |_| true).expect("goals only");
    assert_eq!((graph.states(), graph.edges(0)), (1, &[][..]));
}
