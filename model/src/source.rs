//! The model's own text, so that a trace can quote the line behind each step.

use std::panic::Location;

const SOURCES: [(&str, &str); 24] = [
    ("sealer/mod.rs", include_str!("sealer/mod.rs")),
    ("sealer/judge.rs", include_str!("sealer/judge.rs")),
    ("sealer/wait.rs", include_str!("sealer/wait.rs")),
    ("sealer/isolate.rs", include_str!("sealer/isolate.rs")),
    ("sealer/two_phase.rs", include_str!("sealer/two_phase.rs")),
    ("actors/mod.rs", include_str!("actors/mod.rs")),
    ("actors/fast_pinner.rs", include_str!("actors/fast_pinner.rs")),
    ("actors/file_writer.rs", include_str!("actors/file_writer.rs")),
    ("actors/forker.rs", include_str!("actors/forker.rs")),
    ("actors/lookup_pinner.rs", include_str!("actors/lookup_pinner.rs")),
    ("actors/lru_batch.rs", include_str!("actors/lru_batch.rs")),
    ("actors/mapper.rs", include_str!("actors/mapper.rs")),
    ("actors/pinner.rs", include_str!("actors/pinner.rs")),
    ("actors/reader.rs", include_str!("actors/reader.rs")),
    ("actors/reclaim.rs", include_str!("actors/reclaim.rs")),
    ("actors/truncate.rs", include_str!("actors/truncate.rs")),
    ("actors/writer.rs", include_str!("actors/writer.rs")),
    ("file.rs", include_str!("file.rs")),
    ("mapping.rs", include_str!("mapping.rs")),
    ("page.rs", include_str!("page.rs")),
    ("swap.rs", include_str!("swap.rs")),
    ("syscall/file.rs", include_str!("syscall/file.rs")),
    ("syscall/hold.rs", include_str!("syscall/hold.rs")),
    ("syscall/mmap.rs", include_str!("syscall/mmap.rs")),
];

/// Every file that a step can be in: its path below `model/src/`, and its text.
pub fn files() -> &'static [(&'static str, &'static str)] {
    &SOURCES
}

/// A line of the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    /// The file, below `model/src/`.
    pub file: &'static str,
    /// The line, counted from 1.
    pub number: u32,
    /// The function that the line is in.
    pub function: &'static str,
    /// The line itself.
    pub text: &'static str,
}

/// The line of the model at `site`, or none if the site is not in the model.
pub fn line_at(site: &Location<'_>) -> Option<Line> {
    let path = site.file().replace('\\', "/");
    let (file, text) = SOURCES.into_iter().find(|(file, _)| path.ends_with(&format!("src/{file}")))?;
    let number = site.line();
    let above: Vec<&'static str> = text.lines().take(number as usize).collect();
    let function = above.iter().rev().find_map(|line| function_name(line))?;
    Some(Line { file, number, function, text: above.last()?.trim() })
}

fn function_name(line: &'static str) -> Option<&'static str> {
    let (_, rest) = line.split_once("fn ")?;
    if line.trim_start().starts_with("//") {
        return None;
    }
    rest.split(['<', '(']).next()
}
