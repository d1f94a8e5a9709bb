//! What the running kernel was told, and which it is.

use seal_model::syscall::{MemfdNoexec, Settings};

use crate::error::Error;

/// What this kernel was told: files that no setting forbids are those of the default.
pub(super) fn settings() -> Result<Settings, Error> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let memfd_noexec = match read("/proc/sys/vm/memfd_noexec").trim() {
        "1" => MemfdNoexec::NoexecSeal,
        "2" => MemfdNoexec::Enforced,
        _ => MemfdNoexec::Exec,
    };
    const HUGE: &str = "/sys/kernel/mm/transparent_hugepage";
    let of_sizes = std::fs::read_dir(HUGE).into_iter().flatten().flatten();
    let of_sizes = of_sizes.map(|size| size.path().join("shmem_enabled")).filter(|path| path.exists());
    let whole = format!("{HUGE}/shmem_enabled");
    for path in of_sizes.map(|path| path.display().to_string()).chain([whole.clone()]) {
        let given = ["[always]", "[within_size]", "[force]"];
        if let Some(value) = given.into_iter().find(|value| read(&path).contains(value)) {
            return Err(Error::Conform(format!(
                "{path} is {value}: a memfd gets large folios here, whose pages are held and taken away together, and \
                 the model's calls know small pages alone: set it to never or advise"
            )));
        }
    }
    let large_folios = read(&whole).contains("[advise]");
    Ok(Settings { memfd_noexec, large_folios })
}

/// `6.18.44-something` is 6.18.
pub(super) fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
