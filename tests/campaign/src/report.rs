use crate::arguments::{Arguments, Section};
use crate::place::Kind;
use serde::{Deserialize, Serialize};
use std::fmt::{Display, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How many breaches are told one by one.
const TOLD: usize = 10;

/// What a case came to on a store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    store: String,
    case: String,
    cells: Vec<(String, String)>,
    breaches: u64,
    seconds: u64,
    #[serde(default)]
    date: String,
    #[serde(skip)]
    told: Vec<String>,
}

impl Row {
    pub(crate) fn new(kind: Kind, case: &str) -> Self {
        let (store, case) = (kind.name().to_owned(), case.to_owned());
        Self { store, case, cells: Vec::new(), breaches: 0, seconds: 0, date: String::new(), told: Vec::new() }
    }

    pub(crate) fn cell(&mut self, name: &str, value: impl Display) {
        self.cells.push((name.to_owned(), value.to_string()));
    }

    /// Counts a promise that was broken.
    pub(crate) fn breach(&mut self, what: impl Into<String>) {
        self.breaches += 1;
        if self.told.len() < TOLD {
            self.told.push(what.into());
        }
    }

    pub(crate) fn breaches(&mut self, list: Vec<String>) {
        list.into_iter().for_each(|what| self.breach(what));
    }

    pub(crate) fn took(&mut self, time: Duration) {
        self.seconds = time.as_secs();
    }

    fn line(&self) -> String {
        let cells: String = self.cells.iter().map(|(_, value)| format!("{value} | ")).collect();
        format!("| {} | {} | {cells}{} | {} |", self.store, self.case, self.breaches, self.seconds)
    }

    fn head(&self) -> String {
        let names: String = self.cells.iter().map(|(name, _)| format!("{name} | ")).collect();
        let rules = "|---".repeat(self.cells.len() + 4);
        format!("| store | case | {names}breaches | seconds |\n{rules}|")
    }
}

/// Shows a part of a hundred, never rounded up to all of it.
pub(crate) fn percent(part: usize, whole: usize) -> String {
    let tenths = (part * 1_000).checked_div(whole).unwrap_or(0);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// Says what happens while it happens, and what came of it.
pub(crate) struct Report {
    record: Option<PathBuf>,
    section: Section,
    head: String,
    started: Instant,
    section_started: Instant,
    rows: usize,
    breaches: u64,
}

impl Report {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        if let Some(directory) = &arguments.record {
            std::fs::create_dir_all(directory).unwrap();
        }
        Self {
            record: arguments.record.clone(),
            section: Section::Races,
            head: String::new(),
            started: Instant::now(),
            section_started: Instant::now(),
            rows: 0,
            breaches: 0,
        }
    }

    pub(crate) fn begin(&mut self, section: Section) {
        println!("\n== {section:?}");
        (self.section, self.section_started, self.head) = (section, Instant::now(), String::new());
    }

    pub(crate) fn row(&mut self, mut row: Row) {
        if self.head != row.head() {
            self.head = row.head();
            println!("\n{}", self.head);
        }
        println!("{}", row.line());
        row.told.iter().for_each(|what| println!("BREACH: {}, {}: {what}", row.store, row.case));
        self.rows += 1;
        self.breaches += row.breaches;
        if let Some(directory) = &self.record {
            row.date = today();
            let plain: String = row.case.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            let name = format!("{:?}.{}.{plain}.json", self.section, row.store.replace(' ', "-"));
            std::fs::write(directory.join(name), serde_json::to_string_pretty(&row).unwrap()).unwrap();
        }
    }

    pub(crate) fn end(&self) {
        println!("-- {:?}: {} s", self.section, self.section_started.elapsed().as_secs());
    }

    /// Says how it ended; nothing at all is not an end.
    pub(crate) fn finish(self) -> bool {
        println!("\nall of it: {} s", self.started.elapsed().as_secs());
        println!("{} rows, {} breaches", self.rows, self.breaches);
        self.rows > 0 && self.breaches == 0
    }
}

fn today() -> String {
    let said = Command::new("date").arg("+%Y-%m-%d").output().unwrap();
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
}

/// Writes the figures that were kept in a directory as tables.
pub(crate) fn page(directory: &Path) -> String {
    let mut names: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    names.sort();
    let mut page = String::new();
    for section in [Section::Races, Section::Decisions, Section::Kills, Section::Outages, Section::Limits] {
        let title = format!("{section:?}");
        let read = |path: &PathBuf| serde_json::from_str::<Row>(&std::fs::read_to_string(path).unwrap()).unwrap();
        let rows: Vec<Row> = names
            .iter()
            .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(&title))
            .map(read)
            .collect();
        if rows.is_empty() {
            continue;
        }
        writeln!(page, "## {title}\n").unwrap();
        let mut head = String::new();
        for row in &rows {
            if head != row.head() {
                head = row.head();
                writeln!(page, "{head}").unwrap();
            }
            writeln!(page, "{}", row.line()).unwrap();
        }
        page.push('\n');
    }
    page
}
