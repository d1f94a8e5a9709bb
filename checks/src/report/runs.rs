//! Counterexamples: a page for each, with memory at every step.

use std::collections::BTreeMap;

use maud::{Markup, PreEscaped, html};
use seal_model::claim::Claim;
use seal_model::scenario::{Method, Scenario};
use serde_json::{Value, json};

use super::evidence::Evidence;
use super::index::PROMISE;
use super::page::{Page, claim_link, command, source_link};
use crate::error::Error;
use crate::explore::Refutation;
use crate::review;
use crate::review::casts::MOVERS;
use crate::trace::erred::{Erred, erred};
use crate::trace::moment::{Block, Moment, blocks};
use crate::trace::sentence::sentence;
use crate::trace::svg::svg;
use crate::trace::{Trace, TraceStep, heading};
use crate::verdict::Verdict;

/// Every counterexample of the site, once.
pub(super) struct Runs {
    runs: Vec<Run>,
    /// By scenario and claim.
    files: BTreeMap<(String, Claim), String>,
}

struct Run {
    file: String,
    claim: Claim,
    trace: Trace,
    drawn: bool,
}

impl Runs {
    /// What the strategies do not keep, the judges' deceptions, and the seeded faults.
    pub(super) fn of(evidence: &Evidence) -> Result<Self, Error> {
        let mut runs = Runs { runs: Vec::new(), files: BTreeMap::new() };
        for broken in evidence.review.broken() {
            let reclaim = if broken.by_reclaim { "-reclaim" } else { "" };
            let name = format!("run-{}-{}{reclaim}", broken.strategy.name(), broken.claim.name());
            let drawn = PROMISE.contains(&broken.claim);
            runs.add(name, &broken.report.scenario, broken.claim, broken.refutation, drawn)?;
        }
        for claim in evidence.review.claims_by_reclaim() {
            for group in &evidence.review.plan.groups {
                let found = evidence.review.verdict(&group.with_reclaim, claim);
                if let Some((report, Verdict::Refuted(refutation))) = found {
                    let name = format!("run-{}-{}-reclaim", group.strategy.name(), claim.name());
                    runs.add(name, &report.scenario, claim, refutation, false)?;
                }
            }
        }
        for found in evidence.review.found() {
            for claim in &found.alone {
                if let Some(Verdict::Refuted(refutation)) = found.report.verdict(*claim) {
                    let name =
                        format!("run-found-{}-{}", found.report.scenario.strategy.name(), claim.name());
                    runs.add(name, &found.report.scenario, *claim, refutation, false)?;
                }
            }
        }
        for row in &evidence.review.plan.judges {
            // isolation's judges are deceived in the same ways: of each the shortest is enough
            let shortest = evidence.review.verdict(&row.scenarios, Claim::NoWritablePin);
            let all = row.strategy.method() == Method::Wait;
            for ((mover, _), scenario) in MOVERS.iter().zip(&row.scenarios) {
                let Some(report) = evidence.review.report(scenario) else { continue };
                let is_shortest = shortest.is_some_and(|(shortest, _)| shortest.scenario == *scenario);
                let verdict = report.verdict(Claim::NoWritablePin).filter(|_| all || is_shortest);
                if let Some(Verdict::Refuted(refutation)) = verdict {
                    let mover = mover.replace(", ", "-").replace('+', "");
                    let name = format!("judge-{}-{}-{mover}", row.strategy.name(), row.judge.name());
                    runs.add(name, scenario, Claim::NoWritablePin, refutation, false)?;
                }
            }
        }
        for killed in &evidence.killed {
            let claim = killed.fault.breaks();
            if let Some(Verdict::Refuted(refutation)) = killed.with.verdict(claim) {
                let name = format!("fault-{}", killed.fault.name());
                runs.add(name, &killed.with.scenario, claim, refutation, false)?;
            }
        }
        Ok(runs)
    }

    fn add(
        &mut self,
        name: String,
        scenario: &Scenario,
        claim: Claim,
        refutation: &Refutation,
        drawn: bool,
    ) -> Result<(), Error> {
        let key = (scenario.to_string(), claim);
        if self.files.contains_key(&key) {
            return Ok(());
        }
        let trace = Trace::of_refutation(scenario, refutation)?;
        let file = format!("{name}.html");
        self.files.insert(key, file.clone());
        self.runs.push(Run { file, claim, trace, drawn });
        Ok(())
    }

    /// The page of a counterexample.
    pub(super) fn file(&self, scenario: &Scenario, claim: Claim) -> Option<&str> {
        self.files.get(&(scenario.to_string(), claim)).map(String::as_str)
    }

    /// A counterexample.
    pub(super) fn trace(&self, scenario: &Scenario, claim: Claim) -> Option<&Trace> {
        let file = self.file(scenario, claim)?;
        self.runs.iter().find(|run| run.file == file).map(|run| &run.trace)
    }

    /// A page for each.
    pub(super) fn pages(&self) -> impl Iterator<Item = Page> {
        self.runs.iter().map(Run::page)
    }

    /// Sequence diagrams of what the strategies do not keep.
    pub(super) fn drawings(&self) -> impl Iterator<Item = super::File> {
        let drawn = self.runs.iter().filter(|run| run.drawn);
        drawn.map(|run| (run.drawing(), svg(&run.trace)))
    }
}

impl Run {
    fn drawing(&self) -> String {
        self.file.replace(".html", ".svg")
    }

    fn page(&self) -> Page {
        let Run { claim, trace, .. } = self;
        let scenario = &trace.schedule.scenario;
        let steps = trace.steps.len();
        let title = format!("{}: {} is refuted in {steps} steps", scenario.strategy.name(), claim.name());
        let erred = erred(trace, *claim);
        let cast: Vec<String> = scenario.cast().iter().map(ToString::to_string).collect();
        let body = html! {
            h1 { (title) }
            p { strong { (claim_link(*claim)) } ": " (claim.statement()) "." }
            p { (sentence(trace, *claim)) "." }
            @if let Some(Erred { why, .. }) = &erred { p { strong { "Why: " } (why) "." } }
            p.dim {
                "Judge " code { (scenario.judge.name()) } ", cast " code { (cast.join(" + ")) } "."
                @if let Some(fault) = scenario.fault { " Seeded fault: " (fault.slip().says) "." }
            }
            (command(&review::command(scenario, *claim)))
            details { summary { "The run as a line" } (command(&format!("sealcheck replay '{}'", trace.schedule)))
                @if self.drawn { p { a href=(self.drawing()) { "As a sequence diagram" } } }
            }
            div.viewer {
                (bar(self.violation(), erred.as_ref()))
                (table(trace, *claim, erred.as_ref()))
                aside #state.state aria-label="Memory at this step" {}
            }
            div #spoken.skip aria-live="polite" {}
            script #run type="application/json" { (PreEscaped(self.data(erred.as_ref()))) }
        };
        Page { script: Some("viewer.js"), ..Page::new(self.file.clone(), title, body) }
    }

    /// The number of the step that breaks the claim; where no step does, the run as a whole does.
    fn violation(&self) -> Option<usize> {
        let breaks = self.trace.steps.iter().find(|step| step.breaks.contains(&self.claim));
        breaks.map(|step| step.number)
    }

    /// What the viewer shows at each step. `<` is escaped, so that no text can end the element.
    fn data(&self, erred: Option<&Erred>) -> String {
        let trace = &self.trace;
        let pages = trace.pages_used();
        let data = json!({
            "breaks": self.violation(),
            "erred": erred.and_then(|erred| erred.loads.last()).map(|load| load + 1),
            "pages": pages,
            "cells": trace.start.cells.iter().map(|shown| &shown.name).collect::<Vec<_>>(),
            "start": trace.start.cells.iter().map(|shown| &shown.value).collect::<Vec<_>>(),
            "changes": trace.moments().zip(trace.moments().skip(1)).map(changes).collect::<Vec<_>>(),
            "accounts": trace.moments().map(|moment| accounts(moment, &pages)).collect::<Vec<_>>(),
            "notes": self.notes(erred),
        });
        data.to_string().replace('<', "\\u003c")
    }

    fn notes(&self, erred: Option<&Erred>) -> Vec<Value> {
        let note =
            |step: usize, kind: &str, text: String| json!({ "step": step, "kind": kind, "text": text });
        let mut notes = Vec::new();
        if let Some(Erred { loads, why, .. }) = erred {
            let (last, before) =
                loads.split_last().map_or((None, &[][..]), |(last, before)| (Some(*last), before));
            notes.extend(before.iter().map(|load| note(load + 1, "err", "The judge looks.".into())));
            notes.extend(last.map(|last| note(last + 1, "err", format!("Here {why}."))));
        }
        for step in &self.trace.steps {
            notes.extend(step.breaks.iter().map(|claim| {
                note(step.number, "", format!("This breaks {}: {}.", claim.name(), claim.statement()))
            }));
        }
        notes
    }
}

/// The viewer, with the terms of the law in their order.
pub(super) fn viewer() -> super::File {
    let terms = Block::ALL.map(
        |term| json!({ "letter": term.letter().to_string(), "class": term.class(), "says": term.says() }),
    );
    let terms = format!("const TERMS = {};\n", json!(terms));
    ("viewer.js".into(), terms + include_str!("assets/viewer.js"))
}

/// The cells that differ between two moments: their places and new values.
fn changes((before, after): (&Moment, &Moment)) -> Vec<Value> {
    let pairs = before.cells.iter().zip(&after.cells).enumerate();
    let changed = pairs.filter(|(_, (old, new))| old.value != new.value);
    changed.map(|(place, (_, new))| json!([place, new.value])).collect()
}

/// Both counts of each page, and the terms of the law.
fn accounts(moment: &Moment, pages: &[usize]) -> Vec<Vec<i16>> {
    let account = |page: &usize| {
        let account = moment.pages[*page];
        let terms = Block::ALL.map(|term| term.of(&account));
        [&[account.count, account.mapcount][..], &terms[..]].concat()
    };
    pages.iter().map(account).collect()
}

fn bar(violation: Option<usize>, erred: Option<&Erred>) -> Markup {
    html! {
        div.bar role="toolbar" aria-label="Steps" hidden {
            button type="button" data-go="first" { "First" }
            button type="button" data-go="back" { "Back" }
            output #where {}
            button type="button" data-go="forward" { "Forward" }
            button type="button" data-go="last" { "Last" }
            @if erred.is_some() { button type="button" data-go="erred" { "The judge errs" } }
            @if violation.is_some() { button type="button" data-go="violation" { "The claim breaks" } }
            span.keys.dim {
                kbd { "←" } " " kbd { "→" } " step, " kbd { "Home" } " " kbd { "End" }
                @if erred.is_some() { ", " kbd { "e" } " the judge errs" }
                @if violation.is_some() { ", " kbd { "v" } " the claim breaks" }
            }
        }
    }
}

fn table(trace: &Trace, claim: Claim, erred: Option<&Erred>) -> Markup {
    let actors = trace.schedule.scenario.cast().len();
    let names: Vec<String> = (0..actors).map(|actor| trace.schedule.scenario.actor_name(actor)).collect();
    let pages = trace.pages_used();
    html! {
        table.steps {
            caption.skip { "Steps of the run; each of the middle columns is an actor" }
            thead { tr {
                th scope="col" { "step" }
                @for name in &names { th scope="col" { (name) } }
                @for page in &pages { th scope="col" { "page" (page) } }
                th scope="col" { "what changed" } th scope="col" { "in, model/src/" }
            } }
            tbody { @for (number, step) in trace.steps.iter().enumerate() {
                @if let Some(heading) = heading(trace, number) {
                    tr.heading { td {} td colspan=(actors + pages.len() + 2) { (heading) } }
                }
                tr data-step=(step.number) class=[classes(step, number, claim, erred)] {
                    td.number { (step.number) }
                    @for (actor, name) in names.iter().enumerate() {
                        @if actor == step.actor { td.act data-actor=(name) { (step.text) } } @else { td {} }
                    }
                    @for page in &pages { td.blocks { (account(step, *page)) } }
                    td.c { (step.changes.join(", ")) }
                    td.src { (step.function) " " (source_link(&step.source)) }
                }
            } }
        }
    }
}

fn classes(step: &TraceStep, number: usize, claim: Claim, erred: Option<&Erred>) -> Option<String> {
    let mut classes = Vec::new();
    if erred.is_some_and(|erred| erred.loads.contains(&number)) {
        classes.push("load");
    }
    if erred.is_some_and(|erred| erred.loads.last() == Some(&number)) {
        classes.push("erred");
    }
    if step.breaks.contains(&claim) {
        classes.push("breaks");
    }
    (!classes.is_empty()).then(|| classes.join(" "))
}

fn account(step: &TraceStep, page: usize) -> Markup {
    html! {
        @for block in blocks(&step.after.pages[page]) { b class=(block.class()) { (block.letter()) } }
    }
}
