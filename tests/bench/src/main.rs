//! `signet-bench [--quick] [NAME…]`: measures, prints the table of the README and the machine.
//! `didcomm` has a table of its own and is measured only when it is named.

use std::process::ExitCode;

use signet_bench::{MEASURES, Size, didcomm, line, machine, people, row};

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((role, rest)) if role == line::floor::ROLE => return ended(line::floor::answer(rest)),
        Some((role, rest)) if role == people::ROLE => return ended(people::restore(rest)),
        Some(_) | None => {}
    }
    let quick = arguments.iter().position(|argument| argument == "--quick");
    let size = match quick {
        Some(place) => {
            arguments.remove(place);
            Size::Quick
        }
        None => Size::Full,
    };
    ended(measure(size, &arguments))
}

fn measure(size: Size, names: &[String]) -> anyhow::Result<()> {
    for name in names {
        let known = MEASURES.map(|(known, _)| known);
        anyhow::ensure!(
            known.contains(&name.as_str()) || name == didcomm::NAME,
            "there is no measure {name}; there are: {}, {}",
            known.join(", "),
            didcomm::NAME
        );
    }
    let is_named = |name: &str| names.iter().any(|wanted| wanted == name);
    let mut rows = Vec::new();
    for (name, measure) in MEASURES {
        if names.is_empty() || is_named(name) {
            eprintln!("{name} …");
            rows.extend(measure(size)?);
        }
    }
    if !rows.is_empty() {
        println!("{}", row::HEAD);
    }
    for row in &rows {
        println!("{row}");
    }
    if is_named(didcomm::NAME) {
        eprintln!("{} …", didcomm::NAME);
        println!("{}", didcomm::measure(size)?);
    }
    println!(
        "\nMedian of interleaved rounds (lowest – highest). {}",
        machine::line()
    );
    Ok(())
}

fn ended(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("signet-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
