//! How much memory this process takes.

/// Resident memory now, in MB (a million bytes).
pub fn now_mb() -> f64 {
    status("VmRSS:")
}

/// The most that it ever was, in MB.
pub fn peak_mb() -> f64 {
    status("VmHWM:")
}

fn status(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0);
    kilobytes * 1024.0 / 1e6
}
