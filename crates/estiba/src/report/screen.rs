//! How much a person sees at once.

/// Rows and columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Screen {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

/// What a page of a log shows without scrolling.
const ELSEWHERE: Screen = Screen { rows: 40, columns: 100 };

/// More rows than this are no screen to take in at a glance.
const MOST_ROWS: usize = 50;

impl Screen {
    /// The terminal that reads standard output; a page where none does.
    pub(crate) fn of_output() -> Self {
        let size = terminal_size::terminal_size_of(std::io::stdout());
        size.map_or(ELSEWHERE, |(columns, rows)| Self {
            // What was typed, and the next prompt.
            rows: usize::from(rows.0).saturating_sub(2).clamp(8, MOST_ROWS),
            columns: usize::from(columns.0).max(40),
        })
    }
}
