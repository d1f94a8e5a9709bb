//! The casts of the review, in the one-line form of scenarios, without strategy and judge.
//!
//! Each is the smallest that decides something: the line above it says what. A claim is asked of every cast that
//! it speaks of, so it is proved by all of them together, and refuted by the shortest run in any.

/// What every review asks: pins that came through a mapping, and whatever else touches the page meanwhile.
pub const QUICK: [&str; 21] = [
    // one pin, and a mapper who faults or zaps: the judges' own claims, and failure by ENOMEM
    "enomem;with=pinner;with=mapper:fault+zap",
    "enomem;with=pinner;with=mapper@0:zap+fault",
    // the same where only a pin can make the call fail: seals-under-io
    "with=pinner;with=mapper:fault+zap",
    // two mappers, and a pin that weighs more than one reference
    "enomem;with=pinner;with=mapper:fault+zap;with=mapper:fault+zap",
    "pin-weight=3;with=pinner;with=mapper:fault+zap;with=mapper:fault+zap",
    // a second writable mapping; a read in flight
    "enomem;with=pinner;with=mapper:fault+zap;with=writer",
    "enomem;with=pinner;with=mapper:fault+zap;with=reader",
    // two pages: the first may be replaced before the second fails
    "enomem;pages=2;with=pinner;with=mapper:fault+zap",
    "enomem;pages=2;with=reader@0;with=lru-batch@1",
    // fork and large folios, which map without the page lock or before the reference
    "with=pinner;with=forker",
    "with=pinner;with=batched-mapper",
    // nobody who could write
    "folio=2;with=mapper@0:hold;with=mapper@0:mlock",
    "no-signals;with=mapper:fault+zap;with=mapper@0:zap+fault",
    "no-signals;with=reader;with=lru-batch",
    // mlocked pages
    "with=pinner;with=mapper@0:mlock",
    // writers that pin nothing: stores, write(2), mprotect(); and who reads what they wrote
    "early-flush;with=writer;with=reader",
    "with=writer;with=file-writer;with=recipient",
    "early-flush;with=writer:mprotect",
    "no-signals;with=truncate;with=file-writer;with=reader",
    // mappers that never stop: does the call return?
    "with=mapper:loop",
    "with=pinner;with=mapper:loop",
];

/// What the full review asks beyond.
pub const FULL: [&str; 14] = [
    "with=pinner;with=pinner;with=mapper:fault+zap",
    "with=pinner;with=mapper:fault+zap+fault;with=mapper@0:zap+fault+zap;with=reader",
    "with=pinner;with=writer;with=mapper:fault+zap;with=mapper:fault+zap",
    "with=pinner;with=pinner;with=mapper:fault+zap;with=reader",
    "enomem;pages=2;with=pinner;with=mapper:fault+zap;with=reader",
    "pages=2;with=pinner;with=writer;with=mapper:fault+zap",
    "with=pinner;with=mapper:fault+zap;with=forker",
    "with=pinner;with=mapper:fault+zap;with=batched-mapper",
    "with=writer;with=fast-pinner;with=mapper:fault+zap;with=stale-writer",
    "with=writer;with=fast-pinner:irq;with=mapper:fault+zap",
    "with=pinner;with=mapper:fault+zap;with=lru-batch;with=reader",
    "with=pinner;with=truncate;with=mapper:fault+zap;with=reader",
    "enomem;with=sealer;with=pinner;with=mapper:fault+zap",
    "with=pinner;with=file-writer;with=recipient;with=mapper:fault+zap",
];

/// What reclaim changes, most of all beside a pin that came without a mapping.
pub const WITH_RECLAIM: [&str; 5] = [
    "with=lookup-pinner;with=reclaim",
    "enomem;with=pinner;with=reclaim",
    "no-signals;with=reader;with=reclaim",
    "with=mapper:fault+zap;with=reclaim:loop",
    "no-signals;with=file-writer;with=reclaim;with=recipient",
];

/// What the full review asks beyond.
pub const WITH_RECLAIM_FULL: [&str; 3] = [
    "with=lookup-pinner;with=reclaim;with=reader",
    "with=pinner;with=mapper:fault+zap;with=reclaim",
    "early-flush;with=writer;with=reclaim;with=reader",
];

/// Casts in which a fuzzer found a claim broken that no other cast of the review breaks.
pub const FOUND: [&str; 2] = [
    // a pin of somebody who asked the seals without the inode lock, and a read in flight: content-frozen-in-flight
    "with=lookup-pinner:unlocked;with=reader",
    // GUP for writing through a mapping that the seal keeps read-only
    "seal=exec;with=writer:mprotect;with=fast-pinner",
];

/// What is small enough for the quick tests, and reaches what no other cast so small does: every access, branch,
/// option and seal that is in no other. LAST_SCAN is 0 or 1 where the number of scans makes no difference.
pub const EDGES: [&str; 36] = [
    // three pages, two of them planned when the allocation for the third fails; four pages
    "enomem;pages=3;last-scan=0;no-signals;with=lru-batch@0;with=lru-batch@1;with=lru-batch@2",
    "enomem;pages=3;last-scan=0;no-signals;with=mapper@0:hold;with=mapper@1:mlock;with=mapper@2:hold",
    "pages=4;last-scan=0;no-signals;with=lookup-pinner@3",
    // two pinners, of two pages and of one
    "pages=2;last-scan=0;no-signals;with=lookup-pinner@0;with=lookup-pinner@1",
    "pages=2;last-scan=0;no-signals;with=pinner@0;with=lookup-pinner@1",
    "last-scan=0;no-signals;with=lookup-pinner;with=lookup-pinner",
    "last-scan=0;with=lookup-pinner:unlocked;with=lookup-pinner",
    // any page of two
    "pages=2;last-scan=1;with=pinner",
    "pages=2;last-scan=0;no-signals;with=writer",
    "pages=2;last-scan=0;no-signals;with=mapper:fault",
    "pages=2;last-scan=0;no-signals;with=reader;with=recipient",
    "pages=2;last-scan=0;no-signals;with=reclaim@0",
    // F_SEAL_EXEC
    "seal=exec;last-scan=0;with=pinner",
    "seal=exec;last-scan=1;with=lookup-pinner",
    // two calls
    "last-scan=0;no-signals;with=sealer;with=lookup-pinner",
    "enomem;last-scan=0;no-signals;with=sealer;with=reader",
    // batches of this CPU and of another
    "last-scan=1;with=lru-batch@0:local;with=reader",
    "last-scan=1;no-signals;with=lru-batch;with=reclaim",
    // weights of pins, of large folios
    "pin-weight=3;last-scan=1;with=lookup-pinner;with=mapper@0:zap",
    "folio=4;last-scan=0;with=lookup-pinner;with=mapper@0:zap",
    "folio=3;last-scan=0;no-signals;with=batched-mapper;with=reader",
    // a debugger's write, a mapping that comes and goes, forks, a stale translation
    "last-scan=0;no-signals;with=mapper:force;with=lookup-pinner",
    "last-scan=0;no-signals;with=mapper:fault+zap+fault",
    "enomem;last-scan=0;no-signals;with=lookup-pinner;with=mapper@0:hold;with=mapper:fault",
    "children-first;last-scan=0;no-signals;with=forker;with=lookup-pinner",
    "last-scan=0;no-signals;with=writer;with=stale-writer",
    // reclaim, swapped in and out, frozen, again and again
    "last-scan=0;no-signals;with=reclaim:loop",
    "last-scan=0;no-signals;with=mapper:fault;with=reclaim",
    "last-scan=0;no-signals;with=writer;with=reclaim",
    "last-scan=0;no-signals;with=reclaim:freeze;with=lookup-pinner",
    "enomem;last-scan=0;no-signals;with=lookup-pinner;with=reclaim",
    // truncation, and what it leaves to whoever holds the page
    "last-scan=0;no-signals;with=truncate;with=pinner",
    "last-scan=0;no-signals;with=truncate;with=mapper:fault+zap",
    "last-scan=1;with=truncate;with=lookup-pinner",
    "early-flush;last-scan=0;no-signals;with=truncate;with=writer",
    "last-scan=0;no-signals;with=truncate;with=file-writer;with=recipient",
];

/// The same of single strategies, as whole lines.
pub const EDGES_OF: [&str; 18] = [
    // a judge that leaves a clean page mapped, beside a mapping that is mlocked, or not
    "isolate-two-phase;judge=snapshot;with=lookup-pinner;with=mapper@0:mlock",
    "isolate-two-phase;judge=snapshot;with=lookup-pinner;with=mapper@0:hold",
    // F_SEAL_FUTURE_WRITE, which no strategy has a part in: who asks to write, and who goes on
    "wait;seal=future-write;with=writer",
    "wait;seal=future-write;with=writer:mprotect",
    "wait;seal=future-write;with=lookup-pinner",
    "wait;seal=future-write;with=file-writer;with=recipient",
    "wait;seal=future-write;with=truncate;with=reader",
    "wait;seal=future-write;with=sealer;with=writer",
    "wait;seal=future-write;with=writer:mprotect;with=fast-pinner",
    "wait;seal=future-write;pages=2;with=pinner@0;with=pinner@1",
    // it is set at once: what swap, truncation and forks do to each other
    "wait;seal=future-write;with=writer:mprotect;with=reclaim",
    "wait;seal=future-write;with=pinner;with=reclaim",
    "isolate;seal=future-write;with=pinner;with=reclaim",
    "wait;seal=future-write;with=reader;with=reader;with=reclaim",
    "isolate;seal=future-write;with=reader;with=reader;with=reclaim",
    "wait;seal=future-write;with=truncate;with=reclaim;with=reader",
    "isolate;seal=future-write;with=truncate;with=reclaim;with=reader",
    "wait;seal=future-write;children-first;with=forker@0;with=reclaim",
];

/// The cast that one actor at a time is added to.
pub const BASE: &str = "enomem;with=pinner;with=mapper:fault+zap";

/// Who is added to it. ` + ` joins two that matter only together.
pub const ADDED: [&str; 18] = [
    "mapper:fault+zap",
    "mapper@0:mlock",
    "mapper:force",
    "batched-mapper",
    "forker",
    "writer",
    "stale-writer",
    "fast-pinner",
    "lookup-pinner",
    "lookup-pinner:unlocked",
    "reader",
    "recipient",
    "file-writer",
    "lru-batch",
    "reclaim",
    "lookup-pinner + reclaim",
    "truncate",
    "sealer",
];

/// The movers that every judge is tried against, each beside a pin.
pub const MOVERS: [(&str, &str); 14] = [
    ("fault", "with=pinner;with=mapper:fault"),
    ("zap", "with=pinner;with=mapper@0:zap"),
    ("f+z", "with=pinner;with=mapper:fault+zap"),
    ("z+f", "with=pinner;with=mapper@0:zap+fault"),
    ("f, f", "with=pinner;with=mapper:fault;with=mapper:fault"),
    ("z, z", "with=pinner;with=mapper@0:zap;with=mapper@0:zap"),
    ("z, f", "with=pinner;with=mapper@0:zap;with=mapper:fault"),
    ("f+z, f+z", "with=pinner;with=mapper:fault+zap;with=mapper:fault+zap"),
    ("fork", "with=pinner;with=forker@0"),
    ("batch", "with=pinner;with=batched-mapper"),
    ("reader", "with=pinner;with=reader"),
    ("lru", "with=pinner;with=lru-batch@0"),
    ("reclaim", "with=lookup-pinner;with=reclaim"),
    ("stale", "with=pinner;with=writer;with=stale-writer"),
];

/// Something that the sources leave open, or that differs between machines and kernels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Choice {
    /// What is chosen.
    pub name: &'static str,
    /// The two ways, in words.
    pub ways: [&'static str; 2],
    /// The two ways, as casts.
    pub casts: [&'static str; 2],
    /// Whether the ways are the judges that the strategy's source leaves open.
    pub between_judges: bool,
}

/// The modelling choices that are explored both ways.
pub const CHOICES: [Choice; 9] = [
    Choice {
        name: "when munmap flushes the TLB",
        ways: ["late, after the count dropped", "early, as x86 does for what may be written"],
        casts: [
            "with=writer;with=stale-writer;with=mapper:fault+zap",
            "early-flush;with=writer;with=stale-writer;with=mapper:fault+zap",
        ],
        between_judges: false,
    },
    Choice {
        name: "the order of the two loads, which C leaves open",
        ways: ["C first, as gcc has it", "M first"],
        casts: ["with=pinner;with=mapper@0:zap", "with=pinner;with=mapper@0:zap"],
        between_judges: true,
    },
    Choice {
        name: "the order in which a page is unmapped",
        ways: ["parents first", "children first"],
        casts: ["with=pinner;with=forker", "children-first;with=pinner;with=forker"],
        between_judges: false,
    },
    Choice {
        name: "the count when reclaim changes the slot",
        ways: ["not frozen", "frozen"],
        casts: ["with=lookup-pinner;with=reclaim", "with=lookup-pinner;with=reclaim:freeze"],
        between_judges: false,
    },
    Choice {
        name: "how a VMA-less pinner asks the seals",
        ways: ["under the inode lock (6.13)", "without it"],
        casts: ["with=lookup-pinner", "with=lookup-pinner:unlocked"],
        between_judges: false,
    },
    Choice {
        name: "what guards fast GUP",
        ways: ["a recheck of the PTE", "interrupts off, and a flush that waits"],
        casts: ["with=writer;with=fast-pinner", "with=writer;with=fast-pinner:irq"],
        between_judges: false,
    },
    Choice {
        name: "how a large folio is mapped",
        ways: ["map counts first (6.6)", "references first"],
        casts: ["with=pinner;with=batched-mapper", "with=pinner;with=batched-mapper:refs-first"],
        between_judges: false,
    },
    Choice {
        name: "whether allocation may fail",
        ways: ["it succeeds", "it may fail"],
        casts: [
            "pages=2;with=pinner;with=mapper:fault+zap",
            "pages=2;enomem;with=pinner;with=mapper:fault+zap",
        ],
        between_judges: false,
    },
    Choice {
        name: "whether a fatal signal may come",
        ways: ["it may", "none comes"],
        casts: ["with=pinner;with=mapper:fault+zap", "no-signals;with=pinner;with=mapper:fault+zap"],
        between_judges: false,
    },
];
