//! What is wrong with the configuration, pointing into the file.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, SourceSpan,
};

use super::document::Document;

/// One mistake: a sentence, the place it is about, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    span: Range<usize>,
    message: String,
    label: String,
    help: Option<String>,
}

impl Problem {
    /// `message` is the whole sentence, `label` the few words that stand at the place itself.
    pub fn new(span: Range<usize>, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { span, message: message.into(), label: label.into(), help: None }
    }

    /// Adds how to mend it.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read at all.
    #[error("cannot read the configuration `{}`: {}", path.display(), crate::text::io_words(cause))]
    Read { path: PathBuf, cause: std::io::Error },
    /// The file can be read and is wrong.
    #[error("the configuration `{}` cannot be used", .0.path.display())]
    Wrong(Box<Document>, Vec<Problem>),
}

impl ConfigError {
    /// The error for people, with pointers into the file.
    pub fn report(&self, colours: bool) -> String {
        let Self::Wrong(document, problems) = self else { return format!("error: {self}\n") };
        let theme = if colours { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false);
        let mut text = String::new();
        for problem in problems {
            let pointed = Pointed::new(document, problem);
            handler.render_report(&mut text, &pointed).expect("a String takes everything");
        }
        text
    }
}

/// One problem together with the text it points into, as miette wants it.
#[derive(Debug)]
struct Pointed<'a> {
    source: NamedSource<String>,
    problem: &'a Problem,
}

impl<'a> Pointed<'a> {
    fn new(document: &Document, problem: &'a Problem) -> Self {
        let name = document.path.display().to_string();
        Self { source: NamedSource::new(name, document.text.clone()), problem }
    }
}

impl fmt::Display for Pointed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Pointed<'_> {}

impl Diagnostic for Pointed<'_> {
    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.problem.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span: SourceSpan = first_line(&self.problem.span, self.source.inner()).into();
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some(self.problem.label.clone()), span))))
    }
}

/// A table spans many lines; pointing at its first is enough.
fn first_line(span: &Range<usize>, text: &str) -> Range<usize> {
    let end = text[span.clone()].find('\n').map_or(span.end, |length| span.start + length);
    span.start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_line_of_a_table_is_pointed_at() {
        assert_eq!(first_line(&(2..9), "..ab\ncdef"), 2..4);
        assert_eq!(first_line(&(2..4), "..ab\ncdef"), 2..4);
    }
}
