//! Columns.

use std::fmt::Write as _;

/// Rows of cells, set in columns. The last column is not padded.
#[derive(Default)]
pub struct Table {
    rows: Vec<Vec<Cell>>,
}

struct Cell {
    shown: String,
    width: usize,
    right: bool,
}

impl Table {
    /// Begins a row.
    pub fn row(&mut self) -> Row<'_> {
        self.rows.push(Vec::new());
        Row(self.rows.last_mut().expect("a row was just begun"))
    }

    /// The table, each line ended.
    pub fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width =
            |column| self.rows.iter().filter_map(|row| row.get(column)).map(|cell: &Cell| cell.width).max();
        let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let pad = " ".repeat(width - cell.width);
                let (before, after) = if cell.right { (pad.as_str(), "") } else { ("", pad.as_str()) };
                write!(line, "{before}{}{after}  ", cell.shown).expect("a String takes everything");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// A row that is being written.
pub struct Row<'a>(&'a mut Vec<Cell>);

impl Row<'_> {
    /// A cell set to the left.
    pub fn left(self, text: &str) -> Self {
        self.painted(text, str::to_owned)
    }

    /// A cell set to the right.
    pub fn right(self, text: &str) -> Self {
        let this = self.left(text);
        if let Some(cell) = this.0.last_mut() {
            cell.right = true;
        }
        this
    }

    /// A cell whose text is coloured after it was measured.
    pub fn painted(self, text: &str, paint: impl FnOnce(&str) -> String) -> Self {
        self.0.push(Cell { shown: paint(text), width: text.chars().count(), right: false });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_do_not_count_as_width() {
        let mut table = Table::default();
        table.row().left("a").right("1").left("x");
        table.row().painted("long", |text| format!("<<{text}>>")).right("23").left("");
        assert_eq!(table.render(), "a      1  x\n<<long>>  23\n");
    }
}
