//! What the written cases are made of.

/// Seals, alone and together.
pub(super) const SEALS: [&str; 8] =
    ["none", "seal", "shrink", "grow", "write", "future-write", "exec", "shrink+grow+write"];

/// A file of one page and a half, with a byte in each page.
pub(super) const FILE: &str = "create allow-sealing exec; write 0..1.5; ";

/// Every kind of mapping, with what it takes.
pub(super) const MAPPINGS: [(&str, &str); 9] = [
    ("shared rw", "map a shared rw"),
    ("shared r", "map a shared r"),
    ("shared rw of a read-only descriptor", "reopen ro; map a shared rw by ro"),
    ("shared r of a read-only descriptor", "reopen ro; map a shared r by ro"),
    ("shared r of a write-only descriptor", "reopen wo; map a shared r by wo"),
    ("private rw", "map a private rw"),
    ("private r", "map a private r"),
    ("private rw of a read-only descriptor", "reopen ro; map a private rw by ro"),
    ("private r, then rw", "map a private r; mprotect a rw"),
];

/// What a program may ask of a file that is sealed.
pub(super) const ASKED: [&str; 32] = [
    "seal write",
    "seal seal",
    "seal shrink+grow",
    "seal future-write",
    "seal exec",
    "seal write+exec",
    "seal unknown",
    "seal none",
    "get-seals",
    "write 0..1",
    "write 0.5..1",
    "write 0.5..2",
    "write 0..2",
    "write 1..1.5",
    "write 1..2",
    "write 1.5..2",
    "resize 0.5; resize 2",
    "resize 1; resize 1.5",
    "resize 1.5",
    "resize 2",
    "allocate 0..1.5",
    "allocate 0..2",
    "allocate 1..2 keep-size; resize 2; read 1",
    "punch 0..1",
    "punch 1..2; write 1..1.5",
    "chmod -x; chmod +x",
    "read 0; read 1",
    "map a shared rw; store a 0; map b shared r; load b 0; unmap a; unmap b",
    "map a shared r; load a 0; mprotect a rw; store a 0; remove a 0",
    "map a private rw; store a 0; load a 0; read 0; remove a 0",
    "map a private r; touch a 1; mprotect a rw; store a 1",
    "reopen ro; map a shared r by ro; load a 0; mprotect a rw; mlock a",
];

/// What holds a page, and how it is let go of.
pub(super) const HOLDS: [(&str, &str, &str); 8] = [
    ("a pin", "map a shared rw; pin p a 0; unmap a", "unpin p"),
    ("a pin of the last page", "map a shared rw; pin p a 1; unmap a", "dma p; unpin p"),
    ("two pins of one page", "map a shared rw; pin p a 0; pin q a 0; unmap a; unpin q", "unpin p"),
    ("a pin of a private copy", "map a private rw; pin p a 0; unmap a", "dma p; unpin p"),
    (
        "a pin beside a private mapping",
        "map a shared rw; pin p a 0; unmap a; map b private r; touch b 0",
        "unpin p",
    ),
    ("a page in a pipe, by vmsplice", "map a shared rw; vmsplice p a 0; unmap a", "drain p"),
    ("a page in a pipe, by splice", "splice p 0", "drain p"),
    ("a copy in a pipe", "map a private rw; store a 0; vmsplice p a 0", "drain p"),
];

/// What becomes of a private copy: the last call tells.
pub(super) const COPIES: [(&str, &str); 18] = [
    ("of a page", "store a 1; load a 1"),
    ("of a page that was read first", "touch a 0; store a 0; load a 0"),
    ("of a page that a write changed meanwhile", "touch a 0; write 0..1; store a 0; load a 0"),
    ("of a page that a write changes later", "store a 0; write 0..1; load a 0"),
    ("that is given up", "store a 0; dontneed a 0; load a 0"),
    ("beside a shared mapping", "map b shared rw; store b 0; store a 0; store b 0; load a 0"),
    ("of a hole", "resize 0; resize 2; store a 1; load a 1"),
    ("in a pipe, stored to later", "store a 0; vmsplice p a 0; store a 0; drain p"),
    ("of a page in a pipe", "touch a 0; vmsplice p a 0; store a 0; drain p"),
    ("in a pipe, stored to after fork()", "store a 0; vmsplice p a 0; fork; store a 0; drain p"),
    (
        "in a pipe, stored to after the child's exit",
        "store a 0; vmsplice p a 0; fork; exit; store a 0; drain p",
    ),
    ("reused after the child's exit", "store a 0; fork; exit; store a 0; vmsplice p a 0; store a 0; drain p"),
    ("shared with a child", "store a 0; fork; vmsplice p a 0; store a 0; exit; drain p"),
    ("mlocked after fork()", "store a 0; vmsplice p a 0; fork; mlock a; store a 0; drain p"),
    ("pinned", "store a 0; pin p a 0; dma p; load a 0"),
    ("pinned, then forked", "pin p a 0; fork; store a 0; dma p; load a 0"),
    ("forked, then pinned", "store a 0; fork; pin p a 0; store a 0; dma p; load a 0"),
    ("pinned once, then forked", "pin p a 0; vmsplice q a 0; unpin p; fork; store a 0; drain q"),
];

/// What others may do while a sealer waits for a pin.
pub(super) const MEANWHILE: [&str; 17] = [
    "map b shared rw",
    "map b shared r",
    "map b private rw",
    "reopen ro",
    "get-seals",
    "read 0",
    "write 0..1",
    "resize 1",
    "resize 2",
    "allocate 0..2",
    "punch 0..1",
    "punch 1..2",
    "chmod -x",
    "dma p",
    "splice q 1",
    "store c 0",
    "dontneed c 0",
];
