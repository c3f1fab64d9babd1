//! What functions take and give (<https://prometheus.io/docs/prometheus/latest/querying/functions/>), those of any generation from
//! 2.0 on, and those that a flag must enable.

use super::expression::Type::{self, Range, Scalar, Text, Vector};

/// What a function takes and gives.
#[derive(Clone, Copy)]
pub(super) struct Function {
    pub(super) takes: &'static [Type],
    pub(super) more: More,
    pub(super) gives: Type,
}

/// Whether the last argument may be left out or repeated.
#[derive(Clone, Copy)]
pub(super) enum More {
    No,
    /// It may be left out.
    Optional,
    /// None of it or any number.
    Any,
}

pub(super) fn find(name: &str) -> Option<Function> {
    let simple = [
        (OF_VECTOR, &[Vector] as &[Type], More::No),
        (OF_RANGE, &[Range], More::No),
        (OF_TIME, &[Vector], More::Optional),
    ];
    for (names, takes, more) in simple {
        if names.contains(&name) {
            return Some(Function { takes, more, gives: Vector });
        }
    }
    OTHERS.iter().find(|it| it.0 == name).map(|&(_, takes, more, gives)| Function { takes, more, gives })
}

/// All names, for who misspelt one.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    [OF_VECTOR, OF_RANGE, OF_TIME].into_iter().flatten().copied().chain(OTHERS.iter().map(|it| it.0))
}

/// From an instant vector to another.
#[rustfmt::skip]
const OF_VECTOR: &[&str] = &[
    "abs", "absent", "acos", "acosh", "asin", "asinh", "atan", "atanh", "ceil", "cos", "cosh", "deg", "exp", "floor",
    "histogram_avg", "histogram_count", "histogram_stddev", "histogram_stdvar", "histogram_sum", "ln", "log10", "log2", "rad",
    "sgn", "sin", "sinh", "sort", "sort_desc", "sqrt", "tan", "tanh", "timestamp",
];

/// From a range of time to an instant vector.
#[rustfmt::skip]
const OF_RANGE: &[&str] = &[
    "absent_over_time", "avg_over_time", "changes", "count_over_time", "delta", "deriv", "first_over_time", "idelta", "increase",
    "irate", "last_over_time", "mad_over_time", "max_over_time", "min_over_time", "present_over_time", "rate", "resets",
    "stddev_over_time", "stdvar_over_time", "sum_over_time", "ts_of_first_over_time", "ts_of_last_over_time",
    "ts_of_max_over_time", "ts_of_min_over_time",
];

/// A part of a time: of each value's, or of now.
#[rustfmt::skip]
const OF_TIME: &[&str] =
    &["day_of_month", "day_of_week", "day_of_year", "days_in_month", "hour", "minute", "month", "year"];

const OTHERS: &[(&str, &[Type], More, Type)] = &[
    ("clamp", &[Vector, Scalar, Scalar], More::No, Vector),
    ("clamp_max", &[Vector, Scalar], More::No, Vector),
    ("clamp_min", &[Vector, Scalar], More::No, Vector),
    ("double_exponential_smoothing", &[Range, Scalar, Scalar], More::No, Vector),
    ("end", &[], More::No, Scalar),
    ("histogram_fraction", &[Scalar, Scalar, Vector], More::No, Vector),
    ("histogram_quantile", &[Scalar, Vector], More::No, Vector),
    ("histogram_quantiles", &[Vector, Text, Scalar, Scalar], More::Any, Vector),
    ("holt_winters", &[Range, Scalar, Scalar], More::No, Vector),
    ("info", &[Vector, Vector], More::Optional, Vector),
    ("integral", &[Range, Scalar], More::Optional, Vector),
    ("label_join", &[Vector, Text, Text, Text], More::Any, Vector),
    ("label_replace", &[Vector, Text, Text, Text, Text], More::No, Vector),
    ("pi", &[], More::No, Scalar),
    ("predict_linear", &[Range, Scalar], More::No, Vector),
    ("quantile_over_time", &[Scalar, Range], More::No, Vector),
    ("range", &[], More::No, Scalar),
    ("round", &[Vector, Scalar], More::Optional, Vector),
    ("scalar", &[Vector], More::No, Scalar),
    ("sort_by_label", &[Vector, Text], More::Any, Vector),
    ("sort_by_label_desc", &[Vector, Text], More::Any, Vector),
    ("start", &[], More::No, Scalar),
    ("step", &[], More::No, Scalar),
    ("time", &[], More::No, Scalar),
    ("vector", &[Scalar], More::No, Vector),
];
