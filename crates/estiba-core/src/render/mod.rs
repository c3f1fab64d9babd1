//! From the model to the tree, through templates.
//!
//! A template's path, less `.template`, is the path of what it renders. Adding an output file is adding one template:
//! nothing here knows any file's name but the manifest's.

mod context;
mod eject;
mod engine;
mod format;
mod header;
mod lexical;
mod locales;
mod printing;
mod sinks;
mod templates;

use crate::model::Model;
use crate::source::{Diagnostic, Files, Level, Sources, TreePath};
use crate::tree::{MANIFEST, Manifest, Tree, TreeFile};
use crate::work;

pub use eject::{built_in_fingerprint, eject, moved};
pub use templates::{SUFFIX, Template, Templates};

/// Most bytes of one rendered file.
const MOST_BYTES: usize = 16 << 20;

/// Renders the whole tree. Templates of the project's own `templates/` folder stand before the built-in ones, file by
/// file; their texts are added to `sources`.
///
/// # Errors
/// Everything that is wrong with the templates, at once.
pub fn render(sources: &mut Sources, model: &Model, files: &dyn Files) -> Result<Tree, Vec<Diagnostic>> {
    let templates = Templates::with_own(sources, files)?;
    render_with(model, &templates)
}

/// Renders with templates that were read before.
///
/// # Errors
/// As [`render`].
pub fn render_with(model: &Model, templates: &Templates) -> Result<Tree, Vec<Diagnostic>> {
    let mut tree = Tree::default();
    for (path, file) in &model.files {
        tree.insert(path.clone(), file.clone());
    }
    let locale = locales::load(templates, model.language).map_err(|problem| vec![*problem])?;
    let context = context::of(model, locale);
    let mut engine =
        engine::Engine::new(templates, context, model.mounted.clone()).map_err(|problem| vec![*problem])?;
    let mut problems = Vec::new();
    for pass in 1..=header::LAST_PASS {
        engine.see(&tree);
        let of_pass: Vec<&Template> = templates.outputs().filter(|template| template.header.pass == pass).collect();
        for rendered in work::map(&of_pass, |template| engine.render(template, model)) {
            match rendered {
                Ok(rendered) => {
                    for (path, file) in rendered {
                        if file.content.len() > MOST_BYTES {
                            let message = format!("`{path}` would have more than {} MiB", MOST_BYTES >> 20);
                            problems.push(Diagnostic::new(Level::Error, message));
                        } else if tree.insert(path.clone(), file).is_some() {
                            let message = format!("two templates render `{path}`");
                            problems.push(Diagnostic::new(Level::Error, message).help("remove or rename one of them"));
                        }
                    }
                }
                Err(problem) => problems.push(*problem),
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let manifest = Manifest::of(&tree).to_string();
    if let Ok(path) = TreePath::parse(MANIFEST) {
        tree.insert(path, TreeFile { content: manifest.into_bytes(), mode: 0o644, origin: None });
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says where it failed by panicking")]
    use super::{Templates, render_with};
    use crate::model;
    use crate::source::{MemoryFiles, Sources, TreePath};

    const DESCRIPTION: &str = "project: p
server: { host: vps.example.com }
tls: { email: ops@example.com }
services: { app: { image: 'app:1' } }
";

    /// What is wrong with a built-in template of two texts put together, with these files in the project.
    fn problems(own: &[(&str, &str)]) -> Vec<String> {
        let mut files = MemoryFiles::default();
        files.0.insert("estiba.yml".to_owned(), DESCRIPTION.into());
        files.0.extend(own.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
        let mut sources = Sources::default();
        let path = TreePath::parse("estiba.yml").unwrap();
        let model = model::of_project(&mut sources, &files, &path, "../..").unwrap();
        let mut templates = Templates::with_own(&mut sources, &files).unwrap();
        let text = "<% set both %><%= t.guide.title %> x<% endset %>A=\"<%= both %>\"\n";
        templates.build_in(&mut sources, "scripts/both.sh.template", text);
        let refused = render_with(&model, &templates).err().unwrap_or_default();
        refused.into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn texts_of_an_own_locale_are_followed_into_built_in_templates() {
        assert_eq!(problems(&[]), [""; 0]);
        let own = include_str!("../../templates/locales/en.toml");
        assert_eq!(problems(&[("templates/locales/en.toml", own)]), ["free text inside a double quote"]);
    }
}
