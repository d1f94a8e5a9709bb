//! How much memory there is for states: what the machine has free, within the limits of the process and of every
//! control group that it is in.

use std::fs;

/// Where nothing is known.
const UNKNOWN: u64 = 2 << 30;

/// However little there is: enough to say that it does not suffice.
const LEAST: u64 = 1 << 20;

/// Tables reserve so many times the address space that they may come to fill.
const RESERVED: u64 = 4;

/// Bytes: three quarters of what is free by every limit that is known, or 2 GiB where none is.
pub fn most_of_free() -> usize {
    let read = |path: &str| fs::read_to_string(path).ok();
    let free = free(&read).unwrap_or(UNKNOWN) / 4 * 3;
    usize::try_from(free.max(LEAST)).unwrap_or(usize::MAX)
}

/// The texts of files by their paths; none of a file that can't be read.
type Texts<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What is free by the tightest limit.
fn free(read: Texts<'_>) -> Option<u64> {
    let machine = read("/proc/meminfo").and_then(|text| kib(&text, "MemAvailable:"));
    let groups = groups(read).into_iter().flat_map(|group| group.free(read));
    machine.into_iter().chain(of_process(read)).chain(groups).min()
}

/// `setrlimit()`: of the address space and of the data that is left, what tables can fill of what they reserve.
fn of_process(read: Texts<'_>) -> Vec<u64> {
    let (limits, status) = (read("/proc/self/limits"), read("/proc/self/status"));
    let left = |limit: &str, used: &str| {
        let (limits, status) = (limits.as_ref()?, status.as_ref()?);
        let limit = limits.lines().find_map(|line| line.strip_prefix(limit))?;
        // the soft one; `unlimited` is no number
        let limit: u64 = limit.split_whitespace().next()?.parse().ok()?;
        Some(limit.saturating_sub(kib(status, used)?) / RESERVED)
    };
    [left("Max address space", "VmSize:"), left("Max data size", "VmData:")].into_iter().flatten().collect()
}

/// Of lines such as `MemAvailable:  123 kB`, in bytes.
fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// A control group, and how its version calls its files.
struct Group {
    directory: String,
    limits: &'static [&'static str],
    used: &'static str,
    /// In `memory.stat`: what of that is given back as soon as somebody needs it.
    cached: &'static str,
}

impl Group {
    /// What is free in it, by each of its limits.
    fn free(&self, read: Texts<'_>) -> Vec<u64> {
        let number = |name: &str| read(&self.path(name))?.trim().parse::<u64>().ok();
        let stat = read(&self.path("memory.stat")).unwrap_or_default();
        let cached = stat.lines().find_map(|line| line.strip_prefix(self.cached)?.trim().parse::<u64>().ok());
        let used = number(self.used).unwrap_or(0).saturating_sub(cached.unwrap_or(0));
        // `max` is no number
        self.limits.iter().filter_map(|limit| Some(number(limit)?.saturating_sub(used))).collect()
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.directory)
    }
}

/// Every group that the process is in, up to the first that can be seen from here, of either version.
fn groups(read: Texts<'_>) -> Vec<Group> {
    let (Some(mounts), Some(mine)) = (read("/proc/self/mountinfo"), read("/proc/self/cgroup")) else {
        return Vec::new();
    };
    mounts.lines().filter_map(|line| mounted(line, &mine)).flatten().collect()
}

/// The groups of the process in the hierarchy of one line of `mountinfo`, if that is one that limits memory.
fn mounted(line: &str, mine: &str) -> Option<Vec<Group>> {
    let (mount, kind) = line.split_once(" - ")?;
    let mut mount = mount.split(' ').skip(3);
    let (root, at) = (unescaped(mount.next()?), unescaped(mount.next()?));
    let mut kind = kind.split(' ');
    let (version, options) = (kind.next()?, kind.nth(1).unwrap_or_default());
    let controls = |options: &str| options.split(',').any(|option| option == "memory");
    let of_version = |line: &&str| match (version, line.split(':').nth(1)) {
        ("cgroup2", Some(controllers)) => controllers.is_empty(),
        ("cgroup", Some(controllers)) => controls(options) && controls(controllers),
        _ => false,
    };
    let group = mine.lines().find(of_version)?.splitn(3, ':').nth(2)?;
    // a process whose group lies outside of what is mounted here is limited by the top of it
    let below = group.strip_prefix(root.trim_end_matches('/')).filter(|below| !below.contains("/.."));
    let mut below = below.filter(|below| below.is_empty() || below.starts_with('/')).unwrap_or_default();
    let mut groups = Vec::new();
    loop {
        below = below.trim_end_matches('/');
        let directory = format!("{}{below}", at.trim_end_matches('/'));
        groups.push(match version {
            "cgroup2" => Group {
                directory,
                limits: &["memory.max", "memory.high"],
                used: "memory.current",
                cached: "inactive_file ",
            },
            _ => Group {
                directory,
                limits: &["memory.limit_in_bytes"],
                used: "memory.usage_in_bytes",
                cached: "total_inactive_file ",
            },
        });
        let Some((above, _)) = below.rsplit_once('/') else { return Some(groups) };
        below = above;
    }
}

/// `mountinfo` writes a blank as `\040`.
fn unescaped(path: &str) -> String {
    path.replace("\\040", " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;
    const MEMINFO: (&str, &str) =
        ("/proc/meminfo", "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable:    8388608 kB\n");
    const V2: (&str, &str) = (
        "/proc/self/mountinfo",
        "24 30 0:22 / /proc rw - proc proc rw\n30 24 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n",
    );
    const V1: (&str, &str) = (
        "/proc/self/mountinfo",
        "31 30 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
         33 30 0:29 /docker/7f /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
    );

    fn free_of(files: &[(&str, &str)]) -> Option<u64> {
        free(&|path| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned()))
    }

    #[test]
    fn the_machine_is_the_limit_where_there_is_no_other() {
        assert_eq!(free_of(&[]), None);
        assert_eq!(free_of(&[MEMINFO]), Some(8 * GIB));
        let group = ("/proc/self/cgroup", "0::/user/me\n");
        let unlimited = ("/sys/fs/cgroup/user/me/memory.max", "max\n");
        assert_eq!(free_of(&[MEMINFO, V2, group, unlimited]), Some(8 * GIB));
    }

    /// The group's own limit, that of any group above it, and the one that throttles before it kills.
    #[test]
    fn each_group_up_to_the_root_is_a_limit() {
        let group = ("/proc/self/cgroup", "0::/user/me\n");
        for (file, left) in [
            ("/sys/fs/cgroup/user/me/memory.max", GIB),
            ("/sys/fs/cgroup/user/me/memory.high", GIB),
            ("/sys/fs/cgroup/user/memory.max", GIB),
            ("/sys/fs/cgroup/memory.max", GIB),
            ("/sys/fs/cgroup/user/you/memory.max", 8 * GIB),
        ] {
            assert_eq!(free_of(&[MEMINFO, V2, group, (file, "1073741824\n")]), Some(left), "{file}");
        }
    }

    /// What the group uses is not free, but for what is cached of files.
    #[test]
    fn what_others_of_the_group_use_is_not_free() {
        let files = [
            MEMINFO,
            V2,
            ("/proc/self/cgroup", "0::/job\n"),
            ("/sys/fs/cgroup/job/memory.max", "4294967296\n"),
            ("/sys/fs/cgroup/job/memory.current", "3221225472\n"),
        ];
        assert_eq!(free_of(&files), Some(GIB));
        let stat = ("/sys/fs/cgroup/job/memory.stat", "anon 7\nactive_file 5\ninactive_file 1073741824\n");
        assert_eq!(free_of(&[&files[..], &[stat]].concat()), Some(2 * GIB));
    }

    /// Of the older version, in a container that sees its own group as the root.
    #[test]
    fn groups_of_the_first_version_are_limits_too() {
        let limit = ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "2147483648\n");
        let used = ("/sys/fs/cgroup/memory/memory.usage_in_bytes", "1073741824\n");
        for group in
            ["5:cpu,cpuacct:/x\n4:memory:/docker/7f\n", "4:memory:/docker/7f\n0::/\n", "4:memory:/\n"]
        {
            let files = [MEMINFO, V1, ("/proc/self/cgroup", group), limit, used];
            assert_eq!(free_of(&files), Some(GIB), "{group}");
        }
        let inner = ("/sys/fs/cgroup/memory/in/memory.limit_in_bytes", "536870912\n");
        let group = ("/proc/self/cgroup", "4:memory:/docker/7f/in\n");
        assert_eq!(free_of(&[MEMINFO, V1, group, limit, inner]), Some(GIB / 2));
        let unlimited = ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(free_of(&[MEMINFO, V1, group, unlimited]), Some(8 * GIB));
    }

    #[test]
    fn limits_of_the_process_are_limits() {
        let status = ("/proc/self/status", "Name:\tx\nVmSize:\t 1048576 kB\nVmData:\t 524288 kB\n");
        let limits = |address: &str, data: &str| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units     \n\
                 Max data size             {data}            unlimited            bytes     \n\
                 Max address space         {address}            unlimited            bytes     \n"
            )
        };
        let with = |address, data| free_of(&[MEMINFO, status, ("/proc/self/limits", &limits(address, data))]);
        assert_eq!(with("unlimited", "unlimited"), Some(8 * GIB));
        assert_eq!(with("5368709120", "unlimited"), Some(GIB));
        assert_eq!(with("unlimited", "2684354560"), Some(GIB / 2));
        assert_eq!(with("1024", "unlimited"), Some(0));
    }

    /// Texts of any kind are no panic.
    #[test]
    fn damaged_texts_say_nothing() {
        for text in [
            "",
            "\n",
            " - ",
            "a b c d - cgroup2",
            "1 2 3 / /x - cgroup2 - -",
            "0::",
            "::",
            "Max address space",
        ] {
            for path in ["/proc/self/mountinfo", "/proc/self/cgroup", "/proc/self/limits", "/proc/meminfo"] {
                let others =
                    [V2, ("/proc/self/cgroup", "0::/a\n")].into_iter().filter(|(name, _)| *name != path);
                let files: Vec<_> = others.chain([(path, text)]).collect();
                assert_eq!(free_of(&files), None, "{path}: {text}");
            }
        }
    }

    #[test]
    fn something_is_free_here() {
        assert!(most_of_free() as u64 >= LEAST);
    }
}
