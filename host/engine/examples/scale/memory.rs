//! What this process takes of the machine.

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

/// Time that processors worked for it, in ms.
pub fn processor_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the process, in parentheses, may hold anything.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |number: usize| fields.get(number).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    // In hundredths of a second, on every Linux.
    (ticks(11) + ticks(12)) * 10.0
}

/// Bytes that it had written to the disk, in MB.
pub fn written_mb() -> f64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("write_bytes:")).unwrap_or_default();
    line.trim().parse::<f64>().unwrap_or(0.0) / 1e6
}
