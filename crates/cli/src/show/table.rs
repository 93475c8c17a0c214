//! Columns that line up.

/// Rows of the same number of cells.
pub struct Table {
    columns: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(columns: usize) -> Self {
        Self {
            columns,
            rows: Vec::new(),
        }
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// The rows, or this sentence if there are none.
    pub fn or(self, sentence: &str) -> String {
        if self.rows.is_empty() {
            format!("{sentence}\n")
        } else {
            self.finish()
        }
    }

    /// The rows, a line each; columns in which nothing stands are left out.
    pub fn finish(self) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (cell, &width) in row.iter().zip(&widths).filter(|(_, width)| **width > 0) {
                line.push_str(&format!("{cell:width$}  "));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_empty_ones_vanish() {
        let mut table = Table::new(3);
        table.row(["Bob", "", "connected"].map(str::to_owned));
        table.row(["Clara Ünal", "", "ended"].map(str::to_owned));

        assert_eq!(table.finish(), "Bob         connected\nClara Ünal  ended\n");
        assert_eq!(Table::new(1).or("Nobody."), "Nobody.\n");
    }
}
