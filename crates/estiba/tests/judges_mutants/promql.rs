//! Expressions with one or two mistakes, judged by promtool and by the parser of `check`.

use estiba_core::syntax::promql::parse;
use estiba_testkit::judges::promtool_expressions;

use crate::chance::Chance;

/// What mutants are made of; promtool takes each.
const EXPRESSIONS: &[&str] = &[
    "up == 0",
    "up{job=\"node\",instance!~\"a.*\"} != bool 1",
    "sum by (job, instance) (rate(http_requests_total{code=~\"5..\",method!=\"GET\"}[5m]))",
    "sum(rate(a[5m])) without (pod) / ignoring(code) group_left(team) sum(b) > bool 0.5",
    "histogram_quantile(0.99, sum(rate(bucket[5m] offset 1h)) by (le))",
    "max_over_time(deriv(rate(x[1m])[5m:10s])[1h30m:])",
    "-1 ^ 2 * -x offset -5m",
    "rate(x[5m] @ end() offset 1w)",
    "x @ 1609746000.5 offset 5m",
    "topk(3, x) or vector(0) unless on(a) y",
    "quantile(0.9, x) and ignoring(b) y",
    "count_values(\"version\", build_info)",
    "1 + 2 * 3 > bool 4",
    "time() - 1e3 > bool -Inf",
    "label_replace(up, \"a\", \"$1\", \"b\", \"(.*):.*\")",
    "label_join(up, \"all\", \",\", \"a\", \"b\")",
    "job:errors:rate5m{x='y', z=`\\d+`}",
    "absent({__name__=~\"x.+\", job=\"a\"})",
    "round(x, 0.1) + round(y)",
    "hour() > 8 and hour(vector(time())) < 0x1F",
    "x * on(a, b) group_right y % 2 atan2 z",
    "predict_linear(free_bytes[6h], 4 * 3600) < 0 # a comment",
    "clamp_max(scalar(x) + sqrt(abs(y)), 5)",
    "(a + b) * (c - -d) / (e)",
    "sum(min(count(x) by (y)) by (z,))",
    "sort_desc(changes(process_start_time_seconds[1d]) > 2)",
    "quantile_over_time(0.5, x[10m:1m]) >= 1.5e-3",
    "sum{by=\"on\", and!=\"or\"} or count",
    "\"text\"",
    "group(x{a=\"\\\"quoted\\\\\"}) by (bool, on)",
];

const OTHERS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    "=",
    "==",
    "=~",
    "!~",
    "!=",
    "!",
    ">",
    "<=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "@",
    ":",
    ".",
    "\"",
    "'",
    "`",
    "\\",
    "$",
    "&",
    "|",
    "1",
    "0x",
    "1e",
    "5m",
    "0s",
    "1h5m",
    "5m1h",
    "5x",
    "inf",
    "NaN",
    "up",
    "a:b",
    "sum",
    "SUM",
    "rate",
    "Rate",
    "topk",
    "by",
    "without",
    "on",
    "ignoring",
    "group_left",
    "group_right",
    "bool",
    "offset",
    "and",
    "or",
    "unless",
    "atan2",
    "\"x\"",
    "\"*\"",
    "\"(\"",
    "'\\.'",
    "[5m]",
    "[1h:]",
    "{}",
    "{a=\"b\"}",
    "()",
    "time()",
    "start()",
    "# x\n",
];

/// Words as a person sees them: letters and digits, quoted texts, signs.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut quote = None;
    for c in text.chars() {
        let joins = match (quote, words.last().and_then(|word| word.chars().next_back())) {
            (Some(_), _) => true,
            (None, Some(last)) => {
                (c.is_alphanumeric() || "_:.".contains(c)) && (last.is_alphanumeric() || "_:.".contains(last))
            }
            (None, None) => false,
        };
        match words.last_mut().filter(|_| joins) {
            Some(word) => word.push(c),
            None => words.push(c.to_string()),
        }
        quote = match quote {
            None if "\"'`".contains(c) => Some(c),
            Some(open) if open == c => None,
            other => other,
        };
    }
    words
}

fn mutant(chance: &mut Chance) -> String {
    let mut words = words(chance.of(EXPRESSIONS).unwrap());
    for _ in 0..=chance.below(2) {
        let (at, other) = (chance.below(words.len()), chance.below(words.len()));
        let new = (*chance.of(OTHERS).unwrap()).to_owned();
        match chance.below(6) {
            0 if words.len() > 1 => drop(words.remove(at)),
            1 => words.insert(at, words[at].clone()),
            2 => words.swap(at, other),
            3 => words.insert(at, new),
            4 => words.truncate(at + 1),
            _ => words[at] = new,
        }
    }
    words.concat()
}

/// What promtool 2.53 refuses and a newer Prometheus takes, perhaps with a flag: numbers as durations and durations as
/// numbers (which it takes for a comma too many), durations that are computed, names of labels with colons, times as functions.
fn is_of_a_newer_generation(expression: &str, message: &str) -> bool {
    let newer = [
        "duration",
        "trailing commas not allowed",
        "unexpected number",
        "in subquery or range",
        "in grouping opts, expected label",
    ];
    let functions = ["start(", "end("].iter().any(|function| expression.to_lowercase().contains(function));
    newer.iter().any(|part| message.contains(part)) || functions && message.contains("unexpected \"(\"")
}

fn run(count: usize, seed: u64) {
    let whole: Vec<String> = EXPRESSIONS.iter().map(|&text| text.to_owned()).collect();
    let mut chance = Chance(seed);
    let mutants = (0..count).map(|_| mutant(&mut chance)).filter(|text| !text.contains('\0'));
    let all: Vec<String> = whole.iter().cloned().chain(mutants).collect();
    let verdicts = promtool_expressions(&all).unwrap();
    let (mut refused, mut newer, mut disagreements) = (0, 0, Vec::new());
    for (expression, verdict) in all.iter().zip(&verdicts) {
        let own = parse(expression).problem;
        refused += usize::from(verdict.is_some());
        match (verdict, own) {
            (None, Some(problem)) => {
                disagreements.push(format!("{expression}\n  taken by promtool, and not here: {problem:?}"))
            }
            (Some(message), None) if is_of_a_newer_generation(expression, message) => newer += 1,
            (Some(message), None) => disagreements.push(format!("{expression}\n  refused by promtool: {message}")),
            _ => {}
        }
    }
    println!("{} expressions, {refused} refused, {newer} of them as newer than promtool", all.len());
    assert!(
        verdicts.iter().take(whole.len()).all(Option::is_none),
        "{:?}",
        verdicts.iter().take(whole.len()).flatten().next()
    );
    assert!(
        disagreements.is_empty(),
        "seed {seed}: {} disagreements\n\n{}",
        disagreements.len(),
        disagreements.join("\n\n")
    );
}

#[test]
fn twenty_thousand_expressions_are_judged_alike() {
    run(20_000, crate::number("ESTIBA_MUTANTS_SEED", 1));
}
