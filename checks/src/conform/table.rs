//! The written cases: each names what it asks, and asks it in the language of operations.

use seal_model::syscall::{MemfdNoexec, Operation, Program, Settings};

use super::parts::{ASKED, COPIES, FILE, HOLDS, MAPPINGS, MEANWHILE, SEALS};
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
    cases.copied()?;
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
            for (what, hold, release) in [HOLDS[0], HOLDS[5]] {
                let text = format!(
                    "{FILE}{hold}; seal write while kill @{rescan}; map b shared rw; store b 0; unmap b; {release}; seal write"
                );
                self.add(format!("a sealer that {what} keeps, killed before rescan {rescan}"), &text)?;
            }
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

    /// What private mappings copied: it is theirs, until fork() shares it.
    fn copied(&mut self) -> Result<(), Error> {
        for (name, calls) in COPIES {
            self.add(
                format!("a private copy {name}"),
                &format!("{FILE}map a private rw; {calls}; seal write"),
            )?;
            self.about(calls.rsplit("; ").next().unwrap_or(calls));
        }
        Ok(())
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
        let text = format!(
            "{FILE}{}; seal write; map b shared rw; store b 0; unmap b; drain p; seal write",
            HOLDS[5].1
        );
        self.add("a sealer in vain, then a mapping", &text)?;
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
        self.add(
            "by wo: whatever a seal forbids",
            &format!(
                "{FILE}reopen wo; write 0..0.5 by wo; write 0..1.5 by wo; allocate 1..2 keep-size by wo; \
                 seal shrink+grow by wo; allocate 0..2 by wo; allocate 0..2 keep-size by wo; resize 1 by wo; \
                 write 0..2 by wo; seal future-write by wo; write 0..1 by wo; punch 0..1 by wo; seal unknown by wo; \
                 seal seal by wo; seal write by wo"
            ),
        )?;
        self.add(
            "by wo: a file that is mapped",
            &format!("{FILE}reopen wo; write 0..2 by wo; map a shared rw; seal write by wo; get-seals"),
        )?;
        self.add(
            "by ro: up to the end",
            &format!(
                "{FILE}reopen ro; allocate 0..1 keep-size by ro; splice p 1 by ro; write 0..1; read 0 by ro; resize 1; \
                 splice q 1 by ro; read 1 by ro; drain p; drain q"
            ),
        )
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
        for (kind, map) in MAPPINGS {
            let text = format!(
                "create allow-sealing; resize 1; {map}; dontneed a 0; mlock a; dontneed a 0; resize 2; mlock a; seal write"
            );
            self.add(format!("mlocked behind the end: {kind}"), &text)?;
            self.about("mlock a");
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
        self.add(
            "a splice at the end and behind it",
            "create allow-sealing; resize 1.5; splice p 1; splice q 1 by ro; splice q 0; drain p; resize 1; splice p 1; read 1; drain p",
        )?;
        self.add("a pin of a hole", "create allow-sealing; resize 2; map a shared rw; pin p a 1; dma p; unmap a; read 1; seal write; unpin p; seal write")
    }
}
