//! `sealcheck list`

use clap::{Args, ValueEnum};
use seal_checks::engine::Engine;
use seal_checks::trace::table::align;
use seal_checks::verdict::Exit;
use seal_model::claim::Claim;
use seal_model::fault::{CallFault, Fault};
use seal_model::scenario::{Actor, Seal, Strategy};
use seal_model::sealer::judge::Judge;
use seal_model::syscall::FORMS;

use super::Outcome;

#[derive(Args, Debug)]
pub(super) struct ListArguments {
    /// One part of it
    part: Option<Part>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Strategies,
    Judges,
    Claims,
    Actors,
    Faults,
    Seals,
    Engines,
    Operations,
    CallFaults,
}

pub(super) fn list(arguments: &ListArguments) -> Outcome {
    let mut text = String::new();
    for part in Part::value_variants() {
        if arguments.part.is_some_and(|wanted| wanted != *part) {
            continue;
        }
        if arguments.part.is_none() {
            let name = part.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
            text.push_str(&format!("{}{name}\n", if text.is_empty() { "" } else { "\n" }));
        }
        let row = |(name, says): (&'static str, String)| [String::new(), name.to_owned(), says];
        let rows: Vec<_> = entries(*part).into_iter().map(row).collect();
        text.push_str(&align(&rows));
    }
    Outcome { text, error: None, exit: Exit::AsAsked }
}

fn entries(part: Part) -> Vec<(&'static str, String)> {
    match part {
        Part::Strategies => Strategy::ALL.map(|it| (it.name(), it.describe().to_owned())).to_vec(),
        Part::Judges => Judge::ALL.map(|it| (it.name(), it.describe().to_owned())).to_vec(),
        Part::Claims => {
            Claim::ALL.map(|it| (it.name(), format!("{} ({})", it.statement(), it.scope()))).to_vec()
        }
        Part::Actors => Actor::VOCABULARY.map(|(name, says)| (name, says.to_owned())).to_vec(),
        Part::Faults => Fault::ALL
            .map(|it| {
                let slip = it.slip();
                let says = format!(
                    "{} ({}; {}); breaks {}",
                    slip.says,
                    slip.provenance,
                    slip.kernels,
                    slip.breaks.name()
                );
                (slip.name, says)
            })
            .to_vec(),
        Part::Engines => Engine::ALL.map(|it| (it.name(), it.describe().to_owned())).to_vec(),
        Part::Operations => FORMS.map(|(form, says)| (form, says.to_owned())).to_vec(),
        Part::CallFaults => CallFault::ALL.map(|it| (it.name(), it.says().to_owned())).to_vec(),
        Part::Seals => Seal::ALL.map(|it| (it.name(), it.describe().to_owned())).to_vec(),
    }
}
