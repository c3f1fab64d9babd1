//! A project's own templates: they override and add, their errors are shown where they are, and nothing that they (or
//! the built-in ones) render names a template.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says where it failed by panicking")]
#![allow(clippy::disallowed_methods, reason = "the test reads the built-in locales")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use estiba_core::render::{self, Templates};
use estiba_core::source::{Diagnostic, Level, MemoryFiles, Sources};
use estiba_core::tree::{MANIFEST, Tree};
use support::{Run, generate, injection, place, tests_folder};

/// A project with monitoring and these files of its own.
fn with(own: &[(&str, &str)]) -> MemoryFiles {
    let mut files = injection::files(&injection::description(&BTreeMap::new()));
    files.0.extend(own.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
    files
}

fn text<'a>(tree: &'a Tree, path: &str) -> &'a str {
    tree.get(path).unwrap_or_else(|| panic!("no {path}")).text().unwrap()
}

/// The one problem of a project, with the text that its place covers.
#[track_caller]
fn problem(own: &[(&str, &str)]) -> (Diagnostic, String, String) {
    let Run { sources, result } = generate(&with(own));
    let mut problems = result.expect_err("the template was accepted");
    assert_eq!(problems.len(), 1, "{}", support::shown(&sources, &problems));
    let problem = problems.remove(0);
    let slice = problem.primary.as_ref().map_or(String::new(), |label| sources.slice(label.span).to_owned());
    let file = place(&sources, &problem).map_or(String::new(), |(file, line)| format!("{file}:{line}"));
    (problem, slice, file)
}

#[test]
fn an_own_template_stands_before_the_built_in_one() {
    let tree = generate(&with(&[("templates/nginx/snippets/acme.conf.template", "# of <%= project %>\n")])).tree();
    assert_eq!(text(&tree, "nginx/snippets/acme.conf"), "# of zprj\n");
    assert!(tree.get("nginx/snippets/acme.conf").unwrap().origin.as_ref().unwrap().own);
    assert!(!tree.get("nginx/nginx.conf").unwrap().origin.as_ref().unwrap().own);
}

#[test]
fn an_own_template_adds_a_file_to_tree_and_manifest() {
    let path = "deployment/scripts/utils/greet.sh";
    let script = "#!/usr/bin/env bash\n# estiba-template: mode=0750\nGREETING=<%= t.guide.title %>\n";
    let tree = generate(&with(&[("templates/deployment/scripts/utils/greet.sh.template", script)])).tree();
    assert_eq!(tree.get(path).unwrap().mode, 0o750);
    assert!(text(&tree, path).starts_with("#!/usr/bin/env bash\nGREETING='"), "{}", text(&tree, path));
    assert!(text(&tree, "MANIFEST.sha256").contains(&format!("  {path}\n")));
}

#[test]
fn an_own_template_is_rendered_once_for_each_site() {
    let own =
        [("templates/robots/[site].conf.template", "# estiba-template: each=site\nserver_name <%= site.host %>;\n")];
    let tree = generate(&with(&own)).tree();
    assert_eq!(text(&tree, "robots/zweb.example.conf"), "server_name zweb.example;\n");
    assert_eq!(text(&tree, "robots/static.example.conf"), "server_name static.example;\n");
}

#[test]
fn a_part_is_included_and_renders_nothing_itself() {
    let own = [
        ("templates/extra/_name.conf.template", "server_name <%= server.host %>;\n"),
        ("templates/extra/a.conf.template", "<% include \"extra/_name.conf.template\" %>\n"),
    ];
    let tree = generate(&with(&own)).tree();
    assert_eq!(text(&tree, "extra/a.conf"), "server_name zsrv.example;\n");
    assert!(tree.get("extra/_name.conf").is_none());
}

#[test]
fn an_unknown_name_is_shown_where_it_stands_with_the_nearest() {
    for (expression, missing, near) in [
        ("projct", "projct", "did you mean `project`?"),
        ("server.hots", "hots", "did you mean `host`?"),
        ("monitoring.hosts.grafanna", "grafanna", "did you mean `grafana`?"),
        ("t.guide.titel", "titel", "did you mean `title`?"),
    ] {
        let template = format!("# a comment\nserver_name <%= {expression} %>;\n");
        let (problem, slice, file) = problem(&[("templates/extra/a.conf.template", &template)]);
        assert_eq!(file, "templates/extra/a.conf.template:2", "{expression}");
        assert!(slice.contains(expression), "{expression}: {slice}");
        assert!(problem.message.contains(expression), "{}", problem.message);
        assert!(problem.primary.unwrap().text.contains(missing));
        assert_eq!(problem.help.as_deref(), Some(near), "{expression}");
    }
}

#[test]
fn an_unknown_name_without_a_near_one_lists_what_is_known() {
    let (problem, _, _) = problem(&[("templates/extra/a.conf.template", "<%= quetzalcoatl %>\n")]);
    assert!(problem.help.unwrap().contains("`project`"));
}

#[test]
fn an_error_in_a_part_is_shown_in_the_part() {
    let own = [
        ("templates/extra/_name.conf.template", "\nserver_name <%= server.hots %>;\n"),
        ("templates/extra/a.conf.template", "<% include \"extra/_name.conf.template\" %>\n"),
    ];
    assert_eq!(problem(&own).2, "templates/extra/_name.conf.template:2");
}

#[test]
fn an_error_of_syntax_is_shown_where_it_stands() {
    for template in ["ok;\n<% if project %>\n", "ok;\n<%= project | nosuchfilter %>\n", "ok;\n<% nosuchblock %>\n"] {
        let (problem, _, file) = problem(&[("templates/extra/a.conf.template", template)]);
        assert!(file.starts_with("templates/extra/a.conf.template:"), "{template}: {file}");
        assert!(problem.message.contains("cannot be rendered"), "{}", problem.message);
    }
}

#[test]
fn an_unknown_word_of_a_header_is_shown() {
    let (problem, slice, file) = problem(&[("templates/extra/a.conf.template", "# estiba-template: each=planet\n")]);
    assert_eq!((slice.as_str(), file.as_str()), ("each=planet", "templates/extra/a.conf.template:1"));
    assert!(problem.message.contains("header"));
}

#[test]
fn what_is_no_template_is_refused_with_the_way_out() {
    let (problem, _, _) = problem(&[("templates/notes.txt", "hello")]);
    assert!(problem.message.contains("templates/notes.txt"), "{}", problem.message);
    assert!(problem.help.unwrap().contains("files/"));
}

#[test]
fn two_files_of_one_path_are_refused() {
    let own = [("templates/files/bound.conf.template", "again\n")];
    assert!(problem(&own).0.message.contains("files/bound.conf"));
}

/// Format, text before and after, and how the place is called.
const ENCLOSING: &[(&str, &str, &str, &str)] = &[
    ("a.sh", "A='", "'\n", "inside a single quote"),
    ("a.sh", "A=\"x ", "\"\n", "inside a double quote"),
    ("a.sh", "# about ", "\n", "inside a comment"),
    ("a.sh", "cat <<EOF\nx ", "\nEOF\n", "inside a here-document"),
    ("a.sh", "cat <<-'END'\n", "\nEND\n", "inside a here-document"),
    ("a.yml", "a: '", "'\n", "inside a single quote"),
    ("a.yml", "a: \"", "\"\n", "inside a double quote"),
    ("a.yml", "a: 1 # ", "\n", "inside a comment"),
    ("a.yml", "a: |\n  x ", "\n", "inside a block scalar"),
    ("a.yml", "a: >-\n  x ", "\n", "inside a block scalar"),
    ("docker-compose.a.yml", "a: \"", "\"\n", "inside a double quote"),
    ("a.conf", "a '", "';\n", "inside a single quote"),
    ("a.conf", "a \"", "\";\n", "inside a double quote"),
    ("a.conf", "# ", "\n", "inside a comment"),
    ("a.json", "{\"a\": \"", "\"}\n", "inside a double quote"),
];

#[test]
fn free_text_inside_a_quote_comment_or_document_is_refused_when_loaded() {
    for (file, before, after, place) in ENCLOSING {
        let path = format!("templates/extra/{file}.template");
        // Never rendered: a condition that does not hold stands around it.
        let template = format!("<% if false %>\n{before}<%= t.guide.title %>{after}<% endif %>\n");
        let run = generate(&with(&[(&path, &template)]));
        assert!(run.result.is_err(), "accepted: {file}: {before:?}");
        let (problem, slice, _) = problem(&[(&path, &template)]);
        assert!(problem.message.contains(place), "{file}: {before:?}: {}", problem.message);
        assert_eq!(slice.trim(), "t.guide.title");
        assert!(problem.help.is_some());
    }
}

#[test]
fn free_text_that_templates_put_inside_a_quote_is_refused_when_rendered() {
    let shell = "templates/extra/a.sh.template";
    let part = "templates/extra/_p.sh.template";
    let prose = "templates/extra/_p.md.template";
    let free = "\n<%= t.operations.deploy_check_absent %>";
    let nested = "\necho \"$(echo \"<%= t.operations.deploy_check_absent %>\")\"\n";
    let branches = "\n<% if false %>echo \"<% else %>echo \"a<% endif %><%= t.guide.title %>\"\n";
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[(shell, "\n<% set x = \"$(id)\" %>echo \"<%= x %>\"\n")], shell),
        (&[(shell, nested)], shell),
        (&[(shell, branches)], shell),
        (&[(shell, "echo \"<% include 'extra/_p.sh.template' %>\"\n"), (part, free)], part),
        (&[(shell, "echo <% include 'extra/_p.md.template' %>\n"), (prose, free)], prose),
    ];
    for (own, culprit) in cases {
        let (problem, _, file) = problem(own);
        assert_eq!(file, format!("{culprit}:2"), "{own:?}: {}", problem.message);
        assert!(problem.message.contains("free text"), "{own:?}: {}", problem.message);
        assert!(problem.help.is_some());
    }
}

#[test]
fn free_text_alone_is_accepted_and_leaves_no_mark() {
    let own = [
        (
            "templates/extra/a.sh.template",
            "A=\"$(date)\"\n<% set x = \"$(id)\" %>\nB=<% include 'extra/_p.sh.template' %> C=<%= x %>\n",
        ),
        ("templates/extra/_p.sh.template", "<%= x %>"),
    ];
    let tree = generate(&with(&own)).tree();
    assert_eq!(text(&tree, "extra/a.sh"), "A=\"$(date)\"\nB='$(id)' C='$(id)'\n");
}

#[test]
fn a_line_of_a_megabyte_renders_in_under_a_second() {
    for (file, filler) in [("a.sh", "a << b "), ("a.sh", "aaaaaaa"), ("a.yml", "       ")] {
        let path = format!("templates/extra/{file}.template");
        let template = format!("{}<%= project %>\n", filler.repeat(149_000));
        let files = with(&[(&path, &template)]);
        let start = support::processor_time();
        let run = generate(&files);
        let took = support::processor_time() - start;
        assert!(took.as_secs_f64() < 1.0, "{file}: {filler:?}: {took:?}");
        assert!(text(&run.tree(), &format!("extra/{file}")).len() > 1_000_000);
    }
}

#[test]
fn a_word_may_stand_there() {
    for (file, before, after, _) in ENCLOSING {
        let path = format!("templates/extra/{file}.template");
        let tree = generate(&with(&[(&path, &format!("{before}<%= project %>{after}"))])).tree();
        assert_eq!(text(&tree, &format!("extra/{file}")), format!("{before}zprj{after}"));
    }
}

#[test]
fn an_ejected_template_renders_the_same_until_its_original_moves() {
    let name = "nginx/snippets/acme.conf";
    let (ejected, path) = render::eject(name).unwrap();
    let own = format!("templates/{path}");
    let tree = generate(&with(&[(&own, &ejected)])).tree();
    assert_eq!(text(&tree, name), text(&generate(&with(&[])).tree(), name));

    let moved = |text: &str| {
        let templates = Templates::with_own(&mut Sources::default(), &with(&[(&own, text)])).unwrap();
        render::moved(&templates)
    };
    assert!(moved(&ejected).is_empty(), "the original has not moved");
    let hash = render::built_in_fingerprint(&path).unwrap();
    assert!(ejected.contains(&format!("from={hash}")), "{ejected}");

    let warnings = moved(&ejected.replace(&hash, "0123456789abcdef"));
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].level, Level::Warning);
    assert!(warnings[0].message.contains(name), "{}", warnings[0].message);
    assert!(warnings[0].help.is_some());
}

#[test]
fn every_built_in_template_can_be_ejected_and_renders_the_same() {
    let templates = Templates::with_own(&mut Sources::default(), &MemoryFiles::default()).unwrap();
    let own: Vec<(String, String)> = templates
        .iter()
        .map(|template| render::eject(&template.name).expect("a built-in template"))
        .map(|(text, name)| (format!("templates/{name}"), text))
        .collect();
    let own: Vec<(&str, &str)> = own.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let (before, after) = (generate(&with(&[])).tree(), generate(&with(&own)).tree());
    for (path, file) in before.iter().filter(|(path, _)| path.as_str() != MANIFEST) {
        assert_eq!(text(&after, path.as_str()), file.text().unwrap(), "{path}");
        assert_eq!(after.get(path.as_str()).unwrap().mode, file.mode, "{path}");
    }
}

#[test]
fn what_is_no_built_in_template_cannot_be_ejected() {
    assert!(render::eject("nginx/nothing.conf").is_none());
    assert!(render::eject("../Cargo.toml").is_none());
}

#[test]
fn an_own_locale_that_misses_a_text_is_refused() {
    let own = "[guide]\ntitle = \"x\"\n[monitoring]\n[scripts]\n[operations]\n";
    let run = generate(&with(&[("templates/locales/en.toml", own)]));
    assert!(!run.problems().1.is_empty());
}

#[test]
fn an_own_locale_that_is_no_toml_is_shown_where_it_breaks() {
    let (_, _, file) = problem(&[("templates/locales/en.toml", "[guide]\ntitle = \n")]);
    assert!(file.starts_with("templates/locales/en.toml:"), "{file}");
}

#[test]
fn no_output_names_a_template() {
    for (language, proxy) in [("en", "container"), ("es", "host")] {
        let set = BTreeMap::from([
            ("language", (language, injection::Writing::Plain)),
            ("proxy.runs", (proxy, injection::Writing::Plain)),
        ]);
        let tree = generate(&injection::files(&injection::description(&set))).tree();
        for (path, file) in tree.iter() {
            assert!(!path.as_str().contains(".template"), "{path}");
            let line = file.text().unwrap().lines().find(|line| line.contains(".template"));
            assert_eq!(line, None, "{path}");
            let left = ["<%", "%>", "estiba-template:"].into_iter().find(|mark| file.text().unwrap().contains(mark));
            assert_eq!(left, None, "{path}");
        }
    }
}

/// Functions of the scripts whose first argument is a key of the locale; of `confirm_typed` it is the second.
const SPEAKERS: &[&str] =
    &["text", "say", "warn", "die", "report_failure", "usage_error", "confirm", "attention", "confirm_typed"];

/// Words of a script's code, comments left out.
fn code_words(script: &str) -> Vec<Vec<&str>> {
    let joined = script.lines().filter(|line| !line.trim_start().starts_with('#'));
    joined
        .map(|line| {
            line.split(|c: char| c.is_whitespace() || "=;()\"{}|&".contains(c)).filter(|it| !it.is_empty()).collect()
        })
        .collect()
}

fn is_key(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn locale_keys(table: &str) -> BTreeSet<String> {
    let path = tests_folder().join("../templates/locales/en.toml");
    let locale: toml::Table = fs::read_to_string(path).unwrap().parse().unwrap();
    locale[table].as_table().unwrap().keys().cloned().collect()
}

#[test]
fn scripts_say_only_what_the_locales_know_and_all_of_it() {
    let known: BTreeSet<String> = locale_keys("scripts").union(&locale_keys("operations")).cloned().collect();
    let templates = Templates::with_own(&mut Sources::default(), &MemoryFiles::default()).unwrap();
    let scripts =
        templates.iter().filter(|it| it.name.ends_with(".sh.template") && !it.name.ends_with("/messages.sh.template"));
    let mut unknown = Vec::new();
    let mut words: BTreeSet<&str> = BTreeSet::new();
    for script in scripts {
        for line in code_words(&script.text) {
            words.extend(&line);
            for (at, word) in line.iter().enumerate().filter(|(_, word)| SPEAKERS.contains(word)) {
                let key = line.get(if *word == "confirm_typed" { at + 2 } else { at + 1 });
                unknown.extend(
                    key.filter(|key| is_key(key) && !known.contains(**key))
                        .map(|key| format!("{}: {word} {key}", script.name)),
                );
            }
        }
    }
    assert!(unknown.is_empty(), "no locale has: {unknown:#?}");
    let unused: Vec<&String> = known.iter().filter(|key| !words.contains(key.as_str())).collect();
    assert!(unused.is_empty(), "no script says: {unused:?}");
}

#[test]
fn templates_print_every_text_of_guide_and_monitoring() {
    let templates = Templates::with_own(&mut Sources::default(), &MemoryFiles::default()).unwrap();
    for table in ["guide", "monitoring"] {
        let mark = format!("t.{table}.");
        let printed: BTreeSet<String> = templates
            .iter()
            .flat_map(|template| template.text.split(mark.as_str()).skip(1))
            .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
            .collect();
        assert_eq!(printed, locale_keys(table), "{table}");
    }
}
