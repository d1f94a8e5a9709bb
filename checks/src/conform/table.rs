//! The written cases: each names what it asks, and asks it in the language of operations.

use seal_model::syscall::{MemfdNoexec, Operation, Program, Settings};

use crate::error::Error;

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// What it does.
    pub program: Program,
    /// The call that it is about; none: the first that waits or seals.
    pub about: Option<usize>,
}

/// Seals, alone and together.
const SEALS: [&str; 8] =
    ["none", "seal", "shrink", "grow", "write", "future-write", "exec", "shrink+grow+write"];

/// A file of one page and a half, with a byte in each page.
const FILE: &str = "create allow-sealing exec; write 0..1.5; ";

/// Every kind of mapping, with what it takes.
const MAPPINGS: [(&str, &str); 9] = [
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
const ASKED: [&str; 32] = [
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
const HOLDS: [(&str, &str, &str); 8] = [
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

/// What others may do while a sealer waits for a pin.
const MEANWHILE: [&str; 17] = [
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

/// All of them.
///
/// # Errors
/// A case that can't be read, which the tests look for.
pub fn table(settings: Settings) -> Result<Vec<Case>, Error> {
    let mut cases = Cases { noexec: settings.memfd_noexec, cases: Vec::new() };
    cases.created()?;
    cases.sealed()?;
    cases.mapped()?;
    cases.held()?;
    cases.orphaned()?;
    cases.inherited()?;
    cases.waited_for()?;
    cases.described()?;
    cases.behind_the_end()?;
    Ok(cases.cases)
}

struct Cases {
    noexec: MemfdNoexec,
    cases: Vec<Case>,
}

impl Cases {
    /// A case whose file may be executable or not, as the sysctl says.
    fn add(&mut self, name: impl Into<String>, text: &str) -> Result<(), Error> {
        let mut program: Program = text
            .parse()
            .map_err(|error| Error::Conform(format!("a case of the table is damaged: {error}")))?;
        if let (MemfdNoexec::Enforced, Some(Operation::Create(flags))) = (self.noexec, program.0.first_mut())
        {
            (flags.exec, flags.noexec_seal) = (false, true);
        }
        self.cases.push(Case { name: name.into(), program, about: None });
        Ok(())
    }

    /// The last case is about its last call that is written so.
    fn about(&mut self, call: &str) {
        if let Some(case) = self.cases.last_mut() {
            case.about = case.program.0.iter().rposition(|operation| operation.to_string() == call);
        }
    }

    /// Every combination of flags; these are asked as they are, whatever the sysctl says.
    fn created(&mut self) -> Result<(), Error> {
        for flags in 0..8 {
            let named = [(1, " allow-sealing"), (2, " exec"), (4, " noexec-seal")];
            let named: String =
                named.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
            let noexec = std::mem::replace(&mut self.noexec, MemfdNoexec::Exec);
            let text = format!(
                "create{named}; get-seals; chmod +x; chmod -x; seal exec; chmod +x; seal write; seal seal"
            );
            self.add(format!("create{named}"), &text)?;
            self.noexec = noexec;
        }
        Ok(())
    }

    /// Every seal, every call.
    fn sealed(&mut self) -> Result<(), Error> {
        for seal in SEALS {
            for asked in ASKED {
                let first = asked.split(';').next().unwrap_or(asked);
                let text = format!("{FILE}seal {seal}; {asked}; read 0; get-seals");
                self.add(format!("sealed {seal}: {first}"), &text)?;
                self.about(first);
            }
        }
        Ok(())
    }

    /// Every seal, every mapping that is there before it.
    fn mapped(&mut self) -> Result<(), Error> {
        for seal in SEALS {
            for (kind, map) in MAPPINGS {
                let text = format!(
                    "{FILE}{map}; touch a 0; seal {seal}; store a 0; load a 0; mprotect a rw; store a 1; remove a 0; \
                     mprotect a r; fork; unmap a; seal {seal}; exit; seal {seal}; write 0..1"
                );
                self.add(format!("mapped {kind}: seal {seal}"), &text)?;
            }
        }
        Ok(())
    }

    /// Every holder, every seal, and every rescan at which it lets go.
    fn held(&mut self) -> Result<(), Error> {
        for (what, hold, release) in HOLDS {
            for seal in ["write", "future-write", "shrink+grow", "exec"] {
                let text =
                    format!("{FILE}{hold}; seal {seal}; read 0; {release}; seal {seal}; write 0..1; read 0");
                self.add(format!("held by {what}: seal {seal}"), &text)?;
            }
        }
        for (kind, map) in MAPPINGS {
            let text = format!(
                "{FILE}{map}; touch a 0; pin p a 0; dma p; unmap a; seal write; read 0; unpin p; seal write"
            );
            self.add(format!("pinned through {kind}"), &text)?;
            self.about("pin p a 0");
        }
        for rescan in 1..=4 {
            for (what, hold, release) in [HOLDS[0], HOLDS[5]] {
                let text = format!("{FILE}{hold}; seal write while {release} @{rescan}; get-seals; read 0");
                self.add(format!("{what}, let go of before rescan {rescan}"), &text)?;
            }
            let text = format!(
                "{FILE}{}; seal write while kill @{rescan}; map b shared rw; store b 0; unmap b; unpin p; seal write",
                HOLDS[0].1
            );
            self.add(format!("a sealer killed before rescan {rescan}"), &text)?;
        }
        let text = format!("{FILE}{}; seal write while unpin p @1, kill @2; get-seals", HOLDS[0].1);
        self.add("a sealer killed too late", &text)?;
        self.add("nobody to wait for, and a signal", &format!("{FILE}seal write while kill @1; get-seals"))?;
        let two = "map a shared rw; pin p a 0; pin q a 1; unmap a";
        self.add(
            "two pages, let go of one after the other",
            &format!("{FILE}{two}; seal write while unpin p @1, unpin q @3"),
        )?;
        self.add(
            "two pages, one let go of",
            &format!("{FILE}{two}; seal write while unpin p @2; unpin q; seal write"),
        )
    }

    /// Pages that are no longer the file's.
    fn orphaned(&mut self) -> Result<(), Error> {
        for (what, hold, release) in HOLDS {
            for gone in ["punch 0..2", "resize 0; resize 2"] {
                let text = format!("{FILE}{hold}; {gone}; seal write; get-seals; {release}; read 0; read 1");
                self.add(format!("{gone}, held by {what}"), &text)?;
            }
        }
        let text = format!(
            "{FILE}map a private rw; store a 0; store a 1; punch 0..2; load a 0; resize 1; load a 1; resize 2; load a 1; seal write"
        );
        self.add("private copies outlive a hole, not a truncation", &text)
    }

    /// Children.
    fn inherited(&mut self) -> Result<(), Error> {
        for (kind, map) in MAPPINGS {
            let text = format!(
                "{FILE}{map}; store a 0; touch a 1; fork; seal write; unmap a; seal write; exit; seal write"
            );
            self.add(format!("inherited {kind}"), &text)?;
        }
        let text =
            format!("{FILE}map a shared rw; seal future-write; fork; unmap a; seal write; exit; seal write");
        self.add("inherited after F_SEAL_FUTURE_WRITE", &text)?;
        let text = format!(
            "{FILE}map a private rw; store a 0; touch a 1; fork; exit; fork; exit; unmap a; seal write"
        );
        self.add("inherited twice", &text)?;
        let text = format!("{FILE}map a shared rw; seal write+exec; get-seals; unmap a; seal write+exec");
        self.add("F_SEAL_WRITE is asked for, and implied as well", &text)
    }

    /// Somebody comes while a sealer waits, in its second sleep.
    fn waited_for(&mut self) -> Result<(), Error> {
        let hold = HOLDS[0].1;
        for meanwhile in MEANWHILE {
            let text = format!(
                "{FILE}map c private rw; touch c 0; {hold}; seal write while {meanwhile} @2, unpin p @3; get-seals; read 0; unmap b"
            );
            self.add(format!("while a sealer waits: {meanwhile}"), &text)?;
        }
        let text = format!("{FILE}seal write; seal write; seal write+seal; seal write");
        self.add("two sealers in turn", &text)?;
        let text = format!("{FILE}{hold}; seal write; seal shrink; unpin p; seal write; seal grow");
        self.add("two sealers in turn, the first in vain", &text)
    }

    /// What other descriptors may do.
    fn described(&mut self) -> Result<(), Error> {
        let calls = [
            "seal write",
            "seal none",
            "write 0..1",
            "resize 1",
            "resize 2",
            "allocate 0..2",
            "punch 0..1",
            "read 0",
            "splice p 0",
            "map a shared rw",
            "map a shared r",
            "map a private rw",
            "map a private r",
        ];
        for by in ["ro", "wo"] {
            for asked in calls {
                let text = format!(
                    "{FILE}reopen {by}; {asked} by {by}; mprotect a rw; store a 0; mlock a; drain p; seal write"
                );
                self.add(format!("by {by}: {asked}"), &text)?;
                self.about(&format!("{asked} by {by}"));
            }
        }
        Ok(())
    }

    /// Faults behind the end of the file, mlock, and pages taken away.
    fn behind_the_end(&mut self) -> Result<(), Error> {
        for (kind, map) in MAPPINGS {
            let text = format!(
                "create allow-sealing; resize 1; {map}; touch a 0; touch a 1; load a 1; store a 1; pin p a 1; vmsplice q a 1; \
                 dontneed a 0; mlock a; dontneed a 0; remove a 0; resize 2; mlock a; load a 1; unmap a; seal write"
            );
            self.add(format!("behind the end: {kind}"), &text)?;
            self.about("pin p a 1");
        }
        self.add(
            "mlocked, then writable",
            &format!("{FILE}map a private r; mlock a; mprotect a rw; fork; exit; seal write"),
        )?;
        for (what, map) in [
            (
                "a private mapping that is written copies its pages when it is mlocked",
                "map a private rw; mlock a",
            ),
            ("one that is only read does not", "map a private r; mlock a"),
            ("until it becomes writable", "map a private r; mlock a; mprotect a rw"),
        ] {
            self.add(
                what,
                &format!("{FILE}{map}; write 0..1; load a 0; vmsplice p a 1; seal write; drain p"),
            )?;
        }
        self.add(
            "a hole stays one when its mapping becomes writable",
            "create allow-sealing; resize 2; map a private r; mprotect a rw; splice p 0; seal write; drain p",
        )?;
        self.add(
            "what fallocate() made, in a pipe",
            "create allow-sealing; allocate 0..2; splice p 0; seal write; drain p; get-seals",
        )?;
        self.add(
            "the same, filled by another fallocate()",
            "create allow-sealing; allocate 0..2; allocate 0..1; splice p 0; seal write; drain p",
        )?;
        self.add(
            "what fallocate() made and filled of the last page alone, in a pipe",
            "create allow-sealing; allocate 1..2; allocate 1..2; splice p 1; seal write; drain p; splice p 0; seal write",
        )?;
        self.add(
            "the same, the last page filled by a write",
            "create allow-sealing; allocate 0..2; write 1..1.5; splice p 1; seal write; drain p; splice p 0; seal write",
        )?;
        self.add(
            "a hole in a pipe",
            "create allow-sealing; resize 2; splice p 0; write 0..1; seal write; drain p",
        )?;
        self.add("a pin of a hole", "create allow-sealing; resize 2; map a shared rw; pin p a 1; dma p; unmap a; read 1; seal write; unpin p; seal write")
    }
}
