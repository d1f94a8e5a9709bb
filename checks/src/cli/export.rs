//! `sealcheck export`

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use seal_checks::compile::compile_cast;
use seal_checks::error::Error;
use seal_checks::export::{self, MODULE, Product, Tla};
use seal_checks::verdict::Exit;
use seal_model::scenario::Scenario;

use super::scenario::meant;
use super::{Outcome, memory, most_of_free_memory, named_claims};

#[derive(Args, Debug)]
pub(super) struct ExportArguments {
    #[command(subcommand)]
    tool: Tool,
}

#[derive(Subcommand, Debug)]
enum Tool {
    /// A Promela model for Spin, on standard output
    Promela(Asked),
    /// A TLA+ module and its configuration for TLC, as files
    Tla {
        #[command(flatten)]
        asked: Asked,
        /// Where Sealing.tla and Sealing.cfg are written
        #[arg(long, value_name = "DIR", default_value = ".")]
        dir: PathBuf,
    },
    /// The automata of the actors for Graphviz, on standard output
    Dot {
        /// A scenario in one line, as `sealcheck check` prints it first; or a strategy, with a pinner and a mapper
        scenario: String,
        /// One actor alone, by its name in the cast
        #[arg(long, value_name = "NAME")]
        actor: Option<String>,
    },
}

#[derive(Args, Debug)]
struct Asked {
    /// A scenario in one line, as `sealcheck check` prints it first; or a strategy, with a pinner and a mapper
    scenario: String,
    /// A claim to judge: see `sealcheck list claims`
    #[arg(long = "claim", value_name = "CLAIM")]
    claims: Vec<String>,
    /// Explore first and leave out what no run reaches, which is most of a sealer; a run that reaches it all the same
    /// is an error of the model that is written
    #[arg(long)]
    reached: bool,
    /// At most this much memory for that, such as 512M or 8G [default: most of what is free]
    #[arg(long, value_parser = memory, requires = "reached")]
    max_memory: Option<usize>,
}

impl Asked {
    fn product(&self) -> Result<Product, Error> {
        let scenario = meant(&self.scenario)?;
        let claims = named_claims(&self.claims, &scenario)?;
        let max_memory = self.max_memory.unwrap_or_else(most_of_free_memory);
        Product::new(&scenario, &claims, self.reached.then_some(max_memory))
    }
}

pub(super) fn export(arguments: &ExportArguments) -> Result<Outcome, Error> {
    let text = match &arguments.tool {
        Tool::Promela(asked) => export::promela(&asked.product()?),
        Tool::Tla { asked, dir } => {
            let product = asked.product()?;
            format!("{}\n{}", product.system().scenario, write_tla(&export::tla(&product), dir)?)
        }
        Tool::Dot { scenario, actor } => dot(&meant(scenario)?, actor.as_deref())?,
    };
    Ok(Outcome { text, error: None, exit: Exit::AsAsked })
}

fn write_tla(tla: &Tla, dir: &Path) -> Result<String, Error> {
    let mut said = String::new();
    for (ending, text) in [("tla", &tla.module), ("cfg", &tla.config)] {
        let path = dir.join(format!("{MODULE}.{ending}"));
        let named = |cause| Error::File { path: path.display().to_string(), cause };
        std::fs::write(&path, text).map_err(named)?;
        said.push_str(&format!("{}\n", path.display()));
    }
    Ok(said)
}

fn dot(scenario: &Scenario, actor: Option<&str>) -> Result<String, Error> {
    let mut actors: Vec<usize> = (0..scenario.cast().len()).collect();
    if let Some(name) = actor {
        actors.retain(|&actor| scenario.actor_name(actor) == name);
    }
    if actors.is_empty() {
        let cast: Vec<_> = (0..scenario.cast().len()).map(|actor| scenario.actor_name(actor)).collect();
        let name = actor.unwrap_or_default();
        return Err(Error::Name(format!("`{name}` is not in the cast: it is {}", cast.join(", "))));
    }
    Ok(export::dot(scenario, &compile_cast(scenario)?, &actors))
}
