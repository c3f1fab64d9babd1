#![allow(clippy::disallowed_types, reason = "a test of time reads the clock")]

use proptest::prelude::*;

use super::*;
use crate::source::Sources;

fn with<T>(text: &str, look: impl FnOnce(&Script<'_>, &Sources) -> T) -> T {
    let mut sources = Sources::default();
    let id = sources.add("script.sh", text);
    look(&parse(id, &sources.get(id).text), &sources)
}

fn simple<'s, 'a>(script: &'s Script<'a>, number: usize) -> &'s [Argument<'a>] {
    match &script.list[number].first.commands[0].kind {
        CommandKind::Simple { words, .. } => words,
        other => panic!("{other:?}"),
    }
}

// Spans are bytes: a parser that counts characters would point beside the word.
#[test]
fn a_span_is_the_word_after_text_that_is_not_ascii() {
    with("# ñandú: текст\necho 'día' uno", |script, sources| {
        let words: Vec<_> = simple(script, 0).iter().map(|word| sources.slice(word.span())).collect();
        assert_eq!(words, ["echo", "'día'", "uno"]);
        assert_eq!(sources.slice(script.comments[0]), "# ñandú: текст");
    });
}

// A suppression is a comment: what only looks like one must not switch a rule off.
#[test]
fn a_hash_in_quotes_words_and_here_documents_is_no_comment() {
    let text = "echo \"# a\" '# b' c#d ${#e} $(f # real one\n) # real two\ncat <<END\n# text\nEND\n";
    let comments: Vec<_> =
        with(text, |script, sources| script.comments.iter().map(|span| sources.slice(*span).to_owned()).collect());
    assert_eq!(comments, ["# real one", "# real two"]);
}

// Two here-documents on one line are read in the order of their redirects.
#[test]
fn here_documents_belong_to_their_redirects() {
    with("cat <<ONE <<'TWO' && echo after\n$a\nONE\n$b\nTWO\necho last\n", |script, sources| {
        let bodies: Vec<_> = script.documents.iter().map(|document| sources.slice(document.span)).collect();
        assert_eq!(bodies, ["$a\n", "$b\n"]);
        assert!(matches!(script.documents[0].parts[0], Part::Parameter(_)));
        assert!(matches!(script.documents[1].parts[0], Part::Quoted(_)));
        assert_eq!(script.list.len(), 2);
    });
}

// Each of these was read wrongly by one parser or another that was tried.
#[test]
fn what_bash_reads_is_read() {
    for text in [
        "a=(x 'y z' [3]=w)\ndeclare -A m=([a]=1 [b c]=2)",
        "case $1 in a | b) c ;; *'$'*) d ;& (e) ;; esac",
        "[[ $a =~ ^(x|y)[[:space:]]$ && -f \"b\" || ! ( -z $c ) ]]",
        "[[ $a == @(x|y)* ]]",
        "f() { echo; }; function g { (( x++ )); }; h() ( : )",
        "while IFS= read -r x || [[ -n $x ]]; do :; done < <(sort <<<\"$y\")",
        "for ((i = 0; i < 3; i++)); do :; done; for x; do :; done; for y in {1..5}; do :; done",
        "x=${a:-${b#*\"}\"}} y=${c//[!a-z]/-} z=${!d} n=${#e[@]} s=${f:1:2}",
        "exec {fd}>>file 2>&1; cmd &>/dev/null; (cd x && y) >z",
        "echo `date` \"`id -u`\" $((1 + (2 * 3))) $(( $(x) ))",
        "( (a) ); { b; } | c |& d; ! e; time f",
        "if a; then b; elif c; then d; else e; fi & wait",
        "echo a\\\n  b; echo \\$x $'it\\'s'",
        "cat <<-X | tr a b\n\t$(date)\n\tX\necho",
        "printf %s done fi then",
        "x='' y= z+=1 m[k]=v cmd",
    ] {
        with(text, |script, _| assert!(script.errors.is_empty() && !script.list.is_empty(), "{text}: {script:?}"));
    }
}

// An error is a value with a place; what stood before it stays.
#[test]
fn errors_have_places() {
    for (text, message) in [
        ("a\nif b; then c", "`fi` expected, found the end of the file"),
        ("a\necho \"b", "`\"` expected, found the end of the file"),
        ("a\n)", "a command expected, found `)`"),
        ("a\ncat <<X\nb\n", "the here-document has no end: a line `X` is missing"),
        ("a\ndone", "a command expected, found `d`"),
    ] {
        with(text, |script, _| {
            assert_eq!(script.errors.first().map(|error| error.message.as_str()), Some(message), "{text}");
            assert!(!script.list.is_empty(), "{text}");
        });
    }
}

// Nesting is refused before the stack ends, however it is written.
#[test]
fn nesting_is_bounded() {
    for open in ["(", "$(", "${a:-", "\"$(", "{ ", "if ", "((", "$((", "<(", "[[ ( ", "[[ ! ", "a() ", "case x in y) "]
    {
        let text = open.repeat(20_000);
        with(&text, |script, _| assert!(!script.errors.is_empty(), "{open}"));
    }
}

// A long line of what an attacker would write is read in a moment: nothing looks ahead without a bound.
#[test]
fn time_is_linear() {
    for piece in
        ["[", "a[", "$((a) ", "{a", "<<a ", "$(a) ", "\"a\" ", "a=(b) ", "#\n", "a&&", "@(", "=~ ", "'a'", "\\"]
    {
        let text = piece.repeat(300_000 / piece.len());
        let start = std::time::Instant::now();
        with(&text, |_, _| ());
        assert!(start.elapsed().as_secs() < 5, "{piece}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "([a-z \\n\"'`$(){}\\[\\];&|<>#=*!\\\\ñ]|\\$\\{|\\$\\(|<<E|\\nE\\n|if |then |fi|case |in |esac|\\[\\[ | \\]\\])*") {
        with(&text, |script, _| {
            for span in &script.comments {
                assert!(text.get(span.range()).is_some_and(|comment| comment.starts_with('#')));
            }
        });
    }
}
