use std::collections::HashSet;

use super::super::images::short_name;
use super::super::rule::Draft;
use super::super::{Rule, Sink, World};
use crate::facts::nginx::{Config, Inside, Placed};
use crate::source::{Level, Span, nearest};
use crate::syntax::nginx::{Context, Form, Generation, lookup, names, variables};

#[doc = include_str!("wrong_context.md")]
pub(crate) static RULE: Rule = Rule {
    id: "wrong-context",
    level: Level::Error,
    summary: "a directive of nginx stands where nginx does not take it, or in a form that it does not take",
    page: include_str!("wrong_context.md"),
    check,
};

fn check(world: &World<'_>, sink: &mut Sink<'_>) {
    for config in &world.facts.nginx {
        let own_modules_only = has_own_modules_only(world, config);
        for directive in &config.directives {
            let Some(context) = config.blocks.get(directive.block).and_then(|block| block.context) else { continue };
            if directive.name.text == "include" && directive.opens.is_none() {
                if directive.args.len() != 1 {
                    report(world, sink, config, directive, context, &Verdict::Arguments);
                }
                continue;
            }
            // What any generation that it may be takes is taken.
            let verdicts: Vec<_> =
                config.generations.iter().map(|generation| verdict(*generation, directive, context)).collect();
            if verdicts.iter().any(|verdict| matches!(verdict, Verdict::Fine)) {
                continue;
            }
            if verdicts.iter().any(|verdict| matches!(verdict, Verdict::Foreign)) {
                let name = &directive.name.text;
                // A text in quotes that stands where a name belongs is no mark of a template: a `;` came too early.
                if (!is_mark(name) || directive.name.quoted) && (own_modules_only || !is_name(name)) {
                    report(world, sink, config, directive, context, &Verdict::Foreign);
                }
                continue;
            }
            if let Some(verdict) = verdicts.into_iter().next() {
                report(world, sink, config, directive, context, &verdict);
            }
        }
    }
}

/// Whether no other module can be there: the official image loads none by itself.
fn has_own_modules_only(world: &World<'_>, config: &Config) -> bool {
    let service = config.service(&world.facts.compose);
    let official = service.is_some_and(|service| service.build.is_none() && short_name(service) == "nginx");
    // Modules are loaded outside of every block.
    let outside =
        config.named("include").filter(|include| include.block == 0).filter_map(|include| include.args.first());
    let absent = config.includes.iter().filter(|include| !matches!(include.led_to, Inside::TreeFile(_)));
    let absent: HashSet<Span> = absent.map(|include| include.span).collect();
    let untold = outside.into_iter().any(|word| absent.contains(&word.span));
    official && !untold && config.named("load_module").next().is_none()
}

/// Whether it is a mark of a template, which is another rule's finding. A variable of nginx itself is none: the name of its
/// directive is missing before it.
fn is_mark(text: &str) -> bool {
    let own = text.strip_prefix('$').is_some_and(variables::is_defined);
    !own && text.contains(['$', '{', '<', '%'])
}

/// Whether a module could call a directive so.
fn is_name(text: &str) -> bool {
    text.len() > 2
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

enum Verdict {
    Fine,
    /// No directive of nginx' own modules.
    Foreign,
    /// A newer nginx knows it, or takes it here.
    Newer(Generation),
    NotHere(Vec<&'static str>),
    Arguments,
    Form(Form),
}

fn verdict(generation: Generation, directive: &Placed, context: Context) -> Verdict {
    let name = directive.name.text.as_str();
    let newer = || {
        let later = Generation::ALL.into_iter().filter(|later| *later > generation);
        later.into_iter().find(|later| lookup(name, *later).is_some_and(|known| known.rule(context).is_some()))
    };
    let Some(known) = lookup(name, generation) else {
        return newer().map_or(Verdict::Foreign, Verdict::Newer);
    };
    let Some(rule) = known.rule(context) else {
        if let Some(later) = newer() {
            return Verdict::Newer(later);
        }
        let mut places: Vec<&str> = known.rules().flat_map(|rule| rule.contexts.iter()).map(Context::name).collect();
        places.dedup();
        return Verdict::NotHere(places);
    };
    match (rule.form, directive.opens) {
        (Form::Simple, Some(_)) | (Form::Block, None) => return Verdict::Form(rule.form),
        _ => {}
    }
    // Words that hold a variable of a template may become several, or none.
    let untold = directive.args.iter().any(|word| word.text.contains("${") || word.text.contains("{{"));
    if untold || rule.arity.accepts(directive.args.len()) { Verdict::Fine } else { Verdict::Arguments }
}

fn report(
    world: &World<'_>,
    sink: &mut Sink<'_>,
    config: &Config,
    directive: &Placed,
    context: Context,
    verdict: &Verdict,
) {
    let name = directive.name.text.as_str();
    let path = world.facts.path(directive.name.span);
    let place = match context {
        Context::Main => "outside every block".to_owned(),
        context => format!("in `{}`", context.name()),
    };
    let (message, help) = match verdict {
        Verdict::Fine => return,
        Verdict::Foreign => {
            let known = config.generations.iter().flat_map(|generation| names(*generation));
            let help = match nearest(name, known) {
                Some(near) => format!("did you mean `{near}`? Change {path}"),
                None => format!("correct it, or load the module that knows it: change {path}"),
            };
            (format!("nginx knows no directive `{name}`"), help)
        }
        Verdict::Newer(later) => (
            format!("`{name}` needs a newer nginx than this one"),
            format!("use an image of nginx {} or later, or remove it from {path}", later.version()),
        ),
        Verdict::NotHere(places) => (
            format!("`{name}` is not allowed {place}"),
            format!("it may stand in {}: change {path}", places.join(", ")),
        ),
        Verdict::Arguments => (
            format!("`{name}` does not take {} arguments", directive.args.len()),
            format!("correct what stands behind it: change {path}"),
        ),
        Verdict::Form(Form::Block) => {
            (format!("`{name}` opens a block, and here it ends with `;`"), format!("write its block: change {path}"))
        }
        Verdict::Form(Form::Simple) => (format!("`{name}` opens no block"), format!("end it with `;`: change {path}")),
    };
    let mut draft = Draft::new(message, directive.name.span, "nginx does not start", help);
    for site in &directive.via {
        draft = draft.related(*site, "it comes in here");
    }
    if matches!(verdict, Verdict::Newer(_))
        && let Some(image) = config.service(&world.facts.compose).and_then(|service| service.image.as_ref())
    {
        draft = draft.related(image.span, "this is the nginx that reads it");
    }
    sink.find(draft);
}
