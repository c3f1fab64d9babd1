//! What Prometheus takes and what it refuses; `judges_promql` asks promtool itself.

use super::{Operator, parse};

#[track_caller]
fn refused(text: &str, part: &str, message: &str) {
    let problem = parse(text).problem.unwrap_or_else(|| panic!("{text} is taken"));
    assert_eq!((&text[problem.at.clone()], problem.message.as_str()), (part, message), "{text}");
}

#[track_caller]
fn taken(text: &str) {
    assert_eq!(parse(text).problem, None, "{text}");
}

#[test]
fn what_people_write_is_taken() {
    for text in [
        "up == 0",
        "sum by (job, instance) (rate(x_total{code=~\"5..\",method!=\"GET\"}[5m])) / ignoring(code) group_left sum(y) > bool 0.5",
        "histogram_quantile(0.9, sum(rate(b[5m])) by (le))",
        "max_over_time(deriv(rate(x[1m])[5m:10s])[1h:])",
        "-1 ^ 2 * -x offset -5m",
        "x[5m] @ end() offset 1w",
        "x @ 1609746000 offset 5m",
        "topk(3, x) or vector(0) unless on() y",
        "sum",
        "sum{a=\"b\",}",
        "count_values(\"version\", build)",
        "1 + 2 * 3 > bool 4",
        "time() - 1e3 > bool -Inf",
        "label_replace(up, \"a\", \"$1\", \"b\", \"(.*):.*\")",
        "a:b:c{x='y', z=`\\d+`}",
        "# a comment\nup # another\n",
        "absent({__name__=~\"x.+\"})",
        "rate(x[ 5m # ]\n])",
        "round(x, 0.1) + round(x)",
        "hour() > 8 and hour(vector(time())) < 0x1F",
        "{\"http.requests\", a=\"b\"}",
        "rate(x[300]) + on(a) group_right(b) y",
    ] {
        taken(text);
    }
}

#[test]
fn a_flag_or_a_generation_decides_nothing_here() {
    for text in [
        "rate(x[5m * 2])",
        "rate(x[5m] smoothed)",
        "a + on(b) fill(0) c",
        "rate(x[step()])",
        "x offset step()",
        "info(x, {})",
        "x{a=~`\\12`}",
        "5m + 1",
        "x offset (5m)",
    ] {
        taken(text);
    }
}

#[test]
fn mistakes_of_grammar_are_shown_where_they_stand() {
    refused("", "", "there is no expression");
    refused("sum(up", "(", "this `(` is not closed");
    refused("sum(up))", ")", "this `)` closes nothing");
    refused("up{job=\"a\"", "{", "this `{` is not closed");
    refused("up{job=\"a}", "\"a}", "a quote is not closed");
    refused("rate(x[5m)", "[", "this `[` is not closed");
    refused("rate(x[5 m])", "5 m", "`5 m` is no duration");
    refused("rate(x[5m30h])", "5m30h", "`5m30h` is no duration");
    refused("rate(x[0s])", "0s", "a range of no time");
    refused("up = 0", "=", "`=` compares labels, inside `{…}`");
    refused("up == ", "", "the end is not expected here");
    refused("a b", "b", "`b` is not expected here");
    refused("up{job==\"a\"}", "==", "labels are compared by one `=`");
    refused("up{job=a}", "a", "`a` is not expected here");
    refused("summ(up)", "summ", "there is no function `summ`");
    refused("rate(x[5m],)", ",", "no argument comes after this comma");
    refused("up{a=\"\\.\"}", "\\.", "`\\.` is no escape");
    refused("sum(x) offset 5m", "offset 5m", "`offset` follows what has no time of its own");
    refused("x offset 5m offset 5m", "offset 5m", "`offset` stands twice");
    refused("x offset 5m [5m]", "[5m]", "`offset` and `@` come after the range");
    refused("sum(x)[5m]", "[5m]", "only a metric has a range");
    refused("1.2.3", ".", "`.` is not expected here");
    refused("1e999", "1e999", "`1e999` is too large a number");
    refused("rate(x[5m # ]\n30h])", "5m # ]\n30h", "`5m 30h` is no duration");
    refused("5x", "5x", "`5x` is neither a number nor a duration");
    refused("up{$a=\"b\"}", "$", "`$` is not expected here");
    refused("sum(a, b)", "sum(a, b)", "sum takes one argument, not 2");
}

#[test]
fn mistakes_of_types_are_shown_where_they_stand() {
    refused("rate(x)", "x", "rate takes a range of time here, and this is an instant vector");
    refused("sum(x[5m])", "x[5m]", "sum takes an instant vector here, and this is a range of time");
    refused("x[5m] > 1", "x[5m]", "`>` works on numbers and instant vectors, and this is a range of time");
    refused("1 > 2", ">", "two numbers are compared");
    refused("x + bool y", "+", "`bool` is for comparisons");
    refused("1 and x", "1 and x", "`and` is for two instant vectors");
    refused("x and on(a) group_left y", "group_left", "`and` has no groups");
    refused("x * on(a) group_left(a) y", "group_left(a)", "`a` is matched and brought over at once");
    refused("1 + on(a) x", "1 + on(a) x", "labels are matched between two instant vectors only");
    refused("{}", "{}", "this would select every series");
    refused("{a=~\".*\"}", "{a=~\".*\"}", "this would select every series");
    refused("x{__name__=\"y\"}", "x{__name__=\"y\"}", "the metric is named twice");
    refused("clamp(x, 1)", "clamp(x, 1)", "clamp takes 3 arguments, not 2");
    refused("round(x, 1, 2)", "round(x, 1, 2)", "round takes 1 to 2 arguments, not 3");
    refused("-\"a\"", "\"a\"", "a sign stands before a text");
    refused("topk(x, y)", "x", "topk takes a number here, and this is an instant vector");
}

#[test]
fn grammar_comes_before_types() {
    refused("x / filled + rate(y)", "y", "rate takes a range of time here, and this is an instant vector");
    refused("rate(x) +", "", "the end is not expected here");
}

#[test]
fn patterns_are_those_of_re2() {
    for pattern in ["a*", "(a|b)+?", "[]a]", "[[:alpha:]]", "(?i)x", "(?P<a>b)", "a{2,3}", "\\\\.", "^$", "[^]]"] {
        taken(&format!("x{{a=~\"{pattern}\"}}"));
    }
    for pattern in ["*a", "a**", "(a", "a)", "[a", "(?!a)", "(?<=a)b", "(a)\\\\1", "a+*", "a|*b"] {
        assert!(parse(&format!("x{{a=~\"{pattern}\"}}")).problem.is_some(), "{pattern}");
    }
}

#[test]
fn matchers_are_told() {
    let query = parse("a{b=\"c\"} / rate(d{e!~'f\\'g'}[1m])");
    let told = query.matchers.iter().map(|it| (it.label.as_ref(), it.operator, it.value.as_ref()));
    assert_eq!(told.collect::<Vec<_>>(), [("b", Operator::Is, "c"), ("e", Operator::DoesNotMatch, "f'g")]);
}

#[test]
fn what_nobody_writes_ends_without_a_word() {
    for text in ["(".repeat(100_000), "-".repeat(100_000), "sum(".repeat(100_000)] {
        assert_eq!(parse(&text).problem, None);
    }
}
