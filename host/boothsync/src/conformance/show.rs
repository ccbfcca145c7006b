//! Findings as people read them.

use crate::show::{Style, count};

use super::finding::{Finding, Otherwise, Tally};

/// Columns for what was looked at.
const WHAT_WIDTH: usize = 44;

/// Says findings, one line each when all is well.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    style: Style,
}

impl Printer {
    /// In this style.
    pub fn new(style: Style) -> Self {
        Self { style }
    }

    /// The lines of one finding, each ended.
    pub fn lines(self, finding: &Finding) -> String {
        let what = finding.what;
        let line = |sign: String, text: &str| {
            let gap = " ".repeat(WHAT_WIDTH.saturating_sub(what.chars().count()));
            format!("{sign}  {what}{gap}  {text}").trim_end().to_owned() + "\n"
        };
        match &finding.look {
            Ok(text) => line(self.style.good("ok   "), &one_line(text)),
            Err(Otherwise::NotAsked(why)) => {
                line(self.style.dim("--   "), &format!("not tried: {}", one_line(why)))
            }
            Err(Otherwise::Differs { expected, came }) => format!(
                "{}         expected  {}\n         came      {}\n",
                line(self.style.bad("WRONG"), ""),
                one_line(expected),
                one_line(came)
            ),
        }
    }
}

/// How it all ended.
pub fn summary(tally: Tally, style: Style) -> String {
    let looks = count(tally.good + tally.bad, "thing tried", "things tried");
    let left_out = match tally.left_out {
        0 => String::new(),
        number => format!(" ({number} not tried)"),
    };
    let verdict = match tally.bad {
        0 => style.good("all is as the contract says"),
        1 => style.bad("1 is not as the contract says"),
        number => style.bad(&format!("{number} are not as the contract says")),
    };
    format!("{looks}{left_out}: {verdict}\n")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_says_what_was_expected_and_what_came() {
        let printer = Printer::new(Style::plain());
        let findings = [
            Finding { what: "probe", look: Ok("12 GB\nfree".into()) },
            Finding { what: "put twice", look: Err(Otherwise::differs("one object", "two objects")) },
            Finding { what: "scan", look: Err(Otherwise::not_asked("it does not export `inventory`")) },
        ];
        let shown: String = findings.iter().map(|finding| printer.lines(finding)).collect();
        insta::assert_snapshot!(shown, @r"
        ok     probe                                         12 GB free
        WRONG  put twice
                 expected  one object
                 came      two objects
        --     scan                                          not tried: it does not export `inventory`
        ");
        let tally = Tally { good: 1, bad: 1, left_out: 1 };
        assert_eq!(
            summary(tally, Style::plain()),
            "2 things tried (1 not tried): 1 is not as the contract says\n"
        );
    }
}
