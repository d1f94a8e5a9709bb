//! A trace in the Informal Trace Format, which viewers of Apalache and Quint open:
//! <https://apalache-mc.org/docs/adr/015adr-trace.html>.

use seal_model::claim::Account;
use serde_json::{Map, Value, json};

use super::ending::findings;
use super::moment::{Moment, Shown};
use super::{Trace, TraceStep};

/// One state before the first step and one after each: memory by its names, who holds each page, and the step that
/// led there.
pub fn itf(trace: &Trace) -> Value {
    let moments = std::iter::once((&trace.start, None));
    let moments = moments.chain(trace.steps.iter().map(|step| (&step.after, Some(step))));
    let states: Vec<Value> =
        moments.enumerate().map(|(index, (moment, step))| state(index, moment, step)).collect();
    let names = states.first().and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let names: Vec<&String> = names.filter(|name| !name.starts_with('#')).collect();
    let mut document = json!({
        "#meta": {
            "format": "ITF",
            "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
            "source": trace.schedule.to_string(),
            "description": findings(trace).join(", "),
        },
        "params": [],
        "vars": names,
        "states": states,
    });
    if let (Some(from), None) = (trace.schedule.cycle_from, &trace.ended) {
        document["loop"] = json!(trace.cut + from);
    }
    document
}

fn state(index: usize, moment: &Moment, step: Option<&TraceStep>) -> Value {
    let mut state = Map::new();
    state.insert("#meta".into(), json!({ "index": index }));
    let said = |said: fn(&TraceStep) -> &String| json!(step.map_or("", |step| said(step)));
    state.insert("actor".into(), said(|step| &step.name));
    state.insert("access".into(), said(|step| &step.text));
    state.insert("source".into(), said(|step| &step.source));
    state.extend(moment.cells.iter().map(|shown| (identifier(&shown.name), value(shown))));
    for (page, account) in moment.pages.iter().enumerate() {
        let Account { cache, pins, batch, transient, deferred, .. } = account;
        for (term, references) in [("K", *cache), ("P", *pins), ("T", batch + transient), ("D", *deferred)] {
            state.insert(format!("{term}{page}"), json!(references));
        }
    }
    Value::Object(state)
}

/// A number where the word is one.
fn value(shown: &Shown) -> Value {
    shown.value.parse::<i16>().map_or_else(|_| json!(shown.value), |number| json!(number))
}

/// A name that other tools take for one.
fn identifier(name: &str) -> String {
    let legal = name.trim_end_matches([')', ']']).chars();
    legal.map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect()
}
