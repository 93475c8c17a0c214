//! What is printed: a row for each storm.

use std::{fs, sync::Once, time::Duration};

use super::{others::Others, server::Server};

const HEAD: &str = "\n| storm | how many | seconds | MiB before | MiB after | others served | \
                    p50, ms | p99, ms | slowest, ms |\n|---|---|---|---|---|---|---|---|---|";

/// One storm, and how others fared in it.
pub struct Row {
    pub name: &'static str,
    pub count: u64,
    pub took: Duration,
    /// What the program held in memory, in MiB.
    pub before: f64,
    pub after: f64,
}

impl Row {
    pub fn print(&self, others: &Others) {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| println!("{HEAD}"));
        let ms = |part| others.slower_than(part).as_secs_f64() * 1e3;
        // Whoever runs the test may have written half a line.
        println!(
            "\n| {} | {} | {:.0} | {:.1} | {:.1} | {} | {:.1} | {:.1} | {:.1} |",
            self.name,
            self.count,
            self.took.as_secs_f64(),
            self.before,
            self.after,
            others.served(),
            ms(0.5),
            ms(0.99),
            ms(1.0),
        );
    }
}

/// What the program holds in memory, in MiB.
pub fn resident(server: &Server) -> f64 {
    let path = format!("/proc/{}/status", server.child.id().unwrap());
    let status = fs::read_to_string(path).unwrap();
    let held = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = held.unwrap().trim().trim_end_matches(" kB");
    kib.parse::<f64>().unwrap() / 1024.0
}
