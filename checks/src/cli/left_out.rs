//! Commands that this build does without: each says how to get it.

use clap::Args;

/// Arguments of a command that is left out: any are taken, and none is read.
#[derive(Args, Debug)]
pub(crate) struct Anything {
    #[arg(hide = true, trailing_var_arg = true, allow_hyphen_values = true)]
    rest: Vec<String>,
}

macro_rules! left_out {
    ($($module:ident { $($Arguments:ident, $function:ident, $name:literal;)+ })*) => { $(
        pub(super) mod $module {
            use seal_checks::error::Error;

            use crate::cli::Outcome;

            $(
                pub(crate) use super::Anything as $Arguments;

                pub(crate) fn $function(_: &$Arguments) -> Result<Outcome, Error> {
                    Err(Error::LeftOut($name))
                }
            )+
        }
    )* };
}

left_out! {
    agree { AgreeArguments, agree, "`sealcheck agree`"; }
    report { ReportArguments, report, "`sealcheck report`"; }
    fuzz {
        CorpusArguments, corpus, "`sealcheck corpus`";
        CampaignArguments, campaign, "`sealcheck campaign`";
    }
}
