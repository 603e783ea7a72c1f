//! The demo's results as aligned text.

use super::{micros, trial::Outcome};

const REPLY_CHARS_MAX: usize = 60;

const HEADINGS: [&str; 11] = [
    "function",
    "language",
    "register ms",
    "start",
    "first µs",
    "restore µs",
    "run µs",
    "again µs",
    "fresh µs",
    "private KiB",
    "reply",
];

/// Columns of figures stand to the right.
const FIGURES: [usize; 7] = [2, 4, 5, 6, 7, 8, 9];

/// One line per outcome under a line of headings, and what the headings mean.
pub(super) fn render(outcomes: &[Outcome]) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(outcomes.iter().map(row));
    format!(
        "\n{}\nfirst, again (median, same function), fresh (median, from the image each time): request in to reply out, \
         seen by one client.\nrestore, run: of the first, seen by the server. start: of the first, then of those \
         after it.\n",
        align(&rows)
    )
}

fn row(outcome: &Outcome) -> [String; HEADINGS.len()] {
    [
        outcome.name.clone(),
        outcome.language.clone(),
        format!("{:.1}", outcome.registered.as_secs_f64() * 1e3),
        format!("{}, {}", outcome.first.start, outcome.again.start),
        micros(outcome.first.took).to_string(),
        outcome.first.restore_us.to_string(),
        outcome.first.run_us.to_string(),
        micros(outcome.again.median).to_string(),
        micros(outcome.fresh.median).to_string(),
        outcome
            .private_kib
            .map_or_else(|| "-".to_owned(), |kib| kib.to_string()),
        cut(&outcome.reply.to_string()),
    ]
}

fn cut(text: &str) -> String {
    if text.chars().count() <= REPLY_CHARS_MAX {
        return text.to_owned();
    }
    text.chars()
        .take(REPLY_CHARS_MAX - 1)
        .chain(['…'])
        .collect()
}

fn align(rows: &[[String; HEADINGS.len()]]) -> String {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; HEADINGS.len()] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).enumerate();
        let cells = cells.map(|(column, (cell, width))| {
            if FIGURES.contains(&column) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_right_and_words_left() {
        let mut short = HEADINGS.map(|_| "x".to_owned());
        short[10] = "end".to_owned();
        let text = align(&[HEADINGS.map(str::to_owned), short]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[1].starts_with("x         x                   x  x"),
            "{text}"
        );
        assert_eq!(
            lines[0].chars().position(|c| c == 'y'),
            Some("function  language  register ms  start  first µs  restore µs  run µs  again µs  fresh µs  private KiB  repl".chars().count())
        );
    }

    #[test]
    fn long_replies_are_cut_between_characters() {
        let long = "ä".repeat(REPLY_CHARS_MAX + 1);
        assert_eq!(cut(&long).chars().count(), REPLY_CHARS_MAX);
        assert_eq!(cut("short"), "short");
    }
}
