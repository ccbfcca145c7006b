//! One measured figure, beside what it is compared with.

use std::time::Duration;

use console::style;
use serde::Serialize;

/// A figure and what it is wanted to be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// How much it was, in `unit`.
    pub value: f64,
    /// `ms`, `s` or `MB`.
    pub unit: &'static str,
    /// What it is compared with, measured in the same run, in the same unit.
    pub baseline: f64,
    /// What the baseline is.
    pub compared_with: String,
    /// `value / baseline`.
    pub ratio: f64,
    /// What is wanted of the value or of the ratio.
    pub wanted: Wanted,
    /// Whether it is so.
    pub met: bool,
}

/// A limit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// The value, in its unit.
    ValueAtMost(f64),
    /// The ratio.
    RatioAtMost(f64),
    /// Nothing: it is there to understand the others.
    Nothing,
}

impl Figure {
    /// Compares `value` with `baseline`, both in `unit`.
    pub fn new(
        name: impl Into<String>,
        (value, unit): (f64, &'static str),
        (baseline, compared_with): (f64, impl Into<String>),
        wanted: Wanted,
    ) -> Self {
        let ratio = value / baseline;
        let met = match wanted {
            Wanted::ValueAtMost(limit) => value <= limit,
            Wanted::RatioAtMost(limit) => ratio <= limit,
            Wanted::Nothing => true,
        };
        Self {
            name: name.into(),
            value,
            unit,
            baseline,
            compared_with: compared_with.into(),
            ratio,
            wanted,
            met,
        }
    }

    fn limit(&self) -> String {
        match self.wanted {
            Wanted::ValueAtMost(limit) => format!("<= {limit} {}", self.unit),
            Wanted::RatioAtMost(limit) => format!("<= {limit} x"),
            Wanted::Nothing => String::new(),
        }
    }
}

/// All figures as a table for people.
pub fn table(figures: &[Figure]) -> String {
    let mut text =
        format!("\n{:<46} {:>10} {:>10}  {:>7}  {:<12}\n", "", "measured", "against", "ratio", "wanted");
    for figure in figures {
        let row = format!(
            "{:<46} {:>10} {:>10}  {:>5.2} x  {:<12}",
            figure.name,
            amount(figure.value, figure.unit),
            amount(figure.baseline, figure.unit),
            figure.ratio,
            figure.limit(),
        );
        let mark = match (figure.wanted, figure.met) {
            (Wanted::Nothing, _) => style("").dim(),
            (_, true) => style("yes").green(),
            (_, false) => style("NO").red().bold(),
        };
        text += &format!("{row} {mark}\n    {}\n", style(format!("against {}", figure.compared_with)).dim());
    }
    text
}

fn amount(value: f64, unit: &str) -> String {
    format!("{value:.1} {unit}")
}

/// Milliseconds.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The value below which `percent` of the values lie, and the median for 50. There must be one at least.
pub fn percentile(values: &[f64], percent: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 50.0), 50.0);
        assert_eq!(percentile(&values, 95.0), 95.0);
        assert_eq!(percentile(&[7.0], 95.0), 7.0);
    }

    #[test]
    fn a_limit_is_on_the_value_or_on_the_ratio() {
        let figure = |wanted| Figure::new("x", (22.0, "s"), (20.0, "rclone"), wanted);
        assert!(figure(Wanted::RatioAtMost(1.1)).met);
        assert!(!figure(Wanted::RatioAtMost(1.09)).met);
        assert!(!figure(Wanted::ValueAtMost(21.0)).met);
    }
}
