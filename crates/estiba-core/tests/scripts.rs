//! What the generated scripts do, told from their text: the facts on which the order of the steps rests.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test says where it failed by panicking")]

mod support;

use estiba_core::source::Sources;
use estiba_core::steps::{Deleted, EffectKind, Library, Naming, ScriptEffects, Text, interpret};
use support::{described, generate};

const JUPITER: &str = include_str!("../../../examples/jupiter/estiba.yml");
const MODES: [&str; 2] = ["hybrid", "minimal"];

fn scripts(mode: &str) -> Vec<ScriptEffects> {
    let tree = generate(&described(JUPITER)).tree();
    let mut sources = Sources::default();
    let mut files = Vec::new();
    for (path, file) in tree.iter().filter(|(path, _)| path.as_str().ends_with(".sh")) {
        files.push((path.as_str(), sources.add(path.as_str(), file.text().unwrap())));
    }
    let library = Library::parse(files.iter().map(|(path, id)| (*path, *id, &*sources.get(*id).text)));
    for (path, _) in &files {
        assert!(library.get(path).unwrap().errors.is_empty(), "{path}");
    }
    let exists = |path: &str| tree.iter().any(|(file, _)| file.as_str() == path || file.is_below(path));
    interpret(&library, &exists, mode)
}

fn kinds<'s>(scripts: &'s [ScriptEffects], path: &str) -> Vec<&'s EffectKind> {
    let script = scripts.iter().find(|script| script.path == path).unwrap();
    script.effects.iter().map(|effect| &effect.kind).collect()
}

fn shown(texts: &[Text]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

// Unknown is no way out: of our own scripts everything that matters is told.
#[test]
fn nothing_is_unknown() {
    for mode in MODES {
        for script in scripts(mode) {
            assert!(script.unknown.is_empty(), "{}: {:?}", script.path, script.unknown);
        }
    }
}

// A path that the tree has not is one that a script asks for before it uses it.
#[test]
fn what_scripts_source_and_run_is_there() {
    for script in scripts("hybrid") {
        for reference in &script.references {
            assert!(reference.exists || !matches!(reference.how, Naming::Sourced | Naming::Run), "{reference:?}");
        }
    }
}

#[test]
fn load_images_loads_and_tags_every_image() {
    let scripts = scripts("hybrid");
    let kinds = kinds(&scripts, "scripts/load-images.sh");
    for image in
        ["jupiter-app-server:prod", "jupiter-web-client:prod", "nginx:1.30.6", "postgres:17", "prom/prometheus:v3.5.3"]
    {
        let kept = format!("{}:estiba-…", image.split(':').next().unwrap());
        let tagged = |from: &str, to: &str| {
            kinds.iter().any(|kind| matches!(kind, EffectKind::ImageTag { from: a, to: b } if a.to_string() == from && b.to_string() == to))
        };
        assert!(tagged("…", &kept), "{image} is kept under the release's own tag");
        assert!(tagged(&kept, image), "{image} becomes this release's");
    }
    assert!(kinds.iter().any(
        |kind| matches!(kind, EffectKind::ImageLoad { archive } if archive.prefix() == "/opt/jupiter/srv/bundles/")
    ));
}

#[test]
fn start_services_starts_exactly_the_services() {
    let compose = "/<tree>/common/docker-compose";
    for (mode, files) in [("minimal", vec!["prod"]), ("hybrid", vec!["prod", "monitoring"])] {
        let scripts = scripts(mode);
        let ups: Vec<_> = kinds(&scripts, "scripts/start-services.sh")
            .into_iter()
            .filter_map(|kind| match kind {
                EffectKind::ComposeUp { files, services } => Some((shown(files), shown(services))),
                _ => None,
            })
            .collect();
        let files: Vec<String> = files.iter().map(|name| format!("{compose}.{name}.yml")).collect();
        let services = ["jupiter-database", "jupiter-app-server", "jupiter-web-client"].map(str::to_owned).to_vec();
        assert_eq!(ups, [(files, services)], "{mode}");
    }
}

#[test]
fn configure_nginx_tests_then_links_then_reloads() {
    for mode in MODES {
        let scripts = scripts(mode);
        let kinds = kinds(&scripts, "scripts/configure-nginx.sh");
        let live = |kind: &EffectKind| matches!(kind, EffectKind::Link { path, .. } if path.known() == Some("/opt/jupiter/srv/live-nginx"));
        let last_test = kinds.iter().rposition(|kind| matches!(kind, EffectKind::NginxTest)).unwrap();
        let link = kinds.iter().position(|kind| live(kind)).unwrap();
        let reload = kinds.iter().position(|kind| matches!(kind, EffectKind::NginxReload)).unwrap();
        assert!(last_test < link && link < reload, "{mode}: {last_test} {link} {reload}");
    }
}

#[test]
fn reset_asks_for_a_typed_word_before_it_deletes() {
    for mode in MODES {
        let scripts = scripts(mode);
        let kinds = kinds(&scripts, "deployment/scripts/utils/reset-vps.sh");
        let typed = kinds.iter().position(|kind| matches!(kind, EffectKind::ConfirmTyped)).unwrap();
        let first = kinds.iter().position(|kind| matches!(kind, EffectKind::Delete(_))).unwrap();
        assert!(typed < first, "{mode}: {:?}", kinds[first]);
        assert!(kinds.iter().any(|kind| matches!(kind, EffectKind::Delete(Deleted::Docker("volume", _)))));
    }
}

#[test]
fn an_installation_runs_its_steps_in_their_order() {
    let scripts = scripts("minimal");
    let run: Vec<_> = kinds(&scripts, "deployment/scripts/minimal/install-minimal-first-time.sh")
        .into_iter()
        .filter_map(|kind| if let EffectKind::RunsScript { path } = kind { path.rsplit('/').next() } else { None })
        .collect();
    assert_eq!(
        run,
        [
            "setup-vps.sh",
            "setup-secrets.sh",
            "load-images.sh",
            "start-services.sh",
            "configure-nginx.sh",
            "setup-tls.sh"
        ]
    );
}
