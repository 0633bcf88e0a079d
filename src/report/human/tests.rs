//! The report for people, on a race whose ends are in two files.

use super::{MAX_LINES, Style};
use crate::diagnostic::{Analysis, Caller, Level, Related, Role, Way};
use crate::report::tests::race;
use crate::report::{Format, Run, write};
use crate::source::{FileId, Place, SourceFile, Sources};

/// The report for people.
fn human(analysis: &Analysis, sources: &Sources, style: &Style) -> String {
    let run = Run { sources, analysis, prefix: "", below: "", exit_code: 1 };
    let mut out = Vec::new();
    write(Format::Human, &run, style, &mut out).expect("a report");
    String::from_utf8(out).expect("UTF-8")
}

/// A call, a way from a route, and more marks than there is room for.
fn crowded() -> (Sources, Analysis) {
    let (mut sources, mut analysis) = race();
    let far = format!("far();\n{}", "//\n".repeat(9));
    let mut files: Vec<SourceFile> = sources.iter().map(|(_, file)| file.clone()).collect();
    files.push(SourceFile::new("z.js".into(), &far.repeat(8), true));
    sources = Sources::new(files);
    let finding = &mut analysis.findings[0];
    let related = |start: u32, role, message: &str| Related {
        place: Place { file: FileId(2), start, end: start + 5 },
        role,
        message: message.into(),
    };
    let line = far.len() as u32;
    finding.related.extend((0..8).map(|at| related(at * line, Role::Context, "computed here")));
    finding.related.push(related(1, Role::Call, "reached by this call"));
    let step = |function: &str, entry| Caller { function: function.into(), place: finding.place, entry };
    let chain = vec![step("POST /chat", Some("route")), step("save", None), step("addMessage", None)];
    analysis.ways.insert((finding.place, finding.rule), Way { chain, others: 2 });
    (sources, analysis)
}

#[test]
fn calls_are_one_line_and_a_finding_of_many_places_stays_short_unless_all_is_wanted() {
    let (sources, mut analysis) = crowded();
    let short = human(&analysis, &sources, &Style::default());
    assert!(short.contains("\n  via route POST /chat -> save -> addMessage (one of 3 entries)\n"), "{short}");
    assert!(!short.contains("reached by this call"), "{short}");
    assert!(short.contains("checked [here]") && short.contains("acted on here"), "{short}");
    assert!(short.contains("\n  and 7 more places, with `--full`\n"), "{short}");
    let finding = short.split("\nlooked at").next().unwrap_or_default();
    assert!(finding.lines().count() <= MAX_LINES, "{short}");
    let full = human(&analysis, &sources, &Style { full: true, ..Style::default() });
    assert_eq!(full.matches("computed here").count(), 8, "{full}");
    assert!(full.contains("z.js:1:2 reached by this call") && !full.contains("--full"), "{full}");
    analysis.findings[0].help = "write\n".repeat(MAX_LINES);
    let full = human(&analysis, &sources, &Style { full: true, ..Style::default() });
    assert_eq!(full.matches("write\n").count(), MAX_LINES, "{full}");
}

#[test]
fn a_long_way_keeps_its_ends() {
    let (sources, mut analysis) = crowded();
    let way = analysis.ways.values_mut().next().expect("a way");
    let middle = Caller { function: "aFunctionWithALongName".into(), ..way.chain[1].clone() };
    way.chain.splice(1..1, vec![middle; 6]);
    let short = human(&analysis, &sources, &Style { width: 80, ..Style::default() });
    let line = short.lines().find(|line| line.starts_with("  via ")).expect("a way");
    assert!(
        line.starts_with("  via route POST /chat -> … -> ")
            && line.ends_with("-> save -> addMessage (one of 3 entries)"),
        "{line}"
    );
    assert!(line.chars().count() <= 80, "{line}");
}

#[test]
fn a_function_with_a_very_long_name_is_still_named() {
    let (sources, mut analysis) = crowded();
    let way = analysis.ways.values_mut().next().expect("a way");
    way.chain.remove(1);
    way.chain[1].function = "find".repeat(30);
    let short = human(&analysis, &sources, &Style { width: 80, ..Style::default() });
    let line = short.lines().find(|line| line.starts_with("  via ")).expect("a way");
    assert!(line.contains(" -> findfindfind") && line.ends_with("… (one of 3 entries)"), "{line}");
    assert!(line.chars().count() <= 80, "{line}");
}

#[test]
fn an_equal_help_is_told_once() {
    let (sources, mut analysis) = race();
    let mut second = analysis.findings[0].clone();
    second.place.start += 6;
    analysis.findings.push(second);
    let text = human(&analysis, &sources, &Style::default());
    assert_eq!(text.matches("help: add `id").count(), 1, "{text}");
    assert!(text.contains("help: as for routes/é.js:1:21 above"), "{text}");
    let full = human(&analysis, &sources, &Style { full: true, ..Style::default() });
    assert_eq!(full.matches("help: add `id").count(), 2, "{full}");
}

#[test]
fn infos_come_first_without_their_code_unless_all_is_wanted() {
    let (sources, mut analysis) = race();
    let mut info = analysis.findings[0].clone();
    (info.level, info.lowered, info.message) = (Level::Info, Some("one person runs this once"), "a script".into());
    analysis.findings.extend(std::iter::repeat_n(info, 12));
    let text = human(&analysis, &sources, &Style::default());
    let (infos, rest) = text.split_once("\n\n").expect("infos, and an empty line");
    assert_eq!(infos.matches("\n  a script\n  note: only an info: one person runs this once\n").count(), 10, "{text}");
    assert!(infos.starts_with("info[check-then-push] routes/é.js:1:21\n") && !infos.contains('╭'), "{text}");
    assert!(
        infos.ends_with("\n  and 2 more infos, with `--full`; so are their code and what to write instead"),
        "{text}"
    );
    assert!(rest.starts_with("error[check-then-push]") && !rest.contains("info["), "{text}");
    analysis.findings.truncate(2);
    let one = human(&analysis, &sources, &Style::default());
    assert!(one.contains("\n  with `--full`, their code and what to write instead\n\nerror["), "{one}");
    let full = human(&analysis, &sources, &Style { full: true, ..Style::default() });
    assert!(full.matches("acted on here").count() == 2 && !full.contains("--full"), "{full}");
}
