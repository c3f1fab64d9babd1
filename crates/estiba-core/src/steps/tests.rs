use super::*;
use crate::source::Sources;

/// The effects of `run.sh` beside other files, as text: `~` where it may not happen, the command's file, the effect.
fn effects(script: &str, others: &[(&str, &str)]) -> Vec<String> {
    look(script, others, |found, sources| {
        let line = |effect: &Effect| {
            let mark = if effect.conditional { "~" } else { "" };
            format!("{mark}{} {:?}", sources.get(effect.span.file).name, effect.kind)
        };
        found.effects.iter().filter(|it| !matches!(it.kind, EffectKind::ReadsTreeFile { .. })).map(line).collect()
    })
}

fn look<T>(script: &str, others: &[(&str, &str)], tell: impl FnOnce(&ScriptEffects, &Sources) -> T) -> T {
    let mut sources = Sources::default();
    let script = format!("#!/usr/bin/env bash\n{script}\n");
    let files: Vec<(&str, FileId)> = [("run.sh", script.as_str())]
        .iter()
        .chain(others)
        .map(|(path, text)| (*path, sources.add(*path, *text)))
        .collect();
    let library = Library::parse(files.iter().map(|(path, id)| (*path, *id, &*sources.get(*id).text)));
    for (path, _) in &files {
        assert_eq!(library.get(path).map(|script| script.errors.as_slice()), Some(&[][..]));
    }
    let exists = |path: &str| files.iter().any(|(file, _)| *file == path);
    let found = interpret(&library, &exists, "hybrid");
    tell(&found[0], &sources)
}

// The idiom of every script: the tree by BASH_SOURCE, values by `source`, arrays unrolled.
#[test]
fn values_of_sourced_files_reach_commands() {
    let script = r#"
TREE="$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$TREE/settings.sh"
for image in "${IMAGES[@]}"; do docker image load --input "/srv/${image%%:*}.tar"; done
docker compose -p p -f "$TREE/a.yml" up -d --no-deps "${SERVICES[@]}""#;
    let settings = ("settings.sh", "IMAGES=(a:1 b:2)\nSERVICES=(\n  web\n  'db'\n)\n");
    assert_eq!(
        effects(script, &[settings]),
        [
            "run.sh ImageLoad { archive: \"/srv/a.tar\" }",
            "run.sh ImageLoad { archive: \"/srv/b.tar\" }",
            "run.sh ComposeUp { files: [\"/<tree>/a.yml\"], services: [\"web\", \"db\"] }",
        ]
    );
}

// A rule points at the command and at the calls that lead to it: with one of them nobody finds the cause.
#[test]
fn a_function_is_entered_with_its_arguments() {
    let script = "make() { local name=$1; shift; mkdir -p \"/data/$name/$#\"; }\nmake one x y";
    look(script, &[], |found, sources| {
        let effect = &found.effects[0];
        assert_eq!(effect.kind, EffectKind::MakeDirectory { path: Text::from("/data/one/2") });
        assert_eq!(effect.via.iter().map(|call| sources.slice(*call)).collect::<Vec<_>>(), ["make one x y"]);
    });
}

// A branch that the settings rule out is not there; of the others each may be taken.
#[test]
fn branches_are_taken_as_far_as_they_are_known() {
    let script = r#"
KIND=host
if [[ "$KIND" == container ]]; then docker network create a; else docker network create b; fi
[[ "$KIND" != host ]] || docker network create c
if [[ -f /x ]]; then name=d; docker network create d; else name=e; fi
docker network create "$name"
case $KIND in con*) docker network create f ;; h?st) docker network create g ;; esac"#;
    assert_eq!(
        effects(script, &[]),
        [
            "run.sh NetworkCreate { name: \"b\" }",
            "run.sh NetworkCreate { name: \"c\" }",
            "~run.sh NetworkCreate { name: \"d\" }",
            "run.sh NetworkCreate { name: \"…\" }",
            "run.sh NetworkCreate { name: \"g\" }",
        ]
    );
}

// In a second round a variable may have another value: what only happens then must not be missed.
#[test]
fn a_loop_of_unknown_length_is_seen_in_every_state() {
    let script = "first=yes\nwhile read -r name; do\nif [[ $first == yes ]]; then first=no; continue; fi\nrm -- \"/d/$name\"\ndone <list";
    assert_eq!(effects(script, &[]), ["~run.sh Delete(Path(\"/d/…\"))"]);
}

// "Already done" returns early: what stands behind it may not happen, and the value that was left counts.
#[test]
fn an_early_return_makes_the_rest_uncertain() {
    let script = "f() { R=a; if [[ -e /x ]]; then R=b; return 0; fi; touch /y; }\nf\ntouch \"/$R\"\ng() { exit 1; }\n[[ -e /z ]] || g\ntouch /w";
    assert_eq!(
        effects(script, &[]),
        ["~run.sh Write { path: \"/y\" }", "run.sh Write { path: \"/…\" }", "run.sh Write { path: \"/w\" }"]
    );
}

// A typed word guards a deletion only if it comes first: the order of effects is what a rule reads.
#[test]
fn questions_are_told_apart() {
    let script = "read -r answer </dev/tty\n[[ $answer == \"$HOSTNAME\" ]] || exit 1\nrm -rf /srv/x\nread -r -p 'sure? ' a\n[[ $a == y ]] || exit 1";
    assert_eq!(
        effects(script, &[]),
        ["run.sh Confirm", "run.sh ConfirmTyped", "run.sh Delete(Path(\"/srv/x\"))", "run.sh Confirm"]
    );
}

// The same command in a container, through a wrapper or by systemd is the same thing to nginx.
#[test]
fn nginx_is_known_in_every_place() {
    let script = "sudo nginx -t\ndocker exec \"$id\" nginx -s reload\ndocker compose -f a.yml run --rm --entrypoint nginx web -t -q\nsystemctl reload nginx\nsystemctl is-active nginx";
    let kinds: Vec<_> = effects(script, &[]).into_iter().filter(|line| line.contains("Nginx")).collect();
    assert_eq!(kinds, ["run.sh NginxTest", "run.sh NginxReload", "run.sh NginxTest", "run.sh NginxReload"]);
}

// What a rule must know and the text does not tell is said, never guessed.
#[test]
fn what_cannot_be_known_is_unknown() {
    let script = "source \"$1\"\neval \"$2\"\ndocker compose -f \"$3\" up\nrm -rf \"$4\"\n\"$5\" x";
    look(script, &[], |found, _| assert_eq!(found.unknown.len(), 5, "{:?}", found.unknown));
}

// Paths are held against the tree, also inside a sentence; a file that may be absent is asked for with `-f`.
#[test]
fn paths_of_the_tree_are_references() {
    let script = "T=$(cd \"$(dirname \"$0\")\" && pwd)\n# shellcheck source=lib.sh\nsource \"$X/lib.sh\"\n\"$T/gone.sh\" now\n[[ -f $T/maybe ]]\necho \"run sudo $T/also.sh x\" >/l\ngrep a \"$T/lib.sh\"";
    look(script, &[("lib.sh", ":\n")], |found, _| {
        let seen: Vec<_> = found.references.iter().map(|it| (it.path.as_str(), it.how, it.exists)).collect();
        assert!(seen.contains(&("lib.sh", Naming::Sourced, true)));
        assert!(seen.contains(&("gone.sh", Naming::Run, false)));
        assert!(seen.contains(&("maybe", Naming::Tested, false)));
        assert!(seen.contains(&("also.sh", Naming::Named, false)));
    });
}

// Text that unrolls or calls without end is stopped, and it is said.
#[test]
fn work_is_bounded() {
    let calls = "f() { f; }\nf";
    let grows = "a=x\nfor i in 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5; do a=$a$a; done";
    for (script, unknown) in [(calls, 1), (grows, 0)] {
        look(script, &[], |found, _| assert_eq!(found.unknown.len(), unknown, "{script}"));
    }
}

// Rules compare these names with those of Compose: what is said of the functions is what they do.
#[test]
fn images_are_named_as_their_functions_name_them() {
    let images = include_str!("../../templates/scripts/lib/images.sh.template");
    for reference in ["a", "a:1", "r:5000/b/a", "r:5000/a:1", "a@sha256:0", "r:5000/a:1@sha256:0"] {
        for call in ["image_name", "release_image"] {
            let named = |library: &str| {
                let script = format!(
                    "TREE=\"$(cd -P \"$(dirname \"${{BASH_SOURCE[0]}}\")\" && pwd)\"\nsource \"$TREE/{library}\"\n\
                     docker image tag x \"$({call} {reference} r1)\""
                );
                effects(&script, &[(library, images)])
            };
            let followed = named("own/images.sh");
            assert_eq!(named("scripts/lib/images.sh"), followed, "{call} {reference}");
            assert_eq!(followed.len(), 1, "{call} {reference}: {followed:?}");
        }
    }
}

/// What scripts do, once with everything kept that their functions did, and once with nothing kept.
fn both_ways(files: &[(&str, String)]) -> [Vec<ScriptEffects>; 2] {
    let mut sources = Sources::default();
    let ids: Vec<(&str, FileId)> =
        files.iter().map(|(path, text)| (*path, sources.add(*path, text.as_str()))).collect();
    let library = Library::parse(ids.iter().map(|(path, id)| (*path, *id, &*sources.get(*id).text)));
    let exists = |path: &str| ids.iter().any(|(file, _)| *file == path);
    [0, usize::MAX]
        .map(|worth| interpret_with(&library, &exists, "hybrid", value::Memory { worth, ..value::Memory::default() }))
}

/// A body of a function or of a script, from numbers: whatever can depend on what stands around it. It calls the
/// functions before `own`, so that nothing calls itself.
fn body(numbers: &[u8], own: usize) -> String {
    const LINES: [&str; 26] = [
        "A=1",
        "A=\"$A$B\"",
        "B=\"$1\"",
        "local A",
        "local B=\"$A\"",
        "local -A M=([a]=\"$A\")",
        "L+=(\"$A\")",
        "mkdir -p \"/data/$A/$B\"",
        "touch \"/x/${L[*]}/${M[a]}\"",
        "f0 \"$A\"",
        "f1 \"$1\"",
        "f2 x",
        "B=\"$(f1 y)\"",
        "echo \"$A\"",
        "printf '%s' \"$(date)\"",
        "if test -e /a; then A=2; fi",
        "if test -e /b; then return 1; fi",
        "if [[ \"$A\" == 1 ]]; then return; fi",
        "for i in 1 2; do touch \"/l/$i\"; f0 \"$i\"; done",
        "for i in \"${L[@]}\"; do rm \"/r/$i\"; [[ \"$i\" != 1 ]] || break; done",
        "while read -r line; do A=\"$line\"; f1 z; done",
        "(A=sub; f0 q)",
        "f0() { touch \"/other/$A\"; }",
        "htpasswd -c \"/users/$A\" u | f2 p",
        "echo \"$0\" >\"/log/$A\"",
        "rm -r \"$U\"",
    ];
    let calls = |line: &&&str| !(own..3).any(|at| line.contains(&format!("f{at} ")));
    let lines: Vec<&&str> = LINES.iter().filter(calls).collect();
    numbers.iter().map(|number| *lines[usize::from(*number) % lines.len()]).collect::<Vec<_>>().join("\n")
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 600, failure_persistence: None, ..Default::default() })]

    // Functions that read and write what their callers own, leave early, print, and run in subshells and loops.
    #[test]
    fn what_is_recalled_is_what_would_be_found_again(
        functions in proptest::collection::vec(proptest::collection::vec(0u8.., 1..7), 3),
        scripts in proptest::collection::vec(proptest::collection::vec(0u8.., 1..9), 2..4),
    ) {
        let library: Vec<String> =
            functions.iter().enumerate().map(|(at, lines)| format!("f{at}() {{\n{}\n}}\n", body(lines, at))).collect();
        let mut files = vec![("lib.sh", format!("A=0\nL=(1)\n{}", library.concat()))];
        for (lines, path) in scripts.iter().zip(["a.sh", "b.sh", "c.sh"]) {
            let head = "#!/usr/bin/env bash\nsource \"$(dirname \"${BASH_SOURCE[0]}\")/lib.sh\"";
            files.push((path, format!("{head}\nmain() {{\n{}\n}}\nmain \"$@\"\n{}\n", body(lines, 3), body(lines, 3))));
        }
        let [kept, followed] = both_ways(&files);
        proptest::prop_assert_eq!(kept, followed);
    }
}

/// Why not everything is known of a script of which so many commands are followed.
fn unknown_after(most: usize, script: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let script = format!("#!/usr/bin/env bash\n{script}\n");
    let library = Library::parse([("run.sh", sources.add("run.sh", script.as_str()), script.as_str())]);
    let memory = value::Memory { most, ..value::Memory::default() };
    let found = interpret_with(&library, &|_| false, "hybrid", memory);
    found.into_iter().flat_map(|script| script.unknown).map(|unknown| unknown.reason).collect()
}

#[test]
fn a_script_that_is_not_followed_to_its_end_says_so() {
    let script = "for i in a b c d; do echo \"$i\"; done\ndocker load -i x.tar";
    assert_eq!(unknown_after(4, script), [EXHAUSTED]);
    assert_eq!(unknown_after(1000, script), Vec::<String>::new());
}

#[test]
fn it_says_so_where_a_loop_forgets_what_it_found() {
    let script = "while read -r line; do for i in a b c d; do echo \"$i\"; done; done\ndocker load -i x.tar";
    assert_eq!(unknown_after(4, script), [EXHAUSTED]);
}
